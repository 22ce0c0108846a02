#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/iomem, as far as it tells which driver added which memory.
 *
 * Drivers name what they add, and put it below a resource that has their device's name
 * (add_memory_driver_managed() in mm/memory_hotplug.c, 5.8; drivers/virtio/virtio_mem.c and
 * drivers/dax/kmem.c). Before, it is plain "System RAM" below that name:
 *
 *     160000000-1dfffffff : virtio2
 *       160000000-17fffffff : System RAM (virtio_mem)
 *     180000000-19fffffff : dax0.0
 *       180000000-19fffffff : System RAM (kmem)
 *
 * Anything else says nothing about its source: ACPI, balloons and memory/probe all add
 * "System RAM" at the top.
 */
#include <stdbool.h>
#include <stddef.h>

#include "model/device.h"

/* A range that a driver added. */
typedef struct IomemRange {
        uint64_t first;               /* address */
        uint64_t last;                /* the same, inclusive */
        Source source;                /* SOURCE_VIRTIO_MEM or SOURCE_DAX */
        char device[DEVICE_NAME_MAX]; /* "": the kernel doesn't tell */
} IomemRange;

typedef struct Iomem {
        /*
         * A driver did add memory, but each address reads as zero: so the kernel shows it to
         * readers without CAP_SYS_ADMIN (r_show() in kernel/resource.c, 4.6). Then the ranges
         * mean nothing.
         */
        bool hidden;
        size_t n_ranges;
        IomemRange *ranges; /* by address */
} Iomem;

/*
 * Reads the text of /proc/iomem; lines that don't look like it are skipped. 0 or -ENOMEM. The
 * caller ends *ret with iomem_done().
 */
int iomem_parse(const char *text, Iomem *ret);

/* Frees what it holds, not itself. */
void iomem_done(Iomem *iomem);

/* A range with one of the addresses first … last; NULL: no driver added these. */
const IomemRange *iomem_find(const Iomem *iomem, uint64_t first, uint64_t last);

/* Bytes of all ranges of that range's device; of the range alone if the device isn't known. */
uint64_t iomem_device_size(const Iomem *iomem, const IomemRange *range);
