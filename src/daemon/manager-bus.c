/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The connection to D-Bus. memplugd starts long before the bus does: sd-bus watches for its socket.
 * When the connection ends, or the bus refuses the name, another one is made after a while. Nothing
 * here waits for an answer.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "daemon/manager-internal.h"

#define DEFAULT_ADDRESS "unix:path=/run/dbus/system_bus_socket"

/* What the bus asks for comes after what the kernel tells. */
#define BUS_PRIORITY (SD_EVENT_PRIORITY_NORMAL + 10)

/* The next try comes so long after a connection has ended, and each time later if that fails. */
#define DELAY_MIN_USEC (200 * 1000)
#define DELAY_MAX_USEC (30 * 1000 * 1000)

/* The answer to RequestName: the name is ours. */
#define NAME_IS_OURS 1

static void connect_bus(Manager *manager);

static void disconnect(Manager *manager) {
        bus_server_detach(manager->bus.server);
        if (manager->bus.connection)
                (void)sd_bus_detach_event(manager->bus.connection);
        manager->bus.connection = sd_bus_close_unref(manager->bus.connection);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *manager = userdata;

        (void)source;
        (void)usec;
        disconnect(manager);
        connect_bus(manager);
        return 0;
}

/* Has it tried again; the old connection ends then, for this is called out of its own callbacks. */
static void try_later(Manager *manager) {
        ManagerBus *bus = &manager->bus;
        int enabled = SD_EVENT_OFF;

        bus_server_detach(bus->server);
        (void)sd_event_source_get_enabled(bus->timer, &enabled);
        if (enabled != SD_EVENT_OFF)
                return;

        if (sd_event_source_set_time_relative(bus->timer, bus->delay) >= 0)
                (void)sd_event_source_set_enabled(bus->timer, SD_EVENT_ONESHOT);
        bus->delay = bus->delay * 2 < DELAY_MAX_USEC ? bus->delay * 2 : DELAY_MAX_USEC;
}

static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *reterr) {
        Manager *manager = userdata;

        (void)message;
        (void)reterr;
        if (manager->bus.was_there)
                log_info("D-Bus is gone; going on without, until it is back.");
        manager->bus.was_there = false;
        try_later(manager);
        return 0;
}

static void tell_refused(Manager *manager, const char *why) {
        if (!manager->bus.was_refused)
                log_info("The name " BUS_NAME " can't be had on D-Bus (%s); going on without.",
                         why);
        manager->bus.was_refused = true;
}

static int on_name(sd_bus_message *reply, void *userdata, sd_bus_error *reterr) {
        const sd_bus_error *error = sd_bus_message_get_error(reply);
        Manager *manager = userdata;
        uint32_t answer = 0;

        (void)reterr;
        if (error || sd_bus_message_read(reply, "u", &answer) < 0 || answer != NAME_IS_OURS) {
                /* Without a connection that is no refusal: its end is told elsewhere. */
                if (sd_bus_is_ready(manager->bus.connection) > 0)
                        tell_refused(manager, error ? error->message ?: error->name
                                                    : "somebody else has it");
                try_later(manager);
                return 0;
        }

        log_debug("On D-Bus as " BUS_NAME ".");
        manager->bus.was_there = true;
        manager->bus.was_refused = false;
        manager->bus.delay = DELAY_MIN_USEC;
        bus_server_begin(manager->bus.server);
        return 0;
}

static int start(Manager *manager, sd_bus *bus) {
        const char *address = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");
        int r;

        r = sd_bus_set_address(bus, address ?: DEFAULT_ADDRESS);
        if (r >= 0)
                r = sd_bus_set_bus_client(bus, /* b= */ true);
        if (r >= 0)
                r = sd_bus_set_watch_bind(bus, /* b= */ true);
        if (r >= 0)
                r = sd_bus_negotiate_fds(bus, /* b= */ true);
        if (r >= 0)
                r = sd_bus_start(bus);
        if (r >= 0)
                r = sd_bus_attach_event(bus, manager->event, BUS_PRIORITY);
        return r;
}

/* These wait in the connection until it is there. */
static int join(Manager *manager, sd_bus *bus) {
        int r;

        r = sd_bus_match_signal_async(bus, NULL, "org.freedesktop.DBus.Local",
                                      "/org/freedesktop/DBus/Local", "org.freedesktop.DBus.Local",
                                      "Disconnected", on_disconnected, NULL, manager);
        if (r >= 0)
                r = bus_server_attach(manager->bus.server, bus);
        if (r >= 0)
                r = sd_bus_request_name_async(bus, NULL, BUS_NAME, /* flags= */ 0, on_name,
                                              manager);
        return r;
}

static void connect_bus(Manager *manager) {
        ManagerBus *bus = &manager->bus;
        int r;

        r = sd_bus_new(&bus->connection);
        if (r >= 0)
                r = start(manager, bus->connection);
        if (r >= 0)
                r = join(manager, bus->connection);
        if (r < 0) {
                log_debug("Failed to connect to D-Bus, trying again later: %s", strerror(-r));
                try_later(manager);
        }
}

void manager_bus_open(Manager *manager) {
        ManagerBus *bus = &manager->bus;
        int r;

        bus->delay = DELAY_MIN_USEC;
        r = bus_server_new(manager->event, &manager_bus_ops, manager, &bus->server);
        if (r >= 0)
                r = sd_event_add_time(manager->event, &bus->timer, CLOCK_MONOTONIC, 0, 0, on_timer,
                                      manager);
        if (r >= 0)
                r = sd_event_source_set_enabled(bus->timer, SD_EVENT_OFF);
        if (r < 0) {
                (void)log_warning_errno(r, "Failed to prepare for D-Bus, ignoring: %m");
                bus->server = bus_server_free(bus->server);
                return;
        }

        connect_bus(manager);
}

void manager_bus_close(Manager *manager) {
        ManagerBus *bus = &manager->bus;

        if (bus->server)
                disconnect(manager);
        bus->server = bus_server_free(bus->server);
        bus->timer = sd_event_source_disable_unref(bus->timer);
}

void manager_bus_finish(Manager *manager) {
        if (manager->bus.server)
                bus_server_finish(manager->bus.server);
}
