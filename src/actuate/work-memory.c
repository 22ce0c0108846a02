/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of the work: its items, the steps of its plan, and where a block's item is.
 */
#include <errno.h>
#include <string.h>

#include "actuate/work-internal.h"

/* The first items are so many: of more slots than SLOT_RUN. */
#define FIRST 64

void work_done(Work *work) {
        free(work->items);
        free(work->steps);
        free(work->slots);
        *work = (Work){};
}

void work_clear(Work *work) {
        if (work->n_items > 0)
                (void)memset(work->slots, 0, work->n_slots * sizeof(*work->slots));
        work->n_items = work->n_steps = work->next_step = 0;
        work->next_of_step = 0;
        work->current = 0;
        work->n_open = 0;
        work->pass = 0;
        work->n_done = work->n_writes = 0;
        work->has_broken_units = false;
}

/* Blocks most often come one after the other: so many neighbours have slots beside each other. */
#define SLOT_RUN 16

/* The slot of a block, or the free one that it would have. */
WorkSlot *work_find_slot(Work *work, BlockIndex block) {
        /* The highest bits of the product, for those are far apart for numbers that follow each other. */
        unsigned shift = (unsigned)__builtin_clzll(work->n_slots / SLOT_RUN) + 1;
        uint64_t hash = (block / SLOT_RUN) * UINT64_C(0x9e3779b97f4a7c15) >> shift;
        size_t i = (size_t)(hash * SLOT_RUN + block % SLOT_RUN);

        for (;; i++) {
                WorkSlot *slot = &work->slots[i & (work->n_slots - 1)];

                if (slot->place == 0)
                        return slot;
                if (slot->low == (uint32_t)block &&
                    work->items[slot->place - 1].verdict.block == block)
                        return slot;
        }
}

void work_take_slot(Work *work, size_t i) {
        BlockIndex block = work->items[i].verdict.block;

        *work_find_slot(work, block) = (WorkSlot){ (uint32_t)(i + 1), (uint32_t)block };
}

static void fill_slots(Work *work) {
        /* In their order: the last item of a block is the one that counts. */
        for (size_t i = 0; i < work->n_items; i++)
                work_take_slot(work, i);
}

/* 'n' is a power of two. */
static int make_room(Work *work, size_t n) {
        WorkSlot *slots;
        WorkItem *items;
        PlanStep *steps;

        if (n > UINT32_MAX / 2)
                return -ENOMEM;

        items = reallocarray(work->items, n, sizeof(WorkItem));
        if (!items)
                return -ENOMEM;
        work->items = items;

        steps = reallocarray(work->steps, n, sizeof(PlanStep));
        if (!steps)
                return -ENOMEM;
        work->steps = steps;

        slots = calloc(2 * n, sizeof(*slots));
        if (!slots)
                return -ENOMEM;
        free(work->slots);
        work->slots = slots;
        work->n_slots = 2 * n;
        fill_slots(work);

        work->n_allocated = n;
        return 0;
}

int work_make_room(Work *work) {
        return make_room(work, work->n_allocated ? work->n_allocated * 2 : FIRST);
}

int work_reserve(Work *work, size_t n) {
        size_t larger = FIRST;
        int r;

        while (larger < n)
                larger *= 2;

        if (larger <= work->n_allocated)
                return 0;
        r = make_room(work, larger);
        if (r < 0)
                return r;

        /* Touched, so that it is there when it is needed; the slots are. */
        (void)memset(work->items + work->n_items, 0, (larger - work->n_items) * sizeof(WorkItem));
        (void)memset(work->steps, 0, larger * sizeof(PlanStep));
        work->n_steps = work->next_step = 0;
        work->next_of_step = 0;
        return 0;
}
