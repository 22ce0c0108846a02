/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actuate/work-internal.h"

#include <assert.h>
#include <errno.h>

static WorkItem *find_open(Work *work, BlockIndex block) {
        WorkItem *item;
        size_t place;

        if (work->n_items == 0)
                return NULL;

        /* Most often it is the one that was just tried. */
        item = &work->items[work->current];
        if (item->verdict.block == block && !item->settled)
                return item;

        place = work_find_slot(work, block)->place;
        item = place > 0 ? &work->items[place - 1] : NULL;
        return item && !item->settled ? item : NULL;
}

bool work_has(Work *work, BlockIndex block) {
        return find_open(work, block);
}

static Online wish_of(const WorkItem *item) {
        return item->fell_back ? item->verdict.or_else : item->verdict.online;
}

/* A try that has been made is made again only if it can come to something else. */
static bool is_worth_trying(const Work *work, const WorkItem *item) {
        if (item->settled || item->last_pass == 0)
                return !item->settled;
        if (item->last_pass == work->pass)
                return false;
        if (!item->last.written && !item->last.taken_off && item->last_writes < work->n_writes)
                return true;

        return item->last_done < work->n_done;
}

static void drop_plan(Work *work) {
        work->n_steps = work->next_step = 0;
        work->next_of_step = 0;
}

/* Plans what is worth trying in this pass. There is a step for each item at most. */
static void make_plan(Work *work) {
        drop_plan(work);

        for (size_t i = 0; i < work->n_items; i++) {
                const WorkItem *item = &work->items[i];
                PlanStep step;

                if (!is_worth_trying(work, item))
                        continue;
                step = (PlanStep){
                        .block = item->verdict.block,
                        .node = item->verdict.node,
                        .online = wish_of(item),
                        .item = (uint32_t)i,
                        .n_blocks = 1,
                };
                work->n_steps = plan_add(work->steps, work->n_steps, &step);
        }

        plan_order(work->steps, work->n_steps);
}

/* What its rule wants in place of a zone that can't be had; ONLINE_LEAVE: nothing. */
static Online second_wish_of(const WorkItem *item) {
        Online or_else = item->verdict.or_else;

        return or_else == item->verdict.online ? ONLINE_LEAVE : or_else;
}

/* What was tried before means nothing. */
static void replace(Work *work, WorkItem *known, const WorkItem *item) {
        *known = *item;
        work->has_broken_units |= item->verdict.unit_is_broken;
        drop_plan(work);
}

static int append(Work *work, const WorkItem *item) {
        if (work->n_items == work->n_allocated) {
                int r = work_make_room(work);

                if (r < 0)
                        return r;
        }

        work->items[work->n_items] = *item;
        work_take_slot(work, work->n_items++);
        work->n_open++;
        work->has_broken_units |= item->verdict.unit_is_broken;

        /* The plan that is under way doesn't know it: the next step is planned anew. */
        drop_plan(work);
        return 0;
}

int work_add(Work *work, const Verdict *verdict, ino_t inode, bool found_online) {
        const WorkItem item = { .verdict = *verdict, .inode = inode, .found_online = found_online };
        WorkItem *known = find_open(work, verdict->block);

        assert(verdict->online != ONLINE_LEAVE);

        if (known && known->inode == inode)
                return -EEXIST;
        if (!known)
                return append(work, &item);

        /* Plugged anew, and its "remove" was lost. */
        replace(work, known, &item);
        return 0;
}

int work_replace(Work *work, const Verdict *verdict, ino_t inode) {
        const WorkItem item = { .verdict = *verdict, .inode = inode };
        WorkItem *known = find_open(work, verdict->block);

        assert(verdict->online != ONLINE_LEAVE);

        if (!known)
                return append(work, &item);

        replace(work, known, &item);
        return 0;
}

static void settle(Work *work, WorkItem *item, WorkSettled settled, void *userdata) {
        item->settled = true;
        work->n_open--;
        settled(userdata, item);
}

/* What an attempt that isn't made comes to. */
static Attempt attempt_not_made(Outcome outcome, Online online) {
        return (Attempt){
                .outcome = outcome,
                .online = online,
                .zone = _ZONE_KIND_INVALID,
                .moved_from = _ZONE_KIND_INVALID,
        };
}

static void settle_with(Work *work, WorkItem *item, Outcome outcome, WorkSettled settled,
                        void *userdata) {
        Attempt before = item->last;

        item->last = attempt_not_made(outcome, wish_of(item));
        item->last.taken_off = before.taken_off && before.zone == _ZONE_KIND_INVALID;
        settle(work, item, settled, userdata);
}

/* No pass gets anything online any more. Answers whether there is something else to ask for. */
static bool give_up(Work *work, WorkSettled settled, void *userdata) {
        bool more = false;

        for (size_t i = 0; i < work->n_items; i++) {
                WorkItem *item = &work->items[i];

                if (item->settled)
                        continue;
                if (item->fell_back || second_wish_of(item) == ONLINE_LEAVE)
                        settle(work, item, settled, userdata);
                else {
                        item->fell_back = more = true;
                        item->last_pass = 0;
                }
        }
        return more;
}

/* The next item of the plan that is still open, or NULL at the end of the pass. */
static WorkItem *next_open_item(Work *work, Online *ret_online) {
        while (work->next_step < work->n_steps) {
                const PlanStep *step = &work->steps[work->next_step];
                WorkItem *item;

                if (work->next_of_step == step->n_blocks) {
                        work->next_step++;
                        work->next_of_step = 0;
                        continue;
                }

                item = &work->items[plan_step_item(step, work->next_of_step++)];
                if (item->settled)
                        continue;
                *ret_online = step->online;
                return item;
        }
        return NULL;
}

/* Goes on to what is worth trying; false if there is nothing any more. */
static bool plan_next(Work *work, WorkSettled settled, void *userdata) {
        /* What was added in the middle of a pass belongs to it. */
        if (work->pass > 0)
                make_plan(work);
        if (work->n_steps == 0) {
                work->pass++;
                make_plan(work);
        }
        if (work->n_steps == 0 && give_up(work, settled, userdata))
                make_plan(work);

        return work->n_steps > 0;
}

/*
 * What is left of devices that can't be movable as a whole any more isn't tried, but follows its
 * rule's or_else at once.
 */
static void leave_broken_units(Work *work, WorkSettled settled, void *userdata) {
        for (size_t i = 0; i < work->n_items; i++) {
                WorkItem *item = &work->items[i];

                if (item->settled || item->fell_back || !item->verdict.unit_is_broken)
                        continue;
                if (item->last_pass == 0)
                        item->first = item->last =
                                attempt_not_made(OUTCOME_REFUSED, item->verdict.online);
                if (second_wish_of(item) == ONLINE_LEAVE)
                        settle(work, item, settled, userdata);
                else {
                        item->fell_back = true;
                        item->last_pass = 0;
                }
        }

        work->has_broken_units = false;
        drop_plan(work);
}

/* A part of the device stays in a kernel zone, or offline: the rest needn't be movable, either. */
static void break_unit(Work *work, uint32_t unit) {
        for (size_t i = 0; i < work->n_items; i++)
                if (work->items[i].verdict.unit == unit && !work->items[i].settled)
                        work->items[i].verdict.unit_is_broken = work->has_broken_units = true;
}

static bool breaks_unit(const WorkItem *item, Outcome outcome) {
        return item->verdict.unit > 0 && !item->fell_back &&
               (outcome == OUTCOME_WRONG_ZONE || outcome == OUTCOME_POISONED ||
                outcome == OUTCOME_VETOED);
}

const WorkItem *work_next(Work *work, Online *ret_online, WorkSettled settled, void *userdata) {
        for (;;) {
                WorkItem *item;

                if (work->has_broken_units)
                        leave_broken_units(work, settled, userdata);
                item = next_open_item(work, ret_online);

                if (item) {
                        item->last_pass = work->pass;
                        item->last_done = work->n_done;
                        item->last_writes = work->n_writes;
                        work->current = (size_t)(item - work->items);
                        return item;
                }
                if (!plan_next(work, settled, userdata)) {
                        work_clear(work);
                        return NULL;
                }
        }
}

void work_deny(Work *work, Denial denial) {
        work->items[work->current].denial = denial;
}

/* Somebody else was faster, and put it in the wrong zone. */
static bool is_to_be_moved(const WorkItem *item, const Attempt *attempt) {
        return attempt->outcome == OUTCOME_WRONG_ZONE && item->verdict.rezone && !item->fell_back &&
               !item->found_online;
}

/*
 * It was taken offline to be moved, and could be put neither there nor back. Once more is possible
 * again, it shall be back at least.
 */
static void leave_where_it_was(WorkItem *item, const Attempt *attempt) {
        item->verdict.or_else =
                attempt->moved_from == ZONE_KIND_MOVABLE ? ONLINE_MOVABLE : ONLINE_KERNEL;
        item->fell_back = true;
        item->found_online = false;
}

void work_attempted(Work *work, BlockIndex block, const Attempt *attempt, WorkSettled settled,
                    void *userdata) {
        WorkItem *item = find_open(work, block);

        if (!item)
                return;

        item->last = *attempt;
        if (!item->fell_back)
                item->first = *attempt;
        item->n_writes += attempt->written;
        work->n_writes += attempt->written || attempt->taken_off;
        if (attempt->outcome == OUTCOME_DONE)
                work->n_done++;

        if (is_to_be_moved(item, attempt)) {
                item->found_online = true;
                item->last_pass = 0;
                drop_plan(work);
        } else if (!outcome_is_open(attempt->outcome)) {
                bool breaks = breaks_unit(item, attempt->outcome);

                settle(work, item, settled, userdata);
                if (breaks)
                        break_unit(work, item->verdict.unit);
        } else if (breaks_unit(item, attempt->outcome))
                break_unit(work, item->verdict.unit);
        else if (attempt->taken_off)
                leave_where_it_was(item, attempt);
}

void work_settle(Work *work, BlockIndex block, Outcome outcome, WorkSettled settled,
                 void *userdata) {
        WorkItem *item = find_open(work, block);

        if (item)
                settle_with(work, item, outcome, settled, userdata);
}

void work_settle_all(Work *work, Outcome outcome, WorkSettled settled, void *userdata) {
        for (size_t i = 0; i < work->n_items; i++)
                if (!work->items[i].settled)
                        settle_with(work, &work->items[i], outcome, settled, userdata);

        work_clear(work);
}
