/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All blocks at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>

#include "base/io.h"
#include "base/parse.h"
#include "sysfs/sysfs-internal.h"

/* Each thread takes so many blocks at a time. */
#define BLOCKS_AT_A_TIME 256

/* What the threads share that read blocks. */
typedef struct Reading {
        Sysfs *sysfs;
        Snapshot *snapshot;
        atomic_size_t next;
        atomic_size_t n_unreadable;
        atomic_int error; /* the first one that makes all of it useless */
} Reading;

/* Whether the block has the link to a node that the node's directory spoke of. */
static bool has_node_link(Sysfs *sysfs, const Block *block) {
        char name[16], path[SYSFS_BLOCK_PATH_MAX];

        (void)snprintf(name, sizeof(name), "node%d", block->node);
        return faccessat(sysfs->memory_fd, sysfs_block_path(block->index, name, path), F_OK,
                         AT_SYMLINK_NOFOLLOW) == 0;
}

/*
 * Like sysfs_read_block(), with the node that link_blocks() found, if it still holds: where the block is
 * online, it does, for that comes after. Else the block's own link is looked for, and if it is there, its
 * state is read once more: so it was the same block all the time.
 *
 * Both files are opened before the first is read, and so an online block's state is read only once. Of a
 * block that is only being linked, valid_zones is opened too soon then; but to open it runs no code of
 * memory blocks (kernfs_fop_open() in fs/kernfs/file.c), and it isn't read.
 */
static int read_listed_block(Sysfs *sysfs, Block *block) {
        _cleanup_(sysfs_close_block) SysfsBlock open = { .index = block->index,
                                                         .inode = block->inode,
                                                         .node = block->node,
                                                         .state_fd = -EBADF,
                                                         .zones_fd = -EBADF };
        BlockState state = _BLOCK_STATE_INVALID;
        int r = 0;

        open.state_fd = sysfs_open_file(sysfs, block->index, "state", O_RDONLY);
        if (open.state_fd < 0)
                return open.state_fd;
        if (open.node != NODE_UNKNOWN)
                r = sysfs_open_zones(sysfs, &open);
        if (r == 0)
                r = sysfs_read_open_state(&open, &state);
        if (r < 0)
                return r;

        if (open.node != NODE_UNKNOWN && state != BLOCK_ONLINE && sysfs_has_nodes(sysfs)) {
                if (has_node_link(sysfs, block))
                        return sysfs_read_open_block(sysfs, &open, block);
                *block = (Block){ .index = open.index,
                                  .inode = open.inode,
                                  .node = NODE_UNKNOWN,
                                  .state = state };
                return 0;
        }
        return sysfs_read_open_zones(sysfs, &open, state, block);
}

/* The inode of its directory: on sysfs, that is what the listing says. */
static int read_listed_inode(Sysfs *sysfs, const struct dirent *entry, Block *block) {
        block->inode = entry->d_ino;
        return entry->d_type == DT_DIR ? 0 : sysfs_read_inode(sysfs, block->index, &block->inode);
}

/* All memoryN of the memory directory, with nothing but their index and inode. */
static int list_blocks(Sysfs *sysfs, int16_t node, Snapshot *snapshot) {
        _cleanup_(closedirp) DIR *dir = NULL;
        struct dirent *entry;
        int r;

        r = sysfs_read_dir_at(sysfs->memory_fd, ".", &dir);
        if (r < 0)
                return r;

        while ((entry = readdir(dir))) {
                Block block = { .node = node };

                if (parse_suffix(entry->d_name, "memory", &block.index) < 0 ||
                    read_listed_inode(sysfs, entry, &block) < 0)
                        continue;
                r = snapshot_add(snapshot, &block);
                if (r < 0)
                        return r;
        }

        snapshot_sort(snapshot);
        return 0;
}

/* What the threads share that look into the nodes' directories. */
typedef struct Linking {
        Sysfs *sysfs;
        Snapshot *snapshot;
        pthread_mutex_t lock; /* of 'dir', which has the nodes */
        DIR *dir;
        atomic_int error;
} Linking;

static int next_node(Linking *linking) {
        uint64_t node = UINT64_MAX;
        struct dirent *entry;

        (void)pthread_mutex_lock(&linking->lock);
        while (node > NODE_MAX && (entry = readdir(linking->dir)))
                if (parse_suffix(entry->d_name, "node", &node) < 0)
                        node = UINT64_MAX;
        (void)pthread_mutex_unlock(&linking->lock);
        return node > NODE_MAX ? NODE_UNKNOWN : (int)node;
}

/* The lowest of its nodes counts; another thread may be at another one. */
static void link_block(Block *block, int16_t node) {
        int16_t known = __atomic_load_n(&block->node, __ATOMIC_RELAXED);

        while ((known == NODE_UNKNOWN || node < known) &&
               !__atomic_compare_exchange_n(&block->node, &known, node, /* weak= */ false,
                                            __ATOMIC_RELAXED, __ATOMIC_RELAXED))
                ;
}

/* A node's directory links to its blocks: far cheaper than to look into each block's directory. */
static int link_blocks_of_node(Sysfs *sysfs, int node, Snapshot *snapshot) {
        _cleanup_(closedirp) DIR *dir = NULL;
        struct dirent *entry;
        char name[16];
        int r;

        (void)snprintf(name, sizeof(name), "node%d", node);
        r = sysfs_read_dir_at(sysfs->node_fd, name, &dir);
        if (r < 0)
                return r == -ENOENT ? 0 : r;

        while ((entry = readdir(dir))) {
                BlockIndex index;
                Block *block;

                if (parse_suffix(entry->d_name, "memory", &index) < 0)
                        continue;
                block = snapshot_find(snapshot, index);
                if (block)
                        link_block(block, (int16_t)node);
        }
        return 0;
}

static void link_some(void *userdata) {
        Linking *linking = userdata;
        int node;

        while (linking->error == 0 && (node = next_node(linking)) != NODE_UNKNOWN) {
                int r = link_blocks_of_node(linking->sysfs, node, linking->snapshot);

                if (r < 0)
                        linking->error = r;
        }
}

static int link_blocks(Sysfs *sysfs, Snapshot *snapshot) {
        Linking linking = { .sysfs = sysfs,
                            .snapshot = snapshot,
                            .lock = PTHREAD_MUTEX_INITIALIZER };
        int r;

        r = sysfs_read_dir_at(sysfs->node_fd, ".", &linking.dir);
        if (r < 0)
                return r;

        sysfs_in_threads(sysfs, snapshot->n_blocks, link_some, &linking);
        (void)closedir(linking.dir);
        return linking.error;
}

/* What can't be read isn't a block any more; one that is there all the same is counted. */
static void read_one(Reading *reading, Block *block) {
        int r = read_listed_block(reading->sysfs, block);

        if (r >= 0)
                return;

        block->state = _BLOCK_STATE_INVALID;
        if (sysfs_is_shortage(r))
                reading->error = r;
        else if (r != -ENOENT && r != -ENODEV)
                reading->n_unreadable++;
}

static void read_some(void *userdata) {
        Reading *reading = userdata;
        size_t n = reading->snapshot->n_blocks, i;

        while (reading->error == 0 && (i = atomic_fetch_add(&reading->next, BLOCKS_AT_A_TIME)) < n)
                for (size_t k = i; k < i + BLOCKS_AT_A_TIME && k < n; k++)
                        read_one(reading, &reading->snapshot->blocks[k]);
}

/*
 * Reads the blocks' attributes, and drops those that went away meanwhile. One that can't be read is
 * no reason to look at none of the others.
 */
static int read_blocks(Sysfs *sysfs, Snapshot *snapshot) {
        Reading reading = { .sysfs = sysfs, .snapshot = snapshot };
        size_t n = 0;

        sysfs_in_threads(sysfs, snapshot->n_blocks, read_some, &reading);
        for (size_t i = 0; i < snapshot->n_blocks; i++)
                if (snapshot->blocks[i].state != _BLOCK_STATE_INVALID)
                        snapshot->blocks[n++] = snapshot->blocks[i];

        snapshot->n_blocks = n;
        snapshot->n_unreadable = reading.n_unreadable;
        return reading.error;
}

int sysfs_read_all(Sysfs *sysfs, Snapshot *ret) {
        _cleanup_(snapshot_done) Snapshot snapshot = { .block_size = sysfs->block_size,
                                                       .numa = sysfs_has_nodes(sysfs),
                                                       .is_whole = true };
        int r;

        r = list_blocks(sysfs, snapshot.numa ? NODE_UNKNOWN : 0, &snapshot);
        if (r < 0)
                return r;

        if (snapshot.numa) {
                r = link_blocks(sysfs, &snapshot);
                if (r < 0)
                        return r;
        }

        r = read_blocks(sysfs, &snapshot);
        if (r < 0)
                return r;

        *ret = snapshot;
        snapshot = (Snapshot){};
        return 0;
}
