/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sysfs/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/io.h"
#include "base/parse.h"
#include "sysfs/sysfs-internal.h"

#define MEMORY_DIR "sys/devices/system/memory"
#define NODE_DIR "sys/devices/system/node"
#define CONTAINER_DIR "sys/devices/system/container"
#define PARAMETER_DIR "sys/module/memory_hotplug/parameters"

int sysfs_open_dir_at(int dir_fd, const char *path) {
        int fd = openat(dir_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        return fd < 0 ? -errno : fd;
}

int sysfs_read_dir_at(int dir_fd, const char *path, DIR **ret) {
        _cleanup_close_ int fd = -EBADF;
        DIR *dir;

        fd = sysfs_open_dir_at(dir_fd, path);
        if (fd < 0)
                return fd;

        dir = fdopendir(fd);
        if (!dir)
                return -errno;

        (void)TAKE_FD(fd);
        *ret = dir;
        return 0;
}

static int read_block_size(int memory_fd, uint64_t *ret) {
        uint64_t size;
        char text[32];
        int r;

        r = read_attribute_at(memory_fd, "block_size_bytes", text, sizeof(text));
        if (r < 0)
                return r;
        r = parse_hex(text, &size);
        if (r < 0)
                return r;
        if (size == 0 || (size & (size - 1)) != 0)
                return -EINVAL;

        *ret = size;
        return 0;
}

/*
 * The inode of what the kernel makes right after the blocks of the boot: see sysfs_read_devices().
 * 0: there is no such thing, or this is no sysfs.
 */
static ino_t read_last_boot_inode(const Sysfs *sysfs) {
        struct statfs fs;
        struct stat st;

        if (fstatfs(sysfs->memory_fd, &fs) < 0 || fs.f_type != SYSFS_MAGIC)
                return 0;
        if (fstatat(sysfs->root_fd, CONTAINER_DIR, &st, 0) < 0 &&
            fstatat(sysfs->root_fd, NODE_DIR, &st, 0) < 0)
                return 0;

        return st.st_ino;
}

static int open_dirs(Sysfs *sysfs, const char *root) {
        sysfs->root_fd = sysfs_open_dir_at(AT_FDCWD, root);
        if (sysfs->root_fd < 0)
                return sysfs->root_fd;

        sysfs->memory_fd = sysfs_open_dir_at(sysfs->root_fd, MEMORY_DIR);
        if (sysfs->memory_fd < 0)
                return sysfs->memory_fd;

        sysfs->node_fd = sysfs_open_dir_at(sysfs->root_fd, NODE_DIR);
        if (sysfs->node_fd < 0 && sysfs->node_fd != -ENOENT)
                return sysfs->node_fd;

        /* Before 5.15 there is none, and without it nothing else is missing. */
        sysfs->parameter_fd = sysfs_open_dir_at(sysfs->root_fd, PARAMETER_DIR);
        return 0;
}

int sysfs_open(const char *root, Sysfs **ret) {
        _cleanup_(sysfs_closep) Sysfs *sysfs = NULL;
        int r;

        sysfs = malloc(sizeof(Sysfs));
        if (!sysfs)
                return -ENOMEM;
        *sysfs = (Sysfs){
                .root_fd = -EBADF,
                .iomem_fd = -EBADF,
                .memory_fd = -EBADF,
                .node_fd = -EBADF,
                .parameter_fd = -EBADF,
        };

        r = open_dirs(sysfs, root);
        if (r < 0)
                return r;

        r = read_block_size(sysfs->memory_fd, &sysfs->block_size);
        if (r < 0)
                return r;

        sysfs->last_boot_inode = read_last_boot_inode(sysfs);
        *ret = TAKE_PTR(sysfs);
        return 0;
}

Sysfs *sysfs_close(Sysfs *sysfs) {
        if (!sysfs)
                return NULL;

        closep(&sysfs->root_fd);
        closep(&sysfs->iomem_fd);
        closep(&sysfs->memory_fd);
        closep(&sysfs->node_fd);
        closep(&sysfs->parameter_fd);
        free(sysfs);
        return NULL;
}

uint64_t sysfs_block_size(const Sysfs *sysfs) {
        return sysfs->block_size;
}

bool sysfs_has_nodes(const Sysfs *sysfs) {
        return sysfs->node_fd >= 0;
}

char *sysfs_block_name(BlockIndex index, char name[SYSFS_BLOCK_NAME_MAX]) {
        (void)snprintf(name, SYSFS_BLOCK_NAME_MAX, "memory%" PRIu64, index);
        return name;
}

/* The lowest N of the nodeN that a block's directory has, or NODE_UNKNOWN. */
static int read_node_link(int block_fd, int *ret) {
        _cleanup_(closedirp) DIR *dir = NULL;
        int node = NODE_UNKNOWN, r;
        struct dirent *entry;

        r = sysfs_read_dir_at(block_fd, ".", &dir);
        if (r < 0)
                return r;

        while ((entry = readdir(dir))) {
                uint64_t n;

                if (parse_suffix(entry->d_name, "node", &n) < 0 || n > INT_MAX)
                        continue;
                if (node == NODE_UNKNOWN || (int)n < node)
                        node = (int)n;
        }

        *ret = node;
        return 0;
}

static int read_state(int block_fd, BlockState *ret) {
        BlockState state;
        char text[32];
        int r;

        r = read_attribute_at(block_fd, "state", text, sizeof(text));
        if (r < 0)
                return r;

        state = block_state_from_string(text);
        if (state < 0)
                return -EBADMSG;

        *ret = state;
        return 0;
}

/* Reads valid_zones, which the caller knows to be safe. A kernel without it leaves it unknown. */
static int read_valid_zones(int block_fd, ValidZones *ret) {
        ValidZones zones;
        char text[128];
        int r;

        r = read_attribute_at(block_fd, "valid_zones", text, sizeof(text));
        if (r == -ENOENT) {
                *ret = (ValidZones){ .known = false };
                return 0;
        }
        if (r < 0)
                return r;

        r = valid_zones_parse(text, &zones);
        if (r < 0)
                return -EBADMSG;

        *ret = zones;
        return 0;
}

int sysfs_open_block_dir(Sysfs *sysfs, BlockIndex index) {
        char name[SYSFS_BLOCK_NAME_MAX];

        return sysfs_open_dir_at(sysfs->memory_fd, sysfs_block_name(index, name));
}

int sysfs_read_attributes(int block_fd, Block *block) {
        struct stat st;
        int r;

        if (fstat(block_fd, &st) < 0)
                return -errno;
        block->inode = st.st_ino;

        r = read_state(block_fd, &block->state);
        if (r < 0 || block->node == NODE_UNKNOWN)
                return r;

        return read_valid_zones(block_fd, &block->valid_zones);
}

int sysfs_read_state(Sysfs *sysfs, BlockIndex index, BlockState *ret) {
        _cleanup_close_ int block_fd = -EBADF;

        block_fd = sysfs_open_block_dir(sysfs, index);
        if (block_fd < 0)
                return block_fd;

        return read_state(block_fd, ret);
}

int sysfs_read_inode(Sysfs *sysfs, BlockIndex index, ino_t *ret) {
        char name[SYSFS_BLOCK_NAME_MAX];
        struct stat st;

        if (fstatat(sysfs->memory_fd, sysfs_block_name(index, name), &st, 0) < 0)
                return -errno;

        *ret = st.st_ino;
        return 0;
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

        if (is_in_state(sysfs, index, state)) {
                *ret = index;
                return 0;
        }

        r = sysfs_read_dir_at(sysfs->memory_fd, ".", &dir);
        if (r < 0)
                return r;

        while ((entry = readdir(dir)))
                if (parse_suffix(entry->d_name, "memory", &index) == 0 &&
                    is_in_state(sysfs, index, state)) {
                        *ret = index;
                        return 0;
                }
        return -ENOENT;
}

int sysfs_read_block(Sysfs *sysfs, BlockIndex index, Block *ret) {
        _cleanup_close_ int block_fd = -EBADF;
        Block block = { .index = index };
        int r;

        block_fd = sysfs_open_block_dir(sysfs, index);
        if (block_fd < 0)
                return block_fd;

        if (sysfs_has_nodes(sysfs)) {
                r = read_node_link(block_fd, &block.node);
                if (r < 0)
                        return r;
        }

        r = sysfs_read_attributes(block_fd, &block);
        if (r < 0)
                return r;

        *ret = block;
        return 0;
}

/* The directory of the block that has that inode. */
static int open_same_block(Sysfs *sysfs, BlockIndex index, ino_t inode) {
        _cleanup_close_ int block_fd = -EBADF;
        struct stat st;

        block_fd = sysfs_open_block_dir(sysfs, index);
        if (block_fd < 0)
                return block_fd;

        if (fstat(block_fd, &st) < 0)
                return -errno;
        if (st.st_ino != inode)
                return -ENODEV;

        return TAKE_FD(block_fd);
}

int sysfs_write_state(Sysfs *sysfs, BlockIndex index, ino_t inode, const char *word) {
        _cleanup_close_ int block_fd = -EBADF;

        block_fd = open_same_block(sysfs, index, inode);
        if (block_fd < 0)
                return block_fd;

        return write_attribute_at(block_fd, "state", word);
}

int sysfs_open_state(Sysfs *sysfs, BlockIndex index, ino_t inode) {
        _cleanup_close_ int block_fd = -EBADF;
        int fd;

        block_fd = open_same_block(sysfs, index, inode);
        if (block_fd < 0)
                return block_fd;

        fd = openat(block_fd, "state", O_WRONLY | O_CLOEXEC | O_NOCTTY);
        return fd < 0 ? -errno : fd;
}
