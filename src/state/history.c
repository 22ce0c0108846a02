/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/history.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct History {
        int dir_fd;
        int fd; /* negative: nothing is kept any more */
        off_t size;
};

static int open_file(History *history) {
        struct stat st;

        history->fd = openat(
                history->dir_fd, HISTORY_FILE,
                O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0644);
        if (history->fd < 0)
                return -errno;
        if (fstat(history->fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EBADMSG;

        history->size = st.st_size;
        return 0;
}

/* Who was killed in the middle of a line left it without end. */
static int end_last_line(History *history) {
        char last;

        if (history->size == 0)
                return 0;
        if (pread(history->fd, &last, 1, history->size - 1) != 1)
                return -EIO;
        if (last != '\n' && write(history->fd, "\n", 1) != 1)
                return -errno;

        return 0;
}

int history_open(int dir_fd, History **ret) {
        _cleanup_(history_closep) History *history = malloc(sizeof(History));
        int r;

        if (!history)
                return -ENOMEM;

        *history = (History){ .dir_fd = dir_fd, .fd = -EBADF };
        r = open_file(history);
        if (r == 0)
                r = end_last_line(history);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(history);
        return 0;
}

History *history_close(History *history) {
        if (!history)
                return NULL;

        closep(&history->fd);
        free(history);
        return NULL;
}

static int begin_anew(History *history) {
        if (renameat(history->dir_fd, HISTORY_FILE, history->dir_fd, HISTORY_OLD_FILE) < 0)
                return -errno;

        closep(&history->fd);
        return open_file(history);
}

static void give_up(History *history) {
        closep(&history->fd);
        history->fd = -EBADF;
}

void history_add(History *history, const HistoryEntry *entry) {
        char line[HISTORY_LINE_MAX];
        int n = history_format(entry, line);

        if (history->fd >= 0 && history->size + n > HISTORY_FILE_MAX && begin_anew(history) < 0)
                give_up(history);
        if (history->fd < 0)
                return;

        if (write(history->fd, line, (size_t)n) == n)
                history->size += n;
        else
                give_up(history);
}
