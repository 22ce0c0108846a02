/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The picture of machines that are larger than a tree of files should be.
 */
#undef NDEBUG
#include <string.h>

#include "ctl/picture.h"
#include "suite.h"

#define N_BLOCKS 100000

/* Numbers that look like chance, the same in each run. */
static uint64_t next_number(uint64_t *state) {
        *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        return *state >> 33;
}

/* 'n_nodes' of the same size; a gap before one block of 'gap_every'. */
static void make_machine(Snapshot *snapshot, int n_nodes, uint64_t gap_every, uint64_t seed) {
        BlockIndex index = 0;

        *snapshot = (Snapshot){ .block_size = 1 << 27, .numa = true };
        for (size_t i = 0; i < N_BLOCKS; i++) {
                uint64_t number = next_number(&seed);
                Block block = { .node = (int16_t)(i * (size_t)n_nodes / N_BLOCKS),
                                .state = number % 1000 == 0 ? BLOCK_OFFLINE : BLOCK_ONLINE,
                                .valid_zones = { .known = true, .n_zones = 1 } };

                index += gap_every > 0 && number % gap_every == 0 ? 1 + number % 7000 : 1;
                block.index = index;
                block.valid_zones.zones[0] = i % 30000 < 10000 ? ZONE_NORMAL : ZONE_MOVABLE;
                ck_assert_int_eq(snapshot_add(snapshot, &block), 0);
        }
        snapshot_sort(snapshot);
}

/* Whether a cell's kind is that of all of its blocks: 'first' … 'end' - 1. */
static bool tells_of(const PictureNode *node, CellKind kind, size_t first, size_t end) {
        bool alike = true;

        for (size_t i = first; i < end; i++)
                alike = alike &&
                        cell_of_block(node->blocks[i]) == cell_of_block(node->blocks[first]);
        return kind == (alike ? cell_of_block(node->blocks[first]) : CELL_MIXED);
}

/* Walks over all cells, each of which must tell of its blocks. Answers the rows that it takes. */
static size_t check_node(const Picture *picture, const PictureNode *node, unsigned n_cells) {
        size_t n_drawn = 0, n_rows = 0;
        PicturePlace place = {};
        unsigned column = 0;
        Cell cell;

        for (;;) {
                size_t first = place.next;

                if (!picture_next(picture, node, &place, &cell))
                        break;
                ck_assert_uint_eq(cell.first, node->blocks[first]->index);
                if (cell.kind != CELL_GAP) {
                        ck_assert(tells_of(node, cell.kind, first, place.next));
                        ck_assert_uint_eq(first, n_drawn);
                        n_drawn = place.next;
                } else if (column == 0)
                        continue;
                n_rows += column == 0;
                column = (column + 1) % n_cells;
        }
        ck_assert_uint_eq(n_drawn, node->n_blocks);
        return n_rows;
}

START_TEST(every_block_is_drawn) {
        static const struct {
                int n_nodes;
                uint64_t gap_every;
        } machines[] = { { 1, 0 }, { 1, 1000 }, { 1, 2 }, { 2, 50000 }, { 64, 100 } };

        for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
                size_t most = machines[i].n_nodes > 8 ? 2 * (size_t)machines[i].n_nodes : 16;
                Picture picture;
                Snapshot snapshot;

                make_machine(&snapshot, machines[i].n_nodes, machines[i].gap_every, i);
                ck_assert_int_eq(picture_make(&snapshot, &picture), 0);
                ck_assert_uint_eq(picture.n_nodes, (size_t)machines[i].n_nodes);
                for (unsigned n_cells = 4; n_cells < 300; n_cells += 37) {
                        size_t n_rows = 0;

                        picture_fit(&picture, n_cells);
                        for (size_t k = 0; k < picture.n_nodes; k++)
                                n_rows += check_node(&picture, &picture.nodes[k], n_cells);
                        ck_assert_uint_le(n_rows, most);
                        ck_assert_uint_gt(n_rows, 0);
                        ck_assert_uint_gt(picture.scale, 1);
                }
                picture_done(&picture);
                snapshot_done(&snapshot);
        }
}
END_TEST

/* Numbers of blocks up to the last that there can be. */
START_TEST(far_blocks) {
        Snapshot snapshot = {};
        Picture picture;

        for (int i = 0; i < 64; i++) {
                Block block = { .index = i < 63 ? UINT64_C(1) << i : UINT64_MAX };

                ck_assert_int_eq(snapshot_add(&snapshot, &block), 0);
        }
        ck_assert_int_eq(picture_make(&snapshot, &picture), 0);
        picture_fit(&picture, 1);
        ck_assert_uint_le(check_node(&picture, &picture.nodes[0], 1), 16);
        picture_done(&picture);
        snapshot_done(&snapshot);
}
END_TEST

START_TEST(words) {
        for (CellKind kind = 0; kind < _CELL_MAX; kind++)
                ck_assert_int_eq(cell_kind_from_string(cell_kind_to_string(kind)), kind);
}
END_TEST

TEST_PROGRAM("picture", every_block_is_drawn, far_blocks, words);
