#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the rules want of each block, all of them judged at once and in the order of their numbers,
 * as the daemon would now: each offline one with those before it in mind, since they use up the
 * budget of "auto".
 */
#include "rules/verdict.h"
#include "sysfs/sysfs.h"

typedef struct Judgement {
        RangeSet *cpu_nodes; /* NULL: not known */
        bool auto_in_play;   /* a rule that can be reached says "auto" */
        Budget budget;       /* empty unless one does, and /proc/zoneinfo could be read */
        BudgetReason
                state; /* of what is movable now; its cause is BUDGET_NOT_ASKED without "auto" */
        Verdict *verdicts; /* one for each block of the snapshot, in its order */
} Judgement;

/*
 * Judges all blocks of a snapshot whose devices were read; 'kernel_policy' is as in VerdictFacts. 0;
 * or a negative errno, which was told on standard error. The caller ends *ret with judgement_done().
 */
int judgement_make(Sysfs *sysfs, const Snapshot *snapshot, const Policy *policy,
                   Online kernel_policy, Judgement *ret);

/* Frees what it holds, not itself. */
void judgement_done(Judgement *judgement);
