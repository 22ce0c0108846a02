/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files of one block, with as few calls of the kernel as it takes, and no memory but the stack.
 *
 * They are opened by their paths, of which the first is the state's. The kernel answers ENODEV to who
 * reads a file of a block that was removed: so a state that can be read is that of the block that has
 * been behind this number all the time since it was opened, and what was found and opened meanwhile is
 * the same block's. That is how its node link is seen before valid_zones is opened.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/io.h"
#include "base/parse.h"
#include "base/text.h"
#include "sysfs/sysfs-internal.h"

char *sysfs_block_path(BlockIndex index, const char *file, char path[SYSFS_BLOCK_PATH_MAX]) {
        char *end = text_put_number(stpcpy(path, "memory"), index);

        if (*file)
                *end++ = '/';
        (void)strcpy(end, file);
        return path;
}

int sysfs_open_file(Sysfs *sysfs, BlockIndex index, const char *file, int flags) {
        char path[SYSFS_BLOCK_PATH_MAX];
        int fd;

        fd = openat(sysfs->memory_fd, sysfs_block_path(index, file, path),
                    flags | O_CLOEXEC | O_NOCTTY);
        return fd < 0 ? -errno : fd;
}

static int read_state(int fd, BlockState *ret) {
        BlockState state;
        char text[32];
        int r;

        r = read_attribute(fd, text, sizeof(text));
        if (r < 0)
                return r;

        state = block_state_from_string(text);
        if (state < 0)
                return -EBADMSG;

        *ret = state;
        return 0;
}

static int read_valid_zones(int fd, ValidZones *ret) {
        ValidZones zones;
        char text[128];
        int r;

        r = read_attribute(fd, text, sizeof(text));
        if (r < 0)
                return r;

        r = valid_zones_parse(text, &zones);
        if (r < 0)
                return -EBADMSG;

        *ret = zones;
        return 0;
}

/* Nodes */

int sysfs_each_name(int dir_fd, SysfsName call, void *userdata) {
        char entries[4096] __attribute__((aligned(8)));
        ssize_t n;

        while ((n = getdents64(dir_fd, entries, sizeof(entries))) > 0)
                for (ssize_t at = 0; at < n;) {
                        const struct dirent64 *entry = (const void *)(entries + at);

                        call(userdata, entry->d_name);
                        at += entry->d_reclen;
                }

        return n < 0 ? -errno : 0;
}

static void note_node(void *userdata, const char *name) {
        int *node = userdata;
        uint64_t n;

        if (parse_suffix(name, "node", &n) == 0 && n <= NODE_MAX &&
            (*node == NODE_UNKNOWN || (int)n < *node))
                *node = (int)n;
}

char *sysfs_node_link(int node, BlockIndex index, char path[SYSFS_NODE_LINK_MAX]) {
        (void)snprintf(path, SYSFS_NODE_LINK_MAX, "node%d/memory%" PRIu64, node, index);
        return path;
}

/* The lowest N of the nodeN that a block's directory has, or NODE_UNKNOWN. */
static int read_node_links(Sysfs *sysfs, BlockIndex index, int *ret) {
        _cleanup_close_ int dir_fd = -EBADF;
        int node = NODE_UNKNOWN, r;

        dir_fd = sysfs_open_file(sysfs, index, "", O_RDONLY | O_DIRECTORY);
        if (dir_fd < 0)
                return dir_fd;

        r = sysfs_each_name(dir_fd, note_node, &node);
        if (r == 0)
                *ret = node;
        return r;
}

int sysfs_read_inode(Sysfs *sysfs, BlockIndex index, ino_t *ret) {
        char path[SYSFS_BLOCK_PATH_MAX];
        struct stat st;

        if (fstatat(sysfs->memory_fd, sysfs_block_path(index, "", path), &st, 0) < 0)
                return -errno;

        *ret = st.st_ino;
        return 0;
}

/* False: it isn't so linked. */
static bool read_inode_by_node(Sysfs *sysfs, BlockIndex index, int node, ino_t *ret) {
        char path[SYSFS_NODE_LINK_MAX];
        struct stat st;

        if (fstatat(sysfs->node_fd, sysfs_node_link(node, index, path), &st, 0) < 0)
                return false;

        *ret = st.st_ino;
        return true;
}

/* New blocks come many to a node: that of the one before is tried first. */
static int find_node(Sysfs *sysfs, SysfsBlock *block) {
        int guess = atomic_load_explicit(&sysfs->last_node, memory_order_relaxed), r;

        if (!sysfs_has_nodes(sysfs)) {
                block->node = 0;
                return sysfs_read_inode(sysfs, block->index, &block->inode);
        }
        if (read_inode_by_node(sysfs, block->index, guess, &block->inode)) {
                block->node = guess;
                return 0;
        }

        r = read_node_links(sysfs, block->index, &block->node);
        if (r < 0)
                return r;
        if (block->node != NODE_UNKNOWN)
                atomic_store_explicit(&sysfs->last_node, block->node, memory_order_relaxed);
        return sysfs_read_inode(sysfs, block->index, &block->inode);
}

/* An open block */

int sysfs_open_zones(Sysfs *sysfs, SysfsBlock *block) {
        int fd = sysfs_open_file(sysfs, block->index, "valid_zones", O_RDONLY);

        /* A kernel without it leaves it unknown. */
        if (fd < 0)
                return fd == -ENOENT ? 0 : fd;

        block->zones_fd = fd;
        return 0;
}

int sysfs_open_block(Sysfs *sysfs, BlockIndex index, bool writable, SysfsBlock *ret) {
        _cleanup_(sysfs_close_block)
                SysfsBlock block = { .index = index, .state_fd = -EBADF, .zones_fd = -EBADF };
        int r;

        block.state_fd = sysfs_open_file(sysfs, index, "state", writable ? O_RDWR : O_RDONLY);
        if (writable && (block.state_fd == -EROFS || block.state_fd == -EACCES)) {
                block.write_error = block.state_fd;
                block.state_fd = sysfs_open_file(sysfs, index, "state", O_RDONLY);
        }
        if (block.state_fd < 0)
                return block.state_fd;

        r = find_node(sysfs, &block);
        if (r == 0 && block.node != NODE_UNKNOWN)
                r = sysfs_open_zones(sysfs, &block);
        if (r < 0)
                return r;

        *ret = block;
        block.state_fd = block.zones_fd = -EBADF;
        return 0;
}

/* Both at once, where they are neighbours, as they are unless another thread opens files, too. */
void sysfs_close_block(SysfsBlock *block) {
        bool closed = false;

#ifdef SYS_close_range
        if (block->state_fd >= 0 && block->zones_fd == block->state_fd + 1)
                closed = syscall(SYS_close_range, block->state_fd, block->zones_fd, 0) == 0;
#endif
        if (!closed) {
                closep(&block->state_fd);
                closep(&block->zones_fd);
        }
        block->state_fd = block->zones_fd = -EBADF;
}

int sysfs_read_open_state(const SysfsBlock *open, BlockState *ret) {
        return read_state(open->state_fd, ret);
}

int sysfs_read_open_zones(Sysfs *sysfs, const SysfsBlock *open, BlockState state, Block *ret) {
        int node = open->node, r;
        ValidZones zones = {};

        if (open->zones_fd >= 0) {
                r = read_valid_zones(open->zones_fd, &zones);
                if (r < 0)
                        return r;
        }

        /* "none": it may be on several nodes, of which the one that was tried needn't be the lowest. */
        if (zones.known && zones.n_zones == 0 && sysfs_has_nodes(sysfs)) {
                r = read_node_links(sysfs, open->index, &node);
                if (r < 0)
                        return r;
        }

        *ret = (Block){ .index = open->index,
                        .inode = open->inode,
                        .valid_zones = zones,
                        .node = (int16_t)node,
                        .state = state };
        return 0;
}

int sysfs_read_open_block(Sysfs *sysfs, const SysfsBlock *open, Block *ret) {
        BlockState state;
        int r;

        /* First of all: see above. */
        r = sysfs_read_open_state(open, &state);
        if (r < 0)
                return r;

        return sysfs_read_open_zones(sysfs, open, state, ret);
}

int sysfs_write_open_block(const SysfsBlock *block, const char *word) {
        return block->write_error < 0 ? block->write_error : write_attribute(block->state_fd, word);
}

/* One that is opened for it */

int sysfs_read_state(Sysfs *sysfs, BlockIndex index, BlockState *ret) {
        _cleanup_close_ int fd = -EBADF;

        fd = sysfs_open_file(sysfs, index, "state", O_RDONLY);
        if (fd < 0)
                return fd;

        return read_state(fd, ret);
}

int sysfs_read_block(Sysfs *sysfs, BlockIndex index, Block *ret) {
        _cleanup_(sysfs_close_block) SysfsBlock block = { .state_fd = -EBADF, .zones_fd = -EBADF };
        int r;

        r = sysfs_open_block(sysfs, index, /* writable= */ false, &block);
        if (r < 0)
                return r;

        return sysfs_read_open_block(sysfs, &block, ret);
}

int sysfs_write_state(Sysfs *sysfs, BlockIndex index, ino_t inode, const char *word) {
        _cleanup_close_ int fd = -EBADF;
        ino_t found = 0;
        int r;

        fd = sysfs_open_file(sysfs, index, "state", O_WRONLY);
        if (fd < 0)
                return fd;
        r = sysfs_read_inode(sysfs, index, &found);
        if (r < 0)
                return r;

        return found == inode ? write_attribute(fd, word) : -ENODEV;
}

static bool is_in_state(Sysfs *sysfs, BlockIndex index, BlockState wanted) {
        BlockState state;

        return sysfs_read_state(sysfs, index, &state) == 0 && state == wanted;
}

int sysfs_find_block_in_state(Sysfs *sysfs, BlockState state, BlockIndex *ret) {
        _cleanup_(closedirp) DIR *dir = NULL;
        struct dirent *entry;
        BlockIndex index = 0;
        int r;

        /* memory0, which nobody takes offline; or the one that was found before. */
        if (is_in_state(sysfs, 0, state)) {
                *ret = 0;
                return 0;
        }
        if (state == BLOCK_ONLINE && is_in_state(sysfs, sysfs->online_block, state)) {
                *ret = sysfs->online_block;
                return 0;
        }

        r = sysfs_read_dir_at(sysfs->memory_fd, ".", &dir);
        if (r < 0)
                return r;

        while ((entry = readdir(dir)))
                if (parse_suffix(entry->d_name, "memory", &index) == 0 &&
                    is_in_state(sysfs, index, state)) {
                        *ret = index;
                        if (state == BLOCK_ONLINE)
                                sysfs->online_block = index;
                        return 0;
                }
        return -ENOENT;
}
