#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of sysfs share.
 */
#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>

#include "sysfs/sysfs.h"

struct Sysfs {
        int root_fd;
        int iomem_fd; /* negative: it is opened below the root */
        int memory_fd;
        int node_fd;      /* negative: the kernel has no NUMA nodes */
        int parameter_fd; /* negative: the kernel has no parameters of hot-plug */
        uint64_t block_size;
        ino_t last_boot_inode;   /* a block with a later one was hot-added; 0: that isn't known */
        atomic_int last_node;    /* of the block that was opened last, by any thread */
        BlockIndex online_block; /* found last, where memory0 is not online */
        unsigned n_readers;
};

/* Writes "memoryN", or "memoryN/FILE" of a short name; a number has at most 20 digits. Answers 'path'. */
#define SYSFS_BLOCK_PATH_MAX 128
char *sysfs_block_path(BlockIndex index, const char *file, char path[SYSFS_BLOCK_PATH_MAX]);

/*
 * Writes "nodeN/memoryM", the node's link to the block: the kernel makes it before the block's own link to
 * the node, but after that by which it knows the block's node itself. Only the one of them is looked up, for
 * the kernel keeps what was looked up in its caches, and counts it as the memory of who did. Answers 'path'.
 */
#define SYSFS_NODE_LINK_MAX 48
char *sysfs_node_link(int node, BlockIndex index, char path[SYSFS_NODE_LINK_MAX]);

/* Opens a block's file, or with "" its directory. A descriptor or a negative errno. */
int sysfs_open_file(Sysfs *sysfs, BlockIndex index, const char *file, int flags);

int sysfs_open_dir_at(int dir_fd, const char *path);

/* A directory stream of its own, so that several can read the same directory. */
int sysfs_read_dir_at(int dir_fd, const char *path, DIR **ret);

/* Calls back with each name in a directory, which takes no memory but the stack. 0 or -errno. */
typedef void (*SysfsName)(void *userdata, const char *name);
int sysfs_each_name(int dir_fd, SysfsName call, void *userdata);

/*
 * Calls it in as many threads as there are readers, if it is about very many blocks, else here. All have
 * ended when this returns. A file that one of them opens isn't open in the others.
 */
void sysfs_in_threads(const Sysfs *sysfs, size_t n_blocks, void (*call)(void *userdata),
                      void *userdata);

/*
 * Opens valid_zones, for which the block's node link must have been seen. It mustn't be read before it is
 * known that the link was this very block's: that was seen after its state was opened, or it is online.
 */
int sysfs_open_zones(Sysfs *sysfs, SysfsBlock *block);

/* The two halves of sysfs_read_open_block(). The first one must have answered 0 right before the second. */
int sysfs_read_open_state(const SysfsBlock *open, BlockState *ret);
int sysfs_read_open_zones(Sysfs *sysfs, const SysfsBlock *open, BlockState state, Block *ret);

/* Whether an error is about us, and says nothing about what was to be read. */
static inline bool sysfs_is_shortage(int r) {
        return r == -ENOMEM || r == -EMFILE || r == -ENFILE;
}

/* Adds the block's device, which the snapshot doesn't have yet. Answers 1, or -ENOMEM. */
int sysfs_add_device(Snapshot *snapshot, Block *block, Device *device);

typedef struct SysfsDimm {
        char name[DEVICE_NAME_MAX];
        uint64_t n_blocks;
        uint32_t device; /* its number in the snapshot; 0: it isn't there yet */
} SysfsDimm;

typedef struct SysfsDimms {
        bool known; /* these are all; else each block is to be asked */
        size_t n;
        SysfsDimm *dimms;
} SysfsDimms;

/*
 * Finds the DIMMs of a snapshot of all blocks, if they are many, and leaves in Block.device which one of
 * 'ret' a block belongs to, from 1 on; 0: none. *ret is ended with sysfs_dimms_done().
 */
int sysfs_read_dimms(Sysfs *sysfs, Snapshot *snapshot, SysfsDimms *ret);
void sysfs_dimms_done(SysfsDimms *dimms);

/* Sets the block's device, and its source if it is a DIMM's: then it answers 1, else 0. */
int sysfs_read_dimm(Sysfs *sysfs, Snapshot *snapshot, SysfsDimms *dimms, Block *block);
