/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where blocks come from, and which of them are plugged and unplugged as one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/parse.h"
#include "model/iomem.h"
#include "sysfs/sysfs-internal.h"

#define IOMEM_FILE "proc/iomem"
#define IOMEM_MAX ((size_t)64 << 20)
#define ACPI_DIR "sys/bus/acpi/devices"
#define DAX_DIR "sys/bus/dax/devices"

/* What a machine is told by, as to who adds memory that has no device. */
typedef struct Platform {
        const char *path;
        const char *text; /* what stands in it; NULL: that it is there is enough */
        Source source;
} Platform;

/*
 * None of these names its memory: it is "System RAM" in /proc/iomem, as that of memory/probe. But
 * where they are, they are who adds memory.
 */
static const Platform platform_table[] = {
        /* reserve_additional_memory() in drivers/xen/balloon.c */
        { "sys/hypervisor/type", "xen", SOURCE_XEN },
        /* hv_mem_hot_add() in drivers/hv/hv_balloon.c. DMI has it where the driver isn't loaded. */
        { "sys/bus/vmbus/drivers/hv_balloon", NULL, SOURCE_HYPERV },
        { "sys/class/dmi/id/sys_vendor", "Microsoft Corporation", SOURCE_HYPERV },
        /* drivers/s390/char/sclp_cmd.c, later sclp_mem.c; each s390, and nothing else, has css. */
        { "sys/bus/css", NULL, SOURCE_S390_STANDBY },
        /* dlpar_add_lmb() in arch/powerpc/platforms/pseries/hotplug-memory.c */
        { "sys/firmware/devicetree/base/ibm,dynamic-reconfiguration-memory", NULL, SOURCE_DLPAR },
};

typedef struct Reading {
        Sysfs *sysfs;
        Snapshot *snapshot;
        bool knows_iomem; /* it was read, as it is where a block is no DIMM's */
        Iomem iomem;
        Source other; /* of what was hot-added, and no device claims */
        SysfsDimms dimms;
} Reading;

static void reading_done(Reading *reading) {
        iomem_done(&reading->iomem);
        sysfs_dimms_done(&reading->dimms);
}

static bool is_platform(Sysfs *sysfs, const Platform *platform) {
        char text[64];

        if (!platform->text)
                return faccessat(sysfs->root_fd, platform->path, F_OK, 0) == 0;

        return read_attribute_at(sysfs->root_fd, platform->path, text, sizeof(text)) > 0 &&
               strcmp(text, platform->text) == 0;
}

static Source find_platform(Sysfs *sysfs) {
        for (size_t i = 0; i < ELEMENTSOF(platform_table); i++)
                if (is_platform(sysfs, &platform_table[i]))
                        return platform_table[i].source;

        return SOURCE_PROBE;
}

/* -ENOENT, … : it can't be opened, or isn't such a file. */
static int read_iomem_text(Sysfs *sysfs, char **ret) {
        _cleanup_close_ int own_fd = -EBADF;
        size_t size;

        if (sysfs->iomem_fd >= 0)
                return read_unsized(sysfs->iomem_fd, IOMEM_MAX, ret, &size);

        own_fd = openat(sysfs->root_fd, IOMEM_FILE, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (own_fd < 0)
                return -errno;

        return read_unsized(own_fd, IOMEM_MAX, ret, &size);
}

/*
 * Who can't read it at all knows no more than who is shown no addresses. But a tree of files that
 * has none has nothing to hide.
 */
static int read_iomem(Reading *reading) {
        _cleanup_free_ char *text = NULL;
        int r;

        if (reading->knows_iomem)
                return 0;

        r = read_iomem_text(reading->sysfs, &text);
        if (r == 0)
                r = iomem_parse(text, &reading->iomem);
        if (r == -ENOMEM)
                return r;
        if (r < 0)
                reading->iomem.hidden = reading->sysfs->last_boot_inode > 0;

        reading->knows_iomem = true;
        return 0;
}

int sysfs_add_device(Snapshot *snapshot, Block *block, Device *device) {
        device->node = block->node;
        block->device = snapshot_add_device(snapshot, device);
        return block->device > 0 ? 1 : -ENOMEM;
}

/* Without it the state is "": few kernels have it. */
static void read_dax_state(Sysfs *sysfs, Device *device) {
        char path[sizeof(DAX_DIR "//state") + DEVICE_NAME_MAX];

        (void)snprintf(path, sizeof(path), DAX_DIR "/%s/state", device->name);
        if (read_attribute_at(sysfs->root_fd, path, device->state, sizeof(device->state)) < 0)
                device->state[0] = 0;
}

/* Answers 1 if a driver added the block. */
static int read_driver(Reading *reading, Block *block) {
        uint64_t size = reading->sysfs->block_size, first = block->index * size;
        const IomemRange *range = NULL;
        Device device = {};
        int r;

        r = read_iomem(reading);
        if (r < 0)
                return r;
        if (!reading->iomem.hidden)
                range = iomem_find(&reading->iomem, first, first + (size - 1));
        if (!range)
                return 0;

        block->source = device.source = range->source;
        if (!range->device[0])
                return 1;
        block->device = snapshot_find_device(reading->snapshot, range->source, range->device);
        if (block->device > 0)
                return 1;

        (void)strcpy(device.name, range->device);
        device.size = iomem_device_size(&reading->iomem, range);
        if (device.source == SOURCE_DAX)
                read_dax_state(reading->sysfs, &device);
        return sysfs_add_device(reading->snapshot, block, &device);
}

/* See sysfs_read_devices(). */
static bool is_hot_added(const Sysfs *sysfs, const Block *block, bool claimed) {
        return sysfs->last_boot_inode > 0 ? block->inode > sysfs->last_boot_inode : claimed;
}

static Source source_of_unclaimed(Reading *reading, const Block *block) {
        bool is_known = reading->sysfs->last_boot_inode > 0;

        if (is_known && !block->hot_added)
                return SOURCE_BOOT;
        if (reading->iomem.hidden) {
                reading->snapshot->sources_hidden = true;
                return SOURCE_UNKNOWN;
        }

        return is_known ? reading->other : SOURCE_BOOT;
}

static int read_source(Reading *reading, Block *block) {
        int r;

        block->source = SOURCE_UNKNOWN;
        r = sysfs_read_dimm(reading->sysfs, reading->snapshot, &reading->dimms, block);
        if (r == 0)
                r = read_driver(reading, block);
        if (r < 0)
                return r;

        block->hot_added = is_hot_added(reading->sysfs, block, /* claimed= */ r > 0);
        if (r == 0)
                block->source = source_of_unclaimed(reading, block);
        return 0;
}

int sysfs_read_devices(Sysfs *sysfs, Snapshot *snapshot) {
        _cleanup_(reading_done) Reading reading = { .sysfs = sysfs, .snapshot = snapshot };
        int r;

        snapshot->sources_hidden = false;
        snapshot->n_devices = 0;
        reading.other = find_platform(sysfs);
        r = sysfs_read_dimms(sysfs, snapshot, &reading.dimms);
        if (r < 0)
                return r;

        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                r = read_source(&reading, &snapshot->blocks[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

int sysfs_eject(Sysfs *sysfs, const char *device) {
        char path[sizeof(ACPI_DIR "//eject") + DEVICE_NAME_MAX];

        if (!*device || *device == '.' || strchr(device, '/') || strlen(device) >= DEVICE_NAME_MAX)
                return -EINVAL;

        (void)snprintf(path, sizeof(path), ACPI_DIR "/%s/eject", device);
        return write_attribute_at(sysfs->root_fd, path, "1");
}

void sysfs_take_iomem(Sysfs *sysfs, int fd) {
        closep(&sysfs->iomem_fd);
        sysfs->iomem_fd = fd;
}
