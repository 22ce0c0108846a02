#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon in status: whether it runs, what it is at, and what it came to.
 */
#include "ctl/json.h"
#include "ctl/status.h"

#define DAEMON_LINES_MAX 7

typedef struct DaemonLines {
        size_t n; /* none if it wasn't asked */
        char *lines[DAEMON_LINES_MAX];
} DaemonLines;

/* Of at most 80 columns each, unless 'all'. 0 or -ENOMEM. The caller ends *ret. */
int daemon_lines_make(const Status *status, bool all, DaemonLines *ret);
void daemon_lines_done(DaemonLines *lines);

/* An object; NULL if it wasn't asked. The caller's. */
json_object *status_daemon_to_json(const DaemonState *daemon);
