/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which blocks are a DIMM's. Each block has a link to its ACPI device, firmware_node, and the device has
 * one to each of its blocks: acpi_bind_one() in drivers/acpi/glue.c makes both. Of some blocks, their own
 * links are read. Where it is about all blocks of a large machine, those of the devices are: so what isn't
 * a DIMM's costs nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/array.h"
#include "base/io.h"
#include "base/parse.h"
#include "sysfs/sysfs-internal.h"

/*
 * What has ACPI has a root of it. All of its devices, and what those of memory are called. (The driver would
 * take others that are compatible, too; firmware that calls them otherwise isn't known.)
 */
#define ACPI_ROOT "sys/devices/LNXSYSTM:00"
#define ACPI_DIR "sys/bus/acpi/devices"
#define ACPI_MEMORY "PNP0C80:"
#define MANY_BLOCKS 1024

/* The blocks of an ACPI device: "physical_node", "physical_node1", …. */
#define PHYSICAL_NODE "physical_node"

static bool is_memory_device(const char *name) {
        return strncmp(name, ACPI_MEMORY, strlen(ACPI_MEMORY)) == 0;
}

void sysfs_dimms_done(SysfsDimms *dimms) {
        free(dimms->dimms);
        *dimms = (SysfsDimms){};
}

static bool is_physical_node(const char *name) {
        uint64_t number;

        return strcmp(name, PHYSICAL_NODE) == 0 || parse_suffix(name, PHYSICAL_NODE, &number) == 0;
}

/* Reads where 'link' leads to: the last part of that. False: nowhere, or the name is too long. */
static bool read_link_name(int dir_fd, const char *link, char name[DEVICE_NAME_MAX]) {
        char target[512];
        const char *last;
        ssize_t n;

        n = readlinkat(dir_fd, link, target, sizeof(target) - 1);
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

/* All of them, from the devices */

/* What the threads share that look into the devices' directories. */
typedef struct Listing {
        Snapshot *snapshot;
        SysfsDimms *dimms;
        int acpi_fd;
        atomic_size_t next;
        atomic_int error;
} Listing;

static int list_dimms(int acpi_fd, SysfsDimms *dimms) {
        _cleanup_(closedirp) DIR *dir = NULL;
        size_t n_allocated = 0;
        struct dirent *entry;
        int r;

        r = sysfs_read_dir_at(acpi_fd, ".", &dir);
        if (r < 0)
                return r;

        while ((entry = readdir(dir))) {
                SysfsDimm *grown;

                if (!is_memory_device(entry->d_name))
                        continue;
                if (strlen(entry->d_name) >= DEVICE_NAME_MAX)
                        return -EBADMSG;
                grown = array_grow(dimms->dimms, &n_allocated, dimms->n, sizeof(SysfsDimm));
                if (!grown)
                        return -ENOMEM;
                dimms->dimms = grown;
                dimms->dimms[dimms->n] = (SysfsDimm){};
                (void)strcpy(dimms->dimms[dimms->n++].name, entry->d_name);
        }
        return 0;
}

/* The block that the device's link leads to is the device's; -EEXIST: and another one's. */
static int claim_block(Snapshot *snapshot, int device_fd, const char *link, uint32_t number) {
        char name[DEVICE_NAME_MAX];
        BlockIndex index;
        uint32_t none = 0;
        Block *block;

        if (!read_link_name(device_fd, link, name) || parse_suffix(name, "memory", &index) < 0)
                return -EBADMSG;

        block = snapshot_find(snapshot, index);
        if (!block || __atomic_compare_exchange_n(&block->device, &none, number, /* weak= */ false,
                                                  __ATOMIC_RELAXED, __ATOMIC_RELAXED))
                return 0;
        return -EEXIST;
}

static int claim_blocks(Listing *listing, size_t i) {
        SysfsDimm *dimm = &listing->dimms->dimms[i];
        _cleanup_(closedirp) DIR *dir = NULL;
        struct dirent *entry;
        int r;

        r = sysfs_read_dir_at(listing->acpi_fd, dimm->name, &dir);
        if (r < 0)
                return r;

        while ((entry = readdir(dir))) {
                if (!is_physical_node(entry->d_name))
                        continue;
                r = claim_block(listing->snapshot, dirfd(dir), entry->d_name, (uint32_t)i + 1);
                if (r < 0)
                        return r;
                dimm->n_blocks++;
        }
        return 0;
}

static void claim_some(void *userdata) {
        Listing *listing = userdata;
        size_t i;

        while (listing->error == 0 &&
               (i = atomic_fetch_add(&listing->next, 1)) < listing->dimms->n) {
                int r = claim_blocks(listing, i);

                if (r < 0)
                        listing->error = r;
        }
}

static int read_all_dimms(Sysfs *sysfs, Snapshot *snapshot, SysfsDimms *dimms) {
        _cleanup_close_ int acpi_fd = -EBADF;
        Listing listing = { .snapshot = snapshot, .dimms = dimms };
        int r;

        acpi_fd = sysfs_open_dir_at(sysfs->root_fd, ACPI_DIR);
        if (acpi_fd < 0)
                return acpi_fd;
        r = list_dimms(acpi_fd, dimms);
        if (r < 0)
                return r;

        listing.acpi_fd = acpi_fd;
        sysfs_in_threads(sysfs, snapshot->n_blocks, claim_some, &listing);
        return listing.error;
}

/* Whatever is odd about the devices: then the blocks' own links are read. */
static int read_whole(Sysfs *sysfs, Snapshot *snapshot, SysfsDimms *ret) {
        _cleanup_(sysfs_dimms_done) SysfsDimms dimms = { .known = true };
        int r;

        for (size_t i = 0; i < snapshot->n_blocks; i++)
                snapshot->blocks[i].device = 0;
        r = read_all_dimms(sysfs, snapshot, &dimms);
        if (sysfs_is_shortage(r))
                return r;

        if (r == 0) {
                *ret = dimms;
                dimms = (SysfsDimms){};
        }
        return 0;
}

/* Of many blocks it is worth knowing that the firmware has no memory devices. */
static bool has_none(Sysfs *sysfs) {
        _cleanup_(closedirp) DIR *dir = NULL;
        struct dirent *entry;

        if (sysfs_read_dir_at(sysfs->root_fd, ACPI_DIR, &dir) < 0)
                return false;

        while ((entry = readdir(dir)))
                if (is_memory_device(entry->d_name))
                        return false;
        return true;
}

int sysfs_read_dimms(Sysfs *sysfs, Snapshot *snapshot, SysfsDimms *ret) {
        *ret = (SysfsDimms){};
        if (snapshot->n_blocks < MANY_BLOCKS)
                return 0;

        if (faccessat(sysfs->root_fd, ACPI_ROOT, F_OK, 0) < 0)
                ret->known = true;
        else if (snapshot->is_whole)
                return read_whole(sysfs, snapshot, ret);
        else
                ret->known = has_none(sysfs);
        return 0;
}

/* One, from a block */

/* A name of an ACPI device's directory: it has one for each of its blocks. */
static void count_physical_node(void *userdata, const char *name) {
        uint64_t *n = userdata;

        *n += is_physical_node(name);
}

static int count_blocks(Sysfs *sysfs, const char *link, uint64_t *ret) {
        _cleanup_close_ int device_fd = -EBADF;

        device_fd = sysfs_open_dir_at(sysfs->memory_fd, link);
        if (device_fd < 0)
                return device_fd;

        return sysfs_each_name(device_fd, count_physical_node, ret);
}

/*
 * Nothing else gives a memory block a companion in ACPI (acpi_bind_memory_blocks() in
 * drivers/acpi/acpi_memhotplug.c), so what it is called doesn't matter.
 */
static int read_own_link(Sysfs *sysfs, Snapshot *snapshot, Block *block) {
        char link[SYSFS_BLOCK_PATH_MAX];
        Device device = { .source = SOURCE_DIMM };
        uint64_t n_blocks = 0;
        int r;

        if (!read_link_name(sysfs->memory_fd, sysfs_block_path(block->index, "firmware_node", link),
                            device.name))
                return 0;

        block->source = SOURCE_DIMM;
        block->device = snapshot_find_device(snapshot, SOURCE_DIMM, device.name);
        if (block->device > 0)
                return 1;

        /* It may be on its way out; what is known of it is told all the same. */
        r = count_blocks(sysfs, link, &n_blocks);
        if (sysfs_is_shortage(r))
                return r;
        if (r == 0)
                device.size = n_blocks * sysfs->block_size;
        return sysfs_add_device(snapshot, block, &device);
}

/* Its device is added with its first block, as of one that is found by its blocks' links. */
static int take_claim(Sysfs *sysfs, Snapshot *snapshot, SysfsDimm *dimm, Block *block) {
        Device device = { .source = SOURCE_DIMM, .size = dimm->n_blocks * sysfs->block_size };
        int r;

        block->source = SOURCE_DIMM;
        block->device = dimm->device;
        if (block->device > 0)
                return 1;

        (void)strcpy(device.name, dimm->name);
        r = sysfs_add_device(snapshot, block, &device);
        dimm->device = block->device;
        return r;
}

int sysfs_read_dimm(Sysfs *sysfs, Snapshot *snapshot, SysfsDimms *dimms, Block *block) {
        uint32_t claim = dimms->n > 0 ? block->device : 0;

        block->device = 0;
        if (!dimms->known)
                return read_own_link(sysfs, snapshot, block);

        return claim > 0 ? take_claim(sysfs, snapshot, &dimms->dimms[claim - 1], block) : 0;
}
