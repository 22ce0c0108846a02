#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What rounds.c and decide.c share.
 */
#include "daemon/rounds.h"
#include "daemon/tell.h"

/* What is made of one batch of readings. */
typedef struct Decision {
        Rounds *rounds;
        bool sweep; /* all blocks are read; else those that something was told of */
        VerdictFacts facts;
        RangeSet *cpu_nodes;  /* of the facts */
        uint32_t auto_device; /* the device that "auto" judged last, and why so */
        BudgetReason auto_reason;
        const Rule **broken; /* of each device of the snapshot: see decision_find_broken_units() */
        RunOfBlocks left;
        RunOfBlocks observed;
        RunOfBlocks misplaced;
        RunOfBlocks released;
} Decision;

/* Has a block decided in the next round; without memory for that, all blocks are. */
void rounds_announce(Rounds *rounds, BlockIndex index);

/* Somebody else did something to a block: it is looked at after a barrier. */
void rounds_touch(Rounds *rounds, BlockIndex index);

/*
 * Keep a block's mark, or drop it; where that fails, it is told. With 'zone' unknown, the one that is
 * kept stays, unless it is another block by now.
 */
void rounds_remember(Rounds *rounds, BlockIndex index, ino_t inode, BlockMark mark, ZoneKind zone);
void rounds_forget(Rounds *rounds, BlockIndex index);

/* An attempt to put it online, to move it, or to take it offline is under way. */
bool rounds_is_under_way(const Rounds *rounds, BlockIndex index);

/*
 * It is being moved, or taken offline by a task: so one "offline" is ours, and what it is in the end is
 * known when the attempt has ended. Its mark stays until then: who is killed meanwhile must not find it
 * released.
 */
bool rounds_is_moving(const Rounds *rounds, BlockIndex index);

/*
 * Somebody else took it offline, and from now on it is left alone. Whether it stays there, goes away,
 * or is on its way back, since the kernel couldn't unplug its device, shows after a barrier.
 */
void rounds_release(Rounds *rounds, BlockIndex index);

/* A WorkSettled: keeps what it came to, and tells it. */
void rounds_on_settled(void *userdata, const WorkItem *item);

/* Reads the events that are there; what they announce waits. */
void rounds_read_uevents(Rounds *rounds);

/* Reads the blocks in question, asks the rules, and adds what is to be put online to the work. */
void rounds_decide(Rounds *rounds);

/* Keeps what was remembered since block_table_begin(). */
void rounds_keep_table(Rounds *rounds);

/* Keeps the mark, and no zone any more, so that nobody takes the block for one that belongs back there. */
void rounds_forget_zone(Rounds *rounds, BlockIndex index, ino_t inode, BlockMark mark);

/*
 * Of a block that is online by somebody else; 'record': what was known of it, or NULL. 'may_move': it
 * is a new one, and a rule that says "rezone" has it moved.
 */
void decision_online(Decision *decision, const Block *block, const BlockRecord *record,
                     bool may_move);

/* Of one that is offline by somebody else. */
void decision_released(Decision *decision, const Block *block);

/* Has a block go back to the zone it had. False: it is there, or shall stay where it is. */
bool decision_put_back(Decision *decision, const Block *block, ZoneKind had);

/*
 * What somebody else has done to blocks, once a barrier was passed since: it may have been the kernel,
 * which failed to unplug their device.
 */
void decision_look_at_touched(Decision *decision);

/* Tasks */

/* Goes on with it, if there is one and nothing else is under way: starts its next step, or ends it. */
void rounds_go_on_with_task(Rounds *rounds);

/* Without anything to be written any more, it ends at once, whatever else is under way. */
void rounds_end_task_if_over(Rounds *rounds);

/* What the attempt of its step came to. */
void rounds_on_task_attempt(Rounds *rounds, const Attempt *attempt);

/* It is to be given up, for memplugd ends, or is to write nothing more. */
void rounds_give_up_task(Rounds *rounds);

/* Whether the block is offline by the task, and nothing is under way with it: so it is no stranger. */
bool rounds_is_taken(const Rounds *rounds, BlockIndex index);

/* What an event tells of a block: for the task, if it is one of its. */
void rounds_task_online(Rounds *rounds, BlockIndex index, ZoneKind zone);
void rounds_task_removed(Rounds *rounds, BlockIndex index);

/* The block that is there now: if the task's is another one, that was removed. */
void rounds_task_found(Rounds *rounds, BlockIndex index, ino_t inode);

/*
 * Of a block that was to be moved: what it is now that its events are read, too. One that is offline
 * by us, and can't be had anywhere, keeps its mark: it is no stranger to the next memplugd. False:
 * somebody else took it offline.
 */
bool rounds_settle_mark(Rounds *rounds, BlockIndex block, const Attempt *attempt);

/* Keeps and tells what became of a block of the task. */
void rounds_record_task_item(const Rounds *rounds, const Task *task, const TaskItem *item);

/* Asked for by hand */

/*
 * Whether what somebody asks for by hand can be begun: 0; -ESHUTDOWN: it is stopping; -EROFS: in mode
 * "observe" nothing is written; -EBUSY: it is held.
 */
int rounds_may_begin(const Rounds *rounds);

/* Whether the block was asked for, and isn't settled. */
bool rounds_is_asked(const Rounds *rounds, BlockIndex block);

/* Whether something was asked for that isn't decided yet. */
bool rounds_has_asked(const Rounds *rounds);

/* The block's work is settled. True: that is the answer to who asked for it. */
bool rounds_take_asked(Rounds *rounds, BlockIndex block);

/* The block's work, or all of it, is dropped without being settled: what was asked is decided anew. */
void rounds_ask_again(Rounds *rounds, BlockIndex block);
void rounds_ask_all_again(Rounds *rounds);

/* Settles what was asked for and isn't in the work yet. */
void rounds_give_up_asked(Rounds *rounds, BlockIndex block, Outcome outcome);
void rounds_give_up_all_asked(Rounds *rounds);

/* Has what was asked for read with what was announced. */
void rounds_announce_asked(Rounds *rounds);

/* Decides about a block that was asked for. False: it is still to be decided as any other. */
bool decision_asked(Decision *decision, const Block *block);

/* Settles those that were asked for and aren't there. */
void decision_settle_missing(Decision *decision, const Snapshot *snapshot);

/* The rest of what is wanted of an offline block, besides what a rule, or somebody, says of it. */
void decision_finish_verdict(Decision *decision, const Block *block, bool was_moving,
                             Verdict *verdict);

/* It stays offline, as its rule says. 'is_news': that isn't known yet. */
void decision_leave(Decision *decision, const Block *block, const Verdict *verdict, bool is_news,
                    bool asked);

/* Counts and tells what a block's work came to. */
void rounds_tell_settled(Rounds *rounds, const WorkItem *item, const Refusal *refusal, bool asked);

/*
 * Who put a block online that is so when it is decided. The kernel's own setting acts on new memory
 * only, and where it isn't taken over. What a sweep finds may have been online for long.
 */
Onliner decision_find_onliner(const Decision *decision, bool is_new);

/* For who listens: see RoundsOps. Of 'record', what block and verdict don't say must be given. */
void rounds_tell_verdict(const Rounds *rounds, const Verdict *verdict);
void rounds_record_item(const Rounds *rounds, const WorkItem *item, const Refusal *refusal,
                        bool asked);
void rounds_record_block(const Rounds *rounds, const Block *block, const Verdict *verdict,
                         Record record);

/*
 * Takes the memory that the next burst needs, so that none has to be found between its events and what is
 * written: that is when memory is short. To be called when nothing is under way.
 */
void rounds_reserve(Rounds *rounds);

/* Sorts the list, so that each block is in it once. */
void pending_sort(Pending *pending);

/* It must be sorted. */
bool pending_has(const Pending *pending, BlockIndex index);

/* Reads the blocks of the list that are there, sorted, and empties it. 0 or -ENOMEM. */
int rounds_read_pending(Rounds *rounds, Pending *pending, Snapshot *snapshot);

/* Reads the devices of the snapshot, which the facts mean from then on, if the rules ask for any. */
int decision_read_devices(Decision *decision, Snapshot *snapshot);

/*
 * Reads all that the rules ask for, once for a decision. 0, or a negative errno: then nothing can be
 * decided now.
 */
int decision_read_facts(Decision *decision, Snapshot *snapshot);

/* Frees what it holds, not itself. */
void decision_done(Decision *decision);

/*
 * "auto" judges a device as a whole: its blocks have one reason, which is that of the first, and not
 * that the first one was promised to the kernel zone.
 */
void decision_share_reason(Decision *decision, const Block *block, Verdict *verdict);

/* The budget's books: what a block that is offline shall become, and how one that is online was read. */
void decision_promise(Decision *decision, const Block *block, const Verdict *verdict);
void decision_note(Decision *decision, const Block *block);

/*
 * Devices that can't become movable as a whole, for a block of theirs is in a kernel zone already that
 * the same rule decides about. 0 or -ENOMEM.
 */
int decision_find_broken_units(Decision *decision);

/* Says in the verdict which unit it belongs to. */
void decision_set_unit(Decision *decision, const Block *block, Verdict *verdict);
