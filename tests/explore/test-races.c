/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Races that can't be had in a test machine, for they are those of the old kernels, or come too
 * rarely: each one played by a script in the explorer's world, where the model of the zone rules is
 * the kernel, and told what must come of it. The explorer goes all ways; this is one of them.
 */
#undef NDEBUG
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit/suite.h"
#include "base/log.h"
#include "play.h"

static const Scenario both_movable = {
        .name = "two DIMMs, both movable",
        .dimms = { { 8, 10, 0 }, { 11, 13, 0 } },
        .online = { ONLINE_MOVABLE, ONLINE_MOVABLE },
        .or_else = { ONLINE_LEAVE, ONLINE_LEAVE },
};

static const Scenario higher_is_kernel = {
        .name = "two DIMMs, the higher one for the kernel",
        .dimms = { { 8, 10, 0 }, { 11, 13, 0 } },
        .online = { ONLINE_MOVABLE, ONLINE_KERNEL },
        .or_else = { ONLINE_LEAVE, ONLINE_LEAVE },
};

static void plug_higher(World *world) {
        plug(world, 1);
}

static void kernel_takes_the_middle(World *world) {
        agent_writes(world, 9, STATE_ONLINE_KERNEL);
}

static void kernel_takes_the_top(World *world) {
        agent_writes(world, 10, STATE_ONLINE_KERNEL);
}

START_TEST(race_2_zones_change_before_the_write) {
        World *world;

        /* It read "Normal Movable" of 10, and when it writes that isn't at the boundary any more. */
        world = play(ZONE_RULE_BOUNDARY, &both_movable);
        plug(world, 0);
        script = (Script){ INSIDE_ATTEMPT, 10, plug_higher };
        run(world);
        expect(world, "10m- 13m+ 12m+ 11m+ 10m+ 9m+ 8m+",
               "13 done, 12 done, 11 done, 10 done, 9 done, 8 done");
        expect_zone(world, 8, 13, ZONE_KIND_MOVABLE);
        world_free(world);

        /* The same where the others can't be moved out of the way. */
        world = play(ZONE_RULE_BOUNDARY, &higher_is_kernel);
        plug(world, 0);
        script = (Script){ INSIDE_ATTEMPT, 10, plug_higher };
        run(world);
        expect(world, "10m- 11k+ 12k+ 13k+",
               "11 done, 12 done, 13 done, 8 refused by 13, 9 refused by 13, 10 refused by 13");
        expect_zone(world, 8, 10, NO_ZONE);
        world_free(world);
}
END_TEST

START_TEST(race_2_block_goes_to_another_zone_before_the_write) {
        static const ZoneRule rules[] = { ZONE_RULE_BOUNDARY, ZONE_RULE_NO_OVERLAP };
        World *world;

        /* Somebody else has the top block: none below can become Movable any more. */
        for (size_t i = 0; i < ELEMENTSOF(rules); i++) {
                world = play(rules[i], &one_dimm);
                plug(world, 0);
                script = (Script){ INSIDE_ATTEMPT, 10, kernel_takes_the_top };
                run(world);
                expect(world, "10m-", "10 wrong-zone, 8 refused by 10, 9 refused by 10");
                expect_zone(world, 8, 9, NO_ZONE);
                expect_zone(world, 10, 10, ZONE_KIND_KERNEL);
                world_free(world);
        }

        /* No overlap: what lies above the kernel's span can still be had. */
        world = play(ZONE_RULE_NO_OVERLAP, &one_dimm);
        plug(world, 0);
        script = (Script){ INSIDE_ATTEMPT, 10, kernel_takes_the_middle };
        run(world);
        expect(world, "10m+", "10 done, 9 wrong-zone, 8 refused by 9");
        expect_zone(world, 8, 8, NO_ZONE);
        expect_zone(world, 10, 10, ZONE_KIND_MOVABLE);
        world_free(world);
}
END_TEST

static void kernel_takes_the_lowest(World *world) {
        agent_writes(world, 8, STATE_ONLINE_KERNEL);
}

/* 8 was read as offline; its "online" comes before that is decided upon. */
START_TEST(race_4_put_online_between_reading_and_deciding) {
        World *world = play(ZONE_RULE_FREE, &one_dimm);
        const BlockRecord *record;

        script = (Script){ INSIDE_DECISION, 9, kernel_takes_the_lowest };
        run(world);
        n_readings = 0;
        plug(world, 0);
        run(world);
        ck_assert_ptr_null(script.act);
        expect(world, "10m+ 9m+", "10 done, 9 done");
        expect_zone(world, 8, 8, ZONE_KIND_KERNEL);
        ck_assert_int_eq(world->blocks[8].outcome, OUTCOME_WRONG_ZONE);
        ck_assert_uint_eq(world->rounds.n_outcomes[OUTCOME_WRONG_ZONE], 1);
        record = block_table_find(world->table, 8);
        ck_assert(record && record->mark == BLOCK_MARK_ONLINE);
        world_free(world);
}
END_TEST

START_TEST(race_12_higher_dimm_is_added_on_the_way_down) {
        World *world;

        /* Movable has begun below it: it is born there, and the plan made anew begins with it. */
        world = play(ZONE_RULE_BOUNDARY, &both_movable);
        plug(world, 0);
        script = (Script){ INSIDE_ATTEMPT, 9, plug_higher };
        run(world);
        expect(world, "10m+ 9m+ 13m+ 12m+ 11m+ 8m+",
               "10 done, 9 done, 13 done, 12 done, 11 done, 8 done");
        expect_zone(world, 8, 13, ZONE_KIND_MOVABLE);
        world_free(world);

        /* … and so can't go to the kernel zone any more. */
        world = play(ZONE_RULE_BOUNDARY, &higher_is_kernel);
        plug(world, 0);
        script = (Script){ INSIDE_ATTEMPT, 9, plug_higher };
        run(world);
        expect(world, "10m+ 9m+ 8m+",
               "10 done, 9 done, 8 done, 11 refused by 8, 12 refused by 8, 13 refused by 8");
        expect_zone(world, 8, 10, ZONE_KIND_MOVABLE);
        expect_zone(world, 11, 13, NO_ZONE);
        world_free(world);
}
END_TEST

START_TEST(race_12_higher_dimm_goes_to_the_kernel) {
        static const ZoneRule rules[] = { ZONE_RULE_BOUNDARY, ZONE_RULE_NO_OVERLAP };

        /* It is there before the first attempt: the lower one can't become Movable any more. */
        for (size_t i = 0; i < ELEMENTSOF(rules); i++) {
                World *world = play(rules[i], &higher_is_kernel);

                plug(world, 0);
                plug(world, 1);
                run(world);
                expect(world, "11k+ 12k+ 13k+",
                       "11 done, 12 done, 13 done, 8 refused by 13, 9 refused by 13, "
                       "10 refused by 13");
                expect_zone(world, 8, 10, NO_ZONE);
                expect_zone(world, 11, 13, ZONE_KIND_KERNEL);
                world_free(world);
        }
}
END_TEST

START_TEST(race_13_refused_block_has_moved_all_the_same) {
        World *world = play(ZONE_RULE_BOUNDARY, &one_dimm);
        Block block;

        plug(world, 0);
        world->refuse_next = -ENOMEM;
        run(world);
        /* 10 isn't done, and yet 9 can go; once something has come online it is tried again. */
        expect(world, "10m- 9m+ 8m+ 10m+", "9 done, 8 done, 10 done");
        expect_zone(world, 8, 10, ZONE_KIND_MOVABLE);
        world_free(world);

        /* Refused for good: no block is written twice, and none counted as done. */
        for (ZoneRule rule = 0; rule < _ZONE_RULE_MAX; rule++) {
                world = play(rule, &one_dimm);
                plug(world, 0);
                refuse_all = true;
                world->refuse_next = -ENOMEM;
                run(world);
                expect(world, "10m- 9m- 8m-", "8 no-memory, 9 no-memory, 10 no-memory");
                expect_zone(world, 8, 10, NO_ZONE);
                ck_assert(zone_model_read(world->model, 10, &block));
                ck_assert_int_eq(block.valid_zones.zones[0],
                                 rule == ZONE_RULE_FREE ? ZONE_NORMAL : ZONE_MOVABLE);
                world_free(world);
        }
}
END_TEST

/* What somebody moved after memplugd had its try is theirs, as often as they like. */
START_TEST(race_4_moved_by_somebody_later) {
        static const Scenario kernel_wanted = {
                .name = "one DIMM for the kernel",
                .dimms = { { 8, 10, 0 } },
                .online = { ONLINE_KERNEL },
                .or_else = { ONLINE_LEAVE },
                .rezone = true,
                .n_agent = 4,
        };
        World *world = play(ZONE_RULE_FREE, &kernel_wanted);

        plug(world, 0);
        run(world);
        for (unsigned i = 0; i < 2; i++) {
                agent_writes(world, 8, STATE_OFFLINE);
                if (i == 0)
                        run(world);
                agent_writes(world, 8, i == 0 ? STATE_ONLINE_MOVABLE : STATE_ONLINE_KERNEL);
                run(world);
        }
        ck_assert_str_eq(writes, "8k+ 9k+ 10k+");
        world_free(world);

        /* Both at once, before memplugd can look. */
        world = play(ZONE_RULE_FREE, &kernel_wanted);
        plug(world, 0);
        run(world);
        agent_writes(world, 8, STATE_OFFLINE);
        agent_writes(world, 8, STATE_ONLINE_MOVABLE);
        run(world);
        ck_assert_str_eq(writes, "8k+ 9k+ 10k+");
        expect_zone(world, 8, 8, ZONE_KIND_MOVABLE);
        world_free(world);
}
END_TEST

/* It couldn't be put anywhere when it was moved; the next "add", synthetic or not, tries again. */
START_TEST(race_4_left_offline_by_a_move) {
        static const Scenario one_block = {
                .name = "one block for the kernel",
                .dimms = { { 8, 8, 0 } },
                .online = { ONLINE_KERNEL },
                .or_else = { ONLINE_LEAVE },
                .rezone = true,
                .n_agent = 1,
        };
        World *world = play(ZONE_RULE_FREE, &one_block);

        plug(world, 0);
        agent_writes(world, 8, STATE_ONLINE_MOVABLE);
        refuse_all = true;
        run(world);
        ck_assert_str_eq(writes, "8x+ 8k- 8m-");
        expect_zone(world, 8, 8, NO_ZONE);

        refuse_all = false;
        world->refuse_next = 0;
        world->queue[world->n_queue++] = (Uevent){ UEVENT_ADD, 8 };
        run(world);
        ck_assert_str_eq(writes, "8x+ 8k- 8m- 8k+");
        expect_zone(world, 8, 8, ZONE_KIND_KERNEL);
        world_free(world);
}
END_TEST

static const Scenario four_blocks = {
        .name = "one DIMM of four blocks",
        .dimms = { { 8, 11, 0 } },
        .online = { ONLINE_MOVABLE },
        .or_else = { ONLINE_LEAVE },
        .n_agent = 6,
        .n_failed_unplugs = 1,
};

START_TEST(race_16_failed_unplug_is_made_good) {
        World *world = play(ZONE_RULE_FREE, &four_blocks);

        plug(world, 0);
        run(world);
        world_do(world, &(Transition){ .what = DO_FAIL_UNPLUG, .block = 0 });
        expect_zone(world, 8, 10, ZONE_KIND_KERNEL);
        run(world);
        ck_assert_str_eq(writes, "11m+ 10m+ 9m+ 8m+ 10x+ 10m+ 9x+ 9m+ 8x+ 8m+");
        expect_zone(world, 8, 11, ZONE_KIND_MOVABLE);
        world_free(world);
}
END_TEST

/* Killed before it could put anything back: the next one does, but for the one that had its try. */
START_TEST(race_16_killed_before_it_is_made_good) {
        World *world = play(ZONE_RULE_FREE, &four_blocks);
        Transition next;

        plug(world, 0);
        run(world);
        world_do(world, &(Transition){ .what = DO_FAIL_UNPLUG, .block = 0 });
        while (world->rounds.work.n_items == 0) {
                ck_assert(find_own(world, &next));
                world_do(world, &next);
        }
        world->n_kills = 1;
        world_do(world, &(Transition){ .what = DO_KILL });
        world_do(world, &(Transition){ .what = DO_START });
        run(world);
        expect_zone(world, 8, 9, ZONE_KIND_MOVABLE);
        expect_zone(world, 11, 11, ZONE_KIND_MOVABLE);
        world_free(world);
}
END_TEST

/* Block by block, and faster than memplugd can look: that is no failed unplug. */
START_TEST(race_16_moved_by_a_tool) {
        World *world = play(ZONE_RULE_FREE, &four_blocks);

        plug(world, 0);
        run(world);
        for (BlockIndex block = 8; block <= 10; block++) {
                agent_writes(world, block, STATE_OFFLINE);
                agent_writes(world, block, STATE_ONLINE_KERNEL);
        }
        run(world);
        ck_assert_str_eq(writes, "11m+ 10m+ 9m+ 8m+");
        expect_zone(world, 8, 10, ZONE_KIND_KERNEL);
        world_free(world);
}
END_TEST

/* Somebody else never stops: new memory comes online all the same. */
START_TEST(race_10_events_without_end) {
        static const Scenario busy = {
                .name = "two DIMMs, and somebody busy with one",
                .dimms = { { 8, 10, 0 }, { 11, 13, 0 } },
                .online = { ONLINE_MOVABLE, ONLINE_MOVABLE },
                .or_else = { ONLINE_LEAVE, ONLINE_LEAVE },
                .n_agent = 1000,
        };
        World *world = play(ZONE_RULE_FREE, &busy);
        unsigned n_toggles = 0;
        Transition next;

        plug(world, 1);
        run(world);
        plug(world, 0);
        for (unsigned i = 0; i < 200 && find_own(world, &next); i++) {
                if (next.what == DO_REPORT && world->job_was_barrier)
                        agent_writes(world, 11,
                                     n_toggles++ % 2 ? STATE_ONLINE_MOVABLE : STATE_OFFLINE);
                world_do(world, &next);
        }
        expect_zone(world, 8, 10, ZONE_KIND_MOVABLE);
        world_free(world);
}
END_TEST

static void kernel_takes_top_and_lowest(World *world) {
        agent_writes(world, 10, STATE_ONLINE_KERNEL);
        agent_writes(world, 8, STATE_ONLINE_KERNEL);
}

/* The rest of its device is given up without a look, but not told as offline if it isn't. */
START_TEST(race_4_device_is_given_up) {
        static const Scenario as_unit = {
                .name = "one DIMM as a unit",
                .dimms = { { 8, 10, 0 } },
                .online = { ONLINE_MOVABLE },
                .or_else = { ONLINE_LEAVE },
                .unit = true,
                .n_agent = 2,
        };
        World *world = play(ZONE_RULE_FREE, &as_unit);

        plug(world, 0);
        script = (Script){ INSIDE_ATTEMPT, 10, kernel_takes_top_and_lowest };
        run(world);
        ck_assert_str_eq(writes, "10m-");
        ck_assert_str_eq(outcomes, "10 wrong-zone, 9 refused");
        ck_assert_int_eq(world->blocks[8].outcome, OUTCOME_WRONG_ZONE);
        expect_zone(world, 9, 9, NO_ZONE);
        world_free(world);
}
END_TEST

/* It comes online and goes offline again while it is tried, and only the first of it is seen. */
static void comes_and_goes_unseen(World *world) {
        agent_writes(world, 8, STATE_ONLINE_MOVABLE);
        world_do(world, &(Transition){ .what = DO_UEVENTS });
        agent_writes(world, 8, STATE_OFFLINE);
        world->n_losses = 1;
        world_do(world, &(Transition){ .what = DO_LOSE });
        world->refuse_next = -ENOMEM;
}

/* Who took it offline is obeyed, though memplugd was about to try it again. */
START_TEST(race_9_taken_offline_in_the_middle) {
        World *world = play(ZONE_RULE_FREE, &one_dimm);
        const BlockRecord *record;

        world->n_agent = 2;
        plug(world, 0);
        script = (Script){ INSIDE_ATTEMPT, 8, comes_and_goes_unseen };
        run(world);
        ck_assert_str_eq(writes, "10m+ 9m+ 8m-");
        ck_assert_str_eq(outcomes, "10 done, 9 done, 8 cancelled");
        record = block_table_find(world->table, 8);
        ck_assert(record && record->mark == BLOCK_MARK_RELEASED);
        world_free(world);
}
END_TEST

/* What is looked at besides, in a sweep, doesn't make the budget forget the others. */
START_TEST(race_9_budget_is_kept) {
        static const Scenario moved = {
                .name = "one DIMM that is moved",
                .dimms = { { 8, 10, 0 } },
                .online = { ONLINE_MOVABLE },
                .or_else = { ONLINE_LEAVE },
                .rezone = true,
                .n_agent = 1,
        };
        World *world = play(ZONE_RULE_FREE, &moved);

        plug(world, 0);
        run(world);
        ck_assert_uint_eq(world->rounds.budget.n_blocks, 3);
        agent_writes(world, 8, STATE_OFFLINE);
        world->lost = true;
        run(world);
        ck_assert_uint_eq(world->rounds.budget.n_blocks, 2);
        world_free(world);
}
END_TEST

TEST_PROGRAM("races", race_2_zones_change_before_the_write,
             race_2_block_goes_to_another_zone_before_the_write,
             race_4_put_online_between_reading_and_deciding,
             race_12_higher_dimm_is_added_on_the_way_down, race_12_higher_dimm_goes_to_the_kernel,
             race_13_refused_block_has_moved_all_the_same, race_4_moved_by_somebody_later,
             race_4_left_offline_by_a_move, race_4_device_is_given_up,
             race_16_failed_unplug_is_made_good, race_16_killed_before_it_is_made_good,
             race_16_moved_by_a_tool, race_10_events_without_end, race_9_budget_is_kept,
             race_9_taken_offline_in_the_middle);
