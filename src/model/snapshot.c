/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/snapshot.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/search.h"

void snapshot_done(Snapshot *snapshot) {
        free(snapshot->blocks);
        free(snapshot->devices);
        snapshot->blocks = NULL;
        snapshot->devices = NULL;
        snapshot->n_blocks = snapshot->n_allocated = 0;
        snapshot->n_devices = snapshot->n_devices_allocated = 0;
}

void snapshot_clear(Snapshot *snapshot) {
        *snapshot = (Snapshot){
                .n_allocated = snapshot->n_allocated,
                .blocks = snapshot->blocks,
                .n_devices_allocated = snapshot->n_devices_allocated,
                .devices = snapshot->devices,
        };
}

int snapshot_reserve(Snapshot *snapshot, size_t n_blocks, size_t n_devices) {
        Device *devices;
        Block *blocks;

        blocks = array_reserve(snapshot->blocks, &snapshot->n_allocated, n_blocks, sizeof(Block));
        if (!blocks)
                return -ENOMEM;
        snapshot->blocks = blocks;

        devices = array_reserve(snapshot->devices, &snapshot->n_devices_allocated, n_devices,
                                sizeof(Device));
        if (!devices)
                return -ENOMEM;
        snapshot->devices = devices;
        return 0;
}

int snapshot_add(Snapshot *snapshot, const Block *block) {
        Block *blocks = array_grow(snapshot->blocks, &snapshot->n_allocated, snapshot->n_blocks,
                                   sizeof(Block));

        if (!blocks)
                return -ENOMEM;

        snapshot->blocks = blocks;
        snapshot->blocks[snapshot->n_blocks++] = *block;
        return 0;
}

/* Few enough to be sorted by insertion. */
#define FEW 16

static void insert_blocks(Block *blocks, size_t n) {
        for (size_t i = 1; i < n; i++) {
                Block block = blocks[i];
                size_t k = i;

                for (; k > 0 && blocks[k - 1].index > block.index; k--)
                        blocks[k] = blocks[k - 1];
                blocks[k] = block;
        }
}

static unsigned digit_of(const Block *block, unsigned shift) {
        return block->index >> shift & 0xff;
}

/*
 * By digits of 8 bits, the highest first, each block swapped to where it belongs: without any memory
 * besides, of which qsort() takes as much again, for half a million blocks.
 */
static void sort_blocks(Block *blocks, size_t n, unsigned shift) {
        size_t next[256], end[256] = {}, sum = 0;

        if (n <= FEW) {
                insert_blocks(blocks, n);
                return;
        }

        for (size_t i = 0; i < n; i++)
                end[digit_of(&blocks[i], shift)]++;
        for (unsigned digit = 0; digit < 256; digit++) {
                next[digit] = sum;
                sum += end[digit];
                end[digit] = sum;
        }
        for (unsigned digit = 0; digit < 256; digit++)
                while (next[digit] < end[digit]) {
                        Block *block = &blocks[next[digit]], moved = *block;
                        unsigned its = digit_of(block, shift);

                        *block = blocks[next[its]];
                        blocks[next[its]++] = moved;
                }

        for (unsigned digit = 0; digit < 256 && shift > 0; digit++) {
                size_t begin = digit > 0 ? end[digit - 1] : 0;

                sort_blocks(blocks + begin, end[digit] - begin, shift - 8);
        }
}

void snapshot_sort(Snapshot *snapshot) {
        uint64_t all = 0;
        unsigned shift = 0;

        for (size_t i = 0; i < snapshot->n_blocks; i++)
                all |= snapshot->blocks[i].index;
        while (all >> shift > 0xff)
                shift += 8;

        sort_blocks(snapshot->blocks, snapshot->n_blocks, shift);
}

Block *snapshot_find(const Snapshot *snapshot, BlockIndex index) {
        size_t i = search_place(snapshot->blocks, snapshot->n_blocks, sizeof(Block), index);

        return i < snapshot->n_blocks && snapshot->blocks[i].index == index ? &snapshot->blocks[i]
                                                                            : NULL;
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

        devices = array_grow(snapshot->devices, &snapshot->n_devices_allocated, snapshot->n_devices,
                             sizeof(Device));
        if (!devices)
                return 0;

        snapshot->devices = devices;
        snapshot->devices[snapshot->n_devices++] = *device;
        return (uint32_t)snapshot->n_devices;
}

const Device *snapshot_device(const Snapshot *snapshot, const Block *block) {
        return block->device ? &snapshot->devices[block->device - 1] : NULL;
}
