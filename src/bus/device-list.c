/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/device-list.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

/* An array of n elements whose next one may need more room: a power of two is full. NULL: no memory. */
static void *with_room(void *array, size_t n, size_t size) {
        return (n & (n - 1)) == 0 ? reallocarray(array, n ? n * 2 : 1, size) : array;
}

/* The block must come behind those that are there. */
static int add_range(BlockRanges *list, BlockIndex index) {
        Range *ranges;

        if (list->n_ranges > 0 && list->ranges[list->n_ranges - 1].last + 1 == index) {
                list->ranges[list->n_ranges - 1].last = index;
                return 0;
        }

        ranges = with_room(list->ranges, list->n_ranges, sizeof(Range));
        if (!ranges)
                return -ENOMEM;
        list->ranges = ranges;
        ranges[list->n_ranges++] = (Range){ index, index };
        return 0;
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

static int add_block(DeviceInfo *info, const Block *block) {
        int r;

        r = add_range(&info->blocks, block->index);
        if (r == 0)
                r = add_node(info, block->node);
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

        /* A block that is about to go offline isn't there yet. */
        if (block->state != BLOCK_OFFLINE && block->valid_zones.known &&
            block_zone_kind(block) != ZONE_KIND_MOVABLE)
                return add_range(&info->kernel, block->index);
        return 0;
}

int device_list_make(const Snapshot *snapshot, DeviceList *ret) {
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

                if (block->device > 0 && add_block(&list.devices[block->device - 1], block) < 0)
                        return -ENOMEM;
        }

        *ret = list;
        list = (DeviceList){};
        return 0;
}

void device_list_done(DeviceList *list) {
        for (size_t i = 0; i < list->n_devices; i++) {
                free(list->devices[i].nodes);
                free(list->devices[i].blocks.ranges);
                free(list->devices[i].kernel.ranges);
        }
        free(list->devices);
        *list = (DeviceList){};
}

bool device_info_can_be_unplugged(const DeviceInfo *info) {
        return info->kernel.n_ranges == 0 && info->n_unknown == 0;
}

/* "3 blocks in the kernel zone: 32,34-35" */
static void print_kernel_blocks(FILE *f, const BlockRanges *list) {
        uint64_t n = 0;

        for (size_t i = 0; i < list->n_ranges; i++)
                n += list->ranges[i].last - list->ranges[i].first + 1;
        (void)fprintf(f, "%" PRIu64 " block%s in the kernel zone: ", n, n == 1 ? "" : "s");
        for (size_t i = 0; i < list->n_ranges; i++) {
                const Range *range = &list->ranges[i];

                (void)fprintf(f, "%s%" PRIu64, i > 0 ? "," : "", range->first);
                if (range->last > range->first)
                        (void)fprintf(f, "-%" PRIu64, range->last);
        }
}

char *device_info_hindrance(const DeviceInfo *info) {
        char *text = NULL;
        size_t size = 0;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return NULL;

        if (info->kernel.n_ranges > 0)
                print_kernel_blocks(f, &info->kernel);
        else if (info->n_unknown > 0)
                (void)fprintf(f, "the kernel doesn't tell the zone of %" PRIu64 " block%s",
                              info->n_unknown, info->n_unknown == 1 ? "" : "s");
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}
