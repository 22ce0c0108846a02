#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's files about memory blocks, always below a root directory: "/" or a test's tree.
 * No other room opens them. All functions answer 0 (or what is said) or a negative errno.
 *
 * One rule comes before all: valid_zones of a block that isn't linked to its node yet is never
 * opened. Its node isn't set then, and the kernel oopses (seen on 6.1 and 6.12).
 */
#include "base/range-set.h"
#include "model/setting.h"
#include "model/snapshot.h"

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

/* The state or the inode alone, for which no node link is needed. */
int sysfs_read_state(Sysfs *sysfs, BlockIndex index, BlockState *ret);
int sysfs_read_inode(Sysfs *sysfs, BlockIndex index, ino_t *ret);

/*
 * Finds a block that is online: memory0 if it is, for that one most often can't be offlined at all,
 * else the first that comes. -ENOENT: none is.
 */
int sysfs_find_online_block(Sysfs *sysfs, BlockIndex *ret);

/* All blocks, sorted. The caller ends *ret with snapshot_done(). */
int sysfs_read_all(Sysfs *sysfs, Snapshot *ret);

/*
 * Writes to the state of the block whose directory has that inode: -ENODEV if there is another one by
 * now. It can block for as long as the kernel likes, and answers with the kernel's own errnos.
 */
int sysfs_write_state(Sysfs *sysfs, BlockIndex index, ino_t inode, const char *word);

/*
 * What the kernel itself does with new memory. -ENOENT: this kernel has no such setting; writing,
 * -EINVAL: it doesn't know that value. Reading answers the text's length.
 */
int sysfs_read_setting(Sysfs *sysfs, Setting setting, char text[SETTING_TEXT_MAX]);
int sysfs_write_setting(Sysfs *sysfs, Setting setting, const char *text);
