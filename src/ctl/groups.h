#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The blocks by what they were plugged with: a device, or a source that knows no devices.
 */
#include "base/range-set.h"
#include "ctl/format.h"
#include "ctl/json.h"
#include "ctl/totals.h"

/* Numbers of blocks, ascending. */
typedef struct BlockList {
        size_t n_ranges;
        Range *ranges;
} BlockList;

typedef enum Removable {
        REMOVABLE_NO,
        REMOVABLE_YES,     /* as far as zones go: all of it is movable, or offline */
        REMOVABLE_UNKNOWN, /* some of it is online in a zone that the kernel doesn't tell */
        REMOVABLE_NOTHING, /* this is no device */
} Removable;

typedef struct Group {
        const Device *device; /* in the snapshot; NULL: blocks of 'source' and 'node' without one */
        Source source;
        int node;
        bool hot_added; /* at least one of the blocks */
        uint64_t n_blocks[_SHARE_MAX];
        BlockList blocks;
        BlockList kernel; /* of these, the ones that are online in the kernel's zones */
} Group;

typedef struct Groups {
        size_t n_groups;
        Group *groups; /* by their first blocks */
} Groups;

/* 0 or -ENOMEM. The caller ends *ret with groups_done(); the snapshot must live as long. */
int groups_gather(const Snapshot *snapshot, Groups *ret);

/* Frees what it holds, not itself. */
void groups_done(Groups *groups);

uint64_t group_count(const Group *group);
Removable group_removable(const Group *group);

/* Adds "kernel_bytes", "movable_bytes", "unknown_bytes" and "offline_bytes". */
void shares_add_to_json(json_object *object, const uint64_t n_blocks[_SHARE_MAX],
                        uint64_t block_size);

/* Adds a block, which must come behind those that are there. 0 or -ENOMEM. */
int block_list_add(BlockList *list, BlockIndex index);

/* How many blocks the list has. */
uint64_t block_list_count(const BlockList *list);

/* "32-39,41". The caller's; NULL: no memory. */
char *block_list_format(const BlockList *list);

/* "online", "offline", "6 of 8 online"; and what the kernel calls the device's state itself. */
void group_format_state(const Group *group, char text[FORMAT_TEXT_MAX]);

/*
 * Where that of it is which is online: "kernel", "movable" or "mixed". NULL: nowhere, or the kernel
 * doesn't tell.
 */
const char *group_zones_word(const Group *group);

/* "yes", or what stops it from being unplugged. The caller's; NULL: no memory. */
char *group_removable_text(const Group *group);

/* The keys of one element of devices' "devices". The result is the caller's. */
json_object *group_to_json(const Snapshot *snapshot, const Group *group);
