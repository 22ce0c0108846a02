/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include "play.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "../unit/suite.h"

const Scenario one_dimm = {
        .name = "one DIMM",
        .dimms = { { 8, 10, 0 } },
        .online = { ONLINE_MOVABLE },
        .or_else = { ONLINE_LEAVE },
        .n_agent = 1,
};

Script script;
BlockIndex n_readings;
bool refuse_all;
char writes[LOG_MAX], outcomes[LOG_MAX], answers[LOG_MAX], ends[LOG_MAX];

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
        if (record->asked && !world->blocks[record->block].tasked)
                append(answers, "%s%u %s", *answers ? ", " : "", (unsigned)record->block,
                       record_word(record));
}

void judge_task(World *world, const Task *task, const TaskBlock *blocks) {
        for (size_t i = 0; i < task->n_blocks; i++) {
                const char *zone = zone_kind_to_string(blocks[i].zone);

                world->blocks[blocks[i].block].tasked = false;
                append(ends, "%s%u %s%s%s", *ends ? ", " : "", (unsigned)blocks[i].block,
                       outcome_to_string(blocks[i].outcome), zone ? " " : "", zone ? zone : "");
        }
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

World *play(ZoneRule rule, const Scenario *scenario) {
        World *world = world_new(rule, scenario);

        script = (Script){};
        n_readings = 0;
        refuse_all = false;
        *writes = *outcomes = *answers = *ends = 0;
        return world;
}

void plug(World *world, unsigned dimm) {
        world_do(world, &(Transition){ .what = DO_PLUG, .block = dimm });
        while (world->dimms[dimm].state != PLUGGED)
                world_do(world, &(Transition){ .what = DO_PLUG_STEP, .block = dimm });
}

void agent_writes(World *world, BlockIndex block, StateWord word) {
        world_do(world, &(Transition){ .what = DO_AGENT, .block = block, .word = word });
}

bool find_own(const World *world, Transition *ret) {
        Transition choices[TRANSITIONS_MAX];
        unsigned n = world_transitions(world, INSIDE_NOTHING, choices);

        for (unsigned i = 0; i < n; i++)
                if (choices[i].what == DO_UEVENTS || choices[i].what == DO_JOB ||
                    choices[i].what == DO_REPORT || choices[i].what == DO_TIMER) {
                        *ret = choices[i];
                        return true;
                }
        /* Time goes by when nothing else does. */
        for (unsigned i = 0; i < n; i++)
                if (choices[i].what == DO_TASK_TIMER && world->job == JOB_NONE && !world->held) {
                        *ret = choices[i];
                        return true;
                }

        return false;
}

void run(World *world) {
        Transition transition;

        for (unsigned i = 0; find_own(world, &transition); i++) {
                ck_assert_uint_lt(i, 1000);
                world_do(world, &transition);
        }
        ck_assert_uint_eq(world->rounds.work.n_items, 0);
}

void expect(World *world, const char *all_writes, const char *all_outcomes) {
        uint64_t n_done = 0;

        ck_assert_str_eq(writes, all_writes);
        ck_assert_str_eq(outcomes, all_outcomes);
        for (const char *at = outcomes; (at = strstr(at, " done")); at++)
                n_done++;
        ck_assert_uint_eq(world->rounds.n_outcomes[OUTCOME_DONE], n_done);
}

void expect_zone(World *world, BlockIndex first, BlockIndex last, ZoneKind zone) {
        for (BlockIndex index = first; index <= last; index++) {
                Block block;

                ck_assert(zone_model_read(world->model, index, &block));
                ck_assert_msg(block_zone_kind(&block) == zone, "memory%u is %s in %s",
                              (unsigned)index, block_state_to_string(block.state),
                              zone_kind_to_string(block_zone_kind(&block)));
        }
}

void run_until_attempt(World *world) {
        Transition next;

        while (world->job != JOB_ATTEMPT) {
                ck_assert(find_own(world, &next));
                world_do(world, &next);
        }
}
