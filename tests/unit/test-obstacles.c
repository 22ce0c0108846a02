/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "model/obstacles.h"
#include "model/stuck-blocks.h"
#include "suite.h"

#define UNKNOWN NULL /* for valid_zones: the kernel doesn't tell */

typedef struct Row {
        BlockState state;
        const char *zones;
        bool boot;
        bool stuck;
        Obstacle wanted;
} Row;

static Block make_block(BlockIndex index, BlockState state, const char *zones) {
        Block block = { .index = index, .inode = 7, .state = state, .hot_added = true };

        if (zones)
                ck_assert_int_eq(valid_zones_parse(zones, &block.valid_zones), 0);
        return block;
}

START_TEST(knows_what_is_in_the_way) {
        static const Row rows[] = {
                { BLOCK_ONLINE, "Movable", false, false, _OBSTACLE_INVALID },
                { BLOCK_ONLINE, "Movable", true, false, _OBSTACLE_INVALID },
                { BLOCK_ONLINE, "Movable", false, true, OBSTACLE_BUSY },
                { BLOCK_ONLINE, "Normal", false, false, OBSTACLE_KERNEL },
                { BLOCK_ONLINE, "Normal", false, true, OBSTACLE_KERNEL },
                { BLOCK_ONLINE, "Normal", true, false, OBSTACLE_BOOT },
                { BLOCK_ONLINE, "DMA32 Movable", false, false, OBSTACLE_KERNEL },
                { BLOCK_ONLINE, "none", false, false, OBSTACLE_NEVER },
                { BLOCK_ONLINE, "none", true, true, OBSTACLE_NEVER },
                { BLOCK_ONLINE, UNKNOWN, false, true, OBSTACLE_UNKNOWN },
                { BLOCK_GOING_OFFLINE, "Normal", false, false, OBSTACLE_KERNEL },
                { BLOCK_OFFLINE, "Normal Movable", false, true, _OBSTACLE_INVALID },
                { BLOCK_OFFLINE, UNKNOWN, false, false, _OBSTACLE_INVALID },
                { BLOCK_OFFLINE, "none", true, false, _OBSTACLE_INVALID },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                Block block = make_block(32, rows[i].state, rows[i].zones);

                block.hot_added = !rows[i].boot;
                ck_assert_msg(obstacle_of_block(&block, rows[i].stuck) == rows[i].wanted, "row %zu",
                              i);
        }
}
END_TEST

/* Blocks from 32 on: "m" Movable, "s" the same and stuck, "k" kernel, "b" of the boot, "n" never, "?". */
static Obstacles make_obstacles(const char *blocks) {
        Obstacles obstacles = {};

        for (size_t i = 0; blocks[i]; i++) {
                char c = blocks[i];
                Block block = make_block(32 + i, BLOCK_ONLINE,
                                         c == '?'               ? UNKNOWN
                                         : c == 'n'             ? "none"
                                         : c == 'k' || c == 'b' ? "Normal"
                                                                : "Movable");

                block.hot_added = c != 'b';
                ck_assert_int_eq(obstacles_add(&obstacles, &block, c == 's'), 0);
        }
        return obstacles;
}

START_TEST(says_whether_a_device_can_go) {
        static const struct {
                const char *blocks;
                Removable removable;
                const char *what, *remedy;
        } rows[] = {
                { "mmm", REMOVABLE_YES, "", "" },
                { "mkmkkm", REMOVABLE_NO, "3 blocks in the kernel zone: 33,35-36",
                  "'memplugctl rezone dev --to movable' could move them" },
                { "k", REMOVABLE_NO, "1 block in the kernel zone: 32",
                  "'memplugctl rezone dev --to movable' could move it" },
                { "bbk", REMOVABLE_NO,
                  "2 blocks of the boot in the kernel zone: 32-33; 1 block in the kernel zone: 34",
                  "'memplugctl rezone dev --to movable --force' could move them, though memory of "
                  "the boot hardly ever goes" },
                { "nk", REMOVABLE_NO,
                  "1 block that can never go offline: 32; 1 block in the kernel zone: 33", "" },
                { "?m?", REMOVABLE_UNKNOWN,
                  "2 blocks of which the kernel doesn't tell the zone: 32,34", "" },
                { "msms", REMOVABLE_PERHAPS,
                  "2 blocks that didn't go offline when that was tried last: 33,35",
                  "'memplugctl offline dev' tries again" },
                { "?s", REMOVABLE_UNKNOWN,
                  "1 block of which the kernel doesn't tell the zone: 32; 1 block that didn't go "
                  "offline when that was tried last: 33",
                  "'memplugctl offline dev' tries again" },
                { "ks", REMOVABLE_NO,
                  "1 block in the kernel zone: 32; 1 block that didn't go offline when that was "
                  "tried last: 33",
                  "'memplugctl rezone dev --to movable' could move it" },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                Obstacles obstacles = make_obstacles(rows[i].blocks);
                _cleanup_free_ char *what = obstacles_format(&obstacles);
                _cleanup_free_ char *remedy = obstacles_format_remedy(&obstacles, "dev");

                ck_assert_int_eq(obstacles_removable(&obstacles), rows[i].removable);
                ck_assert_str_eq(what, rows[i].what);
                ck_assert_str_eq(remedy, rows[i].remedy);
                obstacles_done(&obstacles);
        }
}
END_TEST

static void note(StuckBlocks *stuck, BlockIndex index, Outcome outcome, ZoneKind zone, int error) {
        stuck_blocks_note(stuck, &(Record){ .block = index,
                                            .inode = 7,
                                            .kind = RECORD_SETTLED,
                                            .outcome = outcome,
                                            .zone = zone,
                                            .error = error });
}

START_TEST(remembers_what_did_not_go) {
        Block block = make_block(34, BLOCK_ONLINE, "Movable"), before = block;
        static StuckBlocks stuck;

        ck_assert(!stuck_blocks_have(&stuck, &block));
        note(&stuck, 34, OUTCOME_BUSY, ZONE_KIND_MOVABLE, -EBUSY);
        ck_assert(stuck_blocks_have(&stuck, &block));

        /* Another block, and another one of that number. */
        before.inode = 8;
        ck_assert(!stuck_blocks_have(&stuck, &before));
        note(&stuck, 30, OUTCOME_REFUSED, ZONE_KIND_MOVABLE, -EINVAL);
        note(&stuck, 40, OUTCOME_NO_MEMORY, ZONE_KIND_KERNEL, -ENOMEM);
        ck_assert_uint_eq(stuck.n, 3);
        ck_assert(stuck_blocks_have(&stuck, &block));

        /* The last word counts; what failed to come online is offline. */
        note(&stuck, 34, OUTCOME_ALREADY, ZONE_KIND_MOVABLE, -EBUSY);
        ck_assert(!stuck_blocks_have(&stuck, &block));
        note(&stuck, 34, OUTCOME_BUSY, _ZONE_KIND_INVALID, -EBUSY);
        ck_assert(!stuck_blocks_have(&stuck, &block));
        note(&stuck, 34, OUTCOME_REFUSED, ZONE_KIND_MOVABLE, 0);
        ck_assert(!stuck_blocks_have(&stuck, &block));
        note(&stuck, 34, OUTCOME_DONE, ZONE_KIND_MOVABLE, 0);
        ck_assert(!stuck_blocks_have(&stuck, &block));
        ck_assert_uint_eq(stuck.n, 2);
}
END_TEST

START_TEST(keeps_no_more_than_it_has_room_for) {
        Block block = make_block(0, BLOCK_ONLINE, "Movable");
        static StuckBlocks stuck;

        for (BlockIndex index = 2 * STUCK_BLOCKS_MAX; index > 0; index--)
                note(&stuck, index, OUTCOME_BUSY, ZONE_KIND_MOVABLE, -EBUSY);
        ck_assert_uint_eq(stuck.n, STUCK_BLOCKS_MAX);
        for (block.index = 0; block.index <= 2 * STUCK_BLOCKS_MAX; block.index++)
                ck_assert_int_eq(stuck_blocks_have(&stuck, &block), block.index > STUCK_BLOCKS_MAX);

        note(&stuck, 2 * STUCK_BLOCKS_MAX, OUTCOME_DONE, ZONE_KIND_MOVABLE, 0);
        note(&stuck, 1, OUTCOME_BUSY, ZONE_KIND_MOVABLE, -EBUSY);
        block.index = 1;
        ck_assert(stuck_blocks_have(&stuck, &block));
}
END_TEST

START_TEST(obstacles_have_words) {
        for (Obstacle obstacle = 0; obstacle < _OBSTACLE_MAX; obstacle++)
                ck_assert_int_eq(obstacle_from_string(obstacle_to_string(obstacle)), obstacle);
        ck_assert_int_lt(obstacle_from_string("none"), 0);
}
END_TEST

TEST_PROGRAM("obstacles", knows_what_is_in_the_way, says_whether_a_device_can_go,
             remembers_what_did_not_go, keeps_no_more_than_it_has_room_for, obstacles_have_words);
