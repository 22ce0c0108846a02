#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A machine that only seems to be written to: what its blocks read and what its zones have, and how that
 * would change. Which zones a block may go to is said by the model of the kernel's rules.
 */
#include "actuate/attempt.h"
#include "plan/zone-model.h"
#include "sysfs/sysfs.h"

typedef struct World {
        const Snapshot *snapshot; /* the caller's: sources and devices; states as they were first */
        ZoneRule rule; /* _ZONE_RULE_INVALID: the kernel doesn't tell where blocks may go */
        ZoneModel *model;
        bool zones_known;
        Zoneinfo zoneinfo;
        uint64_t page_size, block_pages;
        uint64_t map_bytes; /* of free kernel memory, taken by the map of what was plugged */
        Snapshot view;      /* of all blocks as they are now; empty: not asked for */
} World;

/*
 * Begins with the machine as it was read; 'zoneinfo' NULL: not known. The snapshot must be sorted and
 * live as long; the caller ends *ret with world_done(). 0 or -ENOMEM.
 */
int world_init(const Snapshot *snapshot, const Zoneinfo *zoneinfo, World *ret);

/* Frees what it holds, not itself. */
void world_done(World *world);

/* Memory is plugged, which is in the snapshot by now. 0 or a negative errno. */
int world_plug(World *world, BlockIndex first, BlockIndex last, int node);

/* Reads and writes its blocks; 'userdata' is the World. */
extern const ActuateOps world_ops;

/*
 * A block came to a zone that was offline, or went: 'sign' is 1 or -1. 'map': so many bytes of it are its
 * own map, and never free. 0 or -ENOMEM.
 */
int world_account(World *world, int node, ZoneKind kind, uint64_t map, int sign);

/* What is free in kernel zones, in bytes. */
uint64_t world_free_kernel(const World *world);

/* All blocks as they are now, valid until something is written. NULL: no memory. */
const Snapshot *world_view(World *world);
