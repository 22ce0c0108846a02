/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "base/macro.h"

/* Reads up to 'size' bytes, over several read()s if need be. */
static ssize_t read_up_to(int fd, char *text, size_t size) {
        size_t n = 0;

        while (n < size) {
                ssize_t k = read(fd, text + n, size - n);

                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return -errno;
                if (k == 0)
                        break;
                n += (size_t)k;
        }
        return (ssize_t)n;
}

int read_attribute(int fd, char *text, size_t size) {
        ssize_t n;

        /* One read is enough and right: the kernel makes an attribute's text anew for each. */
        n = pread(fd, text, size, 0);
        if (n < 0)
                return -errno;
        if ((size_t)n == size)
                return -EMSGSIZE;

        if (n > 0 && text[n - 1] == '\n')
                n--;
        text[n] = 0;
        return (int)n;
}

int read_attribute_at(int dir_fd, const char *path, char *text, size_t size) {
        _cleanup_close_ int fd = -EBADF;

        fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return -errno;

        return read_attribute(fd, text, size);
}

int write_attribute(int fd, const char *text) {
        size_t size = strlen(text);
        ssize_t n;

        n = pwrite(fd, text, size, 0);
        if (n < 0)
                return -errno;

        return (size_t)n == size ? 0 : -EIO;
}

int write_attribute_at(int dir_fd, const char *path, const char *text) {
        _cleanup_close_ int fd = -EBADF;

        fd = openat(dir_fd, path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return -errno;

        return write_attribute(fd, text);
}

static int read_regular(int fd, size_t max, char **ret, size_t *ret_size) {
        _cleanup_free_ char *text = NULL;
        struct stat st;
        ssize_t n;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (S_ISDIR(st.st_mode))
                return -EISDIR;
        if (!S_ISREG(st.st_mode))
                return -ENOTSUP;
        if ((uint64_t)st.st_size > max)
                return -EFBIG;

        /* Two more than it says: one for the NUL, one to see that it hasn't grown meanwhile. */
        text = malloc((size_t)st.st_size + 2);
        if (!text)
                return -ENOMEM;

        n = read_up_to(fd, text, (size_t)st.st_size + 1);
        if (n < 0)
                return (int)n;
        if (n > st.st_size)
                return -EFBIG;

        text[n] = 0;
        *ret = TAKE_PTR(text);
        *ret_size = (size_t)n;
        return 0;
}

static int open_and_read(int dir_fd, const char *path, int flags, size_t max, char **ret,
                         size_t *ret_size) {
        _cleanup_close_ int fd = -EBADF;

        /* O_NONBLOCK: opening a FIFO must not wait for its writer. */
        fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
        if (fd < 0)
                return -errno;

        return read_regular(fd, max, ret, ret_size);
}

int read_file_at(int dir_fd, const char *path, size_t max, char **ret, size_t *ret_size) {
        return open_and_read(dir_fd, path, 0, max, ret, ret_size);
}

int read_own_file_at(int dir_fd, const char *path, size_t max, char **ret, size_t *ret_size) {
        return open_and_read(dir_fd, path, O_NOFOLLOW, max, ret, ret_size);
}

/* Makes room for as much again, up to 'max' and a NUL. */
static int grow(char **text, size_t *size, size_t max) {
        size_t larger = *size ? *size * 2 : 1 << 16;
        char *bigger;

        if (*size > max)
                return -EFBIG;
        if (larger > max + 1)
                larger = max + 1;

        bigger = realloc(*text, larger + 1);
        if (!bigger)
                return -ENOMEM;

        *text = bigger;
        *size = larger;
        return 0;
}

int read_unsized(int fd, size_t max, char **ret, size_t *ret_size) {
        _cleanup_free_ char *text = NULL;
        size_t n = 0, size = 0;

        for (;;) {
                ssize_t k;
                int r;

                r = n == size ? grow(&text, &size, max) : 0;
                if (r < 0)
                        return r;

                k = pread(fd, text + n, size - n, (off_t)n);
                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return -errno;
                if (k == 0)
                        break;
                n += (size_t)k;
        }

        text[n] = 0;
        *ret = TAKE_PTR(text);
        *ret_size = n;
        return 0;
}
