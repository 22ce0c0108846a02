#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of sysfs share.
 */
#include <dirent.h>

#include "sysfs/sysfs.h"

struct Sysfs {
        int root_fd;
        int iomem_fd; /* negative: it is opened below the root */
        int memory_fd;
        int node_fd;      /* negative: the kernel has no NUMA nodes */
        int parameter_fd; /* negative: the kernel has no parameters of hot-plug */
        uint64_t block_size;
        ino_t last_boot_inode; /* a block with a later one was hot-added; 0: that isn't known */
};

/* Writes "memoryN", which fits: a number has at most 20 digits. Answers 'name'. */
#define SYSFS_BLOCK_NAME_MAX 48
char *sysfs_block_name(BlockIndex index, char name[SYSFS_BLOCK_NAME_MAX]);

int sysfs_open_dir_at(int dir_fd, const char *path);

/* A directory stream of its own, so that several can read the same directory. */
int sysfs_read_dir_at(int dir_fd, const char *path, DIR **ret);

int sysfs_open_block_dir(Sysfs *sysfs, BlockIndex index);

/*
 * Reads a block through a descriptor of its directory, for which block->node holds. A block that
 * is removed and added anew meanwhile has another directory: its valid_zones, which may not be
 * safe yet, can't be reached through the old one.
 */
int sysfs_read_attributes(int block_fd, Block *block);
