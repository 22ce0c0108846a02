/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/server.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "bus/server-internal.h"

/* Changes of properties are told together, so long after the first of them: sooner if somebody watches. */
#define CHANGE_DELAY_USEC (100 * 1000)
#define UNWATCHED_CHANGE_DELAY_USEC (1000 * 1000)
#define CHANGE_ACCURACY_USEC (10 * 1000)

static int on_change_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source;
        (void)usec;
        manager_object_emit_changes(userdata);
        return 0;
}

int bus_server_new(sd_event *event, const BusOps *ops, void *userdata, BusServer **ret) {
        _cleanup_(bus_server_freep) BusServer *server = calloc(1, sizeof(BusServer));
        int r;

        if (!server)
                return -ENOMEM;

        server->event = sd_event_ref(event);
        server->ops = ops;
        server->userdata = userdata;
        for (size_t i = 0; i < BUS_HOLDS_MAX; i++)
                server->holds[i].fd = -EBADF;

        r = sd_event_add_time(event, &server->change_timer, CLOCK_MONOTONIC, 0,
                              CHANGE_ACCURACY_USEC, on_change_timer, server);
        if (r >= 0)
                r = sd_event_source_set_enabled(server->change_timer, SD_EVENT_OFF);
        if (r >= 0)
                r = sd_event_source_set_priority(server->change_timer, SD_EVENT_PRIORITY_IDLE);
        if (r >= 0)
                r = signals_init(server);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(server);
        return 0;
}

BusServer *bus_server_free(BusServer *server) {
        if (!server)
                return NULL;

        bus_server_detach(server);
        requests_end(server);
        holds_end(server);
        signals_done(server);
        device_list_done(&server->devices);
        sd_event_source_disable_unref(server->change_timer);
        sd_event_unref(server->event);
        free(server);
        return NULL;
}

int bus_server_attach(BusServer *server, sd_bus *bus) {
        int r;

        r = manager_object_add(server, bus);
        if (r >= 0)
                r = device_objects_add(server, bus);
        if (r >= 0)
                server->bus = sd_bus_ref(bus);
        return r;
}

void bus_server_begin(BusServer *server) {
        server->shown = (BusState){};
        server->ops->read_state(server->userdata, &server->shown);
        server->n_shown_hold_changes = server->n_hold_changes;
        server->sends = true;
}

void bus_server_detach(BusServer *server) {
        server->sends = false;
        subscribers_clear(server);
        requests_disconnect(server);
        server->bus = sd_bus_unref(server->bus);
}

static void arm_change_timer(BusServer *server) {
        uint64_t delay = server->subscribers ? CHANGE_DELAY_USEC : UNWATCHED_CHANGE_DELAY_USEC;

        if (sd_event_source_set_time_relative(server->change_timer, delay) >= 0)
                (void)sd_event_source_set_enabled(server->change_timer, SD_EVENT_ONESHOT);
}

void bus_server_changed(BusServer *server) {
        int enabled;

        if (server->sends && sd_event_source_get_enabled(server->change_timer, &enabled) == 0)
                arm_change_timer(server);
}

void bus_server_hurry(BusServer *server) {
        uint64_t sooner = clock_usec(CLOCK_MONOTONIC) + CHANGE_DELAY_USEC, at;
        int enabled;

        if (sd_event_source_get_enabled(server->change_timer, &enabled) > 0 &&
            sd_event_source_get_time(server->change_timer, &at) >= 0 && at > sooner)
                arm_change_timer(server);
}

const char *message_name_gone(sd_bus_message *message) {
        const char *sender = sd_bus_message_get_sender(message), *name, *owner;

        if (!sender || strcmp(sender, "org.freedesktop.DBus") != 0 ||
            sd_bus_message_read(message, "sss", &name, NULL, &owner) < 0 || *owner)
                return NULL;
        return name;
}
