/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actuate/task-work-internal.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static int compare_items(const void *a, const void *b) {
        const TaskItem *x = a, *y = b;

        return x->block < y->block ? -1 : x->block > y->block;
}

TaskItem *task_work_item(const TaskWork *work, BlockIndex block) {
        const TaskItem key = { .block = block };

        return work->n_items > 0
                       ? bsearch(&key, work->items, work->n_items, sizeof(TaskItem), compare_items)
                       : NULL;
}

const TaskItem *task_work_find(const TaskWork *work, BlockIndex block) {
        return task_work_item(work, block);
}

bool task_work_has_taken(const TaskWork *work, BlockIndex block) {
        const TaskItem *item = task_work_item(work, block);

        return item && item->state == TASK_ITEM_TAKEN;
}

/* Beginning and ending */

int task_work_begin(TaskWork *work, const Task *task, uint64_t now) {
        _cleanup_free_ BlockIndex *blocks = calloc(task->n_blocks + 1, sizeof(BlockIndex));
        _cleanup_free_ TaskItem *items = calloc(task->n_blocks + 1, sizeof(TaskItem));
        _cleanup_free_ TaskBlock *answers = calloc(task->n_blocks + 1, sizeof(TaskBlock));
        _cleanup_free_ size_t *order = calloc(task->n_blocks + 1, sizeof(size_t));

        assert(!task_work_is_under_way(work));
        if (!blocks || !items || !answers || !order)
                return -ENOMEM;

        for (size_t i = 0; i < task->n_blocks; i++) {
                blocks[i] = task->blocks[i];
                order[i] = i;
                items[i] = (TaskItem){
                        .block = task->blocks[i],
                        .had = _ZONE_KIND_INVALID,
                        .answer = { task->blocks[i], OUTCOME_CANCELLED, _ZONE_KIND_INVALID, 0 },
                };
        }
        *work = (TaskWork){
                .task = *task,
                .phase = TASK_PHASE_NEW,
                .n_items = task->n_blocks,
                .items = TAKE_PTR(items),
                .answers = TAKE_PTR(answers),
                .order = TAKE_PTR(order),
                .since = now,
        };
        work->task.blocks = work->blocks = TAKE_PTR(blocks);
        if (work->task.timeout == 0)
                work->task.timeout = TASK_TIMEOUT_USEC;
        return 0;
}

void task_work_done(TaskWork *work) {
        free(work->blocks);
        free(work->items);
        free(work->answers);
        free(work->order);
        *work = (TaskWork){};
}

/* Settling */

/* Whether the rest isn't worth trying when one block stays online. */
static bool is_all_or_nothing(const TaskWork *work) {
        return work->task.kind == TASK_UNPLUG ||
               (work->task.kind == TASK_OFFLINE && !work->task.keep_partial);
}

bool task_outcome_is_in_the_way(Outcome outcome) {
        return outcome != OUTCOME_DONE && outcome != OUTCOME_ALREADY && outcome != OUTCOME_GONE;
}

void task_item_begin_anew(TaskItem *item) {
        item->deadline = item->pause = item->retry_at = 0;
}

void task_item_answer(TaskItem *item, Outcome outcome, int error, ZoneKind zone) {
        item->state = TASK_ITEM_SETTLED;
        item->is_gone = item->is_gone || outcome == OUTCOME_GONE;
        item->answer = (TaskBlock){ item->block, outcome, zone, error };
}

void task_work_give_up(TaskWork *work) {
        bool returns = !work->task.keep_partial || work->task.kind != TASK_OFFLINE;

        for (size_t i = 0; i < work->n_items; i++) {
                TaskItem *item = &work->items[i];

                if (item->state == TASK_ITEM_OPEN && item != work->current)
                        task_item_answer(item, OUTCOME_CANCELLED, 0, item->had);
                else if (item->state == TASK_ITEM_TAKEN && returns) {
                        if (item->answer.outcome == OUTCOME_DONE)
                                item->answer.outcome = OUTCOME_CANCELLED;
                        if (item != work->current)
                                task_item_begin_anew(item);
                }
        }
        work->is_given_up = true;
        work->phase = returns ? TASK_PHASE_RETURNING : TASK_PHASE_TRYING;
}

void task_work_settle(TaskWork *work, TaskItem *item, Outcome outcome, int error, ZoneKind zone) {
        bool trying = work->phase == TASK_PHASE_TRYING || work->phase == TASK_PHASE_EJECTING ||
                      work->phase == TASK_PHASE_LEAVING;

        task_item_answer(item, outcome, error, zone);
        if (trying && is_all_or_nothing(work) && task_outcome_is_in_the_way(outcome))
                task_work_give_up(work);
}

void task_work_cancel(TaskWork *work, bool stopping) {
        work->stopping = work->stopping || stopping;
        if (work->phase == TASK_PHASE_NONE || work->phase == TASK_PHASE_ENDED)
                return;

        if (work->phase != TASK_PHASE_RETURNING)
                task_work_give_up(work);
        /* Nothing waits for a better moment any more. */
        for (size_t i = 0; work->stopping && i < work->n_items; i++)
                work->items[i].retry_at = 0;
}

/* Reading */

typedef struct Place {
        bool late; /* after all that aren't */
        bool down;
        BlockIndex block;
        size_t item;
} Place;

static int compare_places(const void *a, const void *b) {
        const Place *x = a, *y = b;
        int up;

        if (x->late != y->late)
                return x->late ? 1 : -1;
        up = x->block < y->block ? -1 : x->block > y->block;
        return x->down ? -up : up;
}

/*
 * What is movable goes down, what isn't goes up: also where it goes back, and where it is moved to, for
 * under the boundary rule no other order works (see plan_order()).
 */
static void sort(TaskWork *work) {
        _cleanup_free_ Place *places = calloc(work->n_items + 1, sizeof(Place));
        bool moves = work->task.kind == TASK_REZONE;

        /* Without memory they are tried as they come. */
        for (size_t i = 0; i < work->n_items && places; i++) {
                bool is_movable = work->items[i].had == ZONE_KIND_MOVABLE;

                places[i] = (Place){
                        .late = !moves && is_movable,
                        .down = moves ? work->task.zone == ZONE_KIND_MOVABLE : is_movable,
                        .block = work->items[i].block,
                        .item = i,
                };
        }
        if (!places || work->n_items == 0)
                return;

        qsort(places, work->n_items, sizeof(Place), compare_places);
        for (size_t i = 0; i < work->n_items; i++)
                work->order[i] = places[i].item;
}

static void read_item(TaskWork *work, TaskItem *item, const Block *block) {
        bool moves = work->task.kind == TASK_REZONE;

        if (!block) {
                task_work_settle(work, item, OUTCOME_GONE, 0, _ZONE_KIND_INVALID);
                return;
        }

        item->inode = block->inode;
        item->node = block->node;
        item->had = block_zone_kind(block);
        if (block->state == BLOCK_OFFLINE)
                task_work_settle(work, item, moves ? OUTCOME_REFUSED : OUTCOME_ALREADY, 0,
                                 _ZONE_KIND_INVALID);
        else if (moves && item->had == work->task.zone)
                task_work_settle(work, item, OUTCOME_ALREADY, 0, item->had);
        else if (moves && block->source == SOURCE_BOOT && !work->task.force)
                task_work_settle(work, item, OUTCOME_REFUSED, 0, item->had);
}

void task_work_read(TaskWork *work, const Snapshot *snapshot) {
        if (work->phase != TASK_PHASE_NEW)
                return;

        work->phase = TASK_PHASE_TRYING;
        for (size_t i = 0; i < work->n_items; i++)
                if (work->items[i].state == TASK_ITEM_OPEN)
                        read_item(work, &work->items[i],
                                  snapshot_find(snapshot, work->items[i].block));
        sort(work);
}

/* Going on */

static bool is_returning(const TaskWork *work, const TaskItem *item) {
        return item->state == TASK_ITEM_TAKEN &&
               (work->phase == TASK_PHASE_RETURNING || work->task.kind == TASK_REZONE);
}

static bool is_due(const TaskWork *work, const TaskItem *item) {
        return is_returning(work, item) ||
               (item->state == TASK_ITEM_OPEN && work->phase == TASK_PHASE_TRYING);
}

/* Whether one that pauses has all that come after it wait: else it was in vain that they were tried. */
static bool is_strict(const TaskWork *work) {
        return work->phase == TASK_PHASE_TRYING && !work->task.keep_partial;
}

/* The item to go on with; NULL: none, or (*ret_waits) not yet. */
static TaskItem *next_item(const TaskWork *work, uint64_t now, bool *ret_waits) {
        *ret_waits = false;
        for (size_t i = 0; i < work->n_items; i++) {
                TaskItem *item = &work->items[work->order[i]];

                if (!is_due(work, item))
                        continue;
                if (item->retry_at <= now)
                        return item;
                *ret_waits = true;
                if (is_strict(work))
                        return NULL;
        }
        return NULL;
}

static Online zone_to_return_to(const TaskItem *item) {
        bool movable = (item->had == ZONE_KIND_MOVABLE) != item->elsewhere;

        /* On kernels that don't say it, a plain "online" is the way back. */
        if (item->had == _ZONE_KIND_INVALID && !item->elsewhere)
                return ONLINE_DEFAULT;
        return movable ? ONLINE_MOVABLE : ONLINE_KERNEL;
}

static TaskStep begin_step(TaskWork *work, TaskItem *item, uint64_t now) {
        TaskStep step = { .item = item };

        work->current = item;
        if (item->deadline == 0)
                item->deadline = now + work->task.timeout;
        if (item->state == TASK_ITEM_TAKEN) {
                step.action = TASK_PUT_ON;
                step.online = zone_to_return_to(item);
        } else if (work->task.kind == TASK_REZONE) {
                step.action = TASK_MOVE;
                step.online = work->task.zone == ZONE_KIND_MOVABLE ? ONLINE_MOVABLE : ONLINE_KERNEL;
        } else
                step.action = TASK_TAKE_OFF;
        return step;
}

static bool has_left(const TaskWork *work) {
        for (size_t i = 0; i < work->n_items; i++)
                if (!work->items[i].is_gone)
                        return false;
        return true;
}

/* When an item must be done with. What wasn't tried yet may have been kept from that for so long. */
static uint64_t end_of(const TaskWork *work, const TaskItem *item) {
        return item->deadline > 0 ? item->deadline : work->since + work->task.timeout;
}

static void take_earlier(uint64_t *at, uint64_t other) {
        if (*at == 0 || other < *at)
                *at = other;
}

uint64_t task_work_deadline(const TaskWork *work) {
        uint64_t at = 0;

        if (work->phase == TASK_PHASE_NEW)
                return work->since + work->task.timeout;
        if (work->phase == TASK_PHASE_LEAVING)
                return work->leave_until;

        for (size_t i = 0; i < work->n_items; i++)
                if (work->items[i].state == TASK_ITEM_OPEN)
                        take_earlier(&at, end_of(work, &work->items[i]));
        return at;
}

bool task_work_is_interruptible(const TaskWork *work) {
        return work->current && work->current->state == TASK_ITEM_OPEN;
}

uint64_t task_work_due(const TaskWork *work) {
        uint64_t at;

        if (work->current)
                return task_work_is_interruptible(work) ? work->current->deadline : 0;

        at = task_work_deadline(work);
        for (size_t i = 0; i < work->n_items; i++)
                if (is_due(work, &work->items[i]) && work->items[i].retry_at > 0)
                        take_earlier(&at, work->items[i].retry_at);
        return at;
}

void task_work_expire(TaskWork *work, uint64_t now) {
        if (work->phase == TASK_PHASE_LEAVING && now >= work->leave_until && !has_left(work)) {
                work->error = -ETIMEDOUT;
                task_work_give_up(work);
        }
        for (size_t i = 0; i < work->n_items && !work->current; i++) {
                TaskItem *item = &work->items[work->order[i]];

                if (item->state == TASK_ITEM_OPEN && now >= end_of(work, item))
                        task_work_settle(work, item, OUTCOME_BUSY, item->answer.error ?: -ETIMEDOUT,
                                         item->had);
        }
        if (work->phase == TASK_PHASE_NEW && now >= work->since + work->task.timeout)
                work->phase = TASK_PHASE_ENDED;
}

bool task_work_is_over(const TaskWork *work) {
        bool unplugs = work->task.kind == TASK_UNPLUG && work->phase != TASK_PHASE_RETURNING;

        if (work->phase == TASK_PHASE_ENDED)
                return true;
        if (work->phase <= TASK_PHASE_NEW || work->current || (unplugs && !has_left(work)))
                return false;

        for (size_t i = 0; i < work->n_items; i++)
                if (is_due(work, &work->items[i]))
                        return false;
        return true;
}

size_t task_work_count_done(const TaskWork *work) {
        size_t n = 0;

        for (size_t i = 0; i < work->n_items; i++)
                n += work->items[i].state != TASK_ITEM_OPEN;
        return n;
}

const TaskBlock *task_work_answers(TaskWork *work) {
        for (size_t i = 0; i < work->n_items; i++)
                work->answers[i] = work->items[i].answer;
        return work->answers;
}

TaskStep task_work_next(TaskWork *work, uint64_t now) {
        TaskItem *item;
        bool waits;

        assert(!work->current);
        task_work_expire(work, now);
        if (work->phase == TASK_PHASE_NEW)
                return (TaskStep){ .action = TASK_READ };

        item = next_item(work, now, &waits);
        if (item)
                return begin_step(work, item, now);
        if (task_work_is_over(work)) {
                work->phase = TASK_PHASE_ENDED;
                return (TaskStep){ .action = TASK_END };
        }
        if (!waits && work->phase == TASK_PHASE_TRYING) {
                work->phase = TASK_PHASE_EJECTING;
                work->is_ejected = true;
                return (TaskStep){ .action = TASK_EJECT };
        }

        return (TaskStep){ .action = TASK_WAIT };
}
