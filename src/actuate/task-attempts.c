/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The books of a task: what its attempts came to, and what others do.
 */
#include "actuate/task-work-internal.h"

#include <errno.h>

/* Between two tries of a block. */
#define PAUSE_MIN_USEC (UINT64_C(100) * 1000)
#define PAUSE_MAX_USEC (UINT64_C(2) * 1000 * 1000)

/* The kernel ejects a device by itself, later; so long may it take until its blocks are gone. */
#define LEAVE_USEC (UINT64_C(60) * 1000 * 1000)

static bool is_transient(int error) {
        return error == -EBUSY || error == -EAGAIN || error == -ENOMEM;
}

/* Tries it once more after a pause, or settles it, if there is no time left for that. */
static void try_again(TaskWork *work, TaskItem *item, const Attempt *attempt, Outcome outcome,
                      uint64_t now) {
        uint64_t pause = item->pause == 0                   ? PAUSE_MIN_USEC
                         : item->pause < PAUSE_MAX_USEC / 2 ? item->pause * 2
                                                            : PAUSE_MAX_USEC;

        if (work->is_given_up && item->state == TASK_ITEM_OPEN)
                task_work_settle(work, item, OUTCOME_CANCELLED, attempt->error, attempt->zone);
        else if (now + pause >= item->deadline || work->stopping) {
                item->is_stranded = item->state == TASK_ITEM_TAKEN;
                task_work_settle(work, item, outcome, attempt->error, attempt->zone);
        } else {
                item->answer.error = attempt->error;
                item->pause = pause;
                item->retry_at = now + pause;
        }
}

/* The write was ended by a signal: at its deadline, because it was given up, or for nothing. */
static void interrupted(TaskWork *work, TaskItem *item, const Attempt *attempt, Outcome outcome,
                        uint64_t now) {
        if (work->is_given_up)
                task_work_settle(work, item, OUTCOME_CANCELLED, attempt->error, attempt->zone);
        else if (now >= item->deadline)
                task_work_settle(work, item, outcome, attempt->error, attempt->zone);
}

static void take(TaskWork *work, TaskItem *item, const Attempt *attempt, Outcome answer,
                 int error) {
        item->state = TASK_ITEM_TAKEN;
        item->was_taken = true;
        if (attempt->moved_from != _ZONE_KIND_INVALID)
                item->had = attempt->moved_from;
        item->answer = (TaskBlock){ item->block, answer, _ZONE_KIND_INVALID, error };
        task_item_begin_anew(item);
        if (work->phase == TASK_PHASE_RETURNING && item->answer.outcome == OUTCOME_DONE)
                item->answer.outcome = OUTCOME_CANCELLED;
}

static void after_taking_off(TaskWork *work, TaskItem *item, const Attempt *attempt, uint64_t now) {
        /* The write succeeded; if only it couldn't be read again after that, it is offline all the same. */
        bool is_off = attempt->taken_off && attempt->zone == _ZONE_KIND_INVALID &&
                      outcome_is_open(attempt->outcome);

        if (attempt->outcome == OUTCOME_DONE || is_off)
                take(work, item, attempt, OUTCOME_DONE, 0);
        else if (attempt->outcome == OUTCOME_BUSY || attempt->outcome == OUTCOME_NO_MEMORY)
                try_again(work, item, attempt, attempt->outcome, now);
        else if (attempt->outcome == OUTCOME_CANCELLED && attempt->error == -EINTR)
                interrupted(work, item, attempt, OUTCOME_BUSY, now);
        else {
                item->by_others = attempt->outcome == OUTCOME_ALREADY ||
                                  attempt->outcome == OUTCOME_CANCELLED;
                task_work_settle(work, item, attempt->outcome,
                                 attempt->outcome == OUTCOME_ALREADY ? 0 : attempt->error,
                                 attempt->zone);
        }
}

static void after_moving(TaskWork *work, TaskItem *item, const Attempt *attempt, uint64_t now) {
        bool by_somebody = attempt->outcome == OUTCOME_CANCELLED && attempt->error != -EINTR;
        bool is_off = attempt->taken_off && attempt->zone == _ZONE_KIND_INVALID;

        item->was_taken = item->was_taken || attempt->taken_off;
        item->by_others = by_somebody || attempt->outcome == OUTCOME_ALREADY;
        if (is_off && attempt->outcome != OUTCOME_DONE && attempt->outcome != OUTCOME_GONE &&
            !by_somebody)
                take(work, item, attempt, OUTCOME_WRONG_ZONE, attempt->error);
        else if (attempt->outcome == OUTCOME_WRONG_ZONE && is_transient(attempt->error))
                try_again(work, item, attempt, OUTCOME_WRONG_ZONE, now);
        else if (attempt->outcome == OUTCOME_WRONG_ZONE && attempt->error == -EINTR)
                interrupted(work, item, attempt, OUTCOME_WRONG_ZONE, now);
        else
                task_work_settle(work, item, attempt->outcome,
                                 task_outcome_is_in_the_way(attempt->outcome) ? attempt->error : 0,
                                 attempt->zone);
}

static void after_putting_on(TaskWork *work, TaskItem *item, const Attempt *attempt, uint64_t now) {
        bool is_online = attempt->outcome == OUTCOME_DONE || attempt->outcome == OUTCOME_ALREADY ||
                         attempt->outcome == OUTCOME_WRONG_ZONE;

        item->by_others = attempt->outcome == OUTCOME_ALREADY ||
                          attempt->outcome == OUTCOME_WRONG_ZONE ||
                          (attempt->outcome == OUTCOME_CANCELLED && attempt->error != -EINTR);
        if (is_online)
                task_work_settle(work, item, item->answer.outcome, item->answer.error,
                                 attempt->zone);
        else if (attempt->outcome == OUTCOME_REFUSED && !item->elsewhere) {
                item->elsewhere = true;
                item->answer.error = item->answer.error ?: attempt->error;
        } else if (outcome_is_open(attempt->outcome) ||
                   (attempt->outcome == OUTCOME_CANCELLED && attempt->error == -EINTR))
                try_again(work, item, attempt, attempt->outcome, now);
        else {
                /* Gone; or what somebody else did to it at once; or it can't be online at all. */
                item->is_stranded = attempt->outcome == OUTCOME_POISONED;
                task_work_settle(work, item, attempt->outcome, attempt->error, _ZONE_KIND_INVALID);
        }
}

void task_work_attempted(TaskWork *work, const Attempt *attempt, uint64_t now) {
        TaskItem *item = work->current;

        work->current = NULL;
        work->since = now;
        if (!item)
                return;

        item->n_writes += attempt->written;
        item->duration = attempt->duration;
        if (item->state == TASK_ITEM_SETTLED) /* somebody else's word came first */
                return;
        if (item->state == TASK_ITEM_TAKEN)
                after_putting_on(work, item, attempt, now);
        else if (work->task.kind == TASK_REZONE)
                after_moving(work, item, attempt, now);
        else
                after_taking_off(work, item, attempt, now);
}

void task_work_ejected(TaskWork *work, int error, uint64_t now) {
        work->since = now;
        if (work->phase != TASK_PHASE_EJECTING)
                return;

        if (error < 0) {
                work->error = error;
                task_work_give_up(work);
        } else {
                work->phase = TASK_PHASE_LEAVING;
                work->leave_until = now + LEAVE_USEC;
        }
}

/* What others do: before the blocks are read it is of no account. */

static TaskItem *known_item(const TaskWork *work, BlockIndex block) {
        return work->phase == TASK_PHASE_NEW ? NULL : task_work_item(work, block);
}

void task_work_put_online(TaskWork *work, BlockIndex block, ZoneKind zone) {
        TaskItem *item = known_item(work, block);
        bool was_off;

        /* That it is where the task left it is no news. */
        if (!item || (item->state == TASK_ITEM_SETTLED && zone != _ZONE_KIND_INVALID &&
                      item->answer.zone == zone))
                return;

        was_off = item->state == TASK_ITEM_TAKEN ||
                  (item->state == TASK_ITEM_SETTLED && item->answer.outcome == OUTCOME_ALREADY &&
                   work->task.kind != TASK_REZONE);
        if (was_off)
                task_work_settle(work, item, OUTCOME_CANCELLED, 0, zone);
        else if (item->state == TASK_ITEM_SETTLED)
                item->answer.zone = zone;
        item->by_others = item->state == TASK_ITEM_SETTLED;
}

void task_work_taken_offline(TaskWork *work, BlockIndex block) {
        bool wanted = work->task.kind != TASK_REZONE && work->phase != TASK_PHASE_RETURNING;
        TaskItem *item = known_item(work, block);

        if (!item)
                return;

        item->by_others = true;
        item->answer.zone = _ZONE_KIND_INVALID;
        if (item->state == TASK_ITEM_SETTLED)
                return;
        task_work_settle(work, item, wanted ? OUTCOME_ALREADY : OUTCOME_CANCELLED, 0,
                         _ZONE_KIND_INVALID);
}

void task_work_removed(TaskWork *work, BlockIndex block) {
        TaskItem *item = known_item(work, block);

        if (!item || item->is_gone)
                return;

        item->is_gone = true;
        item->is_stranded = false;
        task_item_answer(item, work->is_ejected ? OUTCOME_DONE : OUTCOME_GONE, 0,
                         _ZONE_KIND_INVALID);
}
