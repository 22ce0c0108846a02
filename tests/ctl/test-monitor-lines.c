/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <string.h>

#include "base/macro.h"
#include "ctl/monitor-lines.h"
#include "suite.h"

/* 2026-11-22 06:10:03.123 UTC */
#define THEN UINT64_C(1795327803123456)

static void add(MonitorLines *lines, const MonitorLine *with, const char *text,
                const char *detail) {
        MonitorLine event = *with;

        if (event.usec == 0)
                event.usec = THEN;
        event.newest = event.usec;
        event.last = event.first;
        event.text = strdup(text);
        event.detail = detail ? strdup(detail) : NULL;
        ck_assert_ptr_nonnull(event.text);
        if (!monitor_lines_grow(lines, &event))
                monitor_lines_add(lines, &event);
}

static void expect_next(MonitorLines *lines, const char *expected) {
        MonitorLine line;
        char *text;

        ck_assert(monitor_lines_take(lines, &line));
        text = monitor_line_format(&line);
        ck_assert_str_eq(text, expected);
        free(text);
        monitor_line_done(&line);
}

static void expect_end(MonitorLines *lines) {
        MonitorLine line;

        ck_assert(!monitor_lines_take(lines, &line));
}

#define BLOCK(n, ...) (&(const MonitorLine){ .has_blocks = true, .first = (n), ##__VA_ARGS__ })

START_TEST(neighbours_are_one_line) {
        MonitorLines lines = {};

        for (BlockIndex i = 32; i < 512; i++) {
                add(&lines, BLOCK(i), "added", NULL);
                add(&lines, BLOCK(i), "to be movable", i == 511 ? "2 of 3" : "1 of 3");
                add(&lines, BLOCK(i, .duration = (i == 40 ? 1234567 : 12000), .n_writes = i % 3),
                    "done", NULL);
        }
        expect_next(&lines, "06:10:03.123  memory32-511: added");
        expect_next(&lines, "06:10:03.123  memory32-511: to be movable; 2 of 3");
        expect_next(&lines, "06:10:03.123  memory32-511: done; up to 1.2 s each, up to 2 writes");
        expect_end(&lines);
}
END_TEST

START_TEST(others_are_not) {
        MonitorLines lines = {};

        add(&lines, BLOCK(32, .duration = 1, .n_writes = 3), "done", NULL);
        add(&lines, BLOCK(34), "done", NULL);
        add(&lines, BLOCK(33), "done: \033[31m", NULL);
        add(&lines, &(MonitorLine){ .first = 0 }, "told", NULL);
        add(&lines, &(MonitorLine){ .first = 1 }, "told", NULL);
        expect_next(&lines, "06:10:03.123  memory32: done; 1 ms, 3 writes");
        expect_next(&lines, "06:10:03.123  memory34: done");
        expect_next(&lines, "06:10:03.123  memory33: done: ?[31m");
        expect_next(&lines, "06:10:03.123  told");
        expect_next(&lines, "06:10:03.123  told");
        expect_end(&lines);
}
END_TEST

START_TEST(what_is_long_ago_does_not_grow) {
        MonitorLines lines = {};

        add(&lines, BLOCK(32), "added", NULL);
        add(&lines, BLOCK(33, .usec = THEN + MONITOR_GROW_USEC), "added", NULL);
        add(&lines, BLOCK(34, .usec = THEN + 2 * MONITOR_GROW_USEC), "added", NULL);
        add(&lines, BLOCK(35, .usec = THEN + 3 * MONITOR_GROW_USEC + 1), "added", NULL);
        add(&lines, BLOCK(36, .usec = THEN), "added", NULL);
        expect_next(&lines, "06:10:03.123  memory32-34: added");
        expect_next(&lines, "06:10:18.123  memory35: added");
        expect_next(&lines, "06:10:03.123  memory36: added");
        expect_end(&lines);
}
END_TEST

START_TEST(blocks_that_end_where_others_begin) {
        MonitorLines lines = {};

        add(&lines, BLOCK(UINT64_MAX), "added", NULL);
        add(&lines, BLOCK(0), "removed", NULL);
        expect_next(&lines, "06:10:03.123  memory18446744073709551615: added");
        expect_next(&lines, "06:10:03.123  memory0: removed");
        expect_end(&lines);
}
END_TEST

TEST_PROGRAM("monitor-lines", neighbours_are_one_line, others_are_not,
             what_is_long_ago_does_not_grow, blocks_that_end_where_others_begin);
