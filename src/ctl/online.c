/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl online: has memplugd put blocks online by hand, and tells what came of each.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "base/clock.h"
#include "base/log.h"
#include "ctl/bus-client.h"
#include "ctl/format.h"
#include "ctl/online-results.h"
#include "ctl/output.h"
#include "ctl/progress.h"
#include "ctl/verb.h"
#include "ctl/view.h"
#include "ctl/what.h"

/* A terminal needn't be drawn on more often than that; time goes on also when nothing happens. */
#define DRAW_USEC UINT64_C(50000)
#define TICK_USEC UINT64_C(1000000)

typedef struct OnlineWork {
        sd_bus *bus;
        sd_event *event;
        BusDaemon daemon;
        OnlineResults results;
        Progress progress;
        uint64_t drawn; /* CLOCK_MONOTONIC, µs */
        bool draws;     /* the bar, on a terminal */
        int exit_code;  /* of what was told about the call as a whole; 0: it was answered */
        bool interrupted;
} OnlineWork;

static void online_work_done(OnlineWork *work) {
        (void)sd_event_unref(work->event);
        (void)sd_bus_flush_close_unref(work->bus);
        online_results_done(&work->results);
}

static void draw(OnlineWork *work) {
        uint64_t now = clock_usec(CLOCK_MONOTONIC);
        char text[PROGRESS_TEXT_MAX];

        if (!work->draws)
                return;

        work->drawn = now;
        work->progress.n_done = work->results.n_settled;
        /* The last column stays free: some terminals go on to the next line. */
        printf("\r\033[K%s",
               progress_format(&work->progress, now, output_columns() - 1, output_is_utf8(), text));
        (void)fflush(stdout);
}

static void clear(const OnlineWork *work) {
        if (work->draws)
                printf("\r\033[K");
        (void)fflush(stdout);
}

static int on_outcome(sd_bus_message *message, void *userdata, sd_bus_error *reterr_error) {
        OnlineWork *work = userdata;
        const char *outcome, *zone;
        uint64_t block;
        int error, r;

        if (!bus_client_is_from_daemon(&work->daemon, message))
                return 0;

        r = sd_bus_message_read(message, "tssi", &block, &outcome, &zone, &error);
        if (r < 0)
                return r;

        online_results_settle(&work->results, block, outcome, zone, error);
        if (clock_usec(CLOCK_MONOTONIC) - work->drawn >= DRAW_USEC)
                draw(work);
        return 0;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *userdata) {
        int r;

        draw(userdata);
        r = sd_event_source_set_time_relative(source, TICK_USEC);
        return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ON);
}

static int read_reply(OnlineWork *work, sd_bus_message *reply) {
        const char *outcome, *zone;
        uint64_t block;
        int error, r;

        r = sd_bus_message_enter_container(reply, 'a', "(tssi)");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_read(reply, "(tssi)", &block, &outcome, &zone, &error)) > 0)
                online_results_settle(&work->results, block, outcome, zone, error);
        return r;
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error) {
        OnlineWork *work = userdata;
        const sd_bus_error *error = sd_bus_message_get_error(reply);
        int r = error ? -sd_bus_error_get_errno(error) : read_reply(work, reply);

        clear(work);
        if (r < 0)
                work->exit_code = bus_client_tell("put that online", error, r);
        return sd_event_exit(work->event, 0);
}

static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        OnlineWork *work = userdata;

        clear(work);
        work->interrupted = true;
        log_notice("no longer waiting; memplugd goes on ('" CTL_NAME " monitor' shows how)");
        return sd_event_exit(work->event, 0);
}

static int send_call(OnlineWork *work, const char *zone) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r;

        r = bus_client_new_call(work->bus, BUS_METHOD_ONLINE, &call);
        if (r >= 0)
                r = sd_bus_message_open_container(call, 'a', "t");
        for (size_t i = 0; i < work->results.n && r >= 0; i++)
                r = sd_bus_message_append(call, "t", work->results.all[i].index);
        if (r >= 0)
                r = sd_bus_message_close_container(call);
        if (r >= 0)
                r = sd_bus_message_append(call, "s", zone);
        if (r < 0)
                return r;

        return sd_bus_call_async(work->bus, NULL, call, on_reply, work, BUS_CLIENT_PATIENCE);
}

static int add_signals(OnlineWork *work) {
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

static int prepare(OnlineWork *work) {
        int r;

        r = sd_event_new(&work->event);
        if (r >= 0)
                r = sd_bus_attach_event(work->bus, work->event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = bus_client_watch_daemon(work->bus, &work->daemon);
        if (r >= 0)
                r = sd_bus_match_signal(work->bus, NULL, BUS_NAME, BUS_PATH, BUS_INTERFACE_MANAGER,
                                        BUS_SIGNAL_OUTCOME, on_outcome, work);
        if (r >= 0)
                r = add_signals(work);
        if (r >= 0 && work->draws)
                r = sd_event_add_time_relative(work->event, NULL, CLOCK_MONOTONIC, TICK_USEC,
                                               /* accuracy= */ 0, on_tick, work);
        return r;
}

static int wait_for_all(OnlineWork *work, const char *zone) {
        int r;

        r = prepare(work);
        if (r >= 0)
                r = send_call(work, zone);
        if (r < 0)
                return log_error_errno(r, "can't ask memplugd: %m");

        work->progress.begun = clock_usec(CLOCK_MONOTONIC);
        draw(work);
        r = sd_event_loop(work->event);
        return r < 0 ? log_error_errno(r, "can't wait for memplugd: %m") : 0;
}

/* All blocks of what was named; of a node those that are offline. */
static int find_blocks(const Snapshot *snapshot, int n_words, char **words,
                       OnlineResults *results) {
        _cleanup_free_ What *whats = calloc((size_t)n_words, sizeof(What));
        int r;

        if (!whats)
                return log_error_errno(-ENOMEM, "can't read what is meant: %m");

        for (int i = 0; i < n_words; i++) {
                r = what_find(snapshot, words[i], &whats[i]);
                if (r < 0)
                        return r;
        }

        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];
                bool meant = false;

                for (int k = 0; k < n_words; k++)
                        meant |= what_has(&whats[k], block) &&
                                 (whats[k].kind != WHAT_NODE || block->state == BLOCK_OFFLINE);
                if (meant && online_results_add(results, block->index) < 0)
                        return log_error_errno(-ENOMEM, "can't list the blocks: %m");
        }
        return 0;
}

static void print_json(const OnlineWork *work) {
        _cleanup_(json_object_putp) json_object *object = json_new_object();

        json_add(object, "asked_blocks", json_new_number(work->results.n));
        json_add(object, "online_blocks", json_new_number(online_results_count(&work->results)));
        json_add(object, "waited_for_all", json_new_bool(!work->interrupted));
        json_add(object, "results", online_results_to_json(&work->results));
        json_print(object);
}

static void print(const OnlineWork *work) {
        size_t n = online_results_count(&work->results), n_all = work->results.n;

        if (work->results.n_settled > 0)
                online_results_print(&work->results);
        if (n < n_all)
                printf("%zu of %zu block%s %s online as asked for.\n", n, n_all,
                       format_plural(n_all), n == 1 ? "is" : "are");
}

static int find_exit_code(const OnlineWork *work) {
        size_t n = online_results_count(&work->results);

        if (work->exit_code == EXIT_NO_DAEMON)
                return EXIT_NO_DAEMON;
        if (n == 0)
                return EXIT_FAILURE;
        if (n < work->results.n)
                return EXIT_PARTLY;

        /* What was told of each doesn't outweigh that the call as a whole failed. */
        return work->exit_code;
}

static int run(const Options *options, const char *zone, OnlineWork *work) {
        bool json = options_have(options, OPTION_JSON);
        int r;

        r = bus_client_open(&work->bus);
        if (r != 0)
                return r;

        work->draws = !json && output_is_terminal();
        work->progress.n_all = work->results.n;
        if (wait_for_all(work, zone) < 0)
                return EXIT_FAILURE;

        if (json)
                print_json(work);
        else if (work->exit_code == 0 || work->results.n_settled > 0)
                print(work);
        return find_exit_code(work);
}

static int check_usage(int n_arguments, const char *zone) {
        static const char *const zones[] = { BUS_ZONE_MOVABLE, BUS_ZONE_KERNEL, BUS_ZONE_DEFAULT };

        if (n_arguments == 0) {
                log_error("online needs to be told what: blocks, devices, nodes");
                return EXIT_USAGE;
        }
        if (zone && string_table_find(zones, ELEMENTSOF(zones), zone) < 0) {
                log_error("--zone is movable, kernel or default, not '%s'", zone);
                return EXIT_USAGE;
        }
        return 0;
}

int online_run(const Options *options, int n_arguments, char **arguments) {
        const char *zone = options->arguments[OPTION_ZONE];
        _cleanup_(online_work_done) OnlineWork work = {};
        _cleanup_(view_done) View view = {};
        int r;

        r = check_usage(n_arguments, zone);
        if (r != 0)
                return r;

        r = view_load_memory(options, &view);
        if (r >= 0)
                r = find_blocks(&view.snapshot, n_arguments, arguments, &work.results);
        if (r < 0)
                return EXIT_FAILURE;

        if (work.results.n == 0) {
                log_notice("there is nothing to do: no block of that is offline");
                return EXIT_SUCCESS;
        }
        work.progress.block_size = view.snapshot.block_size;
        return run(options, zone ?: BUS_ZONE_BY_RULES, &work);
}
