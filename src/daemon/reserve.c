/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of the next burst, taken when there is time for it.
 */
#include "base/array.h"
#include "daemon/rounds-internal.h"

/* A DIMM of 64 GiB, where a block has 128 MiB; what is larger takes more when it comes. */
#define BLOCKS 512
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
        if (rounds->work.n_items > 0)
                return;

        if (rounds->work.n_allocated > TOO_MANY * BLOCKS)
                work_done(&rounds->work);
        if (rounds->burst.n_allocated > TOO_MANY * BLOCKS)
                snapshot_done(&rounds->burst);

        (void)work_reserve(&rounds->work, BLOCKS);
        (void)snapshot_reserve(&rounds->burst, BLOCKS, DEVICES);
        (void)block_table_reserve(rounds->table, BLOCKS);
        if (policy_asks_for_budget(rounds->policy))
                (void)budget_reserve(&rounds->budget, BLOCKS);
        /* Each may be there twice: announced again before it is decided. */
        reserve_pending(&rounds->pending, 2 * BLOCKS);
        reserve_pending(&rounds->touched, BLOCKS);
        reserve_pending(&rounds->stale, BLOCKS);
        reserve_units(rounds);
}
