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

/*
 * What has ACPI has a root of it. All of its devices, and what those of memory are called: the driver
 * takes no others.
 */
#define ACPI_ROOT "sys/devices/LNXSYSTM:00"
#define ACPI_DIR "sys/bus/acpi/devices"
#define ACPI_MEMORY "PNP0C80:"
#define MANY_BLOCKS 1024

/* The blocks of an ACPI device: "physical_node", "physical_node1", …. */
#define PHYSICAL_NODE "physical_node"

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
        Source other;  /* of what was hot-added, and no device claims */
        bool no_dimms; /* the firmware knows none */
} Reading;

static void reading_done(Reading *reading) {
        iomem_done(&reading->iomem);
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

/*
 * Of very many blocks it is worth knowing that the firmware has no memory devices, as where memory can't
 * be plugged: then none of their links need be looked for.
 */
static bool has_no_dimms(Sysfs *sysfs, size_t n_blocks) {
        _cleanup_(closedirp) DIR *dir = NULL;
        struct dirent *entry;

        if (n_blocks < MANY_BLOCKS)
                return false;
        if (faccessat(sysfs->root_fd, ACPI_ROOT, F_OK, 0) < 0)
                return true;
        if (sysfs_read_dir_at(sysfs->root_fd, ACPI_DIR, &dir) < 0)
                return false;

        while ((entry = readdir(dir)))
                if (strncmp(entry->d_name, ACPI_MEMORY, strlen(ACPI_MEMORY)) == 0)
                        return false;
        return true;
}

/* A name of an ACPI device's directory: it has one for each of its blocks. */
static void count_physical_node(void *userdata, const char *name) {
        uint64_t *n = userdata, number;

        *n += strcmp(name, PHYSICAL_NODE) == 0 || parse_suffix(name, PHYSICAL_NODE, &number) == 0;
}

static int read_dimm_size(Sysfs *sysfs, const char *link, uint64_t *ret) {
        _cleanup_close_ int device_fd = -EBADF;
        uint64_t n = 0;
        int r;

        device_fd = sysfs_open_dir_at(sysfs->memory_fd, link);
        if (device_fd < 0)
                return device_fd;

        r = sysfs_each_name(device_fd, count_physical_node, &n);
        if (r < 0)
                return r;

        *ret = n * sysfs->block_size;
        return 0;
}

/* Reads where 'link' leads to: the last part of that. False: nowhere, or the name is too long. */
static bool read_link_name(Sysfs *sysfs, const char *link, char name[DEVICE_NAME_MAX]) {
        char target[512];
        const char *last;
        ssize_t n;

        n = readlinkat(sysfs->memory_fd, link, target, sizeof(target) - 1);
        if (n <= 0)
                return false;
        target[n] = 0;

        last = strrchr(target, '/');
        last = last ? last + 1 : target;
        if (!*last || strlen(last) >= DEVICE_NAME_MAX)
                return false;

        (void)strcpy(name, last);
        return true;
}

/* Adds the block's device, which the snapshot doesn't have yet. Answers 1. */
static int add_device(Reading *reading, Block *block, Device *device) {
        device->node = block->node;
        block->device = snapshot_add_device(reading->snapshot, device);
        return block->device > 0 ? 1 : -ENOMEM;
}

/*
 * Nothing else gives a memory block a companion in ACPI (acpi_bind_memory_blocks() in
 * drivers/acpi/acpi_memhotplug.c), so what it is called doesn't matter. Answers 1 if it is a DIMM.
 */
static int read_dimm(Reading *reading, Block *block) {
        char link[SYSFS_BLOCK_PATH_MAX];
        Device device = { .source = SOURCE_DIMM };
        int r;

        if (reading->no_dimms ||
            !read_link_name(reading->sysfs, sysfs_block_path(block->index, "firmware_node", link),
                            device.name))
                return 0;

        block->source = SOURCE_DIMM;
        block->device = snapshot_find_device(reading->snapshot, SOURCE_DIMM, device.name);
        if (block->device > 0)
                return 1;

        /* It may be on its way out; what is known of it is told all the same. */
        r = read_dimm_size(reading->sysfs, link, &device.size);
        if (r == -ENOMEM || r == -EMFILE || r == -ENFILE)
                return r;

        return add_device(reading, block, &device);
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
        return add_device(reading, block, &device);
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
        block->device = 0;
        r = read_dimm(reading, block);
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
        reading.no_dimms = has_no_dimms(sysfs, snapshot->n_blocks);
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
