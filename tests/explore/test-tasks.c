/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tasks, played in the explorer's world: what memplugd does before, in between and after, and how they
 * end when it is held, reloaded or stopped.
 */
#undef NDEBUG
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../unit/suite.h"
#include "play.h"

static int begin(World *world, TaskKind kind, BlockIndex first, BlockIndex last) {
        BlockIndex blocks[MAX_BLOCKS];
        Task task = { .kind = kind, .blocks = blocks, .zone = ZONE_KIND_KERNEL };
        int r;

        for (BlockIndex index = first; index <= last; index++)
                blocks[task.n_blocks++] = index;
        r = rounds_start_task(&world->rounds, &task);
        if (r == 0) {
                world->task_runs = true;
                for (BlockIndex index = first; index <= last; index++)
                        world->blocks[index].tasked = true;
        }
        rounds_step(&world->rounds);
        return r;
}

static void run_until_writes(World *world, const char *all_writes) {
        Transition next;

        while (strcmp(writes, all_writes) != 0) {
                ck_assert(find_own(world, &next));
                world_do(world, &next);
        }
}

static void run_until_step(World *world) {
        Transition next;

        while (world->job != JOB_STEP) {
                ck_assert(find_own(world, &next));
                world_do(world, &next);
        }
}

/* The DIMM is online. */
static World *play_online(ZoneRule rule) {
        World *world = play(rule, &one_dimm);

        world->n_agent = 10;
        plug(world, 0);
        run(world);
        ck_assert_str_eq(writes, "10m+ 9m+ 8m+");
        *writes = *outcomes = 0;
        return world;
}

static BlockMark mark_of(World *world, BlockIndex block) {
        const BlockRecord *record = block_table_find(world->table, block);

        return record ? record->mark : _BLOCK_MARK_INVALID;
}

START_TEST(task_takes_offline) {
        for (ZoneRule rule = 0; rule < _ZONE_RULE_MAX; rule++) {
                World *world = play_online(rule);

                ck_assert_int_eq(begin(world, TASK_OFFLINE, 8, 10), 0);
                run(world);
                ck_assert_str_eq(writes, "10x+ 9x+ 8x+");
                ck_assert_str_eq(ends, "8 done, 9 done, 10 done");
                expect_zone(world, 8, 10, NO_ZONE);

                /* And it stays so. */
                ck_assert_int_eq(mark_of(world, 9), BLOCK_MARK_RELEASED);
                rounds_set_policy(&world->rounds, world->policy);
                rounds_step(&world->rounds);
                run(world);
                expect_zone(world, 8, 10, NO_ZONE);
                ck_assert_uint_eq(world->rounds.work.n_items, 0);
                world_free(world);
        }
}
END_TEST

START_TEST(task_puts_back) {
        for (ZoneRule rule = 0; rule < _ZONE_RULE_MAX; rule++) {
                World *world = play_online(rule);

                ck_assert_int_eq(begin(world, TASK_OFFLINE, 8, 10), 0);
                run_until_writes(world, "10x+ 9x+");
                rounds_cancel_task(&world->rounds);
                run(world);
                ck_assert_str_eq(writes, "10x+ 9x+ 10m+ 9m+");
                ck_assert_str_eq(ends,
                                 "8 cancelled movable, 9 cancelled movable, 10 cancelled movable");
                expect_zone(world, 8, 10, ZONE_KIND_MOVABLE);
                ck_assert_int_eq(mark_of(world, 9), BLOCK_MARK_ONLINE);
                world_free(world);
        }
}
END_TEST

/* One at a time, and nothing that is asked for otherwise. */
START_TEST(task_is_refused) {
        World *world = play_online(ZONE_RULE_FREE);
        BlockIndex block = 8;

        ck_assert_int_eq(begin(world, TASK_OFFLINE, 8, 9), 0);
        ck_assert_int_eq(begin(world, TASK_OFFLINE, 10, 10), -EALREADY);
        ck_assert_int_eq(rounds_ask(&world->rounds, &block, 1, ONLINE_KERNEL), -EALREADY);
        run(world);
        ck_assert_int_eq(rounds_ask(&world->rounds, &block, 1, ONLINE_KERNEL), 0);
        ck_assert_int_eq(begin(world, TASK_OFFLINE, 8, 9), -EALREADY);
        run(world);
        ck_assert_str_eq(answers, "8 done");

        world_do(world, &(Transition){ .what = DO_HOLD });
        ck_assert_int_eq(begin(world, TASK_OFFLINE, 10, 10), -EBUSY);
        world_do(world, &(Transition){ .what = DO_LET_GO });
        world->policy->active = MODE_OBSERVE;
        ck_assert_int_eq(begin(world, TASK_OFFLINE, 10, 10), -EROFS);
        world->policy->active = MODE_UEVENT;
        rounds_stop(&world->rounds);
        ck_assert_int_eq(begin(world, TASK_OFFLINE, 10, 10), -ESHUTDOWN);
        world_free(world);
}
END_TEST

/* Also of a block that the task is done with: it would be told as the task's. */
START_TEST(task_refuses_what_is_asked) {
        World *world = play_online(ZONE_RULE_FREE);
        BlockIndex block = 8;

        ck_assert_int_eq(begin(world, TASK_REZONE, 8, 9), 0);
        run_until_writes(world, "8x+ 8k+");
        world_do(world, &(Transition){ .what = DO_REPORT });
        ck_assert_int_eq(task_work_find(&world->rounds.task, block)->state, TASK_ITEM_SETTLED);
        ck_assert(task_work_is_under_way(&world->rounds.task));
        ck_assert_int_eq(rounds_ask(&world->rounds, &block, 1, ONLINE_KERNEL), -EALREADY);
        run(world);
        ck_assert_str_eq(ends, "8 done kernel, 9 done kernel");
        world_free(world);
}
END_TEST

/* Nothing is written during a hold; when it ends the task goes on. */
START_TEST(task_and_a_hold) {
        World *world = play_online(ZONE_RULE_FREE);

        ck_assert_int_eq(begin(world, TASK_OFFLINE, 8, 10), 0);
        run_until_step(world);
        world_do(world, &(Transition){ .what = DO_HOLD });
        run(world);
        ck_assert_str_eq(writes, "10x+");
        ck_assert_str_eq(ends, "");
        world_do(world, &(Transition){ .what = DO_LET_GO });
        run(world);
        ck_assert_str_eq(ends, "8 done, 9 done, 10 done");
        world_free(world);
}
END_TEST

/* And what needs no more writing, ends. */
START_TEST(task_ends_during_a_hold) {
        World *world = play_online(ZONE_RULE_FREE);

        ck_assert_int_eq(begin(world, TASK_OFFLINE, 10, 10), 0);
        run_until_step(world);
        world_do(world, &(Transition){ .what = DO_HOLD });
        run(world);
        ck_assert_str_eq(ends, "10 done");
        ck_assert_int_eq(mark_of(world, 10), BLOCK_MARK_RELEASED);
        world_free(world);
}
END_TEST

/* Who is held for too long is answered all the same. */
START_TEST(task_expires_during_a_hold) {
        World *world = play_online(ZONE_RULE_FREE);

        ck_assert_int_eq(begin(world, TASK_OFFLINE, 8, 10), 0);
        run_until_step(world);
        world_do(world, &(Transition){ .what = DO_HOLD });
        run(world);
        world_do(world, &(Transition){ .what = DO_TASK_TIMER });
        ck_assert_str_eq(ends, "");
        world_do(world, &(Transition){ .what = DO_LET_GO });
        run(world);
        ck_assert_str_eq(writes, "10x+ 10m+");
        ck_assert_str_eq(ends, "8 cancelled movable, 9 busy movable, 10 cancelled movable");
        world_free(world);
}
END_TEST

/* Its rules are none of the task's business. */
START_TEST(task_and_a_reload) {
        World *world = play_online(ZONE_RULE_FREE);

        ck_assert_int_eq(begin(world, TASK_OFFLINE, 8, 10), 0);
        run_until_step(world);
        rounds_set_policy(&world->rounds, world->policy);
        run(world);
        ck_assert_uint_eq(world->n_policies, 2);
        ck_assert_str_eq(writes, "10x+ 9x+ 8x+");
        ck_assert_str_eq(ends, "8 done, 9 done, 10 done");
        expect_zone(world, 8, 10, NO_ZONE);
        world_free(world);
}
END_TEST

/* But where nothing is to be written any more, it goes back before that is so. */
START_TEST(task_and_mode_observe) {
        World *world = play_online(ZONE_RULE_FREE);
        Policy *policy = policy_new_default();

        policy->active = MODE_OBSERVE;
        ck_assert_int_eq(begin(world, TASK_OFFLINE, 8, 10), 0);
        run_until_step(world);
        rounds_set_policy(&world->rounds, policy);
        run(world);
        ck_assert_str_eq(writes, "10x+ 10m+");
        ck_assert_str_eq(ends, "8 cancelled movable, 9 cancelled movable, 10 cancelled movable");
        ck_assert_int_eq(world->rounds.policy->active, MODE_OBSERVE);
        policy_unref(policy);
        world_free(world);
}
END_TEST

/* Also if there is something to decide, which waits until then, and so takes no barrier. */
START_TEST(task_and_mode_observe_and_somebody_else) {
        World *world = play_online(ZONE_RULE_FREE);
        Policy *policy = policy_new_default();

        policy->active = MODE_OBSERVE;
        ck_assert_int_eq(begin(world, TASK_OFFLINE, 9, 10), 0);
        run_until_step(world);
        rounds_set_policy(&world->rounds, policy);
        agent_writes(world, 8, STATE_OFFLINE);
        run(world);
        ck_assert_str_eq(writes, "10x+ 10m+");
        ck_assert_str_eq(ends, "9 cancelled movable, 10 cancelled movable");
        ck_assert_int_eq(world->rounds.policy->active, MODE_OBSERVE);
        expect_zone(world, 8, 8, NO_ZONE);
        expect_zone(world, 9, 10, ZONE_KIND_MOVABLE);
        policy_unref(policy);
        world_free(world);
}
END_TEST

/* What was taken offline is put back, one try each. */
START_TEST(task_and_the_end) {
        World *world = play_online(ZONE_RULE_FREE);

        ck_assert_int_eq(begin(world, TASK_OFFLINE, 8, 10), 0);
        run_until_step(world);
        rounds_stop(&world->rounds);
        run(world);
        ck_assert_str_eq(writes, "10x+ 10m+");
        ck_assert_str_eq(ends, "8 cancelled movable, 9 cancelled movable, 10 cancelled movable");
        ck_assert_int_eq(world->rounds.phase, PHASE_IDLE);
        ck_assert_int_eq(mark_of(world, 10), BLOCK_MARK_ONLINE);
        world_free(world);
}
END_TEST

/* Nobody puts anything online during a hold: then the next start does. */
START_TEST(task_and_the_end_of_a_hold) {
        World *world = play_online(ZONE_RULE_FREE);

        ck_assert_int_eq(begin(world, TASK_OFFLINE, 8, 10), 0);
        run_until_step(world);
        world_do(world, &(Transition){ .what = DO_HOLD });
        run(world);
        rounds_stop(&world->rounds);
        ck_assert_str_eq(writes, "10x+");
        ck_assert_str_eq(ends, "8 cancelled movable, 9 cancelled movable, 10 cancelled");
        ck_assert_int_eq(mark_of(world, 10), BLOCK_MARK_TAKEN);

        world->n_kills = 1;
        world_do(world, &(Transition){ .what = DO_KILL });
        world_do(world, &(Transition){ .what = DO_START });
        run(world);
        ck_assert_str_eq(writes, "10x+ 10m+");
        ck_assert_int_eq(mark_of(world, 10), BLOCK_MARK_ONLINE);
        world_free(world);
}
END_TEST

/* Killed in the middle: back into the zone that it had, whatever the rules say by now. */
START_TEST(task_is_killed) {
        World *world = play_online(ZONE_RULE_FREE);

        agent_writes(world, 9, STATE_OFFLINE);
        agent_writes(world, 9, STATE_ONLINE_KERNEL);
        run(world);
        ck_assert_int_eq(begin(world, TASK_OFFLINE, 8, 10), 0);
        run_until_writes(world, "9x+ 10x+");
        world->n_kills = 1;
        world_do(world, &(Transition){ .what = DO_KILL });
        world_do(world, &(Transition){ .what = DO_START });
        run(world);
        ck_assert_str_eq(writes, "9x+ 10x+ 9k+ 10m+");
        expect_zone(world, 8, 8, ZONE_KIND_MOVABLE);
        expect_zone(world, 9, 9, ZONE_KIND_KERNEL);
        expect_zone(world, 10, 10, ZONE_KIND_MOVABLE);
        world_free(world);
}
END_TEST

/* What couldn't be put back is to be offline after all: then nobody puts it back any more. */
START_TEST(task_takes_what_was_left_over) {
        World *world = play_online(ZONE_RULE_FREE);

        ck_assert_int_eq(begin(world, TASK_OFFLINE, 9, 10), 0);
        run_until_writes(world, "10x+");
        rounds_cancel_task(&world->rounds);
        refuse_all = true;
        world->refuse_next = -ENOMEM;
        run(world);
        ck_assert_str_ne(ends, "");
        ck_assert_int_eq(mark_of(world, 10), BLOCK_MARK_TAKEN);
        refuse_all = false;
        world->refuse_next = 0;
        *writes = *ends = 0;

        ck_assert_int_eq(begin(world, TASK_OFFLINE, 10, 10), 0);
        run(world);
        ck_assert_str_eq(ends, "10 already");
        ck_assert_int_eq(mark_of(world, 10), BLOCK_MARK_RELEASED);
        rounds_set_policy(&world->rounds, world->policy);
        rounds_step(&world->rounds);
        run(world);
        ck_assert_str_eq(writes, "");
        expect_zone(world, 10, 10, NO_ZONE);
        world_free(world);
}
END_TEST

static const Scenario two_dimms = {
        .name = "two DIMMs",
        .dimms = { { 8, 10, 0 }, { 11, 12, 0 } },
        .online = { ONLINE_MOVABLE, ONLINE_MOVABLE },
        .or_else = { ONLINE_LEAVE, ONLINE_LEAVE },
};

/* Memory that is plugged while a block pauses doesn't wait for that. */
START_TEST(task_lets_new_memory_in) {
        World *world = play(ZONE_RULE_FREE, &two_dimms);

        plug(world, 0);
        run(world);
        *writes = 0;
        ck_assert_int_eq(begin(world, TASK_OFFLINE, 8, 10), 0);
        run_until_step(world);
        world->refuse_next = -EBUSY;
        world_do(world, &(Transition){ .what = DO_JOB });
        plug(world, 1);
        run(world);
        ck_assert_str_eq(writes, "10x- 12m+ 11m+ 10x+ 9x+ 8x+");
        ck_assert_str_eq(ends, "8 done, 9 done, 10 done");
        world_free(world);
}
END_TEST

/* A write that hangs is interrupted at its deadline, and at once when it is cancelled. */
START_TEST(task_hangs) {
        for (int cancelled = 0; cancelled < 2; cancelled++) {
                World *world = play_online(ZONE_RULE_FREE);

                ck_assert_int_eq(begin(world, TASK_OFFLINE, 9, 10), 0);
                run_until_step(world);
                world->n_hangs = 1;
                if (cancelled)
                        rounds_cancel_task(&world->rounds);
                else
                        world_do(world, &(Transition){ .what = DO_TASK_TIMER });
                ck_assert(world->interrupted);
                ck_assert_uint_gt(world->task_timer, world->clock);
                run(world);
                ck_assert_str_eq(writes, "10x-");
                ck_assert_str_eq(ends, cancelled ? "9 cancelled movable, 10 cancelled movable"
                                                 : "9 cancelled movable, 10 busy movable");
                expect_zone(world, 8, 10, ZONE_KIND_MOVABLE);
                world_free(world);
        }
}
END_TEST

/* Behind a barrier that doesn't come to an end, nothing is begun, and yet it ends. */
START_TEST(task_behind_a_barrier) {
        World *world = play(ZONE_RULE_FREE, &two_dimms);

        plug(world, 0);
        run(world);
        *writes = 0;
        world_do(world, &(Transition){ .what = DO_PLUG, .block = 1 });
        world_do(world, &(Transition){ .what = DO_PLUG_STEP, .block = 1 });
        world_do(world, &(Transition){ .what = DO_UEVENTS });
        ck_assert_int_eq(world->job, JOB_BARRIER);

        ck_assert_int_eq(begin(world, TASK_OFFLINE, 8, 9), 0);
        rounds_cancel_task(&world->rounds);
        ck_assert_str_eq(ends, "8 cancelled, 9 cancelled");
        *ends = 0;
        ck_assert_int_eq(begin(world, TASK_OFFLINE, 8, 9), 0);
        world_do(world, &(Transition){ .what = DO_TASK_TIMER });
        ck_assert_str_eq(ends, "8 busy, 9 busy");
        ck_assert_uint_eq(world->task_timer, 0);
        ck_assert_str_eq(writes, "");
        world_free(world);
}
END_TEST

/* It is for the rules where they are put after that: nobody moves them back. */
START_TEST(task_and_somebody_else) {
        World *world = play_online(ZONE_RULE_FREE);

        ck_assert_int_eq(begin(world, TASK_OFFLINE, 8, 10), 0);
        run_until_writes(world, "10x+ 9x+");
        agent_writes(world, 10, STATE_ONLINE_KERNEL);
        run(world);
        ck_assert_str_eq(writes, "10x+ 9x+ 9m+");
        ck_assert_str_eq(ends, "8 cancelled movable, 9 cancelled movable, 10 cancelled kernel");
        expect_zone(world, 8, 9, ZONE_KIND_MOVABLE);
        expect_zone(world, 10, 10, ZONE_KIND_KERNEL);
        world_free(world);
}
END_TEST

TEST_PROGRAM("tasks", task_takes_offline, task_puts_back, task_is_refused, task_and_a_hold,
             task_ends_during_a_hold, task_expires_during_a_hold, task_and_a_reload,
             task_and_mode_observe, task_and_mode_observe_and_somebody_else,
             task_takes_what_was_left_over, task_refuses_what_is_asked, task_and_the_end,
             task_and_the_end_of_a_hold, task_is_killed, task_lets_new_memory_in, task_hangs,
             task_behind_a_barrier, task_and_somebody_else);
