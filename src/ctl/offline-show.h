#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What offline would take, for --dry-run.
 */
#include "ctl/options.h"
#include "model/snapshot.h"

/*
 * Prints the blocks that are true (a place for each of the snapshot), as a table or as JSON. 0 or a
 * negative errno.
 */
int offline_show(const Options *options, const Snapshot *snapshot, const bool *chosen);
