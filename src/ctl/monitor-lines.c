/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/monitor-lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "ctl/format.h"

void monitor_line_done(MonitorLine *line) {
        free(line->text);
        free(line->detail);
        *line = (MonitorLine){};
}

static bool can_grow(const MonitorLine *line, const MonitorLine *event) {
        if (!line->has_blocks || !event->has_blocks || event->first != line->last + 1)
                return false;
        /* The clock may have been set back. */
        if (event->usec < line->newest || event->usec - line->newest > MONITOR_GROW_USEC)
                return false;

        return strcmp(line->text, event->text) == 0;
}

static uint64_t larger(uint64_t a, uint64_t b) {
        return a > b ? a : b;
}

bool monitor_lines_grow(MonitorLines *lines, MonitorLine *event) {
        for (size_t i = lines->n; i > 0; i--) {
                MonitorLine *line = &lines->lines[i - 1];
                char *old = line->detail;

                if (!can_grow(line, event))
                        continue;

                line->last = event->last;
                line->newest = event->newest;
                line->duration = larger(line->duration, event->duration);
                line->n_writes = larger(line->n_writes, event->n_writes);
                line->detail = event->detail;
                event->detail = old;
                monitor_line_done(event);
                return true;
        }
        return false;
}

void monitor_lines_add(MonitorLines *lines, const MonitorLine *event) {
        lines->lines[lines->n++] = *event;
}

bool monitor_lines_take(MonitorLines *lines, MonitorLine *ret) {
        if (lines->n == 0)
                return false;

        *ret = lines->lines[0];
        lines->n--;
        memmove(&lines->lines[0], &lines->lines[1], lines->n * sizeof(MonitorLine));
        return true;
}

/* "; 12 ms", "; up to 1.2 s each, up to 3 writes". */
static void format_effort(const MonitorLine *line, char text[FORMAT_TEXT_MAX * 2]) {
        bool one = line->first == line->last;
        const char *most = one ? "" : "up to ";
        char *end = text;

        *text = 0;
        if (line->duration >= 1000000)
                end += snprintf(text, FORMAT_TEXT_MAX, "; %s%" PRIu64 ".%" PRIu64 " s%s", most,
                                line->duration / 1000000, line->duration / 100000 % 10,
                                one ? "" : " each");
        else if (line->duration > 0)
                end += snprintf(text, FORMAT_TEXT_MAX, "; %s%" PRIu64 " ms%s", most,
                                (line->duration + 999) / 1000, one ? "" : " each");
        if (line->n_writes > 1)
                (void)snprintf(end, FORMAT_TEXT_MAX, ", %s%" PRIu64 " writes", most,
                               line->n_writes);
}

char *monitor_line_format(const MonitorLine *line) {
        _cleanup_free_ char *raw = NULL;
        char time[FORMAT_TEXT_MAX], blocks[FORMAT_TEXT_MAX] = "", effort[FORMAT_TEXT_MAX * 2];
        /* The date isn't shown. */
        const char *clock = strchr(format_time(line->usec, time), ' ');

        if (line->has_blocks)
                (void)format_blocks(line->first, line->last, blocks);
        format_effort(line, effort);
        if (asprintf(&raw, "%s  %s%s%s%s%s%s%s", clock ? clock + 1 : time,
                     line->has_blocks ? "memory" : "", blocks, line->has_blocks ? ": " : "",
                     line->text, effort, line->detail ? "; " : "", line->detail ?: "") < 0) {
                raw = NULL;
                return NULL;
        }

        return format_printable(raw);
}
