/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/history.h"

#include <errno.h>
#include <string.h>
#include <syslog.h>

#include "base/parse.h"
#include "base/text.h"

int history_format(const HistoryEntry *entry, char line[HISTORY_LINE_MAX]) {
        char *end = stpcpy(text_put_number(line, entry->usec), " ");

        end = stpcpy(text_put_number(end, (uint64_t)entry->level), " ");
        end = mempcpy(end, entry->text,
                      strnlen(entry->text, HISTORY_LINE_MAX - 2 - (size_t)(end - line)));
        *end = 0;
        for (char *p = line; (p = strchr(p, '\n'));)
                *p = ' ';
        end = stpcpy(end, "\n");
        return (int)(end - line);
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
