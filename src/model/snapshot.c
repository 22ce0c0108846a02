/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/snapshot.h"

#include <errno.h>
#include <string.h>

void snapshot_done(Snapshot *snapshot) {
        free(snapshot->blocks);
        free(snapshot->devices);
        snapshot->blocks = NULL;
        snapshot->devices = NULL;
        snapshot->n_blocks = snapshot->n_allocated = snapshot->n_devices = 0;
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

uint32_t snapshot_find_device(const Snapshot *snapshot, Source source, const char *name) {
        /* From the end: a block's device most often is that of the block before. */
        for (size_t i = snapshot->n_devices; i > 0; i--) {
                const Device *known = &snapshot->devices[i - 1];

                if (known->source == source && strcmp(known->name, name) == 0)
                        return (uint32_t)i;
        }
        return 0;
}

uint32_t snapshot_add_device(Snapshot *snapshot, const Device *device) {
        uint32_t number = snapshot_find_device(snapshot, device->source, device->name);
        Device *devices;

        if (number > 0)
                return number;

        devices = reallocarray(snapshot->devices, snapshot->n_devices + 1, sizeof(Device));
        if (!devices)
                return 0;
        snapshot->devices = devices;
        snapshot->devices[snapshot->n_devices++] = *device;
        return (uint32_t)snapshot->n_devices;
}

const Device *snapshot_device(const Snapshot *snapshot, const Block *block) {
        return block->device ? &snapshot->devices[block->device - 1] : NULL;
}
