/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/groups.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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

static int add_block(Group *group, const Block *block, bool stuck) {
        int r;

        group->n_blocks[share_of_block(block)]++;
        group->hot_added = group->hot_added || block->hot_added;
        r = block_list_add(&group->blocks, block->index);
        /* A block that is about to go offline isn't there yet. */
        if (r == 0 && block->state != BLOCK_OFFLINE && block->valid_zones.known &&
            block_zone_kind(block) != ZONE_KIND_MOVABLE)
                r = block_list_add(&group->kernel, block->index);
        if (r == 0 && group->device)
                r = obstacles_add(&group->obstacles, block, stuck);

        return r;
}

int groups_gather(const View *view, const StuckBlocks *stuck, Groups *ret) {
        const Snapshot *snapshot = &view->snapshot;
        _cleanup_(groups_done) Groups groups = {};

        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];
                Group *group = find_or_add(&groups, snapshot_device(snapshot, block), block);

                if (!group || add_block(group, block, stuck_blocks_have(stuck, block)) < 0)
                        return -ENOMEM;
                group->own_map += own_map_of_block(&view->own_map, snapshot, block);
        }

        *ret = groups;
        groups = (Groups){};
        return 0;
}

void groups_done(Groups *groups) {
        for (size_t i = 0; i < groups->n_groups; i++) {
                block_list_done(&groups->groups[i].blocks);
                block_list_done(&groups->groups[i].kernel);
                obstacles_done(&groups->groups[i].obstacles);
        }
        free(groups->groups);
        *groups = (Groups){};
}

uint64_t group_count(const Group *group) {
        return block_list_count(&group->blocks);
}

Removable group_removable(const Group *group) {
        return group->device ? obstacles_removable(&group->obstacles) : REMOVABLE_NOTHING;
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

/* For people, and for programs */

void group_format_state(const Group *group, char text[FORMAT_TEXT_MAX]) {
        uint64_t n = group_count(group), n_online = n - group->n_blocks[SHARE_OFFLINE];
        const char *own = group->device ? group->device->state : "";
        int k = 0;

        if (n_online > 0 && n_online < n)
                k = snprintf(text, FORMAT_TEXT_MAX, "%" PRIu64 " of %" PRIu64 " ", n_online, n);
        (void)snprintf(text + k, FORMAT_TEXT_MAX - (size_t)k, "%s%s%s%s",
                       n_online > 0 ? "online" : "offline", *own ? " (" : "", own, *own ? ")" : "");
}

const char *group_zones_word(const Group *group) {
        bool kernel = group->n_blocks[SHARE_KERNEL] > 0;
        bool movable = group->n_blocks[SHARE_MOVABLE] > 0;

        if (kernel && movable)
                return "mixed";

        return kernel ? "kernel" : movable ? "movable" : NULL;
}

char *group_removable_text(const Group *group) {
        static const char *const words[_REMOVABLE_MAX] = {
                [REMOVABLE_NO] = "no",           [REMOVABLE_YES] = "yes",
                [REMOVABLE_PERHAPS] = "perhaps", [REMOVABLE_UNKNOWN] = "unknown",
                [REMOVABLE_NOTHING] = "-",
        };
        Removable removable = group_removable(group);
        _cleanup_free_ char *what = NULL;
        char *text;

        if (removable == REMOVABLE_YES || removable == REMOVABLE_NOTHING)
                return strdup(words[removable]);

        what = obstacles_format(&group->obstacles);
        if (!what || asprintf(&text, "%s, %s", words[removable], what) < 0)
                return NULL;

        return text;
}

char *group_remedy_text(const Group *group) {
        if (!group->device)
                return strdup("");

        return obstacles_format_remedy(&group->obstacles, group->device->name);
}

static json_object *blocks_to_json(const BlockList *list) {
        json_object *array = json_new_array();

        for (size_t i = 0; i < list->n_ranges; i++) {
                json_object *range = json_new_object();

                json_add(range, "first_block", json_new_number(list->ranges[i].first));
                json_add(range, "last_block", json_new_number(list->ranges[i].last));
                json_append(array, range);
        }
        return array;
}

static json_object *removable_to_json(const Group *group) {
        Removable removable = group_removable(group);

        if (removable != REMOVABLE_YES && removable != REMOVABLE_NO)
                return NULL;

        return json_new_bool(removable == REMOVABLE_YES);
}

static json_object *obstacles_to_json(const Group *group) {
        json_object *array;

        if (!group->device)
                return NULL;

        array = json_new_array();
        for (Obstacle obstacle = 0; obstacle < _OBSTACLE_MAX; obstacle++) {
                const BlockList *list = &group->obstacles.of[obstacle];
                json_object *object;

                if (list->n_ranges == 0)
                        continue;
                object = json_new_object();
                json_add(object, "obstacle", json_new_text(obstacle_to_string(obstacle)));
                json_add(object, "blocks", blocks_to_json(list));
                json_append(array, object);
        }
        return array;
}

json_object *group_to_json(const Snapshot *snapshot, const Group *group) {
        const Device *device = group->device;
        json_object *object = json_new_object();
        _cleanup_free_ char *remedy = group_remedy_text(group);
        const char *zones = group_zones_word(group);

        json_add(object, "device", device ? json_new_text(device->name) : NULL);
        json_add(object, "source",
                 group->source == SOURCE_UNKNOWN ? NULL
                                                 : json_new_text(source_to_string(group->source)));
        json_add(object, "hot_added", json_new_bool(group->hot_added));
        json_add(object, "node",
                 group->node == NODE_UNKNOWN ? NULL : json_new_number((uint64_t)group->node));
        json_add(object, "bytes", json_new_number(group_count(group) * snapshot->block_size));
        json_add(object, "own_map_bytes", json_new_number(group->own_map));
        json_add(object, "blocks", blocks_to_json(&group->blocks));
        shares_add_to_json(object, group->n_blocks, snapshot->block_size);
        json_add(object, "zones", zones ? json_new_text(zones) : NULL);
        json_add(object, "removable", removable_to_json(group));
        json_add(object, "kernel_blocks", blocks_to_json(&group->kernel));
        json_add(object, "obstacles", obstacles_to_json(group));
        json_add(object, "remedy", remedy && *remedy ? json_new_text(remedy) : NULL);
        json_add(object, "device_state",
                 device && device->state[0] ? json_new_text(device->state) : NULL);
        return object;
}
