#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What list and devices print alike: sizes as the user wants them, and what stands below the table.
 */
#include "ctl/format.h"
#include "ctl/options.h"
#include "ctl/totals.h"

/* Why a source is unknown. */
#define LEGEND_SOURCES_HIDDEN                                                        \
        "Sources are unknown: who added memory is told by /proc/iomem, which shows " \
        "addresses to root alone."

/* Rounded, or with --bytes exact. Answers 'text'. */
const char *legend_size(const Options *options, uint64_t bytes, char text[FORMAT_TEXT_MAX]);

/* What is offline or on its way there; and all the rest. */
uint64_t legend_offline_bytes(const Snapshot *snapshot, const Totals *totals);
uint64_t legend_online_bytes(const Snapshot *snapshot, const Totals *totals);

/* Prints the totals, and what couldn't be found out; nothing with --no-legend. */
void legend_print(const Options *options, const Snapshot *snapshot, const Totals *totals);
