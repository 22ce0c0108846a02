/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/status-daemon.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "bus/names.h"
#include "ctl/format.h"
#include "ctl/output.h"
#include "ctl/width.h"
#include "model/task.h"
#include "rules/kernel-words.h"

#define COLUMNS_MAX 80

void daemon_lines_done(DaemonLines *lines) {
        for (size_t i = 0; i < lines->n; i++)
                free(lines->lines[i]);
}

/* What others gave to memplugd mustn't do anything to the terminal, nor need more than one line. */
_printf_(3, 4) static int add_line(DaemonLines *lines, bool all, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list list;
        char *line;
        int n;

        va_start(list, format);
        n = vasprintf(&text, format, list);
        va_end(list);
        if (n < 0) {
                text = NULL;
                return -ENOMEM;
        }

        line = format_printable(text);
        if (!line)
                return -ENOMEM;
        if (!all)
                width_cut(line, COLUMNS_MAX);
        lines->lines[lines->n++] = line;
        return 0;
}

/* In colour, so without what others say in it. */
static int add_absence(DaemonLines *lines, const char *text) {
        if (asprintf(&lines->lines[lines->n], "Daemon: %s%s%s", output_colour(COLOUR_BAD), text,
                     output_no_colour()) < 0)
                return -ENOMEM;

        lines->n++;
        return 0;
}

static uint64_t ago(const Status *status, uint64_t usec) {
        return status->now > usec ? status->now - usec : 0;
}

/* "510 done, 2 busy". The caller's; NULL: no memory. */
static char *outcomes_text(const DaemonState *daemon) {
        char *text = NULL;
        size_t size = 0;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return NULL;

        for (Outcome outcome = 0; outcome < _OUTCOME_MAX; outcome++)
                if (daemon->outcomes[outcome] > 0)
                        (void)fprintf(f, "%s%" PRIu64 " %s", ftell(f) > 0 ? ", " : "",
                                      daemon->outcomes[outcome], outcome_to_string(outcome));
        if (ftell(f) == 0)
                (void)fputs("nothing put online yet", f);
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}

static int add_first(const DaemonState *daemon, bool all, DaemonLines *lines) {
        _cleanup_free_ char *outcomes = outcomes_text(daemon);
        const char *mode = daemon->mode ?: "?", *active = daemon->active_mode ?: "?";
        bool same = strcmp(mode, active) == 0;

        if (!outcomes)
                return -ENOMEM;

        return add_line(lines, all, "Daemon: memplugd %s, mode %s%s%s%s; %s",
                        daemon->version ?: "?", mode, same ? "" : " (", same ? "" : active,
                        same ? "" : ")", outcomes);
}

static int add_config_errors(const DaemonState *daemon, bool all, DaemonLines *lines) {
        if (daemon->config_errors == 0)
                return 0;

        return add_line(lines, all,
                        "        the config that it read has %" PRIu32
                        " error%s ('memplugctl check-config')",
                        daemon->config_errors, format_plural(daemon->config_errors));
}

/* Not what stands with the config already, which memplugd read at another time. */
static int add_reason(const Status *status, bool all, DaemonLines *lines) {
        const char *reason = status->daemon.mode_reason;
        _cleanup_free_ char *known = kernel_words_explain_auto(status->view.policy);

        if (!reason || !reason[0] || (known && strcmp(known, reason) == 0))
                return 0;

        return add_line(lines, all, "        (%s)", reason);
}

static int add_work(const Status *status, bool all, DaemonLines *lines) {
        const DaemonState *daemon = &status->daemon;
        char since[FORMAT_TEXT_MAX];

        if (daemon->current_block != BUS_NO_BLOCK && daemon->current_since > 0) {
                (void)format_duration(ago(status, daemon->current_since), since);
                /* Those of a task aren't counted there. */
                if (daemon->open == 0)
                        return add_line(lines, all, "        writes memory%" PRIu64 " for %s",
                                        daemon->current_block, since);
                return add_line(
                        lines, all,
                        "        writes memory%" PRIu64 " for %s; %" PRIu32 " block%s to go",
                        daemon->current_block, since, daemon->open, format_plural(daemon->open));
        }
        if (daemon->open > 0)
                return add_line(lines, all, "        %" PRIu32 " block%s to go", daemon->open,
                                format_plural(daemon->open));
        return 0;
}

static bool has_task(const DaemonState *daemon) {
        return daemon->task.kind && daemon->task.kind[0];
}

/* A newer daemon may have others. */
static const char *task_words(const DaemonTask *task) {
        static const char *const words[_TASK_KIND_MAX] = {
                [TASK_OFFLINE] = "takes blocks offline",
                [TASK_REZONE] = "moves blocks to the other zone",
                [TASK_UNPLUG] = "unplugs a device",
        };
        TaskKind kind = task_kind_from_string(task->kind);

        return kind < 0 ? task->kind : words[kind];
}

static int add_task(const Status *status, bool all, DaemonLines *lines) {
        const DaemonTask *task = &status->daemon.task;
        char since[FORMAT_TEXT_MAX];

        if (!has_task(&status->daemon))
                return 0;

        return add_line(lines, all,
                        "        %s for %s: %" PRIu64 " of %" PRIu64 ", for process %" PRIu32
                        " of uid %" PRIu32,
                        task_words(task), format_duration(ago(status, task->since), since),
                        task->n_done, task->n_blocks, task->pid, task->uid);
}

static int add_holds(const Status *status, bool all, DaemonLines *lines) {
        const DaemonState *daemon = &status->daemon;
        const DaemonHold *hold = daemon->holds;
        char more[FORMAT_TEXT_MAX] = "", since[FORMAT_TEXT_MAX];

        if (daemon->n_holds == 0)
                return 0;

        if (daemon->n_holds > 1)
                (void)snprintf(more, sizeof(more), " and %zu more", daemon->n_holds - 1);
        return add_line(lines, all,
                        "        held for %s by process %" PRIu32 " of uid %" PRIu32 "%s%s%s",
                        format_duration(ago(status, hold->since), since), hold->pid, hold->uid,
                        more, hold->why[0] ? ": " : "", hold->why);
}

static int add_trouble(const DaemonState *daemon, bool all, DaemonLines *lines) {
        char time[FORMAT_TEXT_MAX];

        if (daemon->trouble_usec == 0)
                return 0;

        (void)format_time(daemon->trouble_usec, time);
        /* Whole seconds are enough here. */
        time[strcspn(time, ".")] = 0;
        return add_line(lines, all, "        last trouble %s: %s", time, daemon->trouble ?: "?");
}

/* What matters most comes first: if there are too many lines, the last ones aren't shown. */
static int add_running(const Status *status, bool all, DaemonLines *lines) {
        int r;

        r = add_first(&status->daemon, all, lines);
        if (r >= 0)
                r = add_config_errors(&status->daemon, all, lines);
        if (r >= 0)
                r = add_work(status, all, lines);
        if (r >= 0)
                r = add_task(status, all, lines);
        if (r >= 0)
                r = add_holds(status, all, lines);
        if (r >= 0)
                r = add_trouble(&status->daemon, all, lines);
        if (r >= 0)
                r = add_reason(status, all, lines);
        return r;
}

static int add_all(const Status *status, bool all, DaemonLines *lines) {
        switch (status->daemon.presence) {
        case DAEMON_NO_BUS:
                return add_absence(lines, "memplugd can't be asked: there is no D-Bus system bus");
        case DAEMON_ABSENT:
                return add_absence(lines, "memplugd isn't running");
        case DAEMON_SILENT:
                return add_absence(lines, "memplugd runs, but doesn't answer");
        case DAEMON_RUNS:
                return add_running(status, all, lines);
        default:
                return 0;
        }
}

int daemon_lines_make(const Status *status, bool all, DaemonLines *ret) {
        _cleanup_(daemon_lines_done) DaemonLines lines = {};
        int r;

        r = add_all(status, all, &lines);
        if (r < 0)
                return r;

        *ret = lines;
        lines = (DaemonLines){};
        return 0;
}

static json_object *outcomes_to_json(const DaemonState *daemon) {
        json_object *object = json_new_object();

        for (Outcome outcome = 0; outcome < _OUTCOME_MAX; outcome++)
                json_add(object, outcome_to_string(outcome),
                         json_new_number(daemon->outcomes[outcome]));
        return object;
}

static json_object *holds_to_json(const DaemonState *daemon) {
        json_object *array = json_new_array();

        for (size_t i = 0; i < daemon->n_holds; i++) {
                const DaemonHold *hold = &daemon->holds[i];
                json_object *object = json_new_object();

                json_add(object, "since_usec", json_new_number(hold->since));
                json_add(object, "uid", json_new_number(hold->uid));
                json_add(object, "pid", json_new_number(hold->pid));
                json_add(object, "why", json_new_text(hold->why));
                json_append(array, object);
        }
        return array;
}

static json_object *task_to_json(const DaemonState *daemon) {
        const DaemonTask *task = &daemon->task;
        json_object *object;

        if (!has_task(daemon))
                return NULL;

        object = json_new_object();
        json_add(object, "kind", json_new_text(task->kind));
        json_add(object, "since_usec", json_new_number(task->since));
        json_add(object, "asked_blocks", json_new_number(task->n_blocks));
        json_add(object, "done_blocks", json_new_number(task->n_done));
        json_add(object, "uid", json_new_number(task->uid));
        json_add(object, "pid", json_new_number(task->pid));
        return object;
}

static json_object *taken_over_to_json(const DaemonState *daemon) {
        json_object *array = json_new_array();

        for (size_t i = 0; i < daemon->n_taken_over; i++) {
                json_object *object = json_new_object();

                json_add(object, "setting", json_new_text(daemon->taken_over[i].name));
                json_add(object, "before", json_new_text(daemon->taken_over[i].before));
                json_append(array, object);
        }
        return array;
}

static json_object *trouble_to_json(const DaemonState *daemon) {
        json_object *object;

        if (daemon->trouble_usec == 0)
                return NULL;

        object = json_new_object();
        json_add(object, "time_usec", json_new_number(daemon->trouble_usec));
        json_add(object, "message", json_new_text(daemon->trouble));
        return object;
}

static void add_properties(json_object *object, const DaemonState *daemon) {
        bool writes = daemon->current_block != BUS_NO_BLOCK && daemon->current_since > 0;

        json_add(object, "version", json_new_text(daemon->version));
        json_add(object, "mode", json_new_text(daemon->mode));
        json_add(object, "active_mode", json_new_text(daemon->active_mode));
        json_add(object, "active_mode_reason",
                 daemon->mode_reason && daemon->mode_reason[0] ? json_new_text(daemon->mode_reason)
                                                               : NULL);
        json_add(object, "config", json_new_text(daemon->config));
        json_add(object, "config_errors", json_new_number(daemon->config_errors));
        json_add(object, "taken_over", taken_over_to_json(daemon));
        json_add(object, "busy", json_new_bool(daemon->busy));
        json_add(object, "current_block", writes ? json_new_number(daemon->current_block) : NULL);
        json_add(object, "current_since_usec",
                 writes ? json_new_number(daemon->current_since) : NULL);
        json_add(object, "open_blocks", json_new_number(daemon->open));
        json_add(object, "outcomes", outcomes_to_json(daemon));
        json_add(object, "task", task_to_json(daemon));
        json_add(object, "holds", holds_to_json(daemon));
        json_add(object, "last_trouble", trouble_to_json(daemon));
}

json_object *status_daemon_to_json(const DaemonState *daemon) {
        static const char *const words[] = {
                [DAEMON_NO_BUS] = "no_bus",
                [DAEMON_ABSENT] = "absent",
                [DAEMON_SILENT] = "silent",
                [DAEMON_RUNS] = "running",
        };
        json_object *object;

        if (daemon->presence == DAEMON_NOT_ASKED)
                return NULL;

        object = json_new_object();
        json_add(object, "state", json_new_text(words[daemon->presence]));
        if (daemon->presence == DAEMON_RUNS)
                add_properties(object, daemon);
        return object;
}
