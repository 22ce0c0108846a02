/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Signals. They are made only while somebody has subscribed. Between an event and the write that it
 * leads to they are only copied into the ring. They are sent out of the event loop when nothing else
 * waits there: either a write is under way then, or there is nothing to do. If the bus doesn't take
 * them fast enough, they stay in the ring, and the oldest are lost.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "bus/server-internal.h"

/* Enough for the signals of 512 blocks that are announced and decided at once, twice over. */
#define RING_SIZE (256 * 1024)

/* The end waits so long for the bus to take what is left. */
#define FLUSH_USEC (1000 * 1000)

/* So many are sent before the event loop is asked again whether there is something better to do. */
#define BATCH 16

/* As long as sd-bus itself has so many messages left to write, it gets no more. */
#define UNWRITTEN_MAX 64

typedef enum SignalKind {
        SIGNAL_UEVENT,
        SIGNAL_VERDICT,
        SIGNAL_OUTCOME,
        SIGNAL_TOLD,
} SignalKind;

/* A record of the ring. */
typedef struct Signal {
        SignalKind kind;
        uint32_t second; /* where in 'text' the second text begins */
        union {
                Uevent uevent;
                struct {
                        BlockIndex block;
                        Online online;
                } verdict;
                struct {
                        BlockIndex block;
                        const char *word; /* nobody's */
                        uint64_t duration, n_writes;
                        ZoneKind zone;
                        int error;
                } outcome;
                struct {
                        uint64_t usec;
                        int level;
                } told;
        };
        char text[];
} Signal;

void signals_wake(BusServer *server) {
        (void)sd_event_source_set_enabled(server->send_defer, SD_EVENT_ONESHOT);
}

/* "rule 'x' (FILE:LINE)", "built-in: …": as in the journal. */
static void format_rule(const char *name, const char *file, unsigned line,
                        char text[BUS_TEXT_MAX]) {
        if (file && *file)
                (void)snprintf(text, BUS_TEXT_MAX, "rule '%s' (%s:%u)", name, file, line);
        else
                (void)snprintf(text, BUS_TEXT_MAX, "%s", name);
}

static bool is_heard(const BusServer *server) {
        return server->sends && server->subscribers;
}

/* A line of the journal may be cut in the middle of a character, which sd-bus wouldn't take. */
static void put(BusServer *server, const Signal *signal, const char *first, const char *second) {
        char texts[2 * BUS_TEXT_MAX];
        size_t n_first, n;
        Signal *copy;

        if (!is_heard(server))
                return;

        n_first = utf8_copy_into(texts, BUS_TEXT_MAX, first) + 1;
        n = n_first + utf8_copy_into(texts + n_first, BUS_TEXT_MAX, second) + 1;
        copy = ring_add(&server->ring, sizeof(Signal) + n);
        if (!copy)
                return;
        *copy = *signal;
        copy->second = (uint32_t)n_first;
        (void)memcpy(copy->text, texts, n);
        signals_wake(server);
}

void bus_server_uevent(BusServer *server, const Uevent *uevent) {
        /* Such as "change", which means nothing here. */
        if (uevent->action == UEVENT_OTHER)
                return;

        server->devices_are_old = true;
        put(server, &(Signal){ .kind = SIGNAL_UEVENT, .uevent = *uevent }, "", "");
}

void bus_server_verdict(BusServer *server, const Verdict *verdict) {
        char rule[BUS_TEXT_MAX], reason[BUDGET_REASON_TEXT_MAX] = "";

        if (!is_heard(server))
                return;

        format_rule(verdict->rule->name, verdict->rule->file, verdict->rule->line, rule);
        if (verdict->budget.cause != BUDGET_NOT_ASKED)
                (void)budget_reason_format(&verdict->budget, reason);
        put(server,
            &(Signal){ .kind = SIGNAL_VERDICT, .verdict = { verdict->block, verdict->online } },
            rule, reason);
}

void bus_server_record(BusServer *server, const Record *record) {
        char rule[BUS_TEXT_MAX];

        online_note(server, record);
        stuck_blocks_note(&server->stuck, record);
        server->devices_are_old = true;
        if (!is_heard(server))
                return;

        format_rule(record->rule, record->file, record->line, rule);
        put(server,
            &(Signal){
                    .kind = SIGNAL_OUTCOME,
                    .outcome = {
                            .block = record->block,
                            .word = record_word(record),
                            .zone = record->zone,
                            .error = -record->error,
                            .duration = record->duration,
                            .n_writes = record->n_writes,
                    },
            },
            rule, "");
}

void bus_server_told(BusServer *server, uint64_t usec, int level, const char *text) {
        put(server, &(Signal){ .kind = SIGNAL_TOLD, .told = { usec, level } }, text, "");
}

static int send_told(sd_bus *bus, uint64_t usec, int level, const char *text) {
        return sd_bus_emit_signal(bus, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_SIGNAL_TOLD,
                                  BUS_SIGNATURE_TOLD, usec, level, text);
}

static int send_outcome(sd_bus *bus, const Signal *signal) {
        const char *zone = zone_kind_to_string(signal->outcome.zone) ?: "";

        return sd_bus_emit_signal(bus, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_SIGNAL_OUTCOME,
                                  BUS_SIGNATURE_OUTCOME, signal->outcome.block,
                                  signal->outcome.word, zone, signal->outcome.error,
                                  signal->outcome.duration, signal->outcome.n_writes, signal->text);
}

static int send_signal(sd_bus *bus, const Signal *signal) {
        switch (signal->kind) {
        case SIGNAL_UEVENT:
                return sd_bus_emit_signal(bus, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_SIGNAL_UEVENT,
                                          BUS_SIGNATURE_UEVENT, signal->uevent.block,
                                          uevent_action_to_string(signal->uevent.action));
        case SIGNAL_VERDICT:
                return sd_bus_emit_signal(bus, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_SIGNAL_VERDICT,
                                          BUS_SIGNATURE_VERDICT, signal->verdict.block,
                                          online_to_string(signal->verdict.online), signal->text,
                                          signal->text + signal->second);
        case SIGNAL_OUTCOME:
                return send_outcome(bus, signal);
        default:
                return send_told(bus, signal->told.usec, signal->told.level, signal->text);
        }
}

static void tell_lost(BusServer *server) {
        char text[128];

        if (server->ring.n_lost == 0)
                return;

        (void)snprintf(text, sizeof(text),
                       "%" PRIu64 " signals couldn't be sent in time, and were dropped.",
                       server->ring.n_lost);
        server->ring.n_lost = 0;
        log_debug("%s", text);
        (void)send_told(server->bus, clock_usec(CLOCK_REALTIME), LOG_NOTICE, text);
}

static bool may_send(const BusServer *server) {
        uint64_t n_unwritten;

        return is_heard(server) && ring_first(&server->ring) &&
               sd_bus_get_n_queued_write(server->bus, &n_unwritten) >= 0 &&
               n_unwritten < UNWRITTEN_MAX;
}

/* As many as the bus takes now, and not more than 'n_max'. */
static void send_signals(BusServer *server, size_t n_max) {
        if (may_send(server))
                tell_lost(server);
        for (size_t i = 0; i < n_max && may_send(server); i++) {
                int r = send_signal(server->bus, ring_first(&server->ring));

                if (r < 0)
                        log_debug("Failed to send a signal: %s", strerror(-r));
                ring_drop_first(&server->ring);
        }
}

static int on_idle(sd_event_source *source, void *userdata) {
        (void)source;
        send_signals(userdata, BATCH);
        online_answer(userdata);
        return 0;
}

/* Writes what is left to write, as long as that may take. Calls that come meanwhile are done, too. */
static void flush(sd_bus *bus) {
        uint64_t end = clock_usec(CLOCK_MONOTONIC) + FLUSH_USEC, now, n;

        while (sd_bus_is_ready(bus) > 0 && sd_bus_get_n_queued_write(bus, &n) >= 0 && n > 0) {
                now = clock_usec(CLOCK_MONOTONIC);
                if (now >= end || sd_bus_wait(bus, end - now) < 0 || sd_bus_process(bus, NULL) < 0)
                        return;
        }
}

void bus_server_finish(BusServer *server) {
        _cleanup_(sd_bus_unrefp) sd_bus *bus = sd_bus_ref(server->bus);

        send_signals(server, SIZE_MAX);
        online_answer(server);
        if (bus)
                flush(bus);
}

/* Something was done: a batch was sent, or what sd-bus had kept was written. */
static int on_post(sd_event_source *source, void *userdata) {
        (void)source;
        if (may_send(userdata))
                signals_wake(userdata);
        return 0;
}

/* The post source runs after everything that is done: so it is on only while it may have to do something. */
void signals_begin(BusServer *server) {
        (void)sd_event_source_set_enabled(server->send_post, SD_EVENT_ON);
        bus_server_hurry(server);
}

void signals_end(BusServer *server) {
        (void)sd_event_source_set_enabled(server->send_post, SD_EVENT_OFF);
        ring_clear(&server->ring);
        server->ring.n_lost = 0;
}

int signals_init(BusServer *server) {
        int r;

        r = ring_init(&server->ring, RING_SIZE);
        if (r >= 0)
                r = sd_event_add_post(server->event, &server->send_post, on_post, server);
        if (r >= 0)
                r = sd_event_source_set_enabled(server->send_post, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_add_defer(server->event, &server->send_defer, on_idle, server);
        if (r >= 0)
                r = sd_event_source_set_priority(server->send_defer, SD_EVENT_PRIORITY_IDLE);
        if (r >= 0)
                r = sd_event_source_set_enabled(server->send_defer, SD_EVENT_OFF);
        return r;
}

void signals_done(BusServer *server) {
        sd_event_source_disable_unref(server->send_post);
        sd_event_source_disable_unref(server->send_defer);
        ring_done(&server->ring);
}
