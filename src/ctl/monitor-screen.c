/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/monitor-screen.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/macro.h"
#include "ctl/output.h"
#include "ctl/width.h"

void monitor_screen_open(MonitorScreen *screen) {
        *screen = (MonitorScreen){ .is_terminal = output_is_terminal() };
}

/* 'columns': at most so many; 0: all of it. */
static void print_line(const MonitorLine *line, size_t columns) {
        _cleanup_free_ char *text = monitor_line_format(line);

        if (text && columns > 0)
                width_cut(text, columns);
        printf("%s%s%s\n", line->is_bad ? output_colour(COLOUR_BAD) : "", text ?: "out of memory",
               line->is_bad ? output_no_colour() : "");
}

/* Goes back to where the lines begin that can still change, and erases them. */
static void erase(MonitorScreen *screen) {
        if (screen->n_rows > 0)
                printf("\033[%zuA\r\033[J", screen->n_rows);
        screen->n_rows = 0;
}

/* The oldest line is final: it is written in full. */
static bool print_oldest(MonitorScreen *screen) {
        MonitorLine line;

        if (!monitor_lines_take(&screen->lines, &line))
                return false;

        erase(screen);
        print_line(&line, /* columns= */ 0);
        monitor_line_done(&line);
        return true;
}

void monitor_screen_add(MonitorScreen *screen, MonitorLine *event) {
        if (monitor_lines_grow(&screen->lines, event))
                return;

        if (screen->lines.n == MONITOR_LINES_MAX)
                (void)print_oldest(screen);
        monitor_lines_add(&screen->lines, event);
}

void monitor_screen_set_bar(MonitorScreen *screen, char *bar) {
        free(screen->bar);
        screen->bar = bar;
}

/* A row of the terminal for each, so that it is known how far to go back. */
static void draw(MonitorScreen *screen) {
        size_t columns = output_columns() - 1;

        erase(screen);
        for (size_t i = 0; i < screen->lines.n; i++)
                print_line(&screen->lines.lines[i], columns);
        screen->n_rows = screen->lines.n;
        if (!screen->bar)
                return;

        width_cut(screen->bar, columns);
        printf("%s\n", screen->bar);
        screen->n_rows++;
}

bool monitor_screen_show(MonitorScreen *screen) {
        if (screen->is_terminal)
                draw(screen);
        else
                while (print_oldest(screen))
                        ;

        return fflush(stdout) == 0;
}

void monitor_screen_done(MonitorScreen *screen) {
        erase(screen);
        while (print_oldest(screen))
                ;
        free(screen->bar);
        (void)fflush(stdout);
}
