/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/history.h"

int history_open(int dir_fd, LogFile **ret) {
        return log_file_open(dir_fd, HISTORY_FILE, HISTORY_OLD_FILE, HISTORY_FILE_MAX, ret);
}

int records_open(int dir_fd, LogFile **ret) {
        return log_file_open(dir_fd, RECORD_FILE, RECORD_OLD_FILE, RECORD_FILE_MAX, ret);
}

int history_add(LogFile *history, const HistoryEntry *entry) {
        char line[HISTORY_LINE_MAX];
        int n = history_format(entry, line);

        return log_file_add(history, line, (size_t)n);
}

int records_add(LogFile *records, const Record *record) {
        char line[RECORD_LINE_MAX];
        int n = record_format(record, line);

        return log_file_add(records, line, (size_t)n);
}
