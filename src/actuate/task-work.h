#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The books of a task (model/task.h): asked for the next step, they answer which block is to be taken
 * offline, put back, or moved, or how long to wait; and they are told what each attempt came to, and
 * what others do meanwhile. They read no clock, and write nothing.
 *
 * Blocks in a kernel zone come first, for these are refused most often, then the movable ones from the
 * highest down. One that is busy is tried again, after a pause that doubles, until its deadline; a
 * write that takes longer is to be interrupted then. If a block stays online, and not with
 * 'keep_partial', all that was taken offline goes back into the zone it had. Moving is done block by
 * block, in the order that the boundary rule wants, and each one stays where it was if it can't be moved.
 */
#include "actuate/attempt.h"
#include "model/snapshot.h"
#include "model/task.h"

typedef enum TaskItemState {
        TASK_ITEM_OPEN,    /* still to be dealt with */
        TASK_ITEM_TAKEN,   /* offline by us */
        TASK_ITEM_SETTLED, /* 'answer' is the last word */
} TaskItemState;

typedef struct TaskItem {
        BlockIndex block;
        ino_t inode; /* as it was read at the beginning */
        int node;
        TaskItemState state;
        ZoneKind had;      /* it was online in; _ZONE_KIND_INVALID: not known, or it wasn't */
        bool was_taken;    /* it was offline by us, whatever it is now */
        bool is_stranded;  /* it is so still, and can't be put back */
        bool is_gone;      /* it was removed */
        bool by_others;    /* what it is, somebody else did after the task had begun */
        bool elsewhere;    /* it can't have the zone it had, and goes into the other one */
        uint64_t deadline; /* of what is tried now; 0: nothing was tried yet */
        uint64_t pause;    /* µs, the last one; 0: there was none */
        uint64_t retry_at;
        unsigned n_writes; /* attempts that wrote something */
        uint64_t duration; /* µs, of the last of them */
        TaskBlock answer;
} TaskItem;

typedef enum TaskPhase {
        TASK_PHASE_NONE,
        TASK_PHASE_NEW, /* its blocks aren't read yet */
        TASK_PHASE_TRYING,
        TASK_PHASE_EJECTING,
        TASK_PHASE_LEAVING,   /* it is ejected, and its blocks are to go away */
        TASK_PHASE_RETURNING, /* given up: what was taken offline goes back */
        TASK_PHASE_ENDED,
} TaskPhase;

/* All zero: there is no task. */
typedef struct TaskWork {
        Task task;
        BlockIndex *blocks; /* of the task */
        TaskBlock *answers; /* see task_work_answers() */
        TaskPhase phase;
        size_t n_items;
        TaskItem *items;      /* sorted by block */
        size_t *order;        /* in which they are tried, and put back */
        TaskItem *current;    /* under way: of the last step; NULL: none is */
        uint64_t since;       /* when something was tried last, or it was begun */
        uint64_t leave_until; /* of TASK_PHASE_LEAVING */
        bool is_ejected;      /* or is about to be */
        bool is_given_up; /* by who asked for it, by memplugd's end, or since a block didn't go */
        bool stopping;    /* what can't be put back at once isn't tried again */
        int error;        /* of the eject */
} TaskWork;

typedef enum TaskAction {
        TASK_READ,     /* read the blocks, for task_work_read() */
        TASK_WAIT,     /* until task_work_due(), or until something happens */
        TASK_TAKE_OFF, /* attempt_offline() */
        TASK_PUT_ON,   /* attempt_online() */
        TASK_MOVE,     /* attempt_move() */
        TASK_EJECT,    /* the task's device */
        TASK_END,      /* all is settled, or offline as it shall be */
} TaskAction;

typedef struct TaskStep {
        TaskAction action;
        const TaskItem *item; /* of those that write to a block; valid until the end */
        Online online;        /* of TASK_PUT_ON, TASK_MOVE */
} TaskStep;

/* Begins one; there must be none. All times are in µs of the same clock. 0 or -ENOMEM. */
int task_work_begin(TaskWork *work, const Task *task, uint64_t now);

/* Frees what it holds, not itself: then there is none. */
void task_work_done(TaskWork *work);

static inline bool task_work_is_under_way(const TaskWork *work) {
        return work->phase != TASK_PHASE_NONE;
}

/* What its blocks are; sorted, with source. Those that aren't in it are gone. */
void task_work_read(TaskWork *work, const Snapshot *snapshot);

/* What to do now. It isn't to be asked while an attempt is under way. */
TaskStep task_work_next(TaskWork *work, uint64_t now);

/*
 * When to ask again although nothing has happened; while an attempt is under way that can be
 * interrupted, its deadline. 0: nothing is to be waited for.
 */
uint64_t task_work_due(const TaskWork *work);

/* When something is overdue, and task_work_expire() is to be called, even if nothing can be tried. 0: never. */
uint64_t task_work_deadline(const TaskWork *work);

/* Settles what is overdue. */
void task_work_expire(TaskWork *work, uint64_t now);

/* Whether it has ended, or nothing is to be written any more before it does. */
bool task_work_is_over(const TaskWork *work);

/* Whether what is under way is ended by a signal: a block is about to go offline. */
bool task_work_is_interruptible(const TaskWork *work);

/* How many of its blocks are dealt with, or are offline as they are to be. */
size_t task_work_count_done(const TaskWork *work);

/* At the end: what became of each block, in the order of the task's. Valid as long as the work. */
const TaskBlock *task_work_answers(TaskWork *work);

/* What the last step came to. */
void task_work_attempted(TaskWork *work, const Attempt *attempt, uint64_t now);
void task_work_ejected(TaskWork *work, int error, uint64_t now);

/* What others did: the later word on that block. */
void task_work_put_online(TaskWork *work, BlockIndex block, ZoneKind zone);
void task_work_taken_offline(TaskWork *work, BlockIndex block);
void task_work_removed(TaskWork *work, BlockIndex block);

/* It is given up; what was taken offline goes back, but with 'keep_partial'. 'stopping': now or never. */
void task_work_cancel(TaskWork *work, bool stopping);

/* NULL: the block isn't one of it. */
const TaskItem *task_work_find(const TaskWork *work, BlockIndex block);

/* Whether the block is offline by the task, and shall stay so or go back by it. */
bool task_work_has_taken(const TaskWork *work, BlockIndex block);
