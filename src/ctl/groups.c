/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/groups.h"

#include <errno.h>

/* The block must come behind those that are in the list. */
static int block_list_add(BlockList *list, BlockIndex index) {
        size_t n = list->n_ranges;

        if (n > 0 && list->ranges[n - 1].last + 1 == index) {
                list->ranges[n - 1].last = index;
                return 0;
        }

        /* A power of two is full. */
        if ((n & (n - 1)) == 0) {
                Range *ranges = reallocarray(list->ranges, n ? n * 2 : 1, sizeof(Range));

                if (!ranges)
                        return -ENOMEM;
                list->ranges = ranges;
        }

        list->ranges[list->n_ranges++] = (Range){ index, index };
        return 0;
}

uint64_t block_list_count(const BlockList *list) {
        uint64_t n = 0;

        for (size_t i = 0; i < list->n_ranges; i++)
                n += list->ranges[i].last - list->ranges[i].first + 1;

        return n;
}

/* Neighbours mostly belong to the same, so the last one is looked at first. */
static Group *find_group(const Groups *groups, const Device *device, const Block *block) {
        for (size_t i = groups->n_groups; i > 0; i--) {
                Group *group = &groups->groups[i - 1];

                if (device ? group->device == device
                           : !group->device && group->source == block->source &&
                                     group->node == block->node)
                        return group;
        }
        return NULL;
}

/* NULL: no memory. */
static Group *find_or_add(Groups *groups, const Device *device, const Block *block) {
        Group *group = find_group(groups, device, block), *grown;

        if (group)
                return group;

        grown = reallocarray(groups->groups, groups->n_groups + 1, sizeof(Group));
        if (!grown)
                return NULL;

        groups->groups = grown;
        grown[groups->n_groups] = (Group){
                .device = device,
                .source = block->source,
                .node = device ? device->node : block->node,
        };
        return &grown[groups->n_groups++];
}

static int add_block(Group *group, const Block *block) {
        int r;

        group->n_blocks[share_of_block(block)]++;
        group->hot_added = group->hot_added || block->hot_added;
        r = block_list_add(&group->blocks, block->index);
        /* A block that is about to go offline isn't there yet. */
        if (r == 0 && block->state != BLOCK_OFFLINE && block->valid_zones.known &&
            block_zone_kind(block) != ZONE_KIND_MOVABLE)
                r = block_list_add(&group->kernel, block->index);

        return r;
}

int groups_gather(const Snapshot *snapshot, Groups *ret) {
        _cleanup_(groups_done) Groups groups = {};

        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];
                Group *group = find_or_add(&groups, snapshot_device(snapshot, block), block);

                if (!group || add_block(group, block) < 0)
                        return -ENOMEM;
        }

        *ret = groups;
        groups = (Groups){};
        return 0;
}

void groups_done(Groups *groups) {
        for (size_t i = 0; i < groups->n_groups; i++) {
                free(groups->groups[i].blocks.ranges);
                free(groups->groups[i].kernel.ranges);
        }
        free(groups->groups);
        *groups = (Groups){};
}

uint64_t group_count(const Group *group) {
        return block_list_count(&group->blocks);
}

Removable group_removable(const Group *group) {
        if (!group->device)
                return REMOVABLE_NOTHING;
        if (group->kernel.n_ranges > 0)
                return REMOVABLE_NO;

        return group->n_blocks[SHARE_UNKNOWN] > 0 ? REMOVABLE_UNKNOWN : REMOVABLE_YES;
}

void shares_add_to_json(json_object *object, const uint64_t n_blocks[_SHARE_MAX],
                        uint64_t block_size) {
        static const char *const keys[_SHARE_MAX] = {
                [SHARE_KERNEL] = "kernel_bytes",
                [SHARE_MOVABLE] = "movable_bytes",
                [SHARE_UNKNOWN] = "unknown_bytes",
                [SHARE_OFFLINE] = "offline_bytes",
        };

        for (Share share = 0; share < _SHARE_MAX; share++)
                json_add(object, keys[share], json_new_number(n_blocks[share] * block_size));
}
