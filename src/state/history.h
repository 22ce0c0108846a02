#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file of model/history.h, below /run/memplugd: it survives restarts, stop and start, and ends
 * with the boot. Each entry is one write to its end, so a crash leaves at most half a line, behind
 * which the next memplugd begins a new one.
 */
#include "base/macro.h"
#include "model/history.h"

typedef struct History History;

/* Opens it below 'dir_fd', which must outlive it. 0 or a negative errno. */
int history_open(int dir_fd, History **ret);
History *history_close(History *history);
DEFINE_CLEANUP(History *, history_close)

/* Keeps an entry. If that fails, no more are kept: history is worth less than what goes on. */
void history_add(History *history, const HistoryEntry *entry);
