#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What monitor shows, as lines: events of neighbours that say the same are one line, which grows as
 * long as it can still be changed. No line waits for another event.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/block.h"

/* So many lines may still grow; of more, the oldest one is final. */
#define MONITOR_LINES_MAX 6

/* A line to which nothing came for so long doesn't grow any more. */
#define MONITOR_GROW_USEC (UINT64_C(5) * 1000000)

typedef struct MonitorLine {
        uint64_t usec;   /* CLOCK_REALTIME: of the first event */
        uint64_t newest; /* and of the last one */
        bool has_blocks; /* false: it stands for itself, and never grows */
        bool is_bad;     /* somebody should look */
        BlockIndex first, last;
        char *text;        /* what neighbours must have in common */
        char *detail;      /* what they needn't: that of the last one is shown; or NULL */
        uint64_t duration; /* µs, the longest; 0: none is told */
        uint64_t n_writes; /* the most */
} MonitorLine;

/* Oldest first. */
typedef struct MonitorLines {
        size_t n;
        MonitorLine lines[MONITOR_LINES_MAX];
} MonitorLines;

void monitor_line_done(MonitorLine *line);

/*
 * Lets a line grow by the event, which is ended then. Answers whether there was one; if not, it is the
 * caller's to be added, behind others that it has made room for.
 */
bool monitor_lines_grow(MonitorLines *lines, MonitorLine *event);
void monitor_lines_add(MonitorLines *lines, const MonitorLine *event);

/* Takes the oldest line out: it is the caller's. false: there is none. */
bool monitor_lines_take(MonitorLines *lines, MonitorLine *ret);

/* "06:10:03.123  memory32-39: text; detail", without newline. The caller's; NULL: no memory. */
char *monitor_line_format(const MonitorLine *line);
