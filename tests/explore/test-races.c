/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Races that can't be had in a test machine, for they are those of the old kernels, or come too
 * rarely: each one played by a script in the explorer's world, where the model of the zone rules is
 * the kernel, and told what must come of it. The explorer goes all ways; this is one of them.
 */
#undef NDEBUG
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../unit/suite.h"
#include "base/log.h"
#include "world.h"

#define LOG_MAX 256

/* What others do right before a write of memplugd to that block, or right before it is read. */
typedef struct Script {
        Inside inside;
        BlockIndex block;
        void (*act)(World *world);
} Script;

static Script script;
static BlockIndex n_readings; /* of announced blocks */
static bool refuse_all;       /* a notifier refuses each write */
static char
        writes[LOG_MAX]; /* "10m+ 9m- 8k+ 7x+": each write that the kernel saw, and its answer */
static char outcomes[LOG_MAX]; /* "10 done, 9 refused by 11": as they are told */

static char answers[LOG_MAX]; /* "10 done": to what was asked for by hand */

static void append(char text[LOG_MAX], const char *format, ...) _printf_(2, 3);

static void append(char text[LOG_MAX], const char *format, ...) {
        size_t length = strlen(text);
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(text + length, LOG_MAX - length, format, ap);
        va_end(ap);
        ck_assert_uint_lt(strlen(text), LOG_MAX - 1);
}

/* What world.c asks of who uses it */

void judge_write(World *world, BlockIndex block, StateWord word, int result) {
        static const char letters[] = {
                [STATE_ONLINE] = 'o',
                [STATE_ONLINE_KERNEL] = 'k',
                [STATE_ONLINE_MOVABLE] = 'm',
        };

        append(writes, "%s%u%c%c", *writes ? " " : "", (unsigned)block, letters[word],
               result < 0 ? '-' : '+');
        if (refuse_all)
                world->refuse_next = -ENOMEM;
}

void judge_taking_off(World *world, BlockIndex block, ZoneKind zone, int result) {
        (void)zone;
        append(writes, "%s%ux%c", *writes ? " " : "", (unsigned)block, result < 0 ? '-' : '+');
        if (refuse_all)
                world->refuse_next = -ENOMEM;
}

void judge_outcome(World *world, const WorkItem *item, const Refusal *refusal) {
        (void)world;
        append(outcomes, "%s%u %s", *outcomes ? ", " : "", (unsigned)item->verdict.block,
               outcome_to_string(item->last.outcome));
        if (refusal)
                append(outcomes, " by %u", (unsigned)refusal->edge);
}

void judge_record(World *world, const Record *record) {
        (void)world;
        if (record->asked)
                append(answers, "%s%u %s", *answers ? ", " : "", (unsigned)record->block,
                       record_word(record));
}

void judge_doing(const World *world, const char *what) {
        ck_assert_msg(!world->held, "it %s, and it is held", what);
}

void violation(const World *world, const char *format, ...) {
        char text[LOG_MAX];
        va_list ap;

        (void)world;
        va_start(ap, format);
        (void)vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        ck_abort_msg("%s", text);
        abort();
}

void world_pause(World *world, Inside inside) {
        void (*act)(World *) = script.act;
        bool here;

        /* What was announced is read from the first block on. */
        if (inside == INSIDE_ATTEMPT)
                here = world->job_stage == 2 && world->job_block == script.block;
        else
                here = n_readings++ == script.block - 8;
        if (!act || inside != script.inside || !here)
                return;

        script.act = NULL;
        act(world);
}

/* Playing */

static World *play(ZoneRule rule, const Scenario *scenario) {
        World *world = world_new(rule, scenario);

        script = (Script){};
        n_readings = 0;
        refuse_all = false;
        *writes = *outcomes = *answers = 0;
        return world;
}

static void plug(World *world, unsigned dimm) {
        world_do(world, &(Transition){ .what = DO_PLUG, .block = dimm });
        while (world->dimms[dimm].state != PLUGGED)
                world_do(world, &(Transition){ .what = DO_PLUG_STEP, .block = dimm });
}

static void agent_writes(World *world, BlockIndex block, StateWord word) {
        world_do(world, &(Transition){ .what = DO_AGENT, .block = block, .word = word });
}

/* The next thing that memplugd does by itself. False: there is nothing to be done. */
static bool find_own(const World *world, Transition *ret) {
        Transition choices[TRANSITIONS_MAX];
        unsigned n = world_transitions(world, INSIDE_NOTHING, choices);

        for (unsigned i = 0; i < n; i++)
                if (choices[i].what == DO_UEVENTS || choices[i].what == DO_JOB ||
                    choices[i].what == DO_REPORT || choices[i].what == DO_TIMER) {
                        *ret = choices[i];
                        return true;
                }

        return false;
}

static void run(World *world) {
        Transition transition;

        for (unsigned i = 0; find_own(world, &transition); i++) {
                ck_assert_uint_lt(i, 1000);
                world_do(world, &transition);
        }
        ck_assert_uint_eq(world->rounds.work.n_items, 0);
}

/* What it wrote and what it told; and what it counts as done are the blocks it told so. */
static void expect(World *world, const char *all_writes, const char *all_outcomes) {
        uint64_t n_done = 0;

        ck_assert_str_eq(writes, all_writes);
        ck_assert_str_eq(outcomes, all_outcomes);
        for (const char *at = outcomes; (at = strstr(at, " done")); at++)
                n_done++;
        ck_assert_uint_eq(world->rounds.n_outcomes[OUTCOME_DONE], n_done);
}

static void expect_zone(World *world, BlockIndex first, BlockIndex last, ZoneKind zone) {
        for (BlockIndex index = first; index <= last; index++) {
                Block block;

                ck_assert(zone_model_read(world->model, index, &block));
                ck_assert_msg(block_zone_kind(&block) == zone, "memory%u is %s in %s",
                              (unsigned)index, block_state_to_string(block.state),
                              zone_kind_to_string(block_zone_kind(&block)));
        }
}

/* "Offline": in no zone. */
#define NO_ZONE _ZONE_KIND_INVALID

static const Scenario one_dimm = {
        .name = "one DIMM",
        .dimms = { { 8, 10, 0 } },
        .online = { ONLINE_MOVABLE },
        .or_else = { ONLINE_LEAVE },
        .n_agent = 1,
};

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
        while (world->job != JOB_ATTEMPT) {
                Transition next;

                ck_assert(find_own(world, &next));
                world_do(world, &next);
        }
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

TEST_PROGRAM("races", race_2_zones_change_before_the_write,
             race_2_block_goes_to_another_zone_before_the_write,
             race_4_put_online_between_reading_and_deciding,
             race_12_higher_dimm_is_added_on_the_way_down, race_12_higher_dimm_goes_to_the_kernel,
             race_13_refused_block_has_moved_all_the_same, race_4_moved_by_somebody_later,
             race_4_left_offline_by_a_move, race_4_device_is_given_up,
             race_16_failed_unplug_is_made_good, race_16_killed_before_it_is_made_good,
             race_16_moved_by_a_tool, race_10_events_without_end, race_9_budget_is_kept,
             hold_new_memory_waits, hold_in_the_middle_of_work, hold_others_go_on,
             hold_takes_bounded_memory, stop_during_a_hold, stop_before_a_decision,
             ask_for_each_kind_of_block, ask_and_taken_offline, ask_for_what_a_rule_leaves,
             ask_before_the_rules, ask_in_mode_observe);
