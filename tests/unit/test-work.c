/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>

#include "actuate/work.h"
#include "fake-kernel.h"
#include "suite.h"

typedef struct World {
        FakeKernel kernel;
        Work work;
        unsigned n_settled[64]; /* by block */
        WorkItem items[64];     /* as they were settled, by block */
} World;

static World *world_new(ZoneRule rule) {
        World *world = calloc(1, sizeof(World));

        ck_assert_ptr_nonnull(world);
        fake_kernel_init(&world->kernel, rule);
        return world;
}

static void world_free(World *world) {
        work_done(&world->work);
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

                ck_assert_int_eq(work_add(&world->work, &verdict, world->kernel.inode, false), 0);
        }
}

static void on_settled(void *userdata, const WorkItem *item) {
        World *world = userdata;

        world->n_settled[item->verdict.block]++;
        world->items[item->verdict.block] = *item;
}

/* Makes the next attempt. False: there is none left. */
static bool step(World *world) {
        const WorkItem *item;
        Attempt attempt;
        BlockIndex block;
        Online online;

        item = work_next(&world->work, &online, on_settled, world);
        if (!item)
                return false;

        block = item->verdict.block;
        attempt = attempt_online(&fake_kernel_ops, &world->kernel, block, item->inode, online);
        work_attempted(&world->work, block, &attempt, on_settled, world);
        return true;
}

static void run(World *world) {
        while (step(world))
                ;
        ck_assert_uint_eq(world->work.n_items, 0);
}

/* Each of the blocks is settled, once, with that outcome. */
static void expect(World *world, BlockIndex first, BlockIndex last, Outcome outcome) {
        for (BlockIndex i = first; i <= last; i++) {
                ck_assert_msg(world->n_settled[i] == 1, "memory%u: settled %u times", (unsigned)i,
                              world->n_settled[i]);
                ck_assert_msg(world->items[i].last.outcome == outcome, "memory%u: %s", (unsigned)i,
                              outcome_to_string(world->items[i].last.outcome));
        }
}

START_TEST(movable_goes_down_on_each_rule) {
        for (ZoneRule rule = 0; rule < _ZONE_RULE_MAX; rule++) {
                World *world = world_new(rule);

                plug(world, 32, 39, 1);
                want(world, 32, 39, 1, ONLINE_MOVABLE, ONLINE_LEAVE);
                run(world);
                expect(world, 32, 39, OUTCOME_DONE);
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
                expect(world, 32, 39, OUTCOME_DONE);
                ck_assert_str_eq(world->kernel.log, "32k 33k 34k 35k 39m 38m 37m 36m");
                world_free(world);
        }
}
END_TEST

/* Out of their order, with holes, a block that isn't open any more, and one that comes back. */
START_TEST(runs_of_blocks_are_gone_through_one_by_one) {
        World *world = world_new(ZONE_RULE_FREE);

        plug(world, 32, 47, 0);
        want(world, 40, 43, 0, ONLINE_MOVABLE, ONLINE_LEAVE);
        want(world, 32, 35, 0, ONLINE_MOVABLE, ONLINE_LEAVE);
        want(world, 45, 47, 0, ONLINE_KERNEL, ONLINE_LEAVE);
        want(world, 36, 37, 0, ONLINE_KERNEL, ONLINE_LEAVE);
        want(world, 44, 44, 0, ONLINE_MOVABLE, ONLINE_LEAVE);
        work_settle(&world->work, 46, OUTCOME_GONE, on_settled, world);
        for (size_t i = 0; i < 5; i++)
                ck_assert(step(world));
        work_settle(&world->work, 43, OUTCOME_GONE, on_settled, world);
        want(world, 46, 46, 0, ONLINE_KERNEL, ONLINE_LEAVE);
        run(world);
        ck_assert_str_eq(world->kernel.log, "36k 37k 45k 47k 44m 46k 42m 41m 40m 35m 34m 33m 32m");
        world_free(world);
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
        expect(world, 32, 35, OUTCOME_DONE);
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
        expect(world, 40, 41, OUTCOME_DONE);
        /* 4.9's boundary lies right below 40 then, not at 33's end: those two can't be had. */
        expect(world, 32, 33, OUTCOME_REFUSED);
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
        expect(world, 32, 35, OUTCOME_DONE);
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
        expect(world, 32, 32, OUTCOME_DONE);
        expect(world, 33, 33, OUTCOME_BUSY);
        ck_assert_uint_eq(world->items[33].n_writes, 2);
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
        expect(world, 32, 35, OUTCOME_DONE);
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
        expect(world, 32, 33, OUTCOME_DONE);
        expect(world, 40, 41, OUTCOME_DONE);
        ck_assert_str_eq(world->kernel.log, "41m 40m 32k 33k");
        ck_assert(world->items[32].fell_back);
        ck_assert_int_eq(world->items[32].first.outcome, OUTCOME_REFUSED);
        ck_assert_int_eq(world->items[32].first.online, ONLINE_MOVABLE);
        ck_assert_int_eq(world->items[32].last.online, ONLINE_KERNEL);
        ck_assert(!world->items[40].fell_back);
        world_free(world);
}
END_TEST

/* What is plugged in the middle joins the work, and the rest is planned anew. */
START_TEST(what_comes_later_joins_the_plan) {
        World *world = world_new(ZONE_RULE_FREE);

        plug(world, 32, 35, 0);
        want(world, 32, 35, 0, ONLINE_MOVABLE, ONLINE_LEAVE);
        ck_assert(step(world));
        ck_assert(step(world));
        plug(world, 40, 41, 0);
        want(world, 40, 41, 0, ONLINE_MOVABLE, ONLINE_LEAVE);
        run(world);
        ck_assert_str_eq(world->kernel.log, "35m 34m 41m 40m 33m 32m");
        expect(world, 32, 35, OUTCOME_DONE);
        expect(world, 40, 41, OUTCOME_DONE);
        world_free(world);
}
END_TEST

START_TEST(a_settled_block_is_not_tried) {
        World *world = world_new(ZONE_RULE_FREE);

        plug(world, 32, 33, 0);
        want(world, 32, 33, 0, ONLINE_MOVABLE, ONLINE_KERNEL);
        work_settle(&world->work, 33, OUTCOME_CANCELLED, on_settled, world);
        work_settle(&world->work, 34, OUTCOME_CANCELLED, on_settled, world);
        run(world);
        expect(world, 32, 32, OUTCOME_DONE);
        expect(world, 33, 33, OUTCOME_CANCELLED);
        ck_assert_uint_eq(world->n_settled[34], 0);
        ck_assert_str_eq(world->kernel.log, "32m");
        world_free(world);
}
END_TEST

/* The block under way is settled from elsewhere: what its attempt comes to is passed over. */
START_TEST(a_block_is_settled_once) {
        World *world = world_new(ZONE_RULE_FREE);
        const Attempt attempt = { .outcome = OUTCOME_DONE };
        Online online;

        plug(world, 32, 32, 0);
        want(world, 32, 32, 0, ONLINE_MOVABLE, ONLINE_LEAVE);
        ck_assert_ptr_nonnull(work_next(&world->work, &online, on_settled, world));
        work_settle(&world->work, 32, OUTCOME_GONE, on_settled, world);
        work_attempted(&world->work, 32, &attempt, on_settled, world);
        run(world);
        expect(world, 32, 32, OUTCOME_GONE);
        world_free(world);
}
END_TEST

START_TEST(a_block_is_added_once) {
        const Verdict verdict = { .block = 32, .online = ONLINE_MOVABLE, .or_else = ONLINE_LEAVE };
        World *world = world_new(ZONE_RULE_FREE);

        plug(world, 32, 33, 0);
        want(world, 32, 33, 0, ONLINE_MOVABLE, ONLINE_LEAVE);
        ck_assert_int_eq(work_add(&world->work, &verdict, 17, false), -EEXIST);
        run(world);
        ck_assert_int_eq(work_add(&world->work, &verdict, 17, false), 0);
        world_free(world);
}
END_TEST

/* Its "remove" was lost: the open item of the old block becomes one of the new block. */
START_TEST(a_block_plugged_anew_is_a_new_item) {
        const Verdict verdict = { .block = 33, .online = ONLINE_MOVABLE, .or_else = ONLINE_LEAVE };
        World *world = world_new(ZONE_RULE_FREE);

        plug(world, 32, 33, 0);
        want(world, 32, 32, 0, ONLINE_MOVABLE, ONLINE_LEAVE);
        ck_assert_int_eq(work_add(&world->work, &verdict, world->kernel.inode - 1, false), 0);
        ck_assert_int_eq(work_add(&world->work, &verdict, world->kernel.inode, false), 0);
        run(world);
        expect(world, 32, 33, OUTCOME_DONE);
        world_free(world);
}
END_TEST

/* Only what came online after a block was refused can have made room for it. */
START_TEST(refused_last_is_not_tried_again) {
        World *world = world_new(ZONE_RULE_FREE);

        plug(world, 32, 34, 0);
        world->kernel.refused_block = 32;
        world->kernel.refusal = -ENOMEM;
        world->kernel.n_refusals = 100;
        want(world, 32, 34, 0, ONLINE_MOVABLE, ONLINE_LEAVE);
        run(world);
        ck_assert_str_eq(world->kernel.log, "34m 33m 32m");
        expect(world, 32, 32, OUTCOME_NO_MEMORY);
        world_free(world);
}
END_TEST

START_TEST(no_work_ends_at_once) {
        World *world = world_new(ZONE_RULE_FREE);

        run(world);
        ck_assert_uint_eq(world->kernel.n_writes, 0);
        world_free(world);
}
END_TEST

/* The blocks 32-39 are one device, which is to be movable as a whole. */
static void want_unit(World *world, Online or_else) {
        for (BlockIndex index = 32; index <= 39; index++) {
                const Verdict verdict = { .block = index,
                                          .node = 1,
                                          .online = ONLINE_MOVABLE,
                                          .or_else = or_else,
                                          .unit = 1 };

                ck_assert_int_eq(work_add(&world->work, &verdict, world->kernel.inode, false), 0);
        }
}

START_TEST(the_rest_of_a_broken_unit_follows_or_else) {
        World *world = world_new(ZONE_RULE_FREE);

        plug(world, 32, 39, 1);
        ck_assert_int_eq(zone_model_write(world->kernel.model, 37, STATE_ONLINE_KERNEL, 0), 0);
        want_unit(world, ONLINE_KERNEL);
        run(world);
        expect(world, 38, 39, OUTCOME_DONE);
        expect(world, 37, 37, OUTCOME_WRONG_ZONE);
        expect(world, 32, 36, OUTCOME_DONE);
        ck_assert_str_eq(world->kernel.log, "39m 38m 32k 33k 34k 35k 36k");
        ck_assert(world->items[36].fell_back && world->items[36].verdict.unit_is_broken);
        world_free(world);
}
END_TEST

START_TEST(the_rest_of_a_broken_unit_stays_offline) {
        World *world = world_new(ZONE_RULE_FREE);

        plug(world, 32, 39, 1);
        world->kernel.refused_block = 39;
        world->kernel.refusal = -EPERM;
        world->kernel.n_refusals = 1;
        want_unit(world, ONLINE_LEAVE);
        run(world);
        expect(world, 39, 39, OUTCOME_VETOED);
        expect(world, 32, 38, OUTCOME_REFUSED);
        ck_assert_str_eq(world->kernel.log, "39m");
        world_free(world);
}
END_TEST

/* A notifier that has no memory may have some later: that is no reason to give up the whole. */
START_TEST(a_busy_block_breaks_no_unit) {
        World *world = world_new(ZONE_RULE_FREE);

        plug(world, 32, 39, 1);
        world->kernel.refused_block = 39;
        world->kernel.refusal = -ENOMEM;
        world->kernel.n_refusals = 1;
        want_unit(world, ONLINE_LEAVE);
        run(world);
        expect(world, 32, 39, OUTCOME_DONE);
        world_free(world);
}
END_TEST

START_TEST(a_unit_that_is_broken_from_the_start_is_not_tried) {
        World *world = world_new(ZONE_RULE_FREE);
        const Verdict verdict = { .block = 32,
                                  .node = 1,
                                  .online = ONLINE_MOVABLE,
                                  .or_else = ONLINE_KERNEL,
                                  .unit = 1,
                                  .unit_is_broken = true };

        plug(world, 32, 32, 1);
        ck_assert_int_eq(work_add(&world->work, &verdict, world->kernel.inode, false), 0);
        run(world);
        expect(world, 32, 32, OUTCOME_DONE);
        ck_assert_str_eq(world->kernel.log, "32k");
        ck_assert_int_eq(world->items[32].first.outcome, OUTCOME_REFUSED);
        world_free(world);
}
END_TEST

static void count_settled(void *userdata, const WorkItem *item) {
        (void)item;
        ++*(size_t *)userdata;
}

/* Settles half of many blocks, and has them added anew: the later item is the one that is found. */
START_TEST(each_of_many_blocks_is_found) {
        size_t n = 10000, n_settled = 0;
        Work work = {};

        for (size_t round = 0; round < 2; round++) {
                work_clear(&work);
                for (size_t i = n; i > 0; i--) {
                        const Verdict verdict = { .block = i * 512, .online = ONLINE_MOVABLE };

                        ck_assert(!work_has(&work, verdict.block));
                        ck_assert_int_eq(work_add(&work, &verdict, 1, false), 0);
                        ck_assert_int_eq(work_add(&work, &verdict, 1, false), -EEXIST);
                        ck_assert_int_eq(work_replace(&work, &verdict, 1), 0);
                }
                ck_assert_uint_eq(work.n_open, n);
        }
        for (size_t i = 1; i <= n; i += 2)
                for (size_t k = 0; k < 2; k++)
                        work_settle(&work, i * 512, OUTCOME_GONE, count_settled, &n_settled);
        ck_assert_uint_eq(n_settled, n / 2);
        ck_assert_uint_eq(work.n_open, n / 2);
        for (size_t i = 1; i <= n; i++)
                ck_assert(work_has(&work, i * 512) == (i % 2 == 0));

        for (size_t i = 1; i <= n; i += 2) {
                const Verdict verdict = { .block = i * 512, .online = ONLINE_KERNEL };

                ck_assert_int_eq(work_add(&work, &verdict, 2, false), 0);
                ck_assert(work_has(&work, verdict.block));
        }
        ck_assert_uint_eq(work.n_items, n + n / 2);
        ck_assert_uint_eq(work.n_open, n);
        for (size_t i = 1; i <= n; i++)
                ck_assert(work_has(&work, i * 512));
        work_settle_all(&work, OUTCOME_CANCELLED, count_settled, &n_settled);
        ck_assert_uint_eq(n_settled, n + n / 2);
        ck_assert_uint_eq(work.n_open, 0);
        work_done(&work);
}
END_TEST

TEST_PROGRAM("work", each_of_many_blocks_is_found, the_rest_of_a_broken_unit_follows_or_else,
             the_rest_of_a_broken_unit_stays_offline, a_busy_block_breaks_no_unit,
             a_unit_that_is_broken_from_the_start_is_not_tried, movable_goes_down_on_each_rule,
             kernel_goes_up_before_movable_goes_down, runs_of_blocks_are_gone_through_one_by_one,
             each_node_for_itself, two_dimms_of_a_node_are_one_ladder, refused_once_is_tried_again,
             a_pass_without_progress_is_the_last, boundary_goes_on_below_a_refused_block,
             what_cannot_be_had_follows_or_else, what_comes_later_joins_the_plan,
             a_settled_block_is_not_tried, a_block_is_settled_once, a_block_is_added_once,
             a_block_plugged_anew_is_a_new_item, refused_last_is_not_tried_again,
             no_work_ends_at_once);
