/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/picture.h"

#include <errno.h>

#include "ctl/totals.h"

/* How many rows all nodes together may have: so many, or so many for each. */
#define ROWS_MAX 16
#define ROWS_OF_NODE_MAX 2

static const char *const cell_kind_table[] = {
        [CELL_KERNEL] = "kernel",   [CELL_MOVABLE] = "movable",
        [CELL_UNKNOWN] = "unknown", [CELL_OFFLINE] = "offline",
        [CELL_MIXED] = "mixed",     [CELL_GOING_OFFLINE] = "going-offline",
        [CELL_GAP] = "gap",
};
DEFINE_STRING_TABLE(cell_kind, CellKind);

CellKind cell_of_block(const Block *block) {
        static const CellKind kinds[_SHARE_MAX] = {
                [SHARE_KERNEL] = CELL_KERNEL,
                [SHARE_MOVABLE] = CELL_MOVABLE,
                [SHARE_UNKNOWN] = CELL_UNKNOWN,
                [SHARE_OFFLINE] = CELL_OFFLINE,
        };

        return block->state == BLOCK_GOING_OFFLINE ? CELL_GOING_OFFLINE
                                                   : kinds[share_of_block(block)];
}

void picture_done(Picture *picture) {
        free(picture->blocks);
        free(picture->nodes);
        *picture = (Picture){};
}

static int compare_nodes(int a, int b) {
        if (a == NODE_UNKNOWN || b == NODE_UNKNOWN)
                return (a == NODE_UNKNOWN) - (b == NODE_UNKNOWN);

        return a < b ? -1 : a > b;
}

static int compare_blocks(const void *a, const void *b) {
        const Block *x = *(const Block *const *)a, *y = *(const Block *const *)b;
        int order = compare_nodes(x->node, y->node);

        return order ?: x->index < y->index ? -1 : x->index > y->index;
}

static size_t count_nodes(const Picture *picture, size_t n_blocks) {
        size_t n = 0;

        for (size_t i = 0; i < n_blocks; i++)
                n += i == 0 || picture->blocks[i]->node != picture->blocks[i - 1]->node;
        return n;
}

static void fill_nodes(Picture *picture, size_t n_blocks) {
        PictureNode *node = NULL, *next = picture->nodes;

        for (size_t i = 0; i < n_blocks; i++) {
                const Block *const *block = &picture->blocks[i];
                int number = (*block)->node;

                if (!node || number != node->node) {
                        node = next++;
                        *node = (PictureNode){ .node = number, .blocks = block };
                }
                node->n_blocks++;
        }
}

int picture_make(const Snapshot *snapshot, Picture *ret) {
        _cleanup_(picture_done) Picture picture = { .scale = 1 };
        size_t n = snapshot->n_blocks;

        /* One more than there are: for none, calloc() may answer NULL. */
        picture.blocks = calloc(n + 1, sizeof(*picture.blocks));
        if (!picture.blocks)
                return -ENOMEM;

        for (size_t i = 0; i < n; i++)
                picture.blocks[i] = &snapshot->blocks[i];
        qsort(picture.blocks, n, sizeof(*picture.blocks), compare_blocks);

        picture.n_nodes = count_nodes(&picture, n);
        picture.nodes = calloc(picture.n_nodes + 1, sizeof(*picture.nodes));
        if (!picture.nodes)
                return -ENOMEM;
        fill_nodes(&picture, n);

        *ret = picture;
        picture = (Picture){};
        return 0;
}

bool picture_next(const Picture *picture, const PictureNode *node, PicturePlace *place, Cell *ret) {
        const Block *block;
        uint64_t number;

        if (place->next >= node->n_blocks)
                return false;

        block = node->blocks[place->next];
        number = block->index / picture->scale;
        *ret = (Cell){ .kind = cell_of_block(block), .first = block->index };
        if (place->next > 0 && number != place->next_cell) {
                ret->kind = CELL_GAP;
                place->next_cell = number;
                return true;
        }

        while (++place->next < node->n_blocks) {
                block = node->blocks[place->next];
                if (block->index / picture->scale != number)
                        break;
                if (cell_of_block(block) != ret->kind)
                        ret->kind = CELL_MIXED;
        }
        place->next_cell = number + 1;
        return true;
}

/* A gap at the beginning of a row isn't drawn: see map.c. */
static size_t count_rows(const Picture *picture, const PictureNode *node, unsigned n_cells) {
        PicturePlace place = {};
        unsigned column = 0;
        size_t n_rows = 0;
        Cell cell;

        while (picture_next(picture, node, &place, &cell)) {
                if (column == 0 && cell.kind == CELL_GAP)
                        continue;
                n_rows += column == 0;
                column = (column + 1) % n_cells;
        }
        return n_rows;
}

static bool fits(const Picture *picture, unsigned n_cells) {
        size_t most = picture->n_nodes * ROWS_OF_NODE_MAX, n_rows = 0;

        if (most < ROWS_MAX)
                most = ROWS_MAX;
        for (size_t i = 0; i < picture->n_nodes && n_rows <= most; i++)
                n_rows += count_rows(picture, &picture->nodes[i], n_cells);

        return n_rows <= most;
}

void picture_fit(Picture *picture, unsigned n_cells) {
        /* In the end, each node is but one or two cells. */
        for (picture->scale = 1; !fits(picture, n_cells) && picture->scale < UINT64_C(1) << 62;)
                picture->scale *= 2;
}
