/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/history.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/parse.h"

int history_format(const HistoryEntry *entry, char line[HISTORY_LINE_MAX]) {
        int n;

        n = snprintf(line, HISTORY_LINE_MAX - 1, "%" PRIu64 " %d %s", entry->usec, entry->level,
                     entry->text);
        if (n > HISTORY_LINE_MAX - 2)
                n = HISTORY_LINE_MAX - 2;

        for (char *p = line; (p = strchr(p, '\n'));)
                *p = ' ';
        line[n] = '\n';
        line[n + 1] = 0;
        return n + 1;
}

int history_parse(char *line, HistoryEntry *ret) {
        const char *time = strsep(&line, " "), *level = strsep(&line, " ");
        uint64_t usec, number;

        if (!level || !line)
                return -EBADMSG;
        if (parse_u64(time, &usec) < 0 || parse_u64(level, &number) < 0 || number > LOG_DEBUG)
                return -EBADMSG;

        *ret = (HistoryEntry){ .usec = usec, .level = (int)number, .text = line };
        return 0;
}
