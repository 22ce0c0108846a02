#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Small files, below a directory: the kernel's attributes and our own.
 */
#include <dirent.h>
#include <stddef.h>

/* For _cleanup_(): ends a directory stream. */
static inline void closedirp(DIR **dir) {
        if (*dir)
                (void)closedir(*dir);
}

/*
 * Reads an attribute into text[0 … size), ends it with NUL and takes the last newline off.
 * Answers its length, or a negative errno; -EMSGSIZE if it doesn't fit.
 */
int read_attribute_at(int dir_fd, const char *path, char *text, size_t size);

/* The same of one that is open, which is read afresh each time. */
int read_attribute(int fd, char *text, size_t size);

/* Writes 'text' with one write(): the kernel sees it as a whole. Answers 0 or a negative errno. */
int write_attribute_at(int dir_fd, const char *path, const char *text);
int write_attribute(int fd, const char *text);

/*
 * Reads a regular file of at most 'max' bytes. *ret is the caller's, ends with NUL, and *ret_size
 * doesn't count that. -EFBIG: larger; -EISDIR, -ENOTSUP: a directory, no regular file; others of open(), read().
 */
int read_file_at(int dir_fd, const char *path, size_t max, char **ret, size_t *ret_size);

/* The same of a file that only we write: -ELOOP if it is a symlink. */
int read_own_file_at(int dir_fd, const char *path, size_t max, char **ret, size_t *ret_size);

/*
 * Reads a file of which nobody knows the size before its end, as of those in /proc, from its
 * beginning; the place where others read isn't moved. Otherwise the same as read_file_at().
 */
int read_unsized(int fd, size_t max, char **ret, size_t *ret_size);
