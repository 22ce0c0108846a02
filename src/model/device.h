#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is plugged and unplugged as one: a DIMM, a virtio-mem device, a dax device. And where memory
 * comes from that belongs to no such thing.
 */
#include <stdint.h>

#include "base/string-table.h"

typedef enum Source {
        SOURCE_UNKNOWN,    /* not read yet, or hidden from this reader: see sysfs_read_devices() */
        SOURCE_BOOT,       /* there when the kernel started; no device claims it */
        SOURCE_DIMM,       /* an ACPI memory device, plugged at boot or later */
        SOURCE_VIRTIO_MEM, /* grows and shrinks in steps */
        SOURCE_DAX,        /* CXL or persistent memory, given to the kernel by kmem */
        SOURCE_XEN,        /* Xen's balloon */
        SOURCE_HYPERV,     /* Hyper-V's balloon */
        SOURCE_S390_STANDBY, /* s390's standby memory */
        SOURCE_DLPAR,        /* added by ppc64's hypervisor */
        SOURCE_PROBE,        /* added by hand, through memory/probe; or by what isn't known here */
        _SOURCE_MAX,
        _SOURCE_INVALID = -22, /* -EINVAL */
} Source;

/* "unknown", "boot", "dimm", "virtio-mem", …: the words of config, CLI and JSON. */
DECLARE_STRING_TABLE(source, Source);

#define DEVICE_NAME_MAX 32
#define DEVICE_STATE_MAX 32

typedef struct Device {
        Source source;              /* SOURCE_DIMM, SOURCE_VIRTIO_MEM or SOURCE_DAX */
        char name[DEVICE_NAME_MAX]; /* the kernel's: "PNP0C80:01", "virtio3", "dax0.0" */
        uint64_t
                size; /* bytes of all its blocks that are there now, also those not in the snapshot */
        int node;     /* of its first block; NODE_UNKNOWN: that isn't linked yet */
        /* Of a dax device as a whole, where the kernel has that: "online_movable", …; else "". */
        char state[DEVICE_STATE_MAX];
} Device;
