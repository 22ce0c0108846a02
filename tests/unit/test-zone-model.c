/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What was observed on real kernels by hand, as tables: one 1 GiB DIMM is blocks 32 – 39. The
 * recorded answers of tests/traces are replayed by replay-traces.
 */
#undef NDEBUG
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plan/zone-model.h"
#include "suite.h"

enum { ADD = _STATE_WORD_MAX, READ };

/*
 * One step: memory is plugged (first … last, node), a word is written (result, refused with), or a
 * run of blocks is read (all of them read so).
 */
typedef struct Step {
        int what;
        BlockIndex first, last;
        int result;
        int refusal;
        const char *reads;
} Step;

#define PLUG(first, last, node) \
        { ADD, first, last, node, 0, NULL }
#define WRITE(index, word, result) \
        { word, index, index, result, 0, NULL }
#define REFUSE(index, word, error) \
        { word, index, index, error, error, NULL }
#define READS(first, last, text) \
        { READ, first, last, 0, 0, text }
#define END \
        { -1, 0, 0, 0, 0, NULL }

#define MOVABLE STATE_ONLINE_MOVABLE
#define KERNEL STATE_ONLINE_KERNEL
#define PLAIN STATE_ONLINE
#define OFFLINE STATE_OFFLINE

typedef struct Story {
        const char *name;
        ZoneRule rule;
        Step steps[24];
} Story;

static const Story stories[] = {
        { "boundary: a fresh DIMM goes movable only from its top",
          ZONE_RULE_BOUNDARY,
          { PLUG(32, 39, 0), READS(32, 38, "offline Normal"),
            READS(39, 39, "offline Normal Movable"), WRITE(32, MOVABLE, -EINVAL),
            WRITE(33, MOVABLE, -EINVAL), WRITE(38, MOVABLE, -EINVAL), WRITE(39, MOVABLE, 0),
            READS(38, 38, "offline Normal Movable"), READS(39, 39, "online Movable Normal"),
            WRITE(38, MOVABLE, 0), READS(37, 37, "offline Normal Movable"),
            READS(38, 38, "online Movable Normal"), READS(39, 39, "online Movable"), END } },
        { "boundary: all eight, downwards",
          ZONE_RULE_BOUNDARY,
          { PLUG(32, 39, 0), WRITE(39, MOVABLE, 0), WRITE(38, MOVABLE, 0), WRITE(37, MOVABLE, 0),
            WRITE(36, MOVABLE, 0), WRITE(35, MOVABLE, 0), WRITE(34, MOVABLE, 0),
            WRITE(33, MOVABLE, 0), WRITE(32, MOVABLE, 0), READS(32, 32, "online Movable Normal"),
            READS(33, 39, "online Movable"), END } },
        { "boundary: a DIMM above a Movable zone is born Movable",
          ZONE_RULE_BOUNDARY,
          { PLUG(32, 39, 0), WRITE(39, MOVABLE, 0), PLUG(40, 47, 0),
            READS(40, 47, "offline Movable"), WRITE(43, MOVABLE, 0), WRITE(44, KERNEL, -EINVAL),
            WRITE(40, PLAIN, 0), READS(40, 40, "online Movable"), END } },
        { "boundary: each node has its own ladder",
          ZONE_RULE_BOUNDARY,
          { PLUG(32, 39, 0), PLUG(40, 47, 1), READS(39, 39, "offline Normal Movable"),
            READS(47, 47, "offline Normal Movable"), WRITE(47, MOVABLE, 0),
            READS(39, 39, "offline Normal Movable"), READS(46, 46, "offline Normal Movable"),
            READS(38, 38, "offline Normal"), END } },
        { "boundary: a top block in Normal is in the way until it is moved",
          ZONE_RULE_BOUNDARY,
          { PLUG(32, 39, 0), WRITE(39, KERNEL, 0), WRITE(38, MOVABLE, -EINVAL),
            WRITE(39, OFFLINE, 0), WRITE(38, MOVABLE, -EINVAL), WRITE(39, MOVABLE, 0),
            WRITE(38, MOVABLE, 0), END } },
        { "boundary: a plain online stays Normal",
          ZONE_RULE_BOUNDARY,
          { PLUG(32, 39, 0), WRITE(32, PLAIN, 0), WRITE(39, PLAIN, 0),
            READS(32, 32, "online Normal"), READS(39, 39, "online Normal Movable"), END } },
        { "boundary: a refused block has moved zone all the same",
          ZONE_RULE_BOUNDARY,
          { PLUG(32, 39, 0), REFUSE(39, MOVABLE, -ENOMEM), READS(39, 39, "offline Movable Normal"),
            READS(38, 38, "offline Normal Movable"), WRITE(38, MOVABLE, 0), END } },
        { "boundary: an offlined Movable block keeps its zone",
          ZONE_RULE_BOUNDARY,
          { PLUG(32, 39, 0), WRITE(39, MOVABLE, 0), WRITE(39, OFFLINE, 0),
            READS(39, 39, "offline Movable Normal"), WRITE(39, PLAIN, 0),
            READS(39, 39, "online Movable Normal"), END } },
        { "no overlap: spans decide, not what is online",
          ZONE_RULE_NO_OVERLAP,
          { PLUG(32, 39, 0),
            READS(32, 39, "offline Normal Movable"),
            WRITE(35, MOVABLE, 0),
            READS(32, 34, "offline Normal Movable"),
            READS(35, 35, "online Movable"),
            READS(36, 39, "offline Movable"),
            WRITE(33, KERNEL, 0),
            READS(32, 32, "offline Normal"),
            READS(33, 33, "online Normal"),
            READS(34, 34, "offline Normal Movable"),
            READS(36, 39, "offline Movable"),
            WRITE(32, MOVABLE, -EINVAL),
            WRITE(36, KERNEL, -EINVAL),
            WRITE(39, KERNEL, -EINVAL),
            READS(34, 34, "offline Normal Movable"),
            WRITE(32, PLAIN, 0),
            READS(32, 32, "online Normal"),
            WRITE(34, PLAIN, 0),
            READS(34, 34, "online Normal"),
            WRITE(36, PLAIN, 0),
            READS(36, 36, "online Movable"),
            END } },
        { "no overlap: no change of zone by offline and online",
          ZONE_RULE_NO_OVERLAP,
          { PLUG(32, 39, 0), WRITE(35, MOVABLE, 0), WRITE(35, OFFLINE, 0),
            WRITE(35, KERNEL, -EINVAL), WRITE(33, KERNEL, 0), WRITE(33, OFFLINE, 0),
            WRITE(33, MOVABLE, -EINVAL), END } },
        { "no overlap: Movable grows downwards with a gap",
          ZONE_RULE_NO_OVERLAP,
          { PLUG(32, 39, 0), WRITE(35, MOVABLE, 0), WRITE(33, MOVABLE, 0),
            READS(34, 34, "offline Movable"), READS(32, 32, "offline Normal Movable"), END } },
        { "no overlap: other DIMMs",
          ZONE_RULE_NO_OVERLAP,
          { PLUG(40, 47, 0), WRITE(43, MOVABLE, 0), PLUG(48, 55, 0),
            READS(48, 55, "offline Movable"), PLUG(32, 39, 0),
            READS(32, 39, "offline Normal Movable"), END } },
        { "no overlap: a refused block has grown the span all the same",
          ZONE_RULE_NO_OVERLAP,
          { PLUG(32, 39, 0), REFUSE(36, MOVABLE, -ENOMEM), READS(36, 39, "offline Movable"),
            READS(32, 35, "offline Normal Movable"), WRITE(36, KERNEL, -EINVAL), PLUG(40, 47, 1),
            REFUSE(45, KERNEL, -ENOMEM), READS(40, 45, "offline Normal"),
            READS(46, 47, "offline Normal Movable"), END } },
        { "free: any block, any zone; the span decides for a plain online",
          ZONE_RULE_FREE,
          { PLUG(32, 39, 0), READS(32, 39, "offline Normal Movable"), WRITE(32, MOVABLE, 0),
            READS(32, 32, "online Movable"), READS(33, 39, "offline Normal Movable"),
            WRITE(35, MOVABLE, 0), READS(33, 34, "offline Movable Normal"),
            READS(36, 39, "offline Normal Movable"), WRITE(39, MOVABLE, 0),
            READS(37, 38, "offline Movable Normal"), WRITE(33, KERNEL, 0),
            READS(33, 33, "online Normal"), WRITE(34, PLAIN, 0), READS(34, 34, "online Movable"),
            END } },
        { "free: a refused block changes nothing, and offline gives the span back",
          ZONE_RULE_FREE,
          { PLUG(32, 39, 0), REFUSE(32, MOVABLE, -ENOMEM), READS(32, 39, "offline Normal Movable"),
            WRITE(32, MOVABLE, 0), WRITE(35, MOVABLE, 0), WRITE(35, OFFLINE, 0),
            READS(33, 39, "offline Normal Movable"), WRITE(35, KERNEL, 0),
            READS(35, 35, "online Normal"), END } },
        { "free: the state that a block has is refused, and so is a block that isn't there",
          ZONE_RULE_FREE,
          { PLUG(32, 39, 0), WRITE(32, OFFLINE, -EINVAL), WRITE(32, PLAIN, 0),
            WRITE(32, PLAIN, -EINVAL), WRITE(32, MOVABLE, -EINVAL), WRITE(40, PLAIN, -ENOENT),
            REFUSE(32, OFFLINE, -EBUSY), READS(32, 32, "online Normal"), END } },
};

static void check_reads(const ZoneModel *model, const Story *story, const Step *step, size_t i) {
        for (BlockIndex index = step->first; index <= step->last; index++) {
                char zones[VALID_ZONES_TEXT_MAX], text[128];
                Block block;

                ck_assert(zone_model_read(model, index, &block));
                (void)snprintf(text, sizeof(text), "%s %s", block_state_to_string(block.state),
                               valid_zones_format(&block.valid_zones, zones));
                ck_assert_msg(strcmp(text, step->reads) == 0,
                              "%s, step %zu: memory%u reads '%s', not '%s'", story->name, i,
                              (unsigned)index, text, step->reads);
        }
}

static void check_story(const Story *story) {
        _cleanup_(zone_model_freep) ZoneModel *model = zone_model_new(story->rule);

        for (size_t i = 0; story->steps[i].what >= 0; i++) {
                const Step *step = &story->steps[i];
                int r;

                if (step->what == READ) {
                        check_reads(model, story, step, i);
                        continue;
                }

                if (step->what == ADD)
                        r = zone_model_add(model, step->first, step->last, step->result);
                else
                        r = zone_model_write(model, step->first, (StateWord)step->what,
                                             step->refusal);
                ck_assert_msg(r == (step->what == ADD ? 0 : step->result),
                              "%s, step %zu: %d instead of %d", story->name, i, r, step->result);
        }
}

START_TEST(every_observation) {
        for (size_t i = 0; i < ELEMENTSOF(stories); i++)
                check_story(&stories[i]);
}
END_TEST

START_TEST(blocks_are_added_once) {
        _cleanup_(zone_model_freep) ZoneModel *model = zone_model_new(ZONE_RULE_FREE);
        Block block;

        ck_assert_int_eq(zone_model_add(model, 32, 39, 0), 0);
        ck_assert_int_eq(zone_model_add(model, 39, 40, 0), -EEXIST);
        ck_assert(!zone_model_read(model, 40, &block));
}
END_TEST

/* A machine without memory of the boot is a Snapshot of what the model reads. */
static void read_model(const ZoneModel *model, BlockIndex last, Snapshot *ret) {
        *ret = (Snapshot){ .block_size = 1 << 27 };
        for (BlockIndex index = 0; index <= last; index++) {
                Block block;

                if (zone_model_read(model, index, &block))
                        ck_assert_int_eq(snapshot_add(ret, &block), 0);
        }
}

static void expect_same_reads(const Snapshot *snapshot, const ZoneModel *taken) {
        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];
                Block again;

                ck_assert(zone_model_read(taken, block->index, &again));
                ck_assert_int_eq(again.state, block->state);
                ck_assert_int_eq(again.node, block->node);
                if (block->state == BLOCK_ONLINE) {
                        ck_assert_int_eq(block_zone_kind(&again), block_zone_kind(block));
                        continue;
                }
                for (ZoneKind kind = 0; kind < _ZONE_KIND_MAX; kind++)
                        ck_assert_int_eq(valid_zones_allow(&again.valid_zones, kind),
                                         valid_zones_allow(&block->valid_zones, kind));
        }
}

/* Out of what a machine reads, the rule is guessed, and another one made that answers the same. */
static ZoneModel *take_model(const Snapshot *snapshot, ZoneRule rule) {
        ZoneRule guess = zone_rule_guess(snapshot);
        ZoneModel *taken = zone_model_new(guess);

        /* That of no overlap may look like either of the others. */
        ck_assert(guess == rule || rule == ZONE_RULE_NO_OVERLAP);
        ck_assert_ptr_nonnull(taken);
        for (size_t i = 0; i < snapshot->n_blocks; i++)
                ck_assert_int_eq(zone_model_take(taken, &snapshot->blocks[i]), 0);
        expect_same_reads(snapshot, taken);
        return taken;
}

/* A random walk, of which each step is taken over; under two of the rules, all is known from then on. */
static void walk(ZoneRule rule, uint64_t seed) {
        _cleanup_(zone_model_freep) ZoneModel *model = zone_model_new(rule);

        ck_assert_int_eq(zone_model_add(model, 8, 12, 1), 0);
        ck_assert_int_eq(zone_model_add(model, 0, 4, 0), 0);
        for (int step = 0; step < 30; step++) {
                _cleanup_(zone_model_freep) ZoneModel *taken = NULL;
                _cleanup_(snapshot_done) Snapshot before = {}, after = {};
                BlockIndex index;
                StateWord word;
                int r;

                seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
                index = (seed >> 33) % 20;
                word = (seed >> 50) % _STATE_WORD_MAX;
                if (step == 10)
                        ck_assert_int_eq(zone_model_add(model, 16, 19, 0), 0);

                read_model(model, 19, &before);
                taken = take_model(&before, rule);
                r = zone_model_write(model, index, word, 0);
                if (rule == ZONE_RULE_NO_OVERLAP)
                        continue;
                ck_assert_int_eq(zone_model_write(taken, index, word, 0), r);
                read_model(model, 19, &after);
                expect_same_reads(&after, taken);
        }
}

START_TEST(machines_are_taken_over) {
        for (ZoneRule rule = 0; rule < _ZONE_RULE_MAX; rule++)
                for (uint64_t seed = 0; seed < 100; seed++)
                        walk(rule, seed);
}
END_TEST

START_TEST(guesses) {
        Block blocks[] = { { .index = 0, .state = BLOCK_ONLINE },
                           { .index = 1, .node = NODE_UNKNOWN } };
        Snapshot snapshot = { .n_blocks = 2, .blocks = blocks };

        ck_assert_int_eq(zone_rule_guess(&snapshot), _ZONE_RULE_INVALID);
        ck_assert_int_eq(valid_zones_parse("Normal", &blocks[0].valid_zones), 0);
        ck_assert_int_eq(zone_rule_guess(&snapshot), ZONE_RULE_FREE);
        ck_assert_int_eq(valid_zones_parse("Normal Movable", &blocks[0].valid_zones), 0);
        ck_assert_int_eq(zone_rule_guess(&snapshot), ZONE_RULE_BOUNDARY);
        blocks[0].state = BLOCK_OFFLINE;
        ck_assert_int_eq(zone_rule_guess(&snapshot), ZONE_RULE_FREE);
        snapshot.n_blocks = 0;
        ck_assert_int_eq(zone_rule_guess(&snapshot), ZONE_RULE_FREE);
}
END_TEST

TEST_PROGRAM("zone-model", every_observation, blocks_are_added_once, machines_are_taken_over,
             guesses);
