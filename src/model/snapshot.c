/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/snapshot.h"

#include <errno.h>

void snapshot_done(Snapshot *snapshot) {
        free(snapshot->blocks);
        snapshot->blocks = NULL;
        snapshot->n_blocks = snapshot->n_allocated = 0;
}

int snapshot_add(Snapshot *snapshot, const Block *block) {
        if (snapshot->n_blocks == snapshot->n_allocated) {
                size_t n = snapshot->n_allocated ? snapshot->n_allocated * 2 : 64;
                Block *blocks = reallocarray(snapshot->blocks, n, sizeof(Block));

                if (!blocks)
                        return -ENOMEM;
                snapshot->blocks = blocks;
                snapshot->n_allocated = n;
        }

        snapshot->blocks[snapshot->n_blocks++] = *block;
        return 0;
}

static int block_compare(const void *a, const void *b) {
        const Block *x = a, *y = b;

        return x->index < y->index ? -1 : x->index > y->index;
}

void snapshot_sort(Snapshot *snapshot) {
        if (snapshot->n_blocks > 0)
                qsort(snapshot->blocks, snapshot->n_blocks, sizeof(Block), block_compare);
}

Block *snapshot_find(const Snapshot *snapshot, BlockIndex index) {
        if (snapshot->n_blocks == 0)
                return NULL;

        return bsearch(&(Block){ .index = index }, snapshot->blocks, snapshot->n_blocks,
                       sizeof(Block), block_compare);
}
