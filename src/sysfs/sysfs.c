/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sysfs/sysfs.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
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
                .n_readers = 1,
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

void sysfs_set_readers(Sysfs *sysfs, unsigned n) {
        sysfs->n_readers = n;
}
