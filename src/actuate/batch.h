#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verdicts that are carried out together: in the plan's order, pass by pass for as long as a pass
 * gets something online, then what each rule says for the rest ("or_else").
 */
#include <stdatomic.h>

#include "actuate/attempt.h"
#include "plan/plan.h"

typedef struct BatchItem {
        Verdict verdict;
        ino_t inode;
        atomic_bool withdrawn; /* set from outside at any time: somebody took the block offline */

        /* Filled in by batch_run(). */
        bool settled;
        bool fell_back; /* 'first' didn't work out, and 'last' asked for the rule's or_else */
        Attempt first;  /* the last one that asked for what the verdict says */
        Attempt last;   /* what it came to in the end */
        unsigned n_writes;
} BatchItem;

typedef struct Batch {
        Policy *policy; /* what the verdicts' rules belong to */
        size_t n_items;
        PlanStep *steps;
        BatchItem items[];
} Batch;

/* A batch of up to 'n_max' items, without any yet; takes a reference to the policy. */
Batch *batch_new(Policy *policy, size_t n_max);
Batch *batch_free(Batch *batch);
DEFINE_CLEANUP(Batch *, batch_free)

/* The verdict must ask for a zone, not "leave". */
void batch_add(Batch *batch, const Verdict *verdict, ino_t inode);

typedef struct BatchCallbacks {
        /* Asked before each block; true ends the batch: the rest is "cancelled". May be NULL. */
        bool (*cancelled)(void *userdata);
        /* An item is settled: nothing more is tried for it. */
        void (*settled)(void *userdata, size_t item);
} BatchCallbacks;

/*
 * Carries out all items; each is settled at the end. It always ends: a pass that puts nothing
 * online is the last one. No allocation, no lock: it may run in a thread of its own.
 */
void batch_run(Batch *batch, const ActuateOps *ops, const BatchCallbacks *callbacks,
               void *userdata);
