/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/taken-over.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/macro.h"

/* The words, each with its newline, and a NUL. */
#define FILE_TEXT_MAX ((TAKEN_OVER_WORDS_MAX + 1) * SETTING_TEXT_MAX + 1)
#define NAME_TEXT_MAX 64

/* A value of the kernel: one printable word that would fit where it is written back. */
static bool is_value(const char *word) {
        size_t n = strlen(word);

        if (n == 0 || n >= SETTING_TEXT_MAX)
                return false;

        for (; *word; word++)
                if (*word <= ' ' || *word > '~')
                        return false;
        return true;
}

/* Each line, the last too, ends with a newline. */
static int parse(char *text, TakenOver *saved) {
        char *line = text, *end;
        size_t n = 0;

        for (; (end = strchr(line, '\n')); line = end + 1, n++) {
                *end = 0;
                if (!is_value(line) || n > TAKEN_OVER_WORDS_MAX)
                        return -EBADMSG;
                (void)strcpy(n == 0 ? saved->was : saved->wrote[n - 1], line);
        }
        if (*line || n == 0)
                return -EBADMSG;

        saved->n_wrote = n - 1;
        return 0;
}

static int load(int dir_fd, Setting setting, TakenOver *saved) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = read_own_file_at(dir_fd, setting_to_string(setting), FILE_TEXT_MAX, &text, &size);
        if (r == -ELOOP || r == -EFBIG || r == -EISDIR || r == -ENOTSUP || r == -ENXIO)
                return -EBADMSG;
        if (r < 0)
                return r;
        if (strlen(text) != size)
                return -EBADMSG;

        return parse(text, saved);
}

static void set_aside(int dir_fd, Setting setting) {
        char damaged[NAME_TEXT_MAX];

        (void)snprintf(damaged, sizeof(damaged), "%s.damaged", setting_to_string(setting));
        (void)renameat(dir_fd, setting_to_string(setting), dir_fd, damaged);
}

int taken_over_load(int dir_fd, Setting setting, TakenOver *ret) {
        TakenOver saved = {};
        int r;

        r = load(dir_fd, setting, &saved);
        if (r == -ENOENT)
                return 0;
        if (r == -EBADMSG)
                set_aside(dir_fd, setting);
        if (r < 0)
                return r;

        *ret = saved;
        return 1;
}

static int write_new(int dir_fd, const char *name, const TakenOver *saved) {
        _cleanup_close_ int fd = -EBADF;
        char text[FILE_TEXT_MAX];
        size_t size;
        ssize_t n;

        size = (size_t)snprintf(text, sizeof(text), "%s\n", saved->was);
        for (size_t i = 0; i < saved->n_wrote; i++)
                size += (size_t)snprintf(text + size, sizeof(text) - size, "%s\n", saved->wrote[i]);

        (void)unlinkat(dir_fd, name, 0);
        fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (fd < 0)
                return -errno;

        n = write(fd, text, size);
        if (n < 0)
                return -errno;

        return (size_t)n == size ? 0 : -ENOSPC;
}

static size_t find_word(const TakenOver *saved, const char *word) {
        size_t i = 0;

        while (i < saved->n_wrote && strcmp(saved->wrote[i], word) != 0)
                i++;
        return i;
}

static void drop_word(TakenOver *saved, size_t i) {
        saved->n_wrote--;
        memmove(saved->wrote[i], saved->wrote[i + 1], (saved->n_wrote - i) * SETTING_TEXT_MAX);
}

/*
 * Makes a word the newest; of too many the oldest goes, so that what the setting reads as until the
 * next is written never does.
 */
static void add_word(TakenOver *saved, const char *word) {
        size_t i = find_word(saved, word);

        if (i < saved->n_wrote)
                drop_word(saved, i);
        else if (saved->n_wrote == TAKEN_OVER_WORDS_MAX)
                drop_word(saved, 0);

        (void)strcpy(saved->wrote[saved->n_wrote++], word);
}

int taken_over_save(int dir_fd, Setting setting, const char *is, const char *word,
                    TakenOver *saved) {
        const char *name = setting_to_string(setting);
        char new_name[NAME_TEXT_MAX];
        TakenOver next = *saved;
        int r;

        if (!is_value(is) || !is_value(word))
                return -EINVAL;
        if (!next.was[0])
                (void)strcpy(next.was, is);
        add_word(&next, word);

        (void)snprintf(new_name, sizeof(new_name), "%s.new", name);
        r = write_new(dir_fd, new_name, &next);
        if (r < 0)
                return r;
        if (renameat(dir_fd, new_name, dir_fd, name) < 0)
                return -errno;

        *saved = next;
        return 0;
}

int taken_over_forget(int dir_fd, Setting setting) {
        if (unlinkat(dir_fd, setting_to_string(setting), 0) < 0 && errno != ENOENT)
                return -errno;

        return 0;
}

bool taken_over_wrote(const TakenOver *saved, const char *word) {
        return find_word(saved, word) < saved->n_wrote;
}
