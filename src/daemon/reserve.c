/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of the next burst, taken when there is time for it.
 */
#include "base/array.h"
#include "daemon/rounds-internal.h"

#define DEVICES 16
#define UNITS_SPARE 16

/* A work that once had so many times more gives that back. */
#define TOO_MANY 16

static void reserve_pending(Pending *pending, size_t n) {
        BlockIndex *blocks =
                array_reserve(pending->blocks, &pending->n_allocated, n, sizeof(BlockIndex));

        if (blocks)
                pending->blocks = blocks;
}

static void reserve_units(Rounds *rounds) {
        void *units = array_reserve(rounds->units, &rounds->n_units_allocated,
                                    rounds->n_units + UNITS_SPARE, DEVICE_NAME_MAX);

        if (units)
                rounds->units = units;
}

/* What can't be had now is tried again when it is needed. */
void rounds_reserve(Rounds *rounds) {
        size_t n = rounds->n_reserved;

        if (rounds->work.n_items > 0)
                return;

        if (rounds->work.n_allocated > TOO_MANY * n)
                work_done(&rounds->work);
        if (rounds->burst.n_allocated > TOO_MANY * n)
                snapshot_done(&rounds->burst);

        (void)work_reserve(&rounds->work, n);
        (void)snapshot_reserve(&rounds->burst, n, DEVICES);
        (void)block_table_reserve(rounds->table, n);
        if (policy_asks_for_budget(rounds->policy))
                (void)budget_reserve(&rounds->budget, n);
        /* Each may be there twice: announced again before it is decided. */
        reserve_pending(&rounds->pending, 2 * n);
        reserve_pending(&rounds->touched, n);
        reserve_pending(&rounds->stale, n);
        reserve_units(rounds);
}
