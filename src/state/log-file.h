#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A file of lines below /run/memplugd that doesn't grow without end: it survives restarts, stop and
 * start, and ends with the boot. Each line is one write to its end, so a crash leaves at most half a
 * line, behind which the next memplugd begins a new one. A full file takes the place of the old one,
 * and another is begun.
 */
#include <stddef.h>

#include "base/macro.h"

typedef struct LogFile LogFile;

/*
 * Opens 'name' below 'dir_fd'; full with 'max' bytes, it becomes 'old_name'. All of them must outlive
 * it. 0 or a negative errno.
 */
int log_file_open(int dir_fd, const char *name, const char *old_name, size_t max, LogFile **ret);
LogFile *log_file_close(LogFile *file);
DEFINE_CLEANUP(LogFile *, log_file_close)

/*
 * Adds a line of 'n' bytes, which ends with a newline. If it doesn't fit (/run is full), it is lost: what
 * is kept is worth less than what goes on. 0; of the first line that is lost, a negative errno.
 */
int log_file_add(LogFile *file, const char *line, size_t n);
