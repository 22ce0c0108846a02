#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How monitor's lines come to standard output. On a terminal the newest ones stay where they can
 * still grow, above a line that tells how far long work is; elsewhere each is written when it has
 * come.
 */
#include "ctl/monitor-lines.h"

typedef struct MonitorScreen {
        bool is_terminal;
        size_t n_rows; /* of the terminal, that are written over next time */
        MonitorLines lines;
        char *bar; /* the line below; NULL: none */
} MonitorScreen;

void monitor_screen_open(MonitorScreen *screen);

/* Writes what there still is, and frees what it holds. */
void monitor_screen_done(MonitorScreen *screen);

/* Takes the event over. It is shown by the next monitor_screen_show(), or before. */
void monitor_screen_add(MonitorScreen *screen, MonitorLine *event);

/* 'bar' is taken over; NULL: none. */
void monitor_screen_set_bar(MonitorScreen *screen, char *bar);

/* Shows all that has come. Answers false if standard output can't be written to. */
bool monitor_screen_show(MonitorScreen *screen);
