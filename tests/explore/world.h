#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small world: a kernel (the model of its zone rules), two DIMMs that come and go, somebody else
 * who onlines and offlines, and a memplugd (the daemon's own rounds.c, work.c and attempt.c) that
 * can be killed. Whatever can happen next is a transition; which one does is the explorer's choice.
 */
#include <setjmp.h>

#include "daemon/rounds.h"
#include "plan/refusal.h"
#include "plan/zone-model.h"

#define N_DIMMS 2
#define MAX_BLOCKS 16
#define QUEUE_MAX 64

/* What the explorer may choose from, and how often. */
typedef struct Scenario {
        const char *name;
        struct {
                BlockIndex first, last;
                int node;
        } dimms[N_DIMMS];                         /* last 0: there is none */
        Online online[N_DIMMS], or_else[N_DIMMS]; /* of the rule for each DIMM */
        BlockIndex kernel_below; /* blocks below this one are for the kernel zone */
        bool rezone;             /* the rules for the DIMMs say so */
        bool unit;               /* a DIMM is to be movable as a whole */

        unsigned n_agent;    /* writes of somebody else */
        unsigned n_refusals; /* writes of memplugd that a notifier refuses */
        unsigned n_kills;
        bool socket;        /* systemd holds it: events wait in it for the next memplugd */
        unsigned n_losses;  /* of events */
        unsigned n_unplugs; /* and plugging anew */
        unsigned n_asks;    /* of an administrator, for a block to be put online */
        unsigned n_holds;   /* that begin, and end again */
        unsigned n_failed_unplugs;
        unsigned n_tasks;   /* of an administrator, with all the blocks of the first DIMM */
        Task task;          /* what is done with them */
        unsigned n_cancels; /* of it */
        unsigned n_hangs;   /* writes of it that take until their deadline, or are interrupted */
} Scenario;

/* What is known of a block from outside, to judge by. */
typedef struct Ghost {
        bool present, linked;
        int node;
        ino_t inode;
        bool agent_onlined;   /* since it was plugged */
        bool agent_offlined;  /* and not put online by somebody else again */
        unsigned offlined_at; /* the moment of that */
        bool we_onlined;      /* since it was plugged */
        bool we_took_off;     /* to move it, and it isn't online again */
        bool was_taken;       /* the same, whatever it is now */
        bool rolled_back;     /* by the kernel, when it failed to unplug the device */
        bool unseen;          /* memplugd looked at it after that for the first time */
        ZoneKind had;         /* the zone it was taken from */
        unsigned n_moves;     /* begun, since somebody else put it online last */
        bool unsure; /* it can't be known that it was online: killed before, or events were lost */
        int refusal; /* the last one of its writes that a notifier refused, or 0 */
        unsigned tried_at;               /* the moment of memplugd's last attempt */
        bool asks;                       /* it was asked for, and that isn't settled */
        bool was_asked;                  /* since it was plugged */
        StateWord asked;                 /* the last zone; STATE_ONLINE: as the rules want */
        unsigned asked_at;               /* the moment of that */
        bool asked_amid;                 /* and it was being plugged or put online then */
        bool asked_offline;              /* and it was offline then */
        bool asked_into[_ZONE_KIND_MAX]; /* the zones that were asked for */
        bool tasked;                     /* it is one of the task's that is under way */
        bool task_off;                   /* a task that has ended left it offline */
        bool given_back;                 /* asked for, since somebody else took it offline */
        bool settled;                    /* in the life of this memplugd */
        Outcome outcome;
        bool fell_back;
        unsigned n_same_writes[_STATE_WORD_MAX]; /* without progress in between */
} Ghost;

typedef enum Plugging { UNPLUGGED, APPEARING, LINKING, PLUGGED } Plugging;

typedef struct World {
        const Scenario *scenario;
        ZoneRule rule;
        ZoneModel *model;
        Ghost blocks[MAX_BLOCKS];
        struct {
                Plugging state;
                BlockIndex next; /* to appear or to be linked */
                unsigned n_plugged;
        } dimms[N_DIMMS];
        ino_t next_inode;
        unsigned moment;     /* counts what others do */
        bool agent_took_off; /* somebody else took a block offline, any one */

        Uevent queue[QUEUE_MAX];
        unsigned n_queue;
        bool lost;

        bool running;
        unsigned n_policies; /* so often was one taken */
        bool held;
        Policy *policy;
        BlockTable *table; /* what the file in /run holds: it outlives memplugd */
        Rounds rounds;
        enum { JOB_NONE, JOB_BARRIER, JOB_ATTEMPT, JOB_STEP, JOB_ENDED } job;
        TaskAction job_action; /* of JOB_STEP */
        bool interrupted;      /* so is a write of "offline" */
        uint64_t clock;        /* µs; it moves when a task's timer ends */
        uint64_t task_timer;   /* 0: none */
        BlockIndex job_block;
        ino_t job_inode;
        Online job_online;
        bool job_move;
        unsigned job_started; /* moment */
        unsigned job_stage;   /* within the attempt */
        Attempt job_attempt;
        bool job_was_barrier;
        bool timer;
        int refuse_next;
        uint64_t readings; /* what the decision under way has read so far, as a number */

        bool task_runs;

        unsigned n_agent, n_refusals, n_kills, n_losses, n_unplugs, n_failed_unplugs, n_asks,
                n_holds, n_tasks, n_cancels, n_hangs;
        jmp_buf *killed;
} World;

/* A transition, and the block or DIMM it is about. */
typedef enum What {
        DO_END,     /* the others do nothing any more */
        DO_UEVENTS, /* memplugd's main loop reads events */
        DO_JOB,     /* memplugd's worker does its job */
        DO_REPORT,  /* … and the main loop hears of it */
        DO_TIMER,
        DO_START,
        DO_KILL,
        DO_PLUG, /* a DIMM begins to be plugged */
        DO_PLUG_STEP,
        DO_UNPLUG,
        DO_FAIL_UNPLUG, /* somebody tries that, and the kernel has to take it back */
        DO_AGENT,       /* somebody else writes to a block */
        DO_ASK,         /* an administrator asks for a block */
        DO_HOLD,        /* … or that nothing is done */
        DO_LET_GO,
        DO_TASK,       /* … or that something is done with memory that is online */
        DO_CANCEL,     /* … and that this ends */
        DO_TASK_TIMER, /* a task's pause, or the deadline of its write */
        DO_REFUSE,
        DO_LOSE,
        DO_NOTHING, /* in the middle of an attempt: go on */
} What;

typedef struct Transition {
        What what;
        BlockIndex block; /* or the number of the DIMM */
        StateWord word;
} Transition;

#define TRANSITIONS_MAX 96

World *world_new(ZoneRule rule, const Scenario *scenario);
void world_free(World *world);

/* In the middle of what memplugd is: of nothing, of an attempt, of reading blocks to decide on. */
typedef enum Inside {
        INSIDE_NOTHING,
        INSIDE_ATTEMPT,
        INSIDE_DECISION,
} Inside;

/* What can happen now. Answers how many. */
unsigned world_transitions(const World *world, Inside inside, Transition out[TRANSITIONS_MAX]);
void world_do(World *world, const Transition *transition);

/* A number for all that decides about the future. */
uint64_t world_hash(const World *world);

/* The explorer's, or the test's: called where others may act meanwhile. May not return from an attempt. */
void world_pause(World *world, Inside inside);

/* Judging: each ends the exploration with a message if it isn't so. */
void judge_write(World *world, BlockIndex block, StateWord word, int result);
void judge_taking_off(World *world, BlockIndex block, ZoneKind zone, int result);
void judge_outcome(World *world, const WorkItem *item, const Refusal *refusal);
void judge_record(World *world, const Record *record);
void judge_task(World *world, const Task *task, const TaskBlock *answers);
void judge_doing(const World *world, const char *what);
void judge_end(const World *world);
void violation(const World *world, const char *format, ...) _printf_(2, 3)
        __attribute__((__noreturn__));
