#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From events to writes. Events are queued as they come; whenever nothing is under way,
 *
 *   1. what was announced waits for the barrier, after which all blocks of a DIMM are there,
 *      linked to their node, and announced;
 *   2. the announced blocks are read, the rules are asked, and what is to be put online is added to
 *      the work, which is planned anew;
 *   3. the next attempt of the plan is started.
 *
 * Before each attempt the events that came meanwhile are read: so a block that somebody took
 * offline is left alone, and one that was plugged in the middle of the work joins it. A sweep is the
 * same with all blocks instead of the announced ones: at start, after a reload, when events were lost.
 *
 * It reaches the world through RoundsOps only, and so runs against a model of the kernel, too.
 */
#include "actuate/task-work.h"
#include "actuate/work.h"
#include "model/record.h"
#include "model/snapshot.h"
#include "model/task.h"
#include "model/uevent.h"
#include "state/block-table.h"

typedef struct RoundsOps {
        /* As the functions of these names of src/sysfs and src/uevent. */
        int (*read_block)(void *userdata, BlockIndex index, Block *ret);
        int (*read_all)(void *userdata, Snapshot *ret);
        int (*read_devices)(void *userdata, Snapshot *snapshot);
        int (*read_cpu_nodes)(void *userdata, RangeSet **ret);
        int (*read_zoneinfo)(void *userdata, Zoneinfo *zoneinfo);
        int (*read_inode)(void *userdata, BlockIndex index, ino_t *ret);
        int (*read_uevent)(void *userdata, Uevent *ret);

        /*
         * What "kernel-policy" comes to now. Asked before each decision, so that it can also be seen
         * there that somebody changed the kernel's setting.
         */
        Online (*kernel_policy)(void *userdata);

        /* Bytes that programs could still get; 0: it can't be known. */
        uint64_t (*available_memory)(void *userdata);

        /* Starts what rounds_on_barrier() and rounds_on_attempt() tell the end of. */
        bool (*start_barrier)(void *userdata); /* false: none can be had */
        void (*start_attempt)(void *userdata, const WorkItem *item, Online online, bool move);

        /*
         * Starts what a task wants: see task_work_next(). rounds_on_attempt() tells the end, and
         * rounds_on_eject() that of the eject of 'device'.
         */
        void (*start_step)(void *userdata, const TaskStep *step, const char *device);

        /* Interrupts the write of such a step, as worker_interrupt(). */
        void (*interrupt)(void *userdata);

        /* Has rounds_on_task_timer() called at that time, in terms of now(), and not before; 0: not at all. */
        void (*set_task_timer)(void *userdata, uint64_t at);

        /* Has rounds_on_link_timer() called in a moment. False: it can't. */
        bool (*wait_for_links)(void *userdata);

        /*
         * The policy that was set last is in force from now on: what else it asks of the kernel can
         * be done, for nothing is under way, and nobody holds. May be NULL.
         */
        void (*on_policy)(void *userdata);

        /* Monotonic, in microseconds. */
        uint64_t (*now)(void *userdata);

        /*
         * What happens, for whoever shows or keeps it. Each may be NULL, and mustn't call the rounds;
         * what it is given is valid during the call.
         */
        void (*on_uevent)(void *userdata,
                          const Uevent *uevent); /* as it was read; but no synthetic "add" */
        void (*on_verdict)(void *userdata,
                           const Verdict *verdict); /* on a block, before its work */

        /*
         * What is told of a block: once for each that is settled. Of those that were online before
         * memplugd looked first in this boot only the ones in the wrong zone; of one that is left
         * offline only the first time.
         */
        void (*on_record)(void *userdata, const Record *record);

        /*
         * A task has ended: a block each, in the order of its blocks; 'error': 0, or the negative errno
         * of the eject. Told once, and after the records of its blocks.
         */
        void (*on_task)(void *userdata, const Task *task, const TaskBlock *answers, int error);
} RoundsOps;

/* A DIMM of 64 GiB, where a block has 128 MiB; what is larger takes more memory when it comes. */
#define ROUNDS_RESERVED 512

typedef enum Phase {
        PHASE_IDLE,
        PHASE_BARRIER,
        PHASE_ATTEMPT,
        PHASE_TASK, /* a step of it */
} Phase;

/* Blocks, some of them maybe twice. */
typedef struct Pending {
        size_t n_blocks, n_allocated;
        BlockIndex *blocks;
} Pending;

/* A block that is to be put online by hand, as long as that isn't settled. */
typedef struct Asked {
        BlockIndex block;
        Online online;
        bool decided; /* it is in the work */
        bool settled; /* it is nothing any more, and only stands there */
} Asked;

typedef struct Rounds {
        const RoundsOps *ops;
        void *userdata;
        uint64_t block_size;
        BlockTable *table;
        size_t n_reserved; /* there is always memory for a burst of so many blocks */

        Policy *policy;
        Policy *next_policy; /* in force once nothing is under way */

        Phase phase;
        BlockIndex
                current; /* the block of PHASE_ATTEMPT, and of PHASE_TASK, if that is about one */
        ino_t current_inode;
        bool current_move;    /* it is online, and is taken offline, be it to be moved or not */
        bool current_is_gone; /* its "remove" came meanwhile */
        bool current_is_back; /* the last of its events then was its "online" */
        unsigned n_current_offlines; /* its "offline" came so often, while it is taken offline */
        Work work;
        TaskWork task;          /* of an administrator; the rest goes on in between */
        TaskAction task_action; /* of PHASE_TASK */
        size_t n_asked;
        Asked *asked;                  /* sorted by block */
        size_t n_undecided, n_settled; /* of these */
        Snapshot burst;                /* of what is decided now; its memory is used again */
        Pending pending;               /* announced, and not decided yet */
        Pending touched;  /* taken offline or put online by somebody else, and not looked at yet */
        Pending stale;    /* something was told of them since they were read to be decided */
        bool announced;   /* something was, since the last barrier was started */
        bool was_touched; /* the same of 'touched' */
        bool deciding;    /* what was read may change before it is decided upon */
        bool returning;   /* a block that was taken offline is online again, since the last look */
        bool is_mixed;    /* and another one was taken offline after that */
        bool rescan;      /* read all blocks */
        bool first_sweep; /* nothing was looked at before in this boot */
        bool own_setting; /* until the first sweep the kernel's own setting was in force */
        bool waiting;     /* for node links, until the timer ends */
        uint64_t left_at; /* when somebody took memory offline or away last; 0: never */
        Snapshot view;    /* of all blocks, for the reasons of refusals; empty: not read yet */
        unsigned n_link_waits;
        bool held;     /* nothing new is decided or started */
        bool stopping; /* nothing new is started, and what is open is given up */

        Budget budget;     /* of "auto"; kept as long as a rule in force asks for it */
        Zoneinfo zoneinfo; /* as it was read last; its memory is used again */
        size_t n_units_allocated;
        size_t n_units; /* the devices that verdicts call units, which keep their numbers */
        char (*units)[DEVICE_NAME_MAX];

        uint64_t n_outcomes[_OUTCOME_MAX];
} Rounds;

/* Whether a write to a block is under way, and that is 'current'; else there may be a barrier or an eject. */
bool rounds_is_at_block(const Rounds *rounds);

/*
 * Begins with a sweep to come. 'table' stays the caller's, and must outlive it; an empty one means
 * that nothing was looked at before in this boot.
 */
void rounds_init(Rounds *rounds, const RoundsOps *ops, void *userdata, uint64_t block_size,
                 BlockTable *table);

/* Frees what it holds, not itself. */
void rounds_done(Rounds *rounds);

/*
 * Has the rules of 'policy' in force as soon as nothing is under way. All that is offline is decided
 * by them anew, as at the start. Takes a reference.
 */
void rounds_set_policy(Rounds *rounds, Policy *policy);

/*
 * While it is held, nothing is decided and no attempt is started; one that is under way ends, and is
 * booked. Events are read all the same, and what somebody takes offline or away meanwhile is given
 * up. What is still open waits. When the hold has ended, the next rounds_step() goes on as if
 * memplugd had been slow.
 */
void rounds_hold(Rounds *rounds, bool held);

/* Of rounds_ask(): as the rules in force want it, whatever that is. */
#define ROUNDS_BY_RULES _ONLINE_MAX

/*
 * An administrator asks for these blocks to be put online: 'online' is ONLINE_MOVABLE, ONLINE_KERNEL,
 * ONLINE_DEFAULT, or ROUNDS_BY_RULES. Also those that were taken offline by somebody, which that
 * ends, and those that a rule leaves, unless the rules are asked. If somebody takes one offline
 * after that, that counts. The next rounds_step() goes on with it, and none settles before that.
 *
 * Each block settles once, with an on_record() that says 'asked', in the zone that was asked for or not:
 * blocks that are online aren't moved ("already", or "wrong-zone"), and those that aren't there are
 * "gone". "left": its rule says so. What was asked for before a hold began waits.
 *
 * 0, or a negative errno, and nothing was asked for: -EROFS: in mode "observe" nothing is written;
 * -EBUSY: it is held, and who holds it relies on that nothing comes online; -EALREADY: one of them was
 * asked for already, or is a task's, and isn't settled yet; -ESHUTDOWN: it is stopping; -ENOMEM.
 */
int rounds_ask(Rounds *rounds, const BlockIndex *blocks, size_t n_blocks, Online online);

/*
 * An administrator wants something done with blocks that are online; the task is copied. It is done one
 * block at a time, and all other work goes on in between; it ends with on_task(), maybe in the next
 * rounds_step().
 *
 * 0, or a negative errno, and nothing was begun: -EROFS: in mode "observe" nothing is written; -EBUSY:
 * it is held; -EALREADY: another task is under way, or one of the blocks was asked for and isn't settled
 * yet; -ESHUTDOWN: it is stopping; -ENOMEM.
 */
int rounds_start_task(Rounds *rounds, const Task *task);

/*
 * Gives the task up, as soon as the write that is under way has ended. What it took offline is put back
 * online, but with keep_partial.
 */
void rounds_cancel_task(Rounds *rounds);

/* Starts nothing new from now on. What is open is given up, once the attempt under way has ended. */
void rounds_stop(Rounds *rounds);

/* Reads the events that are there, and goes on with the work. */
void rounds_step(Rounds *rounds);

/* What was started has ended; 'error' is 0 or a negative errno, in which case it goes on without. */
void rounds_on_barrier(Rounds *rounds, int error);
void rounds_on_attempt(Rounds *rounds, BlockIndex block, const Attempt *attempt);
void rounds_on_eject(Rounds *rounds, int error);
void rounds_on_link_timer(Rounds *rounds);
void rounds_on_task_timer(Rounds *rounds);
