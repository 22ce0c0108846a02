#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the two programs tell: lines on standard error. Where that is the journal, each begins with
 * its priority as <N>, which the journal takes off again (sd-daemon(3)). Only the shells log
 * (daemon, ctl); the other rooms return errors as values.
 */
#include <errno.h>
#include <stdbool.h>
#include <syslog.h>

#include "base/macro.h"

/*
 * Lines of a lower priority (a higher number) than 'level' are dropped. The default is LOG_INFO. Answers
 * what it was before.
 */
int log_set_level(int level);

/* Has each line of LOG_INFO or above kept by somebody besides; NULL: by nobody any more. */
typedef void (*LogKeeper)(void *userdata, int level, const char *text);
void log_set_keeper(LogKeeper keeper, void *userdata);

/* A field of the journal's; both texts are the caller's. */
typedef struct LogField {
        const char *name; /* NULL: the list's end */
        const char *value;
} LogField;

/* What is longer is cut off. */
#define LOG_TEXT_MAX 1024

#define LOG_FIELDS_MAX 4

/* What the journal knows a line by, besides its text. */
typedef struct LogMessage {
        const char *id; /* MESSAGE_ID; NULL: it is a line like any other */
        LogField fields[LOG_FIELDS_MAX];
} LogMessage;

/*
 * Takes lines that have an ID to the journal, where that is what standard error is; NULL: they go there
 * as the others do, as text. So they do if it answers false.
 */
typedef bool (*LogSink)(int level, const char *text, const LogMessage *message);
void log_set_sink(LogSink sink);

/* 'name' stands before each line where it doesn't go to the journal, which has its own. */
void log_open(const char *name);

/* "debug", "info", …, or a number 0 to 7; -EINVAL otherwise. */
int log_level_from_string(const char *word);

/* The word for a level: "err", "warning", …. */
const char *log_level_to_string(int level);

void log_line(int level, const char *format, ...) _printf_(2, 3);
void log_message(const LogMessage *message, int level, const char *format, ...) _printf_(3, 4);

#define log_debug(...) log_line(LOG_DEBUG, __VA_ARGS__)
#define log_info(...) log_line(LOG_INFO, __VA_ARGS__)
#define log_notice(...) log_line(LOG_NOTICE, __VA_ARGS__)
#define log_warning(...) log_line(LOG_WARNING, __VA_ARGS__)
#define log_error(...) log_line(LOG_ERR, __VA_ARGS__)

/* Logs with %m meaning the error 'r' (a negative errno), and is that error. */
#define log_error_errno(r, ...)                 \
        ({                                      \
                int _r = (r);                   \
                errno = -_r;                    \
                log_line(LOG_ERR, __VA_ARGS__); \
                _r;                             \
        })
#define log_warning_errno(r, ...)                   \
        ({                                          \
                int _r = (r);                       \
                errno = -_r;                        \
                log_line(LOG_WARNING, __VA_ARGS__); \
                _r;                                 \
        })
