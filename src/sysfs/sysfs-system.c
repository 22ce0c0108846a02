/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sysfs/sysfs-system.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/io.h"
#include "base/parse.h"
#include "sysfs/sysfs-internal.h"

#define PATH_TEXT_MAX 128
#define PROCESS_NAME_MAX 64

/* Far more than the kernel takes as its command line, or has locks. */
#define FILE_MAX (1 << 20)

static int read_proc(Sysfs *sysfs, const char *path, char **ret) {
        _cleanup_close_ int fd = -EBADF;
        size_t size;

        fd = openat(sysfs->root_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return -errno;

        return read_unsized(fd, FILE_MAX, ret, &size);
}

int sysfs_read_command_line(Sysfs *sysfs, char **ret) {
        int r;

        r = read_proc(sysfs, "proc/cmdline", ret);
        if (r < 0)
                return r;

        (*ret)[strcspn(*ret, "\n")] = 0;
        return 0;
}

int sysfs_read_crash_hotplug(Sysfs *sysfs, char text[SETTING_TEXT_MAX]) {
        return read_attribute_at(sysfs->memory_fd, "crash_hotplug", text, SETTING_TEXT_MAX);
}

static bool is_name(const char *text) {
        return *text && !strchr(text, '/') && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

int sysfs_read_class_attribute(Sysfs *sysfs, const char *class, const char *device,
                               const char *attribute, char *text, size_t size) {
        _cleanup_free_ char *path = NULL;

        if (!is_name(class) || !is_name(device) || !is_name(attribute))
                return -EINVAL;
        if (asprintf(&path, "sys/class/%s/%s/%s", class, device, attribute) < 0) {
                path = NULL;
                return -ENOMEM;
        }

        return read_attribute_at(sysfs->root_fd, path, text, size);
}

int sysfs_each_process(Sysfs *sysfs, SysfsProcess call, void *userdata) {
        _cleanup_(closedirp) DIR *dir = NULL;
        struct dirent *entry;
        int r;

        r = sysfs_read_dir_at(sysfs->root_fd, "proc", &dir);
        if (r < 0)
                return r;

        while ((entry = readdir(dir))) {
                char path[PATH_TEXT_MAX], name[PROCESS_NAME_MAX];
                uint64_t pid;

                if (parse_suffix(entry->d_name, "", &pid) < 0 || pid > INT32_MAX)
                        continue;
                (void)snprintf(path, sizeof(path), "proc/%" PRIu64 "/comm", pid);
                if (read_attribute_at(sysfs->root_fd, path, name, sizeof(name)) >= 0)
                        call(userdata, (pid_t)pid, name);
        }
        return 0;
}

/* "1: FLOCK  ADVISORY  WRITE 523 00:1a:733 0 EOF" */
static bool parse_lock(const char *line, dev_t *ret_device, ino_t *ret_inode, pid_t *ret_pid) {
        unsigned major_number, minor_number;
        unsigned long inode;
        int pid;

        if (sscanf(line, "%*[0-9]: FLOCK %*s %*s %d %x:%x:%lu", &pid, &major_number, &minor_number,
                   &inode) != 4)
                return false;

        *ret_device = makedev(major_number, minor_number);
        *ret_inode = inode;
        *ret_pid = pid;
        return true;
}

int sysfs_find_lock_owner(Sysfs *sysfs, dev_t device, ino_t inode, pid_t *ret) {
        _cleanup_free_ char *text = NULL;
        int r;

        r = read_proc(sysfs, "proc/locks", &text);
        if (r < 0)
                return r;

        for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
                dev_t of_device;
                ino_t of_inode;
                pid_t pid;

                if (!parse_lock(line, &of_device, &of_inode, &pid) || of_device != device ||
                    of_inode != inode)
                        continue;
                *ret = pid > 0 ? pid : 0;
                return 0;
        }
        return -ENOENT;
}
