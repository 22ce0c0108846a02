/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an administrator asks for, played in the explorer's world: that nothing is done for a while,
 * that blocks are put online by hand, that memplugd stops.
 */
#undef NDEBUG
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit/suite.h"
#include "base/log.h"
#include "play.h"

static int ask(World *world, BlockIndex first, BlockIndex last, Online online) {
        BlockIndex blocks[MAX_BLOCKS];
        size_t n = 0;
        int r;

        for (BlockIndex index = first; index <= last; index++)
                blocks[n++] = index;
        r = rounds_ask(&world->rounds, blocks, n, online);
        rounds_step(&world->rounds);
        return r;
}

/* A barrier that was started before the hold is the last that is done. */
START_TEST(hold_during_a_barrier) {
        World *world = play(ZONE_RULE_FREE, &one_dimm);

        run(world);
        plug(world, 0);
        world_do(world, &(Transition){ .what = DO_UEVENTS });
        ck_assert_int_eq(world->job, JOB_BARRIER);
        world_do(world, &(Transition){ .what = DO_HOLD });
        run(world);
        expect(world, "", "");
        world_do(world, &(Transition){ .what = DO_LET_GO });
        run(world);
        expect(world, "10m+ 9m+ 8m+", "10 done, 9 done, 8 done");
        world_free(world);
}
END_TEST

/* What is plugged during a hold is decided when it ends, as a whole; what was open waits. */
START_TEST(hold_new_memory_waits) {
        World *world = play(ZONE_RULE_FREE, &one_dimm);

        run(world);
        world_do(world, &(Transition){ .what = DO_HOLD });
        plug(world, 0);
        run(world);
        expect(world, "", "");
        expect_zone(world, 8, 10, NO_ZONE);
        ck_assert_uint_eq(world->n_queue, 0);

        world_do(world, &(Transition){ .what = DO_LET_GO });
        run(world);
        expect(world, "10m+ 9m+ 8m+", "10 done, 9 done, 8 done");
        world_free(world);
}
END_TEST

/* An attempt under way ends and is booked; the rest is open, and given up as it is taken away. */
START_TEST(hold_in_the_middle_of_work) {
        World *world = play(ZONE_RULE_FREE, &one_dimm);

        plug(world, 0);
        run_until_attempt(world);
        world_do(world, &(Transition){ .what = DO_HOLD });
        while (world->job != JOB_NONE || world->n_queue > 0) {
                Transition next;

                ck_assert(find_own(world, &next));
                world_do(world, &next);
        }
        ck_assert_str_eq(writes, "10m+");
        ck_assert_str_eq(outcomes, "10 done");
        world->n_unplugs = 1;
        world_do(world, &(Transition){ .what = DO_UNPLUG, .block = 0 });
        world_do(world, &(Transition){ .what = DO_UEVENTS });
        ck_assert_str_eq(outcomes, "10 done, 8 gone, 9 gone");
        world_do(world, &(Transition){ .what = DO_LET_GO });
        run(world);
        world_free(world);
}
END_TEST

/* What somebody else does during a hold is told when it ends; asking is refused until then. */
START_TEST(hold_others_go_on) {
        World *world = play(ZONE_RULE_FREE, &one_dimm);
        const BlockRecord *record;

        world->n_agent = 3;
        plug(world, 0);
        run(world);
        world_do(world, &(Transition){ .what = DO_HOLD });
        ck_assert_int_eq(ask(world, 8, 8, ONLINE_KERNEL), -EBUSY);
        agent_writes(world, 8, STATE_OFFLINE);
        agent_writes(world, 8, STATE_ONLINE_KERNEL);
        agent_writes(world, 9, STATE_OFFLINE);
        run(world);
        ck_assert_int_eq(world->blocks[8].outcome, OUTCOME_DONE);

        world_do(world, &(Transition){ .what = DO_LET_GO });
        run(world);
        ck_assert_int_eq(world->blocks[8].outcome, OUTCOME_WRONG_ZONE);
        record = block_table_find(world->table, 9);
        ck_assert(record && record->mark == BLOCK_MARK_RELEASED);
        expect_zone(world, 9, 9, NO_ZONE);
        world_free(world);
}
END_TEST

/* Events without end during a hold take memory for the blocks, not for the events. */
START_TEST(hold_takes_bounded_memory) {
        World *world = play(ZONE_RULE_FREE, &one_dimm);

        world->n_agent = 100000;
        plug(world, 0);
        run(world);
        world_do(world, &(Transition){ .what = DO_HOLD });
        for (unsigned i = 0; i < 20000; i++) {
                agent_writes(world, 8, i % 2 ? STATE_ONLINE_MOVABLE : STATE_OFFLINE);
                rounds_step(&world->rounds);
        }
        ck_assert_uint_le(world->rounds.touched.n_allocated, 2048);
        world_free(world);
}
END_TEST

/* What a reload asks of the kernel waits as its rules do. */
START_TEST(hold_and_a_reload) {
        World *world = play(ZONE_RULE_FREE, &one_dimm);

        run(world);
        ck_assert_uint_eq(world->n_policies, 1);
        world_do(world, &(Transition){ .what = DO_HOLD });
        rounds_set_policy(&world->rounds, world->policy);
        rounds_step(&world->rounds);
        ck_assert_uint_eq(world->n_policies, 1);

        world_do(world, &(Transition){ .what = DO_LET_GO });
        ck_assert_uint_eq(world->n_policies, 2);
        run(world);
        world_free(world);
}
END_TEST

/* Nor is it taken in the middle of a write, or while it stops. */
START_TEST(reload_in_the_middle_of_work) {
        World *world = play(ZONE_RULE_FREE, &one_dimm);

        plug(world, 0);
        run_until_attempt(world);
        rounds_set_policy(&world->rounds, world->policy);
        rounds_step(&world->rounds);
        ck_assert_uint_eq(world->n_policies, 1);
        rounds_stop(&world->rounds);
        run(world);
        ck_assert_uint_eq(world->n_policies, 1);
        world_free(world);
}
END_TEST

START_TEST(stop_during_a_hold) {
        World *world = play(ZONE_RULE_FREE, &one_dimm);

        plug(world, 0);
        ck_assert_int_eq(ask(world, 8, 8, ONLINE_KERNEL), 0);
        while (world->rounds.work.n_items == 0 || world->job != JOB_NONE) {
                Transition next;

                if (world->job == JOB_ATTEMPT)
                        world_do(world, &(Transition){ .what = DO_HOLD });
                ck_assert(find_own(world, &next));
                world_do(world, &next);
        }
        rounds_stop(&world->rounds);
        ck_assert_uint_eq(world->rounds.work.n_items, 0);
        ck_assert_str_eq(outcomes, "8 done, 9 cancelled, 10 cancelled");
        ck_assert_int_eq(ask(world, 8, 8, ONLINE_KERNEL), -ESHUTDOWN);
        world_free(world);
}
END_TEST

/* What was asked for and isn't decided yet is answered, too. */
START_TEST(stop_before_a_decision) {
        World *world = play(ZONE_RULE_FREE, &one_dimm);

        run(world);
        plug(world, 0);
        ck_assert_int_eq(ask(world, 8, 9, ONLINE_KERNEL), 0);
        world_do(world, &(Transition){ .what = DO_JOB });
        rounds_stop(&world->rounds);
        ck_assert_str_eq(answers, "");
        world_do(world, &(Transition){ .what = DO_REPORT });
        ck_assert_str_eq(answers, "8 cancelled, 9 cancelled");
        world_free(world);
}
END_TEST

/* In the plan's order, each answered once, whatever the block is. */
START_TEST(ask_for_each_kind_of_block) {
        World *world = play(ZONE_RULE_FREE, &one_dimm);
        const BlockRecord *record;

        world->n_agent = 2;
        plug(world, 0);
        run(world);
        agent_writes(world, 8, STATE_OFFLINE);
        agent_writes(world, 9, STATE_OFFLINE);
        run(world);
        *writes = *outcomes = 0;
        ck_assert_int_eq(ask(world, 8, 12, ONLINE_MOVABLE), 0);
        ck_assert_int_eq(ask(world, 9, 9, ONLINE_MOVABLE), -EALREADY);
        run(world);
        ck_assert_str_eq(writes, "9m+ 8m+");
        ck_assert_str_eq(answers, "10 already, 12 gone, 11 gone, 9 done, 8 done");
        record = block_table_find(world->table, 8);
        ck_assert(record && record->mark == BLOCK_MARK_ONLINE);

        *answers = 0;
        ck_assert_int_eq(ask(world, 8, 8, ONLINE_KERNEL), 0);
        run(world);
        ck_assert_str_eq(answers, "8 wrong-zone");
        expect_zone(world, 8, 8, ZONE_KIND_MOVABLE);
        world_free(world);
}
END_TEST

static void somebody_takes_it_off(World *world) {
        agent_writes(world, 8, STATE_OFFLINE);
}

/* Who takes it offline after it was asked for has the last word. */
START_TEST(ask_and_taken_offline) {
        World *world = play(ZONE_RULE_FREE, &one_dimm);

        world->n_agent = 4;
        plug(world, 0);
        run(world);
        *writes = *outcomes = 0;
        ck_assert_int_eq(ask(world, 8, 8, ONLINE_MOVABLE), 0);
        somebody_takes_it_off(world);
        run(world);
        ck_assert_str_eq(writes, "");
        ck_assert_str_eq(answers, "8 cancelled");
        expect_zone(world, 8, 8, NO_ZONE);
        world_free(world);
}
END_TEST

static const Scenario left = {
        .name = "a DIMM that is left",
        .dimms = { { 8, 10, 0 } },
        .online = { ONLINE_LEAVE },
        .or_else = { ONLINE_LEAVE },
};

/* A rule that leaves it counts, unless a zone is named. */
START_TEST(ask_for_what_a_rule_leaves) {
        World *world = play(ZONE_RULE_FREE, &left);

        plug(world, 0);
        run(world);
        ck_assert_int_eq(ask(world, 8, 8, ROUNDS_BY_RULES), 0);
        run(world);
        ck_assert_str_eq(answers, "8 left");
        ck_assert_int_eq(ask(world, 8, 8, ONLINE_DEFAULT), 0);
        ck_assert_int_eq(ask(world, 9, 10, ONLINE_MOVABLE), 0);
        run(world);
        ck_assert_str_eq(writes, "8o+ 10m+ 9m+");
        ck_assert_str_eq(answers, "8 left, 8 done, 10 done, 9 done");
        world_free(world);
}
END_TEST

/* A zone that is named goes before what a rule is about to do; what is asked survives a reload. */
START_TEST(ask_before_the_rules) {
        World *world = play(ZONE_RULE_FREE, &one_dimm);
        Transition next;

        plug(world, 0);
        ck_assert_int_eq(ask(world, 8, 9, ONLINE_KERNEL), 0);
        while (world->rounds.work.n_items == 0) {
                ck_assert(find_own(world, &next));
                world_do(world, &next);
        }
        rounds_set_policy(&world->rounds, world->policy);
        run(world);
        ck_assert_str_eq(writes, "8k+ 9k+ 10m+");
        ck_assert_str_eq(answers, "8 done, 9 done");
        world_free(world);
}
END_TEST

/* A zone that is named takes the place of what the rules want, and isn't undone by them. */
START_TEST(ask_in_the_middle_of_work) {
        World *world = play(ZONE_RULE_FREE, &one_dimm);

        plug(world, 0);
        run_until_attempt(world);
        ck_assert_int_eq(ask(world, 8, 8, ONLINE_KERNEL), 0);
        ck_assert_int_eq(ask(world, 9, 9, ROUNDS_BY_RULES), 0);
        run(world);
        ck_assert_str_eq(writes, "10m+ 8k+ 9m+");
        ck_assert_str_eq(answers, "8 done, 9 done");
        world_free(world);
}
END_TEST

/* Decided by rules that are no more, and then it is gone unseen: that is an answer, too. */
START_TEST(ask_and_gone_with_the_rules) {
        World *world = play(ZONE_RULE_FREE, &one_dimm);

        plug(world, 0);
        ck_assert_int_eq(ask(world, 8, 9, ONLINE_KERNEL), 0);
        run_until_attempt(world);
        world->n_unplugs = world->n_losses = 1;
        world_do(world, &(Transition){ .what = DO_UNPLUG, .block = 0 });
        world_do(world, &(Transition){ .what = DO_LOSE });
        rounds_set_policy(&world->rounds, world->policy);
        run(world);
        ck_assert_str_eq(answers, "8 gone, 9 gone");
        world_free(world);
}
END_TEST

START_TEST(ask_in_mode_observe) {
        World *world = play(ZONE_RULE_FREE, &one_dimm);

        run(world);
        world->policy->active = MODE_OBSERVE;
        plug(world, 0);
        ck_assert_int_eq(ask(world, 8, 8, ONLINE_KERNEL), -EROFS);
        run(world);
        ck_assert_str_eq(writes, "");
        world_free(world);
}
END_TEST

TEST_PROGRAM("administrator", hold_during_a_barrier, hold_new_memory_waits,
             hold_in_the_middle_of_work, hold_others_go_on, hold_takes_bounded_memory,
             hold_and_a_reload, reload_in_the_middle_of_work, stop_during_a_hold,
             stop_before_a_decision, ask_for_each_kind_of_block, ask_and_taken_offline,
             ask_for_what_a_rule_leaves, ask_before_the_rules, ask_in_mode_observe,
             ask_in_the_middle_of_work, ask_and_gone_with_the_rules);
