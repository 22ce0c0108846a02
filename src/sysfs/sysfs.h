#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's files about memory blocks, always below a root directory: "/" or a test's tree.
 * No other room opens them. All functions answer 0 (or what is said) or a negative errno.
 *
 * One rule comes before all: valid_zones of a block that isn't linked to its node yet is never
 * read. Its node isn't set then, and the kernel oopses (seen on 6.1 and 6.12). It isn't even opened, but
 * for one that its node's directory already has, while all blocks are read.
 */
#include "base/range-set.h"
#include "model/own-map.h"
#include "model/setting.h"
#include "model/snapshot.h"
#include "model/zoneinfo.h"

typedef struct Sysfs Sysfs;

/* -ENOENT: there is no such root, or no /sys/devices/system/memory below it. */
int sysfs_open(const char *root, Sysfs **ret);
Sysfs *sysfs_close(Sysfs *sysfs);
DEFINE_CLEANUP(Sysfs *, sysfs_close)

/* The size of each block in bytes, and whether there are NUMA nodes: read once, by sysfs_open(). */
uint64_t sysfs_block_size(const Sysfs *sysfs);
bool sysfs_has_nodes(const Sysfs *sysfs);

/*
 * Which nodes this kernel can ever have, the caller's. -ENOENT: it has no NUMA, or doesn't say.
 */
int sysfs_read_possible_nodes(Sysfs *sysfs, RangeSet **ret);

/* -ENOENT, -ENODEV: the block is gone. A block without node link is no error: see Block.node. */
int sysfs_read_block(Sysfs *sysfs, BlockIndex index, Block *ret);

/*
 * A block whose files are open: as long as they are, what is read and written is that block's, and
 * -ENODEV once it was removed, whatever is behind its number then.
 */
typedef struct SysfsBlock {
        BlockIndex index;
        ino_t inode;
        int node;
        int state_fd, zones_fd; /* negative: there is none */
        int write_error;        /* 0, or the negative errno of opening it for writing */
} SysfsBlock;

/* *ret is ended with sysfs_close_block(). Reading is as that of sysfs_read_block(). */
int sysfs_open_block(Sysfs *sysfs, BlockIndex index, bool writable, SysfsBlock *ret);
int sysfs_read_open_block(Sysfs *sysfs, const SysfsBlock *open, Block *ret);

/* Writes to its state: see sysfs_write_state(). */
int sysfs_write_open_block(const SysfsBlock *block, const char *word);
void sysfs_close_block(SysfsBlock *block);

/* The state or the inode alone, for which no node link is needed. */
int sysfs_read_state(Sysfs *sysfs, BlockIndex index, BlockState *ret);
int sysfs_read_inode(Sysfs *sysfs, BlockIndex index, ino_t *ret);

/*
 * Finds a block that is in that state: memory0 if it is, for that one most often can't be offlined at
 * all, else the first that comes. -ENOENT: none is.
 */
int sysfs_find_block_in_state(Sysfs *sysfs, BlockState state, BlockIndex *ret);

/* So many threads read all blocks, if they are very many; 1 without it. */
void sysfs_set_readers(Sysfs *sysfs, unsigned n);

/* All blocks, sorted. The caller ends *ret with snapshot_done(). */
int sysfs_read_all(Sysfs *sysfs, Snapshot *ret);

/*
 * Fills source, hot_added and device of all blocks of the snapshot, which may be all that there are
 * or some, and its devices and sources_hidden; what they were before is forgotten. Reads a link of
 * each block, the directory of each DIMM, and /proc/iomem, once; of all blocks of a large machine, the
 * DIMMs' links to theirs. A DIMM's blocks have no link to it before its last one is there: until then
 * they look like SOURCE_PROBE.
 *
 * source and device: the link firmware_node is a DIMM's, also of one that was there at boot
 * (drivers/acpi/acpi_memhotplug.c). What virtio-mem and dax/kmem have added is told by /proc/iomem:
 * see model/iomem.h; a dax device's own state by /sys/bus/dax/devices/daxX.Y/state, where there is
 * one (proposed for drivers/dax/kmem.c in 2026). What was there when the kernel started, and no device claims, is SOURCE_BOOT.
 * The rest can't be told block by block: it is the platform's (Xen, Hyper-V, s390, ppc64's LPARs)
 * if this is one of them, else SOURCE_PROBE.
 *
 * sources_hidden: drivers have added memory, but /proc/iomem shows no addresses to a reader without
 * CAP_SYS_ADMIN, or can't be opened at all. Then hot-added blocks that are no DIMM's are
 * SOURCE_UNKNOWN.
 *
 * hot_added rests on the order in driver_init() (drivers/base/init.c): memory_dev_init() makes the
 * directories of all the blocks of the boot, and container_dev_init() makes "container" after them.
 * ("cpu" comes before them on 6.1, and after them on 6.12.) Inodes of sysfs grow (since 4.14; before
 * that, the number of one that was removed may be used again), so a block with a later one than
 * "container" was added later. So are DIMMs that aren't in the firmware's memory map, such as those
 * on QEMU's command line: ACPI adds them when it comes to it. To the kernel's auto-movable policy
 * they are hot-added as well (present_early_pages, mm/memory_hotplug.c, 5.15). All seen on 6.1 and
 * 6.12. In a tree of plain files inodes mean nothing: there, what a device claims counts as
 * hot-added, and all the rest is SOURCE_BOOT (if addresses are hidden there, SOURCE_UNKNOWN).
 */
int sysfs_read_devices(Sysfs *sysfs, Snapshot *snapshot);

/*
 * Hands over a descriptor of /proc/iomem, opened with CAP_SYS_ADMIN: then it is read from that one,
 * with addresses, whatever the reader's own capabilities are. It is closed by sysfs_close().
 */
void sysfs_take_iomem(Sysfs *sysfs, int fd);

/*
 * Writes to the state of the block whose directory has that inode: -ENODEV if there is another one by
 * now. It can block for as long as the kernel likes, and answers with the kernel's own errnos.
 */
int sysfs_write_state(Sysfs *sysfs, BlockIndex index, ino_t inode, const char *word);

/*
 * Asks the kernel to eject an ACPI device, by its name. It only begins with it: that it is done is told
 * by the "remove" of its blocks. -ENODEV: the firmware can't; others of open(), write().
 */
int sysfs_eject(Sysfs *sysfs, const char *device);

/* MemAvailable of /proc/meminfo, in bytes. -ENODATA: it isn't there. */
int sysfs_read_available_memory(Sysfs *sysfs, uint64_t *ret);

/*
 * What the kernel itself does with new memory. -ENOENT: this kernel has no such setting; writing,
 * -EINVAL: it doesn't know that value. Reading answers the text's length.
 */
int sysfs_read_setting(Sysfs *sysfs, Setting setting, char text[SETTING_TEXT_MAX]);
int sysfs_write_setting(Sysfs *sysfs, Setting setting, const char *text);

/*
 * What this kernel does with the map of new memory: see model/own-map.h. One that has no such setting takes
 * it from elsewhere. The snapshot must have devices.
 */
int sysfs_read_own_map(Sysfs *sysfs, const Snapshot *snapshot, OwnMap *ret);

/*
 * How many pages the zones have now. What 'zoneinfo' held is replaced, its memory used again; after a
 * failure it is empty. -EBADMSG: it isn't as expected.
 */
int sysfs_read_zoneinfo(Sysfs *sysfs, Zoneinfo *zoneinfo);

/* The nodes that have CPUs. -EINVAL: none has; else of open(), read(). *ret is the caller's. */
int sysfs_read_cpu_nodes(Sysfs *sysfs, RangeSet **ret);
