#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Many blocks, as they were when they were read.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"
#include "model/block.h"

typedef struct Snapshot {
        uint64_t block_size; /* bytes */
        bool numa;           /* the kernel has /sys/devices/system/node */
        bool is_whole;       /* it was made of all the blocks that there were */
        size_t n_unreadable; /* blocks that are there, but not here */
        bool sources_hidden; /* from this reader: why a Block.source is SOURCE_UNKNOWN */
        size_t n_blocks;
        size_t n_allocated;
        Block *blocks; /* sorted by index once snapshot_sort() was called */
        size_t n_devices, n_devices_allocated;
        Device *devices; /* those that a block in here belongs to */
} Snapshot;

/* Frees what it holds, not itself. */
void snapshot_done(Snapshot *snapshot);

/* Empties it; its memory is used again. */
void snapshot_clear(Snapshot *snapshot);

/* Takes memory for so many at least, so that adding them takes none. 0 or -ENOMEM. */
int snapshot_reserve(Snapshot *snapshot, size_t n_blocks, size_t n_devices);

int snapshot_add(Snapshot *snapshot, const Block *block);
void snapshot_sort(Snapshot *snapshot);

/* NULL if it isn't there. The snapshot must be sorted. */
Block *snapshot_find(const Snapshot *snapshot, BlockIndex index);

/*
 * Adds a device. Answers its number, for Block.device, or 0: no memory. It may be there already: then
 * that one's number.
 */
uint32_t snapshot_add_device(Snapshot *snapshot, const Device *device);

/* The number of the device of that source and name; 0: it isn't there. */
uint32_t snapshot_find_device(const Snapshot *snapshot, Source source, const char *name);

/* The device that a block belongs to, or NULL. Valid until the next is added. */
const Device *snapshot_device(const Snapshot *snapshot, const Block *block);
