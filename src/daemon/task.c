/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tasks: what an administrator wants done with blocks that are online. The books say what is next
 * (actuate/task-work.h); here it is started, one step at a time and after all other work, and what
 * events tell meanwhile is held against it: what somebody else does to a block is the later word.
 */
#include <errno.h>
#include <inttypes.h>

#include "base/log.h"
#include "daemon/rounds-internal.h"
#include "daemon/tell-task.h"

/* A write is interrupted so often, from its deadline on. */
#define INTERRUPT_USEC (100 * 1000)

int rounds_start_task(Rounds *rounds, const Task *task) {
        int r;

        r = rounds_may_begin(rounds);
        if (r < 0)
                return r;
        if (task_work_is_under_way(&rounds->task))
                return -EALREADY;

        rounds_read_uevents(rounds);
        for (size_t i = 0; i < task->n_blocks; i++)
                if (rounds_is_asked(rounds, task->blocks[i]))
                        return -EALREADY;

        r = task_work_begin(&rounds->task, task, rounds->ops->now(rounds->userdata));
        if (r < 0)
                return r;

        /* What is under way may not end: who waits for the task is answered in time all the same. */
        rounds->ops->set_task_timer(rounds->userdata, task_work_deadline(&rounds->task));
        return 0;
}

bool rounds_is_taken(const Rounds *rounds, BlockIndex index) {
        return task_work_has_taken(&rounds->task, index) && !rounds_is_under_way(rounds, index);
}

/* Ending */

/* Whether what is known of the block is still what the task left. */
static bool is_still_taken(const Rounds *rounds, const TaskItem *item) {
        const BlockRecord *record = block_table_find(rounds->table, item->block);

        return record && record->inode == item->inode && record->mark == BLOCK_MARK_TAKEN;
}

/*
 * What the task took offline is left alone from now on, as what somebody else did; so is what was to be
 * offline, and was so because nobody wanted it yet. What it couldn't put back keeps its mark.
 */
static void settle_mark(Rounds *rounds, const TaskItem *item) {
        const BlockRecord *record = block_table_find(rounds->table, item->block);
        bool is_left =
                !record || (record->inode == item->inode &&
                            (record->mark == BLOCK_MARK_LEFT || block_mark_is_ours(record->mark)));
        bool was_offline = item->answer.outcome == OUTCOME_ALREADY &&
                           rounds->task.task.kind == TASK_OFFLINE &&
                           (rounds->task.task.keep_partial || !rounds->task.is_given_up);

        if (item->state == TASK_ITEM_TAKEN && item->answer.outcome == OUTCOME_DONE) {
                budget_forget(&rounds->budget, item->block);
                if (is_still_taken(rounds, item))
                        rounds_forget_zone(rounds, item->block, item->inode, BLOCK_MARK_RELEASED);
        } else if (was_offline && is_left && item->inode > 0 &&
                   !work_has(&rounds->work, item->block))
                rounds_forget_zone(rounds, item->block, item->inode, BLOCK_MARK_RELEASED);
}

static void end_task(Rounds *rounds) {
        TaskWork *work = &rounds->task;

        for (size_t i = 0; i < work->n_items; i++) {
                const TaskItem *item = &work->items[work->order[i]];

                settle_mark(rounds, item);
                rounds_record_task_item(rounds, &work->task, item);
                tell_task_item(&work->task, item);
        }
        tell_task(work);
        rounds->ops->set_task_timer(rounds->userdata, 0);
        if (rounds->ops->on_task)
                rounds->ops->on_task(rounds->userdata, &work->task, task_work_answers(work),
                                     work->error);
        task_work_done(work);
}

/* Going on */

/* One that can't be read now is none that is known: it isn't touched. */
static void read_blocks(Rounds *rounds) {
        _cleanup_(snapshot_done) Snapshot snapshot = {};
        const Task *task = &rounds->task.task;
        int r = 0;

        for (size_t i = 0; i < task->n_blocks && r == 0; i++) {
                Block block;

                r = rounds->ops->read_block(rounds->userdata, task->blocks[i], &block);
                if (r == 0)
                        r = snapshot_add(&snapshot, &block);
                else if (r == -ENOENT || r == -ENODEV)
                        r = 0;
        }
        if (r == 0 && task->kind == TASK_REZONE)
                r = rounds->ops->read_devices(rounds->userdata, &snapshot);
        if (r < 0) {
                (void)log_error_errno(r, "Failed to read memory blocks: %m");
                rounds->task.error = r;
                task_work_cancel(&rounds->task, /* stopping= */ false);
                return;
        }

        /* What somebody did while they were read is heard of by its event. */
        task_work_read(&rounds->task, &snapshot);
        rounds_read_uevents(rounds);
}

static void start_step(Rounds *rounds, const TaskStep *step) {
        TaskWork *work = &rounds->task;
        const TaskItem *item = step->item;

        rounds->phase = PHASE_TASK;
        rounds->task_action = step->action;
        rounds->current_is_gone = rounds->current_is_back = false;
        rounds->n_current_offlines = 0;
        rounds->current_move = item && step->action != TASK_PUT_ON;
        if (item) {
                rounds->current = item->block;
                rounds->current_inode = item->inode;
        }
        if (rounds->current_move)
                rounds_remember(rounds, item->block, item->inode, BLOCK_MARK_TAKEN, item->had);
        rounds->ops->set_task_timer(rounds->userdata, task_work_due(work));
        rounds->ops->start_step(rounds->userdata, step, work->task.device);
}

void rounds_go_on_with_task(Rounds *rounds) {
        TaskStep step = { .action = TASK_READ };

        if (!task_work_is_under_way(&rounds->task) || rounds->phase != PHASE_IDLE)
                return;

        while (step.action == TASK_READ) {
                step = task_work_next(&rounds->task, rounds->ops->now(rounds->userdata));
                if (step.action == TASK_READ)
                        read_blocks(rounds);
        }

        if (step.action == TASK_WAIT)
                rounds->ops->set_task_timer(rounds->userdata, task_work_due(&rounds->task));
        else if (step.action != TASK_END)
                start_step(rounds, &step);
        else {
                end_task(rounds);
                if (rounds->next_policy && !rounds->stopping) /* it waited for that */
                        rounds_step(rounds);
        }
}

/* Giving up */

void rounds_end_task_if_over(Rounds *rounds) {
        if (task_work_is_under_way(&rounds->task) && rounds->phase != PHASE_TASK &&
            task_work_is_over(&rounds->task))
                end_task(rounds);
}

static void interrupt(Rounds *rounds) {
        rounds->ops->interrupt(rounds->userdata);
        rounds->ops->set_task_timer(rounds->userdata,
                                    rounds->ops->now(rounds->userdata) + INTERRUPT_USEC);
}

void rounds_cancel_task(Rounds *rounds) {
        task_work_cancel(&rounds->task, /* stopping= */ false);
        if (rounds->phase == PHASE_TASK && task_work_is_interruptible(&rounds->task))
                interrupt(rounds);
        rounds_end_task_if_over(rounds);
}

void rounds_give_up_task(Rounds *rounds) {
        if (!task_work_is_under_way(&rounds->task))
                return;

        task_work_cancel(&rounds->task, /* stopping= */ true);
        if (rounds->held) /* who holds it relies on that nothing comes online: it does at the next start */
                end_task(rounds);
        else
                rounds_go_on_with_task(rounds);
}

void rounds_on_task_timer(Rounds *rounds) {
        uint64_t now = rounds->ops->now(rounds->userdata);

        if (!task_work_is_under_way(&rounds->task))
                return;
        if (rounds->phase == PHASE_TASK) {
                if (task_work_is_interruptible(&rounds->task))
                        interrupt(rounds);
                return;
        }

        task_work_expire(&rounds->task, now);
        rounds_end_task_if_over(rounds);
        if (task_work_is_under_way(&rounds->task))
                rounds->ops->set_task_timer(rounds->userdata, task_work_deadline(&rounds->task));
        rounds_step(rounds);
}

/* What a step came to */

/* Of a block that is offline by us, or was to be: whatever else its events told meanwhile counts. */
static void settle_taken_off(Rounds *rounds, const Attempt *attempt) {
        bool is_ours = rounds->n_current_offlines <= attempt->taken_off &&
                       attempt->outcome != OUTCOME_ALREADY;
        BlockIndex block = rounds->current;

        if (attempt->outcome == OUTCOME_GONE)
                rounds_forget(rounds, block);
        else if (!is_ours)
                rounds_release(rounds, block);
        else if (attempt->taken_off && rounds->current_is_back) {
                task_work_put_online(&rounds->task, block, attempt->zone);
                rounds_forget_zone(rounds, block, rounds->current_inode, BLOCK_MARK_FOUND);
                rounds_touch(rounds, block);
        } else if (!attempt->taken_off)
                rounds_remember(rounds, block, rounds->current_inode, BLOCK_MARK_ONLINE,
                                attempt->zone);
}

static void settle_moved(Rounds *rounds, const Attempt *attempt) {
        if (rounds_settle_mark(rounds, rounds->current, attempt) &&
            attempt->zone != _ZONE_KIND_INVALID)
                budget_keep(&rounds->budget, rounds->current, attempt->zone);
}

/* It is kept before its event comes, for who is killed in between must not find it taken. */
static void settle_put_on(Rounds *rounds, const Attempt *attempt) {
        const BlockRecord *record = block_table_find(rounds->table, rounds->current);
        bool is_online = attempt->outcome == OUTCOME_DONE || attempt->zone != _ZONE_KIND_INVALID;

        if (!is_online || rounds->current_is_gone || !record || record->mark != BLOCK_MARK_TAKEN)
                return;

        rounds_remember(rounds, rounds->current, rounds->current_inode, BLOCK_MARK_ONLINE,
                        attempt->zone);
        if (attempt->zone != _ZONE_KIND_INVALID)
                budget_keep(&rounds->budget, rounds->current, attempt->zone);
}

void rounds_on_task_attempt(Rounds *rounds, const Attempt *attempt) {
        if (rounds->task_action == TASK_PUT_ON)
                settle_put_on(rounds, attempt);
        rounds_read_uevents(rounds);
        task_work_attempted(&rounds->task, attempt, rounds->ops->now(rounds->userdata));

        if (!rounds->current_is_gone && rounds->task_action == TASK_TAKE_OFF)
                settle_taken_off(rounds, attempt);
        else if (!rounds->current_is_gone && rounds->task_action == TASK_MOVE)
                settle_moved(rounds, attempt);
        rounds->phase = PHASE_IDLE;
        rounds_step(rounds);
}

void rounds_on_eject(Rounds *rounds, int error) {
        task_work_ejected(&rounds->task, error, rounds->ops->now(rounds->userdata));
        rounds->ops->set_task_timer(rounds->userdata, task_work_deadline(&rounds->task));
        rounds->phase = PHASE_IDLE;
        rounds_step(rounds);
}

/* What others do */

void rounds_task_online(Rounds *rounds, BlockIndex index, ZoneKind zone) {
        task_work_put_online(&rounds->task, index, zone);
}

void rounds_task_found(Rounds *rounds, BlockIndex index, ino_t inode) {
        const TaskItem *item = task_work_find(&rounds->task, index);

        if (item && item->inode != inode)
                task_work_removed(&rounds->task, index);
}

void rounds_task_removed(Rounds *rounds, BlockIndex index) {
        task_work_removed(&rounds->task, index);
}
