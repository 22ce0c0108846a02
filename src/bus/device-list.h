#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Devices as they are shown on D-Bus: what each consists of, and what keeps it from being unplugged.
 */
#include "base/range-set.h"
#include "model/snapshot.h"

/* Numbers of blocks, ascending. */
typedef struct BlockRanges {
        size_t n_ranges;
        Range *ranges;
} BlockRanges;

typedef struct DeviceInfo {
        Device device;
        size_t n_nodes;
        int *nodes; /* in the order of its blocks, each once */
        BlockRanges blocks;
        BlockRanges kernel;  /* of these, the ones that are online in the kernel's zones */
        uint64_t block_size; /* bytes */
        uint64_t n_kernel, n_movable, n_unknown, n_offline; /* blocks */
} DeviceInfo;

typedef struct DeviceList {
        size_t n_devices;
        DeviceInfo *devices;
} DeviceList;

/* Of a sorted snapshot with devices. 0 or -ENOMEM. The caller ends *ret with device_list_done(). */
int device_list_make(const Snapshot *snapshot, DeviceList *ret);

/* Frees what it holds, not itself. */
void device_list_done(DeviceList *list);

/* As far as zones go: all of it is movable or offline. */
bool device_info_can_be_unplugged(const DeviceInfo *info);

/* What is in the way of that; "": nothing. The caller's; NULL: no memory. */
char *device_info_hindrance(const DeviceInfo *info);
