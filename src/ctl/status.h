#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What status shows, gathered once for both of its forms.
 */
#include "ctl/daemon-state.h"
#include "ctl/totals.h"
#include "ctl/view.h"

typedef struct Status {
        View view;
        Totals totals;
        uint64_t n_troubled[_TROUBLE_MAX]; /* blocks */
        DaemonState daemon;
        uint64_t now; /* CLOCK_REALTIME, µs */
} Status;

/* As text of at most 23 lines of 80 characters, unless 'all'. 0 or a negative errno. */
int status_print(const Status *status, bool all);

void status_print_json(const Status *status);
