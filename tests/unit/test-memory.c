/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is there so that half a million blocks take little memory, and a burst takes none: arrays, sorting,
 * snapshots.
 */
#include <stdint.h>

#include "base/array.h"
#include "base/sort.h"
#include "model/snapshot.h"
#include "rules/budget.h"
#include "state/block-table.h"
#include "suite.h"

START_TEST(arrays_grow_and_are_reserved) {
        size_t n_allocated = 0;
        uint32_t *array = NULL, *same;

        array = array_grow(array, &n_allocated, 0, sizeof(*array));
        ck_assert_ptr_nonnull(array);
        ck_assert_uint_ge(n_allocated, 1);
        array[0] = 7;

        array = array_reserve(array, &n_allocated, 1000, sizeof(*array));
        ck_assert_uint_eq(n_allocated, 1000);
        ck_assert_uint_eq(array[0], 7);
        ck_assert_uint_eq(array[999], 0);

        same = array_reserve(array, &n_allocated, 10, sizeof(*array));
        ck_assert_ptr_eq(same, array);
        same = array_grow(array, &n_allocated, 999, sizeof(*array));
        ck_assert_ptr_eq(same, array);
        array = array_grow(array, &n_allocated, 1000, sizeof(*array));
        ck_assert_uint_gt(n_allocated, 1000);
        ck_assert_uint_eq(array[0], 7);
        free(array);
}
END_TEST

static int compare_numbers(const void *a, const void *b) {
        const uint64_t *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

/* A number that looks like none before, and is the same each time. */
static uint64_t scramble(uint64_t i) {
        i = (i ^ i >> 31) * UINT64_C(0x7fb5d329728ea185);
        return i ^ i >> 27;
}

/* In order, in the opposite one, in none, all alike, few alike, and two runs that are in order. */
static uint64_t number_of(unsigned shape, size_t i, size_t n) {
        const uint64_t shapes[] = {
                i, n - i, scramble(i + 1), 5, scramble(i) % 3, i % (n / 2 + 1)
        };

        return shapes[shape];
}

START_TEST(sorts_in_place) {
        static const size_t lengths[] = { 0, 1, 2, 3, 8, 9, 10, 100, 1000, 4097 };
        uint64_t numbers[4097], wanted[4097];

        for (unsigned shape = 0; shape < 6; shape++)
                for (size_t k = 0; k < sizeof(lengths) / sizeof(lengths[0]); k++) {
                        size_t n = lengths[k];

                        for (size_t i = 0; i < n; i++)
                                numbers[i] = wanted[i] = number_of(shape, i, n);
                        if (n > 0)
                                qsort(wanted, n, sizeof(wanted[0]), compare_numbers);
                        sort_in_place(numbers, n, sizeof(numbers[0]), compare_numbers);
                        for (size_t i = 0; i < n; i++)
                                ck_assert_uint_eq(numbers[i], wanted[i]);
                }
}
END_TEST

START_TEST(snapshots_are_sorted_by_all_of_an_index) {
        static const uint64_t factors[] = { 1, 255, 256, 257, 65537, UINT64_C(0x0123456789abcdef) };

        for (size_t k = 0; k < sizeof(factors) / sizeof(factors[0]); k++) {
                Snapshot snapshot = {};

                for (size_t i = 0; i < 3000; i++) {
                        uint64_t index = (scramble(i) % 6000) * factors[k];
                        Block block = { .index = index, .inode = index + 1 };

                        ck_assert_int_eq(snapshot_add(&snapshot, &block), 0);
                }
                snapshot_sort(&snapshot);
                for (size_t i = 0; i < 3000; i++) {
                        const Block *block = &snapshot.blocks[i];

                        ck_assert_uint_eq(block->inode, block->index + 1);
                        if (i > 0)
                                ck_assert_uint_le(block[-1].index, block->index);
                        ck_assert_uint_eq(snapshot_find(&snapshot, block->index)->index,
                                          block->index);
                }
                snapshot_done(&snapshot);
        }
}
END_TEST

START_TEST(blocks_are_found_with_holes_and_without) {
        static const BlockIndex indices[] = { 3, 4, 5, 9, 10, 200, UINT64_MAX };
        Snapshot snapshot = {};

        ck_assert_ptr_null(snapshot_find(&snapshot, 3));
        for (size_t i = 0; i < sizeof(indices) / sizeof(indices[0]); i++)
                ck_assert_int_eq(snapshot_add(&snapshot, &(Block){ .index = indices[i] }), 0);
        for (size_t i = 0; i < sizeof(indices) / sizeof(indices[0]); i++)
                ck_assert_ptr_eq(snapshot_find(&snapshot, indices[i]), &snapshot.blocks[i]);
        ck_assert_ptr_null(snapshot_find(&snapshot, 0));
        ck_assert_ptr_null(snapshot_find(&snapshot, 6));
        ck_assert_ptr_null(snapshot_find(&snapshot, 201));
        snapshot_done(&snapshot);
}
END_TEST

/* Half a million of them: see tests/bench. */
START_TEST(a_block_is_small) {
        ck_assert_uint_le(sizeof(Block), 32);
        ck_assert_uint_le(sizeof(BlockRecord), 18);
        ck_assert_uint_le(sizeof(BudgetBlock), 16);
}
END_TEST

START_TEST(what_is_cleared_keeps_its_memory) {
        Snapshot snapshot = {};
        const Block *blocks;

        ck_assert_int_eq(snapshot_reserve(&snapshot, 100, 4), 0);
        blocks = snapshot.blocks;
        for (size_t i = 0; i < 100; i++)
                ck_assert_int_eq(snapshot_add(&snapshot, &(Block){ .index = i }), 0);
        ck_assert_ptr_eq(snapshot.blocks, blocks);

        snapshot.block_size = 1;
        snapshot_clear(&snapshot);
        ck_assert_uint_eq(snapshot.n_blocks, 0);
        ck_assert_uint_eq(snapshot.block_size, 0);
        ck_assert_ptr_eq(snapshot.blocks, blocks);
        snapshot_done(&snapshot);
}
END_TEST

TEST_PROGRAM("memory", arrays_grow_and_are_reserved, sorts_in_place,
             snapshots_are_sorted_by_all_of_an_index, blocks_are_found_with_holes_and_without,
             a_block_is_small, what_is_cleared_keeps_its_memory);
