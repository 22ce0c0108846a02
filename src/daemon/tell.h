#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What memplugd tells the journal: one line for each outcome.
 */
#include "actuate/work.h"
#include "plan/refusal.h"

/* 'refusal': why its first wish couldn't be had, as far as that is known; or NULL. */
void tell_item(const WorkItem *item, const Refusal *refusal);

/*
 * Why it came to that, as far as that isn't the rule's own reason; "" if there is nothing to say. Answers
 * 'text'.
 */
#define TELL_REASON_MAX 256
const char *tell_reason(const WorkItem *item, const Refusal *refusal, char text[TELL_REASON_MAX]);

/* Somebody else, or the kernel itself, put a block online, and the rules want something of it. */
void tell_found_online(const Block *block, const Verdict *verdict, Outcome outcome, bool by_kernel);

/* In mode "kernel": it was to put the block online, and it is offline all the same. */
void tell_left_by_kernel(const Block *block, const Verdict *verdict);

/*
 * The kernel failed to unplug a device, for 'stayed' (and maybe more) didn't go offline. Of its
 * blocks, 'n_returned' are online again, and 'n_moved' of them have yet to go back to their zone.
 */
void tell_failed_unplug(const Device *device, BlockIndex stayed, size_t n_returned, size_t n_moved);

/* Neighbours of which the same is to be told, in one line. All zero: none yet. */
typedef struct RunOfBlocks {
        const Rule *rule;
        Online online;
        BlockIndex first, last;
        BudgetReason budget; /* of the last one */
} RunOfBlocks;

typedef void (*TellRun)(const RunOfBlocks *run);

/* Adds the verdict's block to the run, or tells the run and begins another; NULL: tells the last. */
void tell_run(RunOfBlocks *run, const Verdict *verdict, TellRun tell);
void tell_left(const RunOfBlocks *run);
void tell_observed(const RunOfBlocks *run);
void tell_misplaced(const RunOfBlocks *run);
void tell_released(const RunOfBlocks *run);
