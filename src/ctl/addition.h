#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory that isn't there yet: "dimm:64G@1".
 */
#include "model/snapshot.h"
#include "sysfs/sysfs.h"

typedef struct Addition {
        const char *text; /* as it was given; somebody else's */
        Source source;
        uint64_t size; /* bytes */
        int node;
        BlockIndex first, last; /* assumed: see addition_plug() */
} Addition;

/*
 * Reads SOURCE:SIZE@NODE, for a machine with blocks of that size. Without NODE it is node 0. -EINVAL,
 * and it is told on standard error, if it is none, or can't be on this machine; other negative errnos
 * are told as well.
 */
int addition_parse(const char *text, Sysfs *sysfs, const Snapshot *snapshot, Addition *ret);

/*
 * Adds its blocks to the snapshot, offline, and its device if it is one, and says where: behind all that
 * is there. That is what QEMU does, which leaves the first 4 GiB to what they are for, and begins
 * behind boot memory with a whole GiB; a real machine's firmware may have other places. The snapshot must
 * be sorted, and stays so. 0; -ENOMEM; -EINVAL: it doesn't fit there, which was told.
 */
int addition_plug(Addition *addition, size_t number, Snapshot *snapshot);
