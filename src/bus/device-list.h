#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices as they are shown on D-Bus: what each consists of, and what keeps it from being unplugged.
 */
#include "model/obstacles.h"
#include "model/snapshot.h"
#include "model/stuck-blocks.h"

typedef struct DeviceInfo {
        Device device;
        size_t n_nodes;
        int *nodes; /* in the order of its blocks, each once */
        BlockList blocks;
        Obstacles obstacles;
        uint64_t block_size;                                /* bytes */
        uint64_t n_kernel, n_movable, n_unknown, n_offline; /* blocks */
} DeviceInfo;

typedef struct DeviceList {
        size_t n_devices;
        DeviceInfo *devices;
} DeviceList;

/*
 * Of a sorted snapshot with devices, and of what didn't go offline when that was tried. 0 or -ENOMEM.
 * The caller ends *ret with device_list_done().
 */
int device_list_make(const Snapshot *snapshot, const StuckBlocks *stuck, DeviceList *ret);

/* Frees what it holds, not itself. */
void device_list_done(DeviceList *list);

/* As far as zones go: all of it is movable or offline. */
bool device_info_can_be_unplugged(const DeviceInfo *info);

/* What is in the way of that, and what could be done; "": nothing. The caller's; NULL: no memory. */
char *device_info_hindrance(const DeviceInfo *info);
