/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a burst costs, from its events to the verified outcomes: counted, not timed.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "counting-box.h"
#include "suite.h"

/*
 * Calls about the kernel's files, for a block; and for a burst, besides. Where close_range(2) can't be had,
 * each file is closed by itself.
 */
#define CALLS_OF_A_BLOCK 16
#define CALLS_OF_A_BLOCK_CLOSED_SINGLY 18
#define CALLS_OF_A_BURST 64

/* The thread's report is written and read; and two lines are kept in /run. */
#define OTHER_CALLS_OF_A_BLOCK 4

/* A machine of so many blocks, all of them online, whose sweep is over. */
static Box *machine_new(size_t n_blocks) {
        FakeTree *tree = fake_tree_new();
        Box *box;

        fake_blocks(tree, 0, n_blocks - 1, "online", "Normal", 0);
        fake_file(tree, "proc/zoneinfo",
                  "Node 0, zone   Normal\n        spanned  9000000\n        present  9000000\n");
        fake_file(tree, "proc/iomem", "00000000-ffffffff : System RAM\n");
        box = box_new(tree);
        box_run(box);
        return box;
}

static void machine_free(Box *box) {
        FakeTree *tree = box->tree;

        box_free(box);
        fake_tree_free(tree);
}

/* The first one must be refused as nonsense, and not as unknown or forbidden. */
static size_t calls_of_a_block(void) {
        bool has_close_range = false;

#ifdef SYS_close_range
        has_close_range = syscall(SYS_close_range, 2, 1, 0) < 0 && errno == EINVAL;
#endif
        return has_close_range ? CALLS_OF_A_BLOCK : CALLS_OF_A_BLOCK_CLOSED_SINGLY;
}

START_TEST(a_block_costs_few_calls) {
        size_t limit = calls_of_a_block();
        Box *box = machine_new(64);
        Cost few, many;

        few = box_measure(box, 1024, 8);
        many = box_measure(box, 2048, 72);
        ck_assert_uint_le(many.n_calls - few.n_calls, 64 * limit);
        ck_assert_uint_le(few.n_calls, 8 * limit + CALLS_OF_A_BURST);
        ck_assert_uint_le(many.n_other_calls - few.n_other_calls, 64 * OTHER_CALLS_OF_A_BLOCK);
        printf("8 blocks: %zu and %zu calls; 64 more: %zu and %zu\n", few.n_calls,
               few.n_other_calls, many.n_calls - few.n_calls,
               many.n_other_calls - few.n_other_calls);
        machine_free(box);
}
END_TEST

START_TEST(a_burst_costs_no_memory) {
        Box *box = machine_new(64);

        for (size_t i = 1; i <= 2; i++) {
                Cost cost = box_measure(box, 1024 * i, 128);

                ck_assert_uint_eq(cost.n_allocations, 0);
        }
        machine_free(box);
}
END_TEST

/* So it touches the files of its own blocks, and some, but none of the others. */
START_TEST(a_burst_costs_the_same_on_any_machine) {
        Box *small = machine_new(64), *large = machine_new(512);
        Cost on_small, on_large;

        (void)box_measure(small, 4096, 8);
        (void)box_measure(large, 4096, 8);
        on_small = box_measure(small, 5000, 8);
        on_large = box_measure(large, 5000, 8);
        ck_assert_uint_eq(on_small.n_calls, on_large.n_calls);
        ck_assert_uint_eq(on_small.n_other_calls, on_large.n_other_calls);
        machine_free(small);
        machine_free(large);
}
END_TEST

/* "udevadm trigger": of blocks that are known, nothing is written, and nothing remembered. */
START_TEST(synthetic_events_cost_one_look_each) {
        Box *box = machine_new(64);
        Cost cost;

        for (size_t i = 0; i < 1024; i++)
                box_send(box, UEVENT_ADD, i % 64);
        cost = box_count(box);
        ck_assert_uint_eq(cost.n_calls, 1024);
        ck_assert_uint_eq(cost.n_other_calls, 0);
        ck_assert_uint_eq(cost.n_allocations, 0);
        ck_assert_uint_eq(box->n_done, 0);
        machine_free(box);
}
END_TEST

TEST_PROGRAM("hot-path", a_block_costs_few_calls, a_burst_costs_no_memory,
             a_burst_costs_the_same_on_any_machine, synthetic_events_cost_one_look_each);
