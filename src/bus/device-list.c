/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/device-list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* An array of n elements whose next one may need more room: a power of two is full. NULL: no memory. */
static void *with_room(void *array, size_t n, size_t size) {
        return (n & (n - 1)) == 0 ? reallocarray(array, n ? n * 2 : 1, size) : array;
}

static int add_node(DeviceInfo *info, int node) {
        int *nodes;

        if (node == NODE_UNKNOWN)
                return 0;
        for (size_t i = 0; i < info->n_nodes; i++)
                if (info->nodes[i] == node)
                        return 0;

        nodes = with_room(info->nodes, info->n_nodes, sizeof(int));
        if (!nodes)
                return -ENOMEM;
        info->nodes = nodes;
        nodes[info->n_nodes++] = node;
        return 0;
}

static int add_block(DeviceInfo *info, const Block *block, bool stuck) {
        int r;

        r = block_list_add(&info->blocks, block->index);
        if (r == 0)
                r = add_node(info, block->node);
        if (r == 0)
                r = obstacles_add(&info->obstacles, block, stuck);
        if (r < 0)
                return r;

        if (block->state != BLOCK_ONLINE)
                info->n_offline++;
        else if (!block->valid_zones.known)
                info->n_unknown++;
        else if (block_zone_kind(block) == ZONE_KIND_MOVABLE)
                info->n_movable++;
        else
                info->n_kernel++;
        return 0;
}

int device_list_make(const Snapshot *snapshot, const StuckBlocks *stuck, DeviceList *ret) {
        _cleanup_(device_list_done) DeviceList list = {};

        list.devices = calloc(snapshot->n_devices ?: 1, sizeof(DeviceInfo));
        if (!list.devices)
                return -ENOMEM;

        list.n_devices = snapshot->n_devices;
        for (size_t i = 0; i < snapshot->n_devices; i++)
                list.devices[i] = (DeviceInfo){ .device = snapshot->devices[i],
                                                .block_size = snapshot->block_size };
        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];

                if (block->device > 0 && add_block(&list.devices[block->device - 1], block,
                                                   stuck_blocks_have(stuck, block)) < 0)
                        return -ENOMEM;
        }

        *ret = list;
        list = (DeviceList){};
        return 0;
}

void device_list_done(DeviceList *list) {
        for (size_t i = 0; i < list->n_devices; i++) {
                free(list->devices[i].nodes);
                block_list_done(&list->devices[i].blocks);
                obstacles_done(&list->devices[i].obstacles);
        }
        free(list->devices);
        *list = (DeviceList){};
}

bool device_info_can_be_unplugged(const DeviceInfo *info) {
        Removable removable = obstacles_removable(&info->obstacles);

        return removable == REMOVABLE_YES || removable == REMOVABLE_PERHAPS;
}

char *device_info_hindrance(const DeviceInfo *info) {
        _cleanup_free_ char *what = obstacles_format(&info->obstacles);
        _cleanup_free_ char *remedy = obstacles_format_remedy(&info->obstacles, info->device.name);
        char *text;

        if (!what || !remedy)
                return NULL;
        if (!*remedy)
                return TAKE_PTR(what);

        return asprintf(&text, "%s; %s", what, remedy) < 0 ? NULL : text;
}
