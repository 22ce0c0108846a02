#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Verdicts that are to be carried out, one attempt at a time. What is tried next is the plan's
 * order of all that is left, made anew whenever something is added. A pass tries each block once; the
 * next one those that were refused before another one came online, for that may have made room for
 * them (and so may a write that failed, under the boundary rule: see zone-model.h; it has those tried
 * that weren't written to yet). What is left when nothing comes online any more can't be had, and follows its rule's or_else.
 *
 * It only keeps the books: whoever asks for the next attempt makes it, and says what it came to.
 */
#include "actuate/attempt.h"
#include "plan/plan.h"

/* Why a block in the wrong zone isn't moved although its rule says so. */
typedef enum Denial {
        DENIAL_NONE,
        DENIAL_MEMORY, /* too little memory is free elsewhere for what it may hold */
        DENIAL_LEAVING, /* a virtio-mem device's, and memory was taken away just now: it may shrink */
        DENIAL_BUDGET,    /* there would be more movable memory than movable_ratio allows */
        DENIAL_NOT_ASKED, /* it is to be put online by hand, and is; that doesn't move it */
} Denial;

/* What each plan asks of all items stands together at the front. */
typedef struct WorkItem {
        bool settled;       /* nothing more is tried for it */
        bool fell_back;     /* 'first' didn't work out, and 'last' asked for the rule's or_else */
        bool found_online;  /* in the wrong zone: it is to be moved */
        unsigned last_pass; /* the one in which it was tried last; 0: not yet */
        Verdict verdict;
        ino_t inode;
        Denial denial;
        unsigned n_writes;
        size_t last_done;   /* how many had come online when it was tried last */
        size_t last_writes; /* and how much had been written */
        Attempt first;      /* the last one that asked for what the verdict says */
        Attempt last;       /* what it came to in the end */
} WorkItem;

typedef struct WorkSlot {
        uint32_t place; /* of the item, from 1 on; 0: none */
        uint32_t low;   /* of the block: its lower half */
} WorkSlot;

typedef struct Work {
        size_t n_items, n_allocated;
        WorkItem *items;
        size_t current; /* the item that was asked for last */
        size_t n_open;  /* those that aren't settled */

        /* From a block to its last item, which may be settled; hashed. */
        size_t n_slots; /* a power of two, and at least twice as many as there are items */
        WorkSlot *slots;

        /* The plan of this pass, as far as it isn't made yet. */
        PlanStep *steps;
        size_t n_steps, next_step;
        uint32_t next_of_step; /* of that one's blocks */
        unsigned pass;
        size_t n_done; /* came online by this work */
        size_t n_writes;
        bool has_broken_units; /* items whose device can't be movable as a whole any more */
} Work;

/* Called once for each item, when it is settled. The item is valid during the call. */
typedef void (*WorkSettled)(void *userdata, const WorkItem *item);

/* Frees what it holds, not itself. An all-zero Work is an empty one. */
void work_done(Work *work);

/* Takes memory for so many items, so that adding them takes none. 0 or -ENOMEM. */
int work_reserve(Work *work, size_t n);

/*
 * Adds a verdict, which must ask for a zone, not "leave"; its rule must live as long as the item.
 * 'found_online': the block is online in the wrong zone, and is to be moved. 0, -EEXIST if the block
 * is an unsettled item already, or -ENOMEM. An unsettled item of another block behind the same number
 * becomes this one.
 */
int work_add(Work *work, const Verdict *verdict, ino_t inode, bool found_online);

/* The same of a block that isn't online; but an unsettled item of the block gives way, whatever it is. */
int work_replace(Work *work, const Verdict *verdict, ino_t inode);

/*
 * The item to try next, valid until the next call of any of these, and what to ask for. NULL:
 * all is settled, and the work is empty again.
 */
const WorkItem *work_next(Work *work, Online *ret_online, WorkSettled settled, void *userdata);

/* Says of the item that work_next() answered last why it isn't moved. */
void work_deny(Work *work, Denial denial);

/* Says what the attempt came to that work_next() asked for. Unknown blocks are passed over. */
void work_attempted(Work *work, BlockIndex block, const Attempt *attempt, WorkSettled settled,
                    void *userdata);

/* Whether the block has an item that is open. */
bool work_has(Work *work, BlockIndex block);

/* Settles a block's item, if it is open, with an outcome that came from elsewhere. */
void work_settle(Work *work, BlockIndex block, Outcome outcome, WorkSettled settled,
                 void *userdata);

/* Settles all that is open. */
void work_settle_all(Work *work, Outcome outcome, WorkSettled settled, void *userdata);

/* Drops all items, without settling them. */
void work_clear(Work *work);
