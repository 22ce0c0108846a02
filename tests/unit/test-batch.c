/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>
#include <string.h>

#include "actuate/batch.h"
#include "fake-kernel.h"
#include "suite.h"

typedef struct World {
        FakeKernel kernel; /* first: the ops' userdata is the world, too */
        Policy *policy;
        Batch *batch;
        unsigned n_settled[32];
        unsigned cancel_after; /* writes; 0: never */
} World;

static World *world_new(ZoneRule rule) {
        World *world = calloc(1, sizeof(World));

        ck_assert_ptr_nonnull(world);
        fake_kernel_init(&world->kernel, rule);
        world->policy = policy_new();
        world->batch = batch_new(world->policy, 32);
        ck_assert_ptr_nonnull(world->batch);
        return world;
}

static void world_free(World *world) {
        batch_free(world->batch);
        policy_unref(world->policy);
        fake_kernel_done(&world->kernel);
        free(world);
}

static void plug(World *world, BlockIndex first, BlockIndex last, int node) {
        ck_assert_int_eq(zone_model_add(world->kernel.model, first, last, node), 0);
}

static void want(World *world, BlockIndex first, BlockIndex last, int node, Online online,
                 Online or_else) {
        for (BlockIndex index = first; index <= last; index++) {
                const Verdict verdict = {
                        .block = index, .node = node, .online = online, .or_else = or_else
                };

                batch_add(world->batch, &verdict, world->kernel.inode);
        }
}

static bool on_cancelled(void *userdata) {
        World *world = userdata;

        return world->cancel_after > 0 && world->kernel.n_writes >= world->cancel_after;
}

static void on_settled(void *userdata, size_t item) {
        World *world = userdata;

        world->n_settled[item]++;
}

/* Runs it, and holds what must always be so: each item is settled, once. */
static void run(World *world) {
        static const BatchCallbacks callbacks = { on_cancelled, on_settled };

        batch_run(world->batch, &fake_kernel_ops, &callbacks, world);
        for (size_t i = 0; i < world->batch->n_items; i++) {
                ck_assert(world->batch->items[i].settled);
                ck_assert_uint_eq(world->n_settled[i], 1);
        }
}

static void expect(World *world, size_t first_item, size_t last_item, Outcome outcome) {
        for (size_t i = first_item; i <= last_item; i++)
                ck_assert_msg(world->batch->items[i].last.outcome == outcome, "item %zu: %s", i,
                              outcome_to_string(world->batch->items[i].last.outcome));
}

START_TEST(movable_goes_down_on_each_rule) {
        for (ZoneRule rule = 0; rule < _ZONE_RULE_MAX; rule++) {
                World *world = world_new(rule);

                plug(world, 32, 39, 1);
                want(world, 32, 39, 1, ONLINE_MOVABLE, ONLINE_LEAVE);
                run(world);
                expect(world, 0, 7, OUTCOME_DONE);
                ck_assert_str_eq(world->kernel.log, "39m 38m 37m 36m 35m 34m 33m 32m");
                world_free(world);
        }
}
END_TEST

START_TEST(kernel_goes_up_before_movable_goes_down) {
        for (ZoneRule rule = 0; rule < _ZONE_RULE_MAX; rule++) {
                World *world = world_new(rule);

                plug(world, 32, 39, 0);
                want(world, 36, 39, 0, ONLINE_MOVABLE, ONLINE_LEAVE);
                want(world, 32, 35, 0, ONLINE_KERNEL, ONLINE_LEAVE);
                run(world);
                expect(world, 0, 7, OUTCOME_DONE);
                ck_assert_str_eq(world->kernel.log, "32k 33k 34k 35k 39m 38m 37m 36m");
                world_free(world);
        }
}
END_TEST

START_TEST(each_node_for_itself) {
        World *world = world_new(ZONE_RULE_BOUNDARY);

        plug(world, 32, 33, 1);
        plug(world, 34, 35, 0);
        want(world, 32, 33, 1, ONLINE_MOVABLE, ONLINE_LEAVE);
        want(world, 34, 35, 0, ONLINE_MOVABLE, ONLINE_LEAVE);
        run(world);
        ck_assert_str_eq(world->kernel.log, "35m 34m 33m 32m");
        expect(world, 0, 3, OUTCOME_DONE);
        world_free(world);
}
END_TEST

START_TEST(two_dimms_of_a_node_are_one_ladder) {
        World *world = world_new(ZONE_RULE_BOUNDARY);

        plug(world, 32, 33, 0);
        plug(world, 40, 41, 0);
        want(world, 32, 33, 0, ONLINE_MOVABLE, ONLINE_LEAVE);
        want(world, 40, 41, 0, ONLINE_MOVABLE, ONLINE_LEAVE);
        run(world);
        ck_assert_str_eq(world->kernel.log, "41m 40m");
        expect(world, 2, 3, OUTCOME_DONE);
        /* 4.9's boundary lies right below 40 then, not at 33's end: those two can't be had. */
        expect(world, 0, 1, OUTCOME_REFUSED);
        world_free(world);
}
END_TEST

/* The kernel refuses once; the other blocks make progress, so there is a second pass. */
START_TEST(refused_once_is_tried_again) {
        World *world = world_new(ZONE_RULE_FREE);

        plug(world, 32, 35, 0);
        world->kernel.refused_block = 34;
        world->kernel.refusal = -ENOMEM;
        world->kernel.n_refusals = 1;
        want(world, 32, 35, 0, ONLINE_MOVABLE, ONLINE_LEAVE);
        run(world);
        expect(world, 0, 3, OUTCOME_DONE);
        ck_assert_str_eq(world->kernel.log, "35m 34m 33m 32m 34m");
        world_free(world);
}
END_TEST

START_TEST(a_pass_without_progress_is_the_last) {
        World *world = world_new(ZONE_RULE_FREE);

        plug(world, 32, 33, 0);
        world->kernel.refused_block = 33;
        world->kernel.refusal = -EBUSY;
        world->kernel.n_refusals = 100;
        want(world, 32, 33, 0, ONLINE_MOVABLE, ONLINE_LEAVE);
        run(world);
        ck_assert_str_eq(world->kernel.log, "33m 32m 33m");
        expect(world, 0, 0, OUTCOME_DONE);
        expect(world, 1, 1, OUTCOME_BUSY);
        ck_assert_uint_eq(world->batch->items[1].n_writes, 2);
        world_free(world);
}
END_TEST

/* Boundary: a block that a notifier refused has moved all the same, so the rest can go on. */
START_TEST(boundary_goes_on_below_a_refused_block) {
        World *world = world_new(ZONE_RULE_BOUNDARY);

        plug(world, 32, 35, 0);
        world->kernel.refused_block = 34;
        world->kernel.refusal = -ENOMEM;
        world->kernel.n_refusals = 1;
        want(world, 32, 35, 0, ONLINE_MOVABLE, ONLINE_LEAVE);
        run(world);
        expect(world, 0, 3, OUTCOME_DONE);
        world_free(world);
}
END_TEST

START_TEST(what_cannot_be_had_follows_or_else) {
        World *world = world_new(ZONE_RULE_BOUNDARY);

        plug(world, 32, 33, 0);
        plug(world, 40, 41, 0);
        want(world, 32, 33, 0, ONLINE_MOVABLE, ONLINE_KERNEL);
        want(world, 40, 41, 0, ONLINE_MOVABLE, ONLINE_LEAVE);
        run(world);
        expect(world, 0, 3, OUTCOME_DONE);
        ck_assert_str_eq(world->kernel.log, "41m 40m 32k 33k");
        ck_assert(world->batch->items[0].fell_back);
        ck_assert_int_eq(world->batch->items[0].first.outcome, OUTCOME_REFUSED);
        ck_assert_int_eq(world->batch->items[0].first.online, ONLINE_MOVABLE);
        ck_assert_int_eq(world->batch->items[0].last.online, ONLINE_KERNEL);
        ck_assert(!world->batch->items[2].fell_back);
        world_free(world);
}
END_TEST

START_TEST(a_withdrawn_block_is_not_written) {
        World *world = world_new(ZONE_RULE_FREE);

        plug(world, 32, 33, 0);
        want(world, 32, 33, 0, ONLINE_MOVABLE, ONLINE_KERNEL);
        atomic_store(&world->batch->items[1].withdrawn, true);
        run(world);
        expect(world, 0, 0, OUTCOME_DONE);
        expect(world, 1, 1, OUTCOME_CANCELLED);
        ck_assert_str_eq(world->kernel.log, "32m");
        world_free(world);
}
END_TEST

START_TEST(cancelled_ends_after_the_write_under_way) {
        World *world = world_new(ZONE_RULE_FREE);

        plug(world, 32, 39, 0);
        world->cancel_after = 3;
        want(world, 32, 39, 0, ONLINE_MOVABLE, ONLINE_KERNEL);
        run(world);
        ck_assert_str_eq(world->kernel.log, "39m 38m 37m");
        expect(world, 0, 4, OUTCOME_CANCELLED);
        expect(world, 5, 7, OUTCOME_DONE);
        world_free(world);
}
END_TEST

START_TEST(an_empty_batch_ends) {
        World *world = world_new(ZONE_RULE_FREE);

        run(world);
        ck_assert_uint_eq(world->kernel.n_writes, 0);
        world_free(world);
}
END_TEST

TEST_PROGRAM("batch", movable_goes_down_on_each_rule, kernel_goes_up_before_movable_goes_down,
             each_node_for_itself, two_dimms_of_a_node_are_one_ladder, refused_once_is_tried_again,
             a_pass_without_progress_is_the_last, boundary_goes_on_below_a_refused_block,
             what_cannot_be_had_follows_or_else, a_withdrawn_block_is_not_written,
             cancelled_ends_after_the_write_under_way, an_empty_batch_ends);
