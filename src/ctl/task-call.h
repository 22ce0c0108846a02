#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What offline, rezone and unplug have in common: a call that begins a task, and a report of what came
 * of it, with what the kernel says of the blocks that stayed.
 */
#include "ctl/block-call.h"
#include "model/snapshot.h"

/* What --timeout says, in µs; 0: it wasn't given. 0, or -EINVAL, which was told. */
int task_call_timeout(const Options *options, uint64_t *ret);

/* Asks for the blocks that are true: a place for each of the snapshot. 0 or -ENOMEM, which was told. */
int task_call_take(BlockCall *call, const Snapshot *snapshot, const bool *chosen);

/*
 * Makes the call and reports, as JSON or for people; 'as_asked' is what a block is then for which it
 * succeeded, as in "3 of 4 blocks are offline". Answers the exit code; without any block there is nothing
 * to do.
 */
int task_call_run(BlockCall *call, const Options *options, const char *as_asked);
