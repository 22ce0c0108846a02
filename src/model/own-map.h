#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel keeps about each page, 64 bytes, is the memory map. That of new memory comes out of the
 * kernel zones; with memmap_on_memory (5.13) out of the first pages of each block that is added itself,
 * where the driver asks for that: ACPI's does, for DIMMs; virtio-mem's doesn't. Such a block is as much
 * memory as any other ("present" in /proc/zoneinfo, and so to every budget), but less of it can be
 * used ("managed"); and the device goes only as a whole, as it came.
 *
 * Until 6.7 the kernel does so only for what is exactly one block, since then (6b8f0798b85a, "split
 * memmap_on_memory requests across memblocks") for any number of blocks. Seen with a DIMM of 1 GiB and
 * one of 128 MiB: 6.1 does it for the small one alone, 6.12 for both. And only if the map of a block
 * fills whole entries of the kernel's page tables (2 MiB on x86), unless it is told to "force" it.
 */
#include "model/snapshot.h"
#include "model/zoneinfo.h"

/* memory_hotplug's parameter of that name. */
typedef enum MemmapOnMemory {
        MEMMAP_ON_MEMORY_NO,
        MEMMAP_ON_MEMORY_YES,
        MEMMAP_ON_MEMORY_FORCE, /* 6.6: even if some of the memory is wasted for that */
        _MEMMAP_ON_MEMORY_MAX,
        _MEMMAP_ON_MEMORY_INVALID = -22, /* -EINVAL */
} MemmapOnMemory;

/* "N", "Y", "force" */
DECLARE_STRING_TABLE(memmap_on_memory, MemmapOnMemory);

typedef struct OwnMap {
        uint64_t block_bytes; /* of each block that holds its own; 0: none ever does */
        bool large;           /* devices of more than one block do so, too */
} OwnMap;

/* Of so much memory, wherever the map lies. */
uint64_t memory_map_bytes(uint64_t bytes, uint64_t page_size);

/*
 * What this kernel does: by what the zones have less than their blocks, if there are large DIMMs, and
 * else by its release ("6.12.95-…"): a later one does it, and an earlier one may, if its maker wants so,
 * but then that shows. 'release' and 'zoneinfo' may be NULL: not known. The snapshot must have devices.
 */
OwnMap own_map_find(MemmapOnMemory setting, const char *release, const Snapshot *snapshot,
                    const Zoneinfo *zoneinfo, uint64_t page_size);

/* How much of a hot-added device of that source is its own map, in bytes. */
uint64_t own_map_of(const OwnMap *own, Source source, uint64_t n_blocks);

/* How much of a block is. */
uint64_t own_map_of_block(const OwnMap *own, const Snapshot *snapshot, const Block *block);
