#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What memplugd did and told, kept for memplugctl history: a file of lines "TIME LEVEL TEXT", where
 * TIME is CLOCK_REALTIME in microseconds and LEVEL as in syslog(3). The daemon appends to HISTORY_FILE;
 * when that is full it becomes HISTORY_OLD_FILE, in place of the one before.
 */
#include <stdint.h>

#define HISTORY_FILE "history"
#define HISTORY_OLD_FILE "history.old"

/* Of each of the two. */
#define HISTORY_FILE_MAX (512 * 1024)
#define HISTORY_LINE_MAX 1200

typedef struct HistoryEntry {
        uint64_t usec;
        int level;
        const char *text; /* somebody else's */
} HistoryEntry;

/* Writes the line, with a newline at its end, and answers its length. What is too long is cut. */
int history_format(const HistoryEntry *entry, char line[HISTORY_LINE_MAX]);

/* Reads a line without its newline; *ret has a part of it. -EBADMSG: it is none, or half of one. */
int history_parse(char *line, HistoryEntry *ret);
