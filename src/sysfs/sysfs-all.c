/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All blocks at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "base/io.h"
#include "base/parse.h"
#include "sysfs/sysfs-internal.h"

/* Whether the block's directory has the link to a node that the node's directory spoke of. */
static bool has_node_link(int block_fd, int node) {
        char name[16];

        (void)snprintf(name, sizeof(name), "node%d", node);
        return faccessat(block_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Like sysfs_read_block(), with the node that link_blocks() found, if it still holds. */
static int read_listed_block(Sysfs *sysfs, Block *block) {
        _cleanup_close_ int block_fd = -EBADF;

        block_fd = sysfs_open_block_dir(sysfs, block->index);
        if (block_fd < 0)
                return block_fd;

        if (sysfs_has_nodes(sysfs) && block->node != NODE_UNKNOWN &&
            !has_node_link(block_fd, block->node))
                block->node = NODE_UNKNOWN;

        return sysfs_read_attributes(block_fd, block);
}

/* All memoryN of the memory directory, with nothing but their index. */
static int list_blocks(Sysfs *sysfs, int node, Snapshot *snapshot) {
        _cleanup_(closedirp) DIR *dir = NULL;
        struct dirent *entry;
        int r;

        r = sysfs_read_dir_at(sysfs->memory_fd, ".", &dir);
        if (r < 0)
                return r;

        while ((entry = readdir(dir))) {
                Block block = { .node = node };

                if (parse_suffix(entry->d_name, "memory", &block.index) < 0)
                        continue;
                r = snapshot_add(snapshot, &block);
                if (r < 0)
                        return r;
        }

        snapshot_sort(snapshot);
        return 0;
}

/* A node's directory links to its blocks: far cheaper than to look into each block's directory. */
static int link_blocks_of_node(Sysfs *sysfs, const char *name, int node, Snapshot *snapshot) {
        _cleanup_(closedirp) DIR *dir = NULL;
        struct dirent *entry;
        int r;

        r = sysfs_read_dir_at(sysfs->node_fd, name, &dir);
        if (r < 0)
                return r == -ENOENT ? 0 : r;

        while ((entry = readdir(dir))) {
                BlockIndex index;
                Block *block;

                if (parse_suffix(entry->d_name, "memory", &index) < 0)
                        continue;
                block = snapshot_find(snapshot, index);
                if (block && (block->node == NODE_UNKNOWN || node < block->node))
                        block->node = node;
        }
        return 0;
}

static int link_blocks(Sysfs *sysfs, Snapshot *snapshot) {
        _cleanup_(closedirp) DIR *dir = NULL;
        struct dirent *entry;
        int r;

        r = sysfs_read_dir_at(sysfs->node_fd, ".", &dir);
        if (r < 0)
                return r;

        while ((entry = readdir(dir))) {
                uint64_t node;

                if (parse_suffix(entry->d_name, "node", &node) < 0 || node > INT_MAX)
                        continue;
                r = link_blocks_of_node(sysfs, entry->d_name, (int)node, snapshot);
                if (r < 0)
                        return r;
        }
        return 0;
}

/*
 * Reads the blocks' attributes, and drops those that went away meanwhile. One that can't be read is
 * no reason to look at none of the others.
 */
static int read_blocks(Sysfs *sysfs, Snapshot *snapshot) {
        size_t n = 0;

        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                Block block = snapshot->blocks[i];
                int r = read_listed_block(sysfs, &block);

                if (r == -ENOENT || r == -ENODEV)
                        continue;
                if (r == -ENOMEM || r == -EMFILE || r == -ENFILE)
                        return r;
                if (r < 0)
                        snapshot->n_unreadable++;
                else
                        snapshot->blocks[n++] = block;
        }

        snapshot->n_blocks = n;
        return 0;
}

int sysfs_read_all(Sysfs *sysfs, Snapshot *ret) {
        _cleanup_(snapshot_done) Snapshot snapshot = { .block_size = sysfs->block_size,
                                                       .numa = sysfs_has_nodes(sysfs) };
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
