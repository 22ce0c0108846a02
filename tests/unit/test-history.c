/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/io.h"
#include "fake-tree.h"
#include "state/history.h"
#include "suite.h"

static char *read_history(FakeTree *tree, const char *name) {
        char path[128], *text;
        size_t size;

        (void)snprintf(path, sizeof(path), "%s/%s", tree->root, name);

        ck_assert_int_eq(read_file_at(AT_FDCWD, path, 4 * HISTORY_FILE_MAX, &text, &size), 0);
        return text;
}

static LogFile *open_history(FakeTree *tree, int *ret_dir_fd) {
        LogFile *history;

        *ret_dir_fd = open(tree->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(*ret_dir_fd, 0);
        ck_assert_int_eq(history_open(*ret_dir_fd, &history), 0);
        return history;
}

static int add(LogFile *history, uint64_t usec, const char *text) {
        return history_add(history, &(HistoryEntry){ .usec = usec, .level = 6, .text = text });
}

START_TEST(it_is_read_as_it_was_written) {
        HistoryEntry entry = { .usec = 17, .level = 4, .text = "memory3: two\nlines" };
        char line[HISTORY_LINE_MAX], long_text[2 * HISTORY_LINE_MAX];

        ck_assert_int_eq(history_format(&entry, line), (int)strlen(line));
        ck_assert_str_eq(line, "17 4 memory3: two lines\n");
        *strchr(line, '\n') = 0;
        ck_assert_int_eq(history_parse(line, &entry), 0);
        ck_assert_uint_eq(entry.usec, 17);
        ck_assert_int_eq(entry.level, 4);
        ck_assert_str_eq(entry.text, "memory3: two lines");

        memset(long_text, 'x', sizeof(long_text) - 1);
        long_text[sizeof(long_text) - 1] = 0;
        entry.text = long_text;
        ck_assert_int_eq(history_format(&entry, line), HISTORY_LINE_MAX - 1);
        ck_assert_int_eq(line[HISTORY_LINE_MAX - 2], '\n');
}
END_TEST

START_TEST(what_is_no_line_is_refused) {
        static const char *const lines[] = { "",          "17",         "17 4",      "x 4 text",
                                             "17 8 text", "17 -1 text", "-17 4 text" };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                char line[32];
                HistoryEntry entry;

                (void)strcpy(line, lines[i]);
                ck_assert_int_eq(history_parse(line, &entry), -EBADMSG);
        }
}
END_TEST

START_TEST(half_a_line_is_ended) {
        FakeTree *tree = fake_tree_new();
        _cleanup_free_ char *text = NULL;
        LogFile *history;
        int dir_fd;

        fake_file(tree, HISTORY_FILE, "1 6 whole\n2 6 ha");
        history = open_history(tree, &dir_fd);
        (void)add(history, 3, "next");
        log_file_close(history);
        text = read_history(tree, HISTORY_FILE);
        ck_assert_str_eq(text, "1 6 whole\n2 6 ha\n3 6 next\n");
        (void)close(dir_fd);
        fake_tree_free(tree);
}
END_TEST

START_TEST(a_full_file_makes_room) {
        FakeTree *tree = fake_tree_new();
        _cleanup_free_ char *text = NULL, *old = NULL;
        char filler[1000];
        LogFile *history;
        int dir_fd;

        memset(filler, 'x', sizeof(filler) - 1);
        filler[sizeof(filler) - 1] = 0;
        history = open_history(tree, &dir_fd);
        for (uint64_t i = 0; i < 2 * HISTORY_FILE_MAX / sizeof(filler) + 2; i++)
                (void)add(history, i, filler);
        (void)add(history, 99, "last");
        log_file_close(history);

        text = read_history(tree, HISTORY_FILE);
        old = read_history(tree, HISTORY_OLD_FILE);
        ck_assert_uint_le(strlen(old), HISTORY_FILE_MAX);
        ck_assert_uint_gt(strlen(old), HISTORY_FILE_MAX / 2);
        ck_assert_uint_lt(strlen(text), HISTORY_FILE_MAX);
        ck_assert_ptr_nonnull(strstr(text, "\n99 6 last\n"));
        (void)close(dir_fd);
        fake_tree_free(tree);
}
END_TEST

/* As long as /run is full, what doesn't fit is lost, which is told once; not what comes after that. */
START_TEST(half_of_a_line_is_taken_back) {
        FakeTree *tree = fake_tree_new();
        _cleanup_free_ char *text = NULL;
        struct rlimit limit, unlimited;
        LogFile *history;
        int dir_fd;

        fake_file(tree, HISTORY_FILE, "0 6 half");
        history = open_history(tree, &dir_fd);
        (void)add(history, 1, "first");
        ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &unlimited), 0);
        (void)signal(SIGXFSZ, SIG_IGN);
        limit = (struct rlimit){ .rlim_cur = 24, .rlim_max = unlimited.rlim_max };
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        ck_assert_int_eq(add(history, 2, "doesn't fit"), -ENOSPC);
        ck_assert_int_eq(add(history, 3, "neither does this"), 0);
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &unlimited), 0);
        ck_assert_int_eq(add(history, 4, "fits again"), 0);
        log_file_close(history);
        text = read_history(tree, HISTORY_FILE);
        ck_assert_str_eq(text, "0 6 half\n1 6 first\n4 6 fits again\n");
        (void)close(dir_fd);
        fake_tree_free(tree);
}
END_TEST

START_TEST(nothing_is_followed_out_of_the_directory) {
        FakeTree *tree = fake_tree_new();
        LogFile *history;
        int dir_fd = open(tree->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        ck_assert_int_eq(symlinkat("/dev/null", dir_fd, HISTORY_FILE), 0);
        ck_assert_int_eq(history_open(dir_fd, &history), -ELOOP);
        ck_assert_int_eq(unlinkat(dir_fd, HISTORY_FILE, 0), 0);
        ck_assert_int_eq(mkfifoat(dir_fd, HISTORY_FILE, 0600), 0);
        ck_assert_int_eq(history_open(dir_fd, &history), -EBADMSG);
        (void)close(dir_fd);
        fake_tree_free(tree);
}
END_TEST

TEST_PROGRAM("history", it_is_read_as_it_was_written, what_is_no_line_is_refused,
             half_a_line_is_ended, a_full_file_makes_room, half_of_a_line_is_taken_back,
             nothing_is_followed_out_of_the_directory);
