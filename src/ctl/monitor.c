/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl monitor: what memplugd sees, decides, does and tells, as it happens.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/log.h"
#include "ctl/bus-client.h"
#include "ctl/daemon-state.h"
#include "ctl/format.h"
#include "ctl/monitor-event.h"
#include "ctl/monitor-screen.h"
#include "ctl/output.h"
#include "ctl/progress.h"
#include "ctl/verb.h"
#include "sysfs/sysfs.h"

/* In a flood of events something is shown after so many of them. */
#define BATCH_MAX 1024

#define TICK_USEC UINT64_C(1000000)

typedef struct Monitor {
        sd_bus *bus;
        sd_event *event;
        sd_event_source *tick;
        BusDaemon owner;
        bool json;
        MonitorScreen screen;
        DaemonState daemon;
        uint32_t open; /* blocks, as far as the bar knows */
        Progress progress;
} Monitor;

static void monitor_done(Monitor *monitor) {
        monitor_screen_done(&monitor->screen);
        daemon_state_done(&monitor->daemon);
        (void)sd_event_source_unref(monitor->tick);
        (void)sd_event_unref(monitor->event);
        (void)sd_bus_flush_close_unref(monitor->bus);
}

/* What comes to what is open already is part of the same work. */
static void follow_work(Monitor *monitor) {
        Progress *progress = &monitor->progress;
        uint32_t open = monitor->daemon.open;

        if (monitor->open == 0) {
                progress->n_all = 0;
                progress->begun = clock_usec(CLOCK_MONOTONIC);
        }
        if (open > monitor->open)
                progress->n_all += open - monitor->open;
        progress->n_done = progress->n_all - open;
        monitor->open = open;
}

/* NULL: no memory, or nothing to show. */
static char *make_bar(const Monitor *monitor) {
        const DaemonState *daemon = &monitor->daemon;
        char text[PROGRESS_TEXT_MAX], since[FORMAT_TEXT_MAX], *bar;
        uint64_t now = clock_usec(CLOCK_REALTIME);

        if (!monitor->screen.is_terminal || monitor->open == 0)
                return NULL;

        (void)progress_format(&monitor->progress, clock_usec(CLOCK_MONOTONIC), output_columns() - 1,
                              output_is_utf8(), text);
        if (daemon->current_block == BUS_NO_BLOCK || daemon->current_since == 0 ||
            daemon->current_since > now)
                return strdup(text);

        if (asprintf(&bar, "%s; memory%" PRIu64 " for %s", text, daemon->current_block,
                     format_duration(now - daemon->current_since, since)) < 0)
                return NULL;
        return bar;
}

/* true: there is somebody who reads it. */
static bool show(Monitor *monitor) {
        if (monitor->json)
                return fflush(stdout) == 0;

        monitor_screen_set_bar(&monitor->screen, make_bar(monitor));
        return monitor_screen_show(&monitor->screen);
}

static void print_json_line(json_object *object) {
        json_print_line(object);
        (void)putchar('\n');
        (void)json_object_put(object);
}

static int on_signal_message(sd_bus_message *message, void *userdata, sd_bus_error *reterr_error) {
        uint64_t now = clock_usec(CLOCK_REALTIME);
        Monitor *monitor = userdata;
        MonitorLine line = {};
        json_object *object;
        int r;

        if (!bus_client_is_from_daemon(&monitor->owner, message))
                return 0;

        if (monitor->json) {
                r = monitor_event_to_json(message, now, &object);
                if (r == 0)
                        print_json_line(object);
                return 0;
        }

        /* A signal of a newer daemon is none of ours. */
        r = monitor_event_to_line(message, now, &line);
        if (r == 0)
                monitor_screen_add(&monitor->screen, &line);
        return r == -ENOMEM ? r : 0;
}

static int on_properties(sd_bus_message *message, void *userdata, sd_bus_error *reterr_error) {
        Monitor *monitor = userdata;

        if (bus_client_is_from_daemon(&monitor->owner, message) &&
            sd_bus_message_skip(message, "s") >= 0 &&
            daemon_state_read(message, &monitor->daemon) >= 0)
                follow_work(monitor);
        return 0;
}

/* The state is that of the new daemon, or of none. */
static void ask_anew(Monitor *monitor) {
        daemon_state_done(&monitor->daemon);
        monitor->daemon = (DaemonState){ .current_block = BUS_NO_BLOCK };
        (void)bus_client_subscribe(monitor->bus);
        (void)daemon_state_get(monitor->bus, NULL, &monitor->daemon);
        follow_work(monitor);
}

static void tell_daemon(Monitor *monitor, bool is_back) {
        uint64_t now = clock_usec(CLOCK_REALTIME);
        MonitorLine line = { .usec = now, .newest = now, .is_bad = !is_back };
        json_object *object;

        if (!monitor->json) {
                line.text = strdup(is_back ? "memplugd is back" : "memplugd ended");
                if (line.text)
                        monitor_screen_add(&monitor->screen, &line);
                return;
        }

        object = json_new_object();
        json_add(object, "time_usec", json_new_number(now));
        json_add(object, "event", json_new_text("daemon"));
        json_add(object, "state", json_new_text(is_back ? "back" : "ended"));
        print_json_line(object);
}

static void on_daemon(void *userdata, bool is_back) {
        Monitor *monitor = userdata;

        tell_daemon(monitor, is_back);
        if (is_back)
                ask_anew(monitor);
        else {
                monitor->daemon.open = 0;
                follow_work(monitor);
        }
}

/* Handles all that has come already, so that neighbours of a burst are one line, and shows it. */
static int drain(Monitor *monitor) {
        int r;

        do {
                size_t n = 0;

                while ((r = sd_bus_process(monitor->bus, NULL)) > 0 && ++n < BATCH_MAX)
                        ;
                if (!show(monitor))
                        return -EPIPE;
        } while (r > 0);

        return r;
}

static int on_bus(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Monitor *monitor = userdata;
        int r;

        r = drain(monitor);
        if (r == -EPIPE)
                return sd_event_exit(monitor->event, EXIT_FAILURE);
        if (r < 0) {
                (void)log_error_errno(r, "the D-Bus system bus ended: %m");
                return sd_event_exit(monitor->event, EXIT_NO_DAEMON);
        }

        return sd_event_source_set_enabled(monitor->tick,
                                           monitor->open > 0 ? SD_EVENT_ON : SD_EVENT_OFF);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata) {
        Monitor *monitor = userdata;

        int r;

        (void)show(monitor);
        r = sd_event_source_set_time_relative(source, TICK_USEC);
        if (r < 0)
                return r;

        return sd_event_source_set_enabled(source, monitor->open > 0 ? SD_EVENT_ON : SD_EVENT_OFF);
}

static int on_end(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        Monitor *monitor = userdata;

        return sd_event_exit(monitor->event, EXIT_SUCCESS);
}

/* Who read it is gone, which would be noticed only with the next event. */
static int on_output(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Monitor *monitor = userdata;

        return sd_event_exit(monitor->event, EXIT_FAILURE);
}

static int add_matches(Monitor *monitor) {
        static const char *const names[] = { BUS_SIGNAL_UEVENT, BUS_SIGNAL_VERDICT,
                                             BUS_SIGNAL_OUTCOME, BUS_SIGNAL_TOLD };
        int r;

        r = bus_client_watch_daemon(monitor->bus, &monitor->owner);
        for (size_t i = 0; i < ELEMENTSOF(names) && r >= 0; i++)
                r = sd_bus_match_signal(monitor->bus, NULL, BUS_NAME, BUS_PATH,
                                        BUS_INTERFACE_MANAGER, names[i], on_signal_message,
                                        monitor);
        if (r >= 0)
                r = sd_bus_match_signal(monitor->bus, NULL, BUS_NAME, BUS_PATH,
                                        "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                        on_properties, monitor);
        return r;
}

static int add_sources(Monitor *monitor) {
        static const int signals[] = { SIGINT, SIGTERM };
        sigset_t mask;
        int r;

        (void)sigemptyset(&mask);
        for (size_t i = 0; i < ELEMENTSOF(signals); i++)
                (void)sigaddset(&mask, signals[i]);
        if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
                return -errno;

        r = sd_event_add_io(monitor->event, NULL, sd_bus_get_fd(monitor->bus), EPOLLIN, on_bus,
                            monitor);
        for (size_t i = 0; i < ELEMENTSOF(signals) && r >= 0; i++)
                r = sd_event_add_signal(monitor->event, NULL, signals[i], on_end, monitor);
        if (r >= 0)
                r = sd_event_add_time_relative(monitor->event, &monitor->tick, CLOCK_MONOTONIC,
                                               TICK_USEC, /* accuracy= */ 0, on_tick, monitor);
        /* A file can't be watched, nor need it be. */
        if (r >= 0)
                (void)sd_event_add_io(monitor->event, NULL, STDOUT_FILENO, /* events= */ 0,
                                      on_output, monitor);
        return r;
}

static void find_block_size(Monitor *monitor) {
        Sysfs *sysfs = NULL;

        if (sysfs_open("/", &sysfs) < 0)
                return;

        monitor->progress.block_size = sysfs_block_size(sysfs);
        (void)sysfs_close(sysfs);
}

/* Answers the exit code; or a negative errno, with 'error' set where the daemon was asked. */
static int monitor_all(Monitor *monitor, sd_bus_error *reterr_error) {
        int r;

        r = sd_event_new(&monitor->event);
        if (r >= 0)
                r = add_matches(monitor);
        if (r >= 0)
                r = bus_client_subscribe(monitor->bus);
        if (r >= 0)
                r = daemon_state_get(monitor->bus, reterr_error, &monitor->daemon);
        if (r >= 0)
                r = add_sources(monitor);
        if (r < 0)
                return r;

        follow_work(monitor);
        /* What came while it was asked for the properties is in memory already. */
        r = drain(monitor);
        if (r < 0)
                return r;

        return sd_event_loop(monitor->event);
}

int monitor_run(const Options *options, int n_arguments, char **arguments) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(monitor_done) Monitor monitor = {
                .json = options_have(options, OPTION_JSON),
                .daemon.current_block = BUS_NO_BLOCK,
                .owner.changed = on_daemon,
        };
        int r;

        monitor.owner.userdata = &monitor;
        monitor_screen_open(&monitor.screen);
        find_block_size(&monitor);
        r = bus_client_open(&monitor.bus);
        if (r != 0)
                return r;

        r = monitor_all(&monitor, &error);
        if (r == -EPIPE)
                return EXIT_FAILURE;

        return r < 0 ? bus_client_tell("monitor memplugd", &error, r) : r;
}
