/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/choice.h"

#include <errno.h>
#include <stdlib.h>

/* More than that takes too long and too much memory: then large devices come first, as they fit. */
#define CELLS_MAX (UINT64_C(1) << 26)

/* Where blocks can be had. */
typedef struct Supply {
        uint32_t device;   /* its number in the snapshot; 0: memory of no device */
        uint64_t n_blocks; /* movable, to be had */
        size_t first, end; /* its blocks are between these places of the snapshot */
        bool is_whole;     /* without them nothing of it is online any more */
        bool is_taken;
} Supply;

typedef struct Choice {
        const Snapshot *snapshot;
        int node;
        bool *chosen;
        size_t n_supplies;
        Supply *supplies; /* from the lowest to the highest; but first of all that of no device */
} Choice;

static bool can_be_had(const Choice *choice, size_t i) {
        const Block *block = &choice->snapshot->blocks[i];

        return !choice->chosen[i] && block->state == BLOCK_ONLINE &&
               block_zone_kind(block) == ZONE_KIND_MOVABLE && block->source != SOURCE_BOOT &&
               block->source != SOURCE_UNKNOWN &&
               (choice->node == NODE_UNKNOWN || block->node == choice->node);
}

static int compare(const void *a, const void *b) {
        const Supply *x = a, *y = b;

        if ((x->device == 0) != (y->device == 0))
                return x->device == 0 ? -1 : 1;
        return (x->first > y->first) - (x->first < y->first);
}

static int find_supplies(Choice *choice) {
        const Snapshot *snapshot = choice->snapshot;

        choice->n_supplies = snapshot->n_devices + 1;
        choice->supplies = calloc(choice->n_supplies, sizeof(Supply));
        if (!choice->supplies)
                return -ENOMEM;

        for (uint32_t i = 0; i < choice->n_supplies; i++)
                choice->supplies[i] =
                        (Supply){ .device = i, .first = snapshot->n_blocks, .is_whole = i > 0 };
        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];
                Supply *supply = &choice->supplies[block->device];

                if (i < supply->first)
                        supply->first = i;
                supply->end = i + 1;
                if (can_be_had(choice, i))
                        supply->n_blocks++;
                else if (block->state != BLOCK_OFFLINE && !choice->chosen[i])
                        supply->is_whole = false;
        }
        qsort(choice->supplies, choice->n_supplies, sizeof(Supply), compare);
        return 0;
}

static bool is_candidate(const Supply *supply, uint64_t n_blocks) {
        return supply->is_whole && supply->n_blocks > 0 && supply->n_blocks <= n_blocks;
}

static uint64_t find_unit(const Choice *choice, uint64_t n_blocks) {
        uint64_t unit = 0;

        for (size_t i = 0; i < choice->n_supplies; i++) {
                uint64_t a = choice->supplies[i].n_blocks, b = unit;

                if (!is_candidate(&choice->supplies[i], n_blocks))
                        continue;
                while (b > 0) {
                        uint64_t rest = a % b;

                        a = b;
                        b = rest;
                }
                unit = a;
        }
        return unit;
}

/* Whole devices */

static uint64_t take_largest_first(Choice *choice, uint64_t n_blocks) {
        for (;;) {
                Supply *best = NULL;

                for (size_t i = 0; i < choice->n_supplies; i++) {
                        Supply *supply = &choice->supplies[i];

                        if (!supply->is_taken && is_candidate(supply, n_blocks) &&
                            (!best || supply->n_blocks >= best->n_blocks))
                                best = supply;
                }
                if (!best)
                        return n_blocks;

                best->is_taken = true;
                n_blocks -= best->n_blocks;
        }
}

static bool get_bit(const uint8_t *bits, size_t i) {
        return bits[i / 8] & (1U << (i % 8));
}

/*
 * fewest[sum] is the smallest number of devices that have so much together; the bit of a supply and a
 * sum says that it is one of them. Later ones, that is higher ones, win where the number is the same.
 */
static void fill(const Choice *choice, uint64_t unit, size_t n_sums, uint32_t *fewest,
                 uint8_t *bits) {
        for (size_t i = 0; i < choice->n_supplies; i++) {
                size_t size = (size_t)(choice->supplies[i].n_blocks / unit);

                if (!is_candidate(&choice->supplies[i], (n_sums - 1) * unit))
                        continue;
                for (size_t sum = n_sums - 1; sum >= size; sum--)
                        if (fewest[sum - size] != UINT32_MAX &&
                            fewest[sum - size] + 1 <= fewest[sum]) {
                                size_t bit = i * n_sums + sum;

                                fewest[sum] = fewest[sum - size] + 1;
                                bits[bit / 8] |= (uint8_t)(1U << (bit % 8));
                        }
        }
}

/* Those of the best sum, the largest one that there is. Answers how many blocks are missing then. */
static uint64_t take_best(Choice *choice, uint64_t n_blocks, uint64_t unit, size_t n_sums,
                          const uint32_t *fewest, const uint8_t *bits) {
        size_t sum = n_sums - 1;

        while (fewest[sum] == UINT32_MAX)
                sum--;

        n_blocks -= sum * unit;
        for (size_t i = choice->n_supplies; i > 0; i--) {
                Supply *supply = &choice->supplies[i - 1];

                if (!get_bit(bits, (i - 1) * n_sums + sum))
                        continue;
                supply->is_taken = true;
                sum -= (size_t)(supply->n_blocks / unit);
        }
        return n_blocks;
}

/* Answers how many blocks are still to be found, in *ret. 0 or -ENOMEM. */
static int take_whole(Choice *choice, uint64_t n_blocks, uint64_t *ret) {
        uint64_t unit = find_unit(choice, n_blocks);
        size_t n_sums, n_cells;
        uint32_t *fewest;
        uint8_t *bits;

        *ret = n_blocks;
        if (unit == 0)
                return 0;
        if (n_blocks / unit >= CELLS_MAX / choice->n_supplies) {
                *ret = take_largest_first(choice, n_blocks);
                return 0;
        }

        n_sums = (size_t)(n_blocks / unit) + 1;
        n_cells = choice->n_supplies * n_sums;
        fewest = reallocarray(NULL, n_sums, sizeof(uint32_t));
        bits = calloc(n_cells / 8 + 1, 1);
        if (fewest && bits) {
                fewest[0] = 0;
                for (size_t i = 1; i < n_sums; i++)
                        fewest[i] = UINT32_MAX;
                fill(choice, unit, n_sums, fewest, bits);
                *ret = take_best(choice, n_blocks, unit, n_sums, fewest, bits);
        }
        free(fewest);
        free(bits);
        return fewest && bits ? 0 : -ENOMEM;
}

/* Blocks */

/* The highest ones. */
static void choose_of(Choice *choice, Supply *supply, uint64_t n_blocks) {
        supply->is_taken = true;
        for (size_t i = supply->end; i > supply->first && n_blocks > 0; i--)
                if (choice->snapshot->blocks[i - 1].device == supply->device &&
                    can_be_had(choice, i - 1)) {
                        choice->chosen[i - 1] = true;
                        n_blocks--;
                }
}

/* The highest device that has enough, else the one that has most; none at all only if none is left. */
static Supply *find_part(Choice *choice, uint64_t n_blocks) {
        Supply *best = NULL;

        for (size_t i = choice->n_supplies; i > 1; i--) {
                Supply *supply = &choice->supplies[i - 1];

                if (supply->is_taken || supply->n_blocks == 0)
                        continue;
                if (supply->n_blocks >= n_blocks)
                        return supply;
                if (!best || supply->n_blocks > best->n_blocks)
                        best = supply;
        }
        return best ?: &choice->supplies[0];
}

static int choose(Choice *choice, uint64_t n_blocks) {
        uint64_t n_left;
        int r;

        r = take_whole(choice, n_blocks, &n_left);
        if (r < 0)
                return r;

        for (size_t i = 0; i < choice->n_supplies; i++)
                if (choice->supplies[i].is_taken)
                        choose_of(choice, &choice->supplies[i], choice->supplies[i].n_blocks);
        while (n_left > 0) {
                Supply *part = find_part(choice, n_left);
                uint64_t n = part->n_blocks < n_left ? part->n_blocks : n_left;

                choose_of(choice, part, n);
                n_left -= n;
        }
        return 0;
}

int choice_make(const Snapshot *snapshot, uint64_t n_blocks, int node, bool *chosen,
                uint64_t *reterr_there) {
        Choice choice = { .snapshot = snapshot, .node = node, .chosen = chosen };
        uint64_t n_there = 0;
        int r;

        r = find_supplies(&choice);
        if (r < 0)
                return r;

        for (size_t i = 0; i < choice.n_supplies; i++)
                n_there += choice.supplies[i].n_blocks;
        if (n_there < n_blocks) {
                *reterr_there = n_there;
                r = -ENOSPC;
        } else
                r = choose(&choice, n_blocks);
        free(choice.supplies);
        return r;
}
