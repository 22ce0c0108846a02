/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/log-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct LogFile {
        int dir_fd;
        const char *name, *old_name;
        size_t max;
        int fd; /* negative: nothing is added any more */
        size_t size;
        bool is_lossy; /* a line was lost */
};

static int open_file(LogFile *file) {
        struct stat st;

        file->fd = openat(
                file->dir_fd, file->name,
                O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0644);
        if (file->fd < 0)
                return -errno;
        if (fstat(file->fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EBADMSG;

        file->size = (size_t)st.st_size;
        return 0;
}

/* Who was killed in the middle of a line left it without end. */
static int end_last_line(LogFile *file) {
        char last;

        if (file->size == 0)
                return 0;
        if (pread(file->fd, &last, 1, (off_t)file->size - 1) != 1)
                return -EIO;
        if (last == '\n')
                return 0;
        if (write(file->fd, "\n", 1) != 1)
                return -errno;

        file->size++;
        return 0;
}

int log_file_open(int dir_fd, const char *name, const char *old_name, size_t max, LogFile **ret) {
        _cleanup_(log_file_closep) LogFile *file = malloc(sizeof(LogFile));
        int r;

        if (!file)
                return -ENOMEM;

        *file = (LogFile){
                .dir_fd = dir_fd,
                .name = name,
                .old_name = old_name,
                .max = max,
                .fd = -EBADF,
        };
        r = open_file(file);
        if (r == 0)
                r = end_last_line(file);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(file);
        return 0;
}

LogFile *log_file_close(LogFile *file) {
        if (!file)
                return NULL;

        closep(&file->fd);
        free(file);
        return NULL;
}

static int begin_anew(LogFile *file) {
        if (renameat(file->dir_fd, file->name, file->dir_fd, file->old_name) < 0)
                return -errno;

        closep(&file->fd);
        return open_file(file);
}

static void give_up(LogFile *file) {
        closep(&file->fd);
        file->fd = -EBADF;
}

static int add(LogFile *file, const char *line, size_t n) {
        ssize_t written;
        int r;

        if (file->fd >= 0 && file->size + n > file->max) {
                r = begin_anew(file);
                if (r < 0) {
                        give_up(file);
                        return r;
                }
        }
        if (file->fd < 0)
                return -EBADF;

        written = write(file->fd, line, n);
        if (written == (ssize_t)n) {
                file->size += n;
                return 0;
        }

        /* Where /run is full, this line is lost, and not those to come: what is half of it goes away. */
        r = written < 0 ? -errno : -ENOSPC;
        if (ftruncate(file->fd, (off_t)file->size) < 0)
                give_up(file);
        return r;
}

int log_file_add(LogFile *file, const char *line, size_t n) {
        int r;

        r = add(file, line, n);
        if (r == 0 || file->is_lossy)
                return 0;

        file->is_lossy = true;
        return r;
}
