#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A memory block: one /sys/devices/system/memory/memoryN, as it was when it was read.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/string-table.h"
#include "model/device.h"
#include "model/zone.h"

/* The N of memoryN. Its addresses are N * block_size … (N + 1) * block_size - 1. */
typedef uint64_t BlockIndex;

#define NODE_UNKNOWN (-1)

/* The kernel itself can't have more than 1024 nodes. */
#define NODE_MAX INT16_MAX

typedef enum BlockState {
        BLOCK_OFFLINE,
        BLOCK_ONLINE,
        BLOCK_GOING_OFFLINE,
        _BLOCK_STATE_MAX,
        _BLOCK_STATE_INVALID = -22, /* -EINVAL */
} BlockState;

/* The words of memoryN/state. */
DECLARE_STRING_TABLE(block_state, BlockState);

/* A machine may have half a million of them, so they are kept small: 32 bytes each. */
typedef struct Block {
        BlockIndex index;
        ino_t inode; /* of its directory: another one once the block was removed and plugged anew */
        ValidZones valid_zones;
        uint32_t device; /* see snapshot_device(); 0: it belongs to none, or that isn't known */

        /*
         * The lowest of its nodes (blocks of two nodes are rare, and "none" in valid_zones), and 0
         * on kernels without NUMA. NODE_UNKNOWN: announced, but not linked to its node yet. Then
         * valid_zones must not be opened, and is unknown: the kernel would oops.
         */
        int16_t node;
        BlockState state : 8;

        /* These, and the device, are set by sysfs_read_devices() alone. */
        Source source : 7;
        bool hot_added : 1; /* after the kernel's start: its own policy doesn't count it as a base */
} Block;

/* The block's zone if it is online and that is known, else _ZONE_KIND_INVALID. */
static inline ZoneKind block_zone_kind(const Block *block) {
        if (block->state == BLOCK_OFFLINE)
                return _ZONE_KIND_INVALID;

        return valid_zones_first_kind(&block->valid_zones);
}
