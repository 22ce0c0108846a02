/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/log.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/parse.h"
#include "base/string-table.h"

static int log_max_level = LOG_INFO;
static const char *log_name;
static bool log_to_journal;
static LogKeeper log_keeper;
static void *log_keeper_userdata;
static LogSink log_sink;

static const char *const level_table[] = {
        [LOG_EMERG] = "emerg", [LOG_ALERT] = "alert",     [LOG_CRIT] = "crit",
        [LOG_ERR] = "err",     [LOG_WARNING] = "warning", [LOG_NOTICE] = "notice",
        [LOG_INFO] = "info",   [LOG_DEBUG] = "debug",
};

int log_set_level(int level) {
        int before = log_max_level;

        log_max_level = level;
        return before;
}

void log_set_keeper(LogKeeper keeper, void *userdata) {
        log_keeper = keeper;
        log_keeper_userdata = userdata;
}

void log_set_sink(LogSink sink) {
        log_sink = sink;
}

/* $JOURNAL_STREAM is "device:inode" of the standard error that systemd gave us (systemd.exec(5)). */
static bool stderr_is_journal(void) {
        const char *stream = getenv("JOURNAL_STREAM");
        unsigned long long device, inode;
        struct stat st;

        if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2)
                return false;
        if (fstat(STDERR_FILENO, &st) < 0)
                return false;

        return st.st_dev == device && st.st_ino == inode;
}

void log_open(const char *name) {
        log_name = name;
        log_to_journal = stderr_is_journal();
}

int log_level_from_string(const char *word) {
        uint64_t level;

        if (parse_u64(word, &level) == 0)
                return level <= LOG_DEBUG ? (int)level : -EINVAL;

        return (int)string_table_find(level_table, ELEMENTSOF(level_table), word);
}

const char *log_level_to_string(int level) {
        return level >= 0 && level < (int)ELEMENTSOF(level_table) ? level_table[level] : NULL;
}

static void write_line(int level, const char *text, const LogMessage *message) {
        char line[LOG_TEXT_MAX + 64];
        int n;

        if (log_to_journal && log_sink && message && message->id && log_sink(level, text, message))
                return;

        /* Not by dprintf(), which takes memory for it. */
        n = log_to_journal ? snprintf(line, sizeof(line), "<%d>%s\n", level, text)
                           : snprintf(line, sizeof(line), "%s%s%s\n", log_name ?: "",
                                      log_name ? ": " : "", text);
        if (n >= (int)sizeof(line)) {
                n = (int)sizeof(line) - 1;
                line[n - 1] = '\n';
        }
        if (write(STDERR_FILENO, line, (size_t)n) < 0)
                return; /* nobody could be told of it */
}

_printf_(3, 0) static void log_text(const LogMessage *message, int level, const char *format,
                                    va_list ap) {
        int saved_errno = errno;
        char text[LOG_TEXT_MAX];

        if (level > log_max_level && (level > LOG_INFO || !log_keeper))
                return;

        (void)vsnprintf(text, sizeof(text), format, ap);
        if (log_keeper && level <= LOG_INFO)
                log_keeper(log_keeper_userdata, level, text);
        if (level <= log_max_level)
                write_line(level, text, message);
        errno = saved_errno;
}

void log_line(int level, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        log_text(NULL, level, format, ap);
        va_end(ap);
}

void log_message(const LogMessage *message, int level, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        log_text(message, level, format, ap);
        va_end(ap);
}
