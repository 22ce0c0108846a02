#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The blocks by what they were plugged with: a device, or a source that knows no devices.
 */
#include "ctl/format.h"
#include "ctl/json.h"
#include "ctl/totals.h"
#include "ctl/view.h"
#include "model/obstacles.h"
#include "model/stuck-blocks.h"

typedef struct Group {
        const Device *device; /* in the snapshot; NULL: blocks of 'source' and 'node' without one */
        Source source;
        int node;
        bool hot_added; /* at least one of the blocks */
        uint64_t n_blocks[_SHARE_MAX];
        BlockList blocks;
        BlockList kernel;    /* of these, the ones that are online in the kernel's zones */
        Obstacles obstacles; /* of a device */
        uint64_t own_map;    /* bytes of it that are its own memory map */
} Group;

typedef struct Groups {
        size_t n_groups;
        Group *groups; /* by their first blocks */
} Groups;

/*
 * 'stuck': what didn't go offline when that was tried. 0 or -ENOMEM. The caller ends *ret with
 * groups_done(); the view must live as long.
 */
int groups_gather(const View *view, const StuckBlocks *stuck, Groups *ret);

/* Frees what it holds, not itself. */
void groups_done(Groups *groups);

uint64_t group_count(const Group *group);
Removable group_removable(const Group *group);

/* Adds "kernel_bytes", "movable_bytes", "unknown_bytes" and "offline_bytes". */
void shares_add_to_json(json_object *object, const uint64_t n_blocks[_SHARE_MAX],
                        uint64_t block_size);

/* "online", "offline", "6 of 8 online"; and what the kernel calls the device's state itself. */
void group_format_state(const Group *group, char text[FORMAT_TEXT_MAX]);

/*
 * Where that of it is which is online: "kernel", "movable" or "mixed". NULL: nowhere, or the kernel
 * doesn't tell.
 */
const char *group_zones_word(const Group *group);

/*
 * "yes", or what stops it from being unplugged; and what could be done about that, or "". The caller's;
 * NULL: no memory.
 */
char *group_removable_text(const Group *group);
char *group_remedy_text(const Group *group);

/* The keys of one element of devices' "devices". The result is the caller's. */
json_object *group_to_json(const Snapshot *snapshot, const Group *group);
