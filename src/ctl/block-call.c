/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/block-call.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/log.h"
#include "ctl/bus-client.h"
#include "ctl/output.h"
#include "ctl/progress.h"
#include "ctl/verb.h"

/* A terminal needn't be drawn on more often than that; time goes on also when nothing happens. */
#define DRAW_USEC UINT64_C(50000)
#define TICK_USEC UINT64_C(1000000)

/* A call that is being made. */
typedef struct Work {
        BlockCall *call;
        sd_bus *bus;
        sd_event *event;
        BusDaemon daemon;
        Progress progress;
        uint64_t drawn; /* CLOCK_MONOTONIC, µs */
        bool draws;     /* the bar, on a terminal */
} Work;

static void work_done(Work *work) {
        (void)sd_event_unref(work->event);
        (void)sd_bus_flush_close_unref(work->bus);
}

void block_call_done(BlockCall *call) {
        block_results_done(&call->results);
}

/* The bar */

static void draw(Work *work) {
        uint64_t now = clock_usec(CLOCK_MONOTONIC);
        char text[PROGRESS_TEXT_MAX];

        if (!work->draws)
                return;

        work->drawn = now;
        /* The last column stays free: some terminals go on to the next line. */
        printf("\r\033[K%s",
               progress_format(&work->progress, now, output_columns() - 1, output_is_utf8(), text));
        (void)fflush(stdout);
}

static void draw_now_and_then(Work *work) {
        if (clock_usec(CLOCK_MONOTONIC) - work->drawn >= DRAW_USEC)
                draw(work);
}

static void clear(const Work *work) {
        if (work->draws)
                printf("\r\033[K");
        (void)fflush(stdout);
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata) {
        int r;

        draw(userdata);
        r = sd_event_source_set_time_relative(source, TICK_USEC);
        return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ON);
}

/* What the daemon tells */

static int on_outcome(sd_bus_message *message, void *userdata, sd_bus_error *reterr_error) {
        Work *work = userdata;
        const char *outcome, *zone;
        uint64_t block;
        int error, r;

        if (!bus_client_is_from_daemon(&work->daemon, message))
                return 0;

        r = sd_bus_message_read(message, "tssi", &block, &outcome, &zone, &error);
        if (r < 0)
                return r;

        block_results_settle(&work->call->results, block, outcome, zone, error);
        work->progress.n_done = work->call->results.n_settled;
        draw_now_and_then(work);
        return 0;
}

/* How far the task is: ours, and not that of somebody because of whom ours can't begin. */
static int read_task(Work *work, sd_bus_message *message) {
        uint64_t n_blocks, n_done;
        const char *kind;
        uint32_t pid;
        int r;

        r = sd_bus_message_read(message, "v", "(stttuu)", &kind, NULL, &n_blocks, &n_done, NULL,
                                &pid);
        if (r < 0)
                return r;

        if (strcmp(kind, work->call->task) == 0 && n_blocks == work->progress.n_all &&
            pid == (uint32_t)getpid()) {
                work->progress.n_done = n_done < n_blocks ? n_done : n_blocks;
                draw_now_and_then(work);
        }
        return 0;
}

static int on_changed(sd_bus_message *message, void *userdata, sd_bus_error *reterr_error) {
        Work *work = userdata;
        const char *name;
        int r;

        if (!bus_client_is_from_daemon(&work->daemon, message))
                return 0;

        r = sd_bus_message_skip(message, "s");
        if (r >= 0)
                r = sd_bus_message_enter_container(message, 'a', "{sv}");
        while (r >= 0 && (r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
                r = sd_bus_message_read(message, "s", &name);
                if (r >= 0)
                        r = strcmp(name, BUS_PROPERTY_TASK) == 0
                                    ? read_task(work, message)
                                    : sd_bus_message_skip(message, "v");
                if (r >= 0)
                        r = sd_bus_message_exit_container(message);
        }
        return r < 0 ? r : 0;
}

static int read_reply(BlockCall *call, sd_bus_message *reply) {
        const char *outcome, *zone;
        uint64_t block;
        int error, r;

        r = sd_bus_message_enter_container(reply, 'a', "(tssi)");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_read(reply, "(tssi)", &block, &outcome, &zone, &error)) > 0)
                block_results_settle(&call->results, block, outcome, zone, error);
        return r;
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error) {
        Work *work = userdata;
        const sd_bus_error *error = sd_bus_message_get_error(reply);
        int r = error ? -sd_bus_error_get_errno(error) : read_reply(work->call, reply);

        clear(work);
        if (r < 0)
                work->call->exit_code = bus_client_tell(work->call->doing, error, r);
        return sd_event_exit(work->event, 0);
}

/* Signals */

static int leave(Work *work, const char *text) {
        clear(work);
        work->call->left = true;
        log_notice("%s", text);
        return sd_event_exit(work->event, 0);
}

/* What came of it is in the answer to the call itself. */
static int on_cancelled(sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error) {
        Work *work = userdata;
        const sd_bus_error *error = sd_bus_message_get_error(reply);

        if (error && !bus_client_is_no_daemon(error)) {
                clear(work);
                (void)bus_client_tell("give that up", error, -sd_bus_error_get_errno(error));
        }
        return 0;
}

static int give_up(Work *work) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
        int r;

        clear(work);
        work->call->given_up = true;
        r = bus_client_new_call(work->bus, BUS_METHOD_CANCEL_TASK, &message);
        if (r >= 0)
                r = sd_bus_call_async(work->bus, NULL, message, on_cancelled, work, /* usec= */ 0);
        if (r < 0)
                return r;

        log_notice("giving it up; once more Ctrl-C: without waiting for what comes of it");
        draw(work);
        return 0;
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        Work *work = userdata;

        if (!work->call->task)
                return leave(work, "no longer waiting; memplugd goes on ('" CTL_NAME
                                   " monitor' shows how)");
        if (work->call->given_up)
                return leave(work, "no longer waiting; memplugd ends it ('" CTL_NAME
                                   " monitor' shows how)");

        return give_up(work);
}

static int add_signals(Work *work) {
        static const int signals[] = { SIGINT, SIGTERM };
        sigset_t mask;
        int r = 0;

        (void)sigemptyset(&mask);
        for (size_t i = 0; i < ELEMENTSOF(signals); i++)
                (void)sigaddset(&mask, signals[i]);
        if (sigprocmask(SIG_BLOCK, &mask, NULL) < 0)
                return -errno;

        for (size_t i = 0; i < ELEMENTSOF(signals) && r >= 0; i++)
                r = sd_event_add_signal(work->event, NULL, signals[i], on_signal, work);
        return r;
}

/* The call */

int block_call_append_blocks(const BlockCall *call, sd_bus_message *message) {
        int r;

        r = sd_bus_message_open_container(message, 'a', "t");
        for (size_t i = 0; i < call->results.n && r >= 0; i++)
                r = sd_bus_message_append(message, "t", call->results.all[i].index);
        return r < 0 ? r : sd_bus_message_close_container(message);
}

static int send_call(Work *work) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *message = NULL;
        int r;

        r = bus_client_new_call(work->bus, work->call->method, &message);
        if (r >= 0)
                r = work->call->append(work->call, message);
        if (r < 0)
                return r;

        return sd_bus_call_async(work->bus, NULL, message, on_reply, work, BUS_CLIENT_PATIENCE);
}

static int listen_to_progress(Work *work) {
        if (work->call->task)
                return sd_bus_match_signal(work->bus, NULL, BUS_NAME, BUS_PATH,
                                           "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                           on_changed, work);

        return sd_bus_match_signal(work->bus, NULL, BUS_NAME, BUS_PATH, BUS_INTERFACE_MANAGER,
                                   BUS_SIGNAL_OUTCOME, on_outcome, work);
}

static int prepare(Work *work) {
        int r;

        r = sd_event_new(&work->event);
        if (r >= 0)
                r = sd_bus_attach_event(work->bus, work->event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = bus_client_watch_daemon(work->bus, &work->daemon);
        if (r >= 0)
                r = listen_to_progress(work);
        if (r >= 0)
                r = bus_client_subscribe(work->bus);
        if (r >= 0)
                r = add_signals(work);
        if (r >= 0 && work->draws)
                r = sd_event_add_time_relative(work->event, NULL, CLOCK_MONOTONIC, TICK_USEC,
                                               /* accuracy= */ 0, on_tick, work);
        return r;
}

int block_call_make(BlockCall *call, const Options *options) {
        _cleanup_(work_done) Work work = { .call = call };
        int r;

        r = bus_client_open(&work.bus);
        if (r != 0)
                return r;

        work.draws = !options_have(options, OPTION_JSON) && output_is_terminal();
        work.progress.n_all = call->results.n;
        work.progress.block_size = call->block_size;
        call->begun = clock_usec(CLOCK_REALTIME);
        r = prepare(&work);
        if (r >= 0)
                r = send_call(&work);
        if (r < 0) {
                (void)log_error_errno(r, "can't ask memplugd: %m");
                return EXIT_FAILURE;
        }

        work.progress.begun = clock_usec(CLOCK_MONOTONIC);
        draw(&work);
        r = sd_event_loop(work.event);
        if (r < 0) {
                (void)log_error_errno(r, "can't wait for memplugd: %m");
                return EXIT_FAILURE;
        }
        return 0;
}

int block_call_exit_code(const BlockCall *call) {
        size_t n = block_results_count(&call->results);

        if (call->exit_code == EXIT_NO_DAEMON)
                return EXIT_NO_DAEMON;
        if (n == 0)
                return EXIT_FAILURE;
        if (n < call->results.n)
                return EXIT_PARTLY;

        /* What was told of each doesn't outweigh that the call as a whole failed. */
        return call->exit_code;
}
