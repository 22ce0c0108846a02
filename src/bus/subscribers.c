/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who has asked for signals: without anybody, none are made. Who leaves the bus is forgotten.
 * sd_bus_track() does the like, but waits for the bus. One match for all of them is enough, and is
 * there only as long as somebody is: so nobody can use up the matches that the bus lets us have.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "bus/server-internal.h"

struct Subscriber {
        BusServer *server;
        Subscriber *next;
        sd_bus_slot *asking; /* whether he left before we were told of that */
        char name[];
};

static Subscriber **find(BusServer *server, const char *name) {
        Subscriber **at = &server->subscribers;

        while (*at && strcmp((*at)->name, name) != 0)
                at = &(*at)->next;
        return at;
}

static void free_subscriber(Subscriber *subscriber) {
        sd_bus_slot_unref(subscriber->asking);
        free(subscriber);
}

static void forget(BusServer *server, const char *name) {
        Subscriber **at = find(server, name), *subscriber = *at;

        if (!subscriber)
                return;

        *at = subscriber->next;
        free_subscriber(subscriber);
        if (!server->subscribers)
                subscribers_clear(server);
}

void subscribers_clear(BusServer *server) {
        while (server->subscribers) {
                Subscriber *subscriber = server->subscribers;

                server->subscribers = subscriber->next;
                free_subscriber(subscriber);
        }
        server->leaving = sd_bus_slot_unref(server->leaving);
        signals_end(server);
}

static int on_name_gone(sd_bus_message *message, void *userdata, sd_bus_error *reterr) {
        const char *name = message_name_gone(message);

        (void)reterr;
        if (name)
                forget(userdata, name);
        return 0;
}

/* Who can't be watched would be sent signals for ever. */
static int on_watch(sd_bus_message *reply, void *userdata, sd_bus_error *reterr) {
        (void)reterr;
        if (sd_bus_message_is_method_error(reply, NULL)) {
                log_debug("Failed to watch who leaves the bus: %s",
                          sd_bus_message_get_error(reply)->message);
                subscribers_clear(userdata);
        }
        return 0;
}

static int on_has_owner(sd_bus_message *reply, void *userdata, sd_bus_error *reterr) {
        Subscriber *subscriber = userdata;
        int has_owner;

        (void)reterr;
        if (sd_bus_message_read(reply, "b", &has_owner) >= 0 && !has_owner)
                forget(subscriber->server, subscriber->name);
        return 0;
}

/* An empty arg2: the name has no owner any more. */
static int watch(BusServer *server) {
        if (server->leaving)
                return 0;

        return sd_bus_add_match_async(
                server->bus, &server->leaving,
                "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg2=''",
                on_name_gone, on_watch, server);
}

static int add(BusServer *server, const char *name) {
        size_t size = strlen(name) + 1;
        Subscriber *subscriber = calloc(1, sizeof(Subscriber) + size);
        int r;

        if (!subscriber)
                return -ENOMEM;

        subscriber->server = server;
        (void)memcpy(subscriber->name, name, size);
        r = watch(server);
        if (r >= 0)
                r = sd_bus_call_method_async(server->bus, &subscriber->asking,
                                             "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                             "org.freedesktop.DBus", "NameHasOwner", on_has_owner,
                                             subscriber, "s", name);
        if (r < 0) {
                free_subscriber(subscriber);
                if (!server->subscribers)
                        server->leaving = sd_bus_slot_unref(server->leaving);
                return r;
        }

        subscriber->next = server->subscribers;
        server->subscribers = subscriber;
        if (!subscriber->next)
                signals_begin(server);
        return 0;
}

int subscribers_method_subscribe(sd_bus_message *call, void *userdata, sd_bus_error *reterr) {
        const char *name = sd_bus_message_get_sender(call);
        BusServer *server = userdata;
        int r = 0;

        (void)reterr;
        if (name && !*find(server, name))
                r = add(server, name);
        return r < 0 ? r : sd_bus_reply_method_return(call, NULL);
}

int subscribers_method_unsubscribe(sd_bus_message *call, void *userdata, sd_bus_error *reterr) {
        const char *name = sd_bus_message_get_sender(call);

        (void)reterr;
        if (name)
                forget(userdata, name);
        return sd_bus_reply_method_return(call, NULL);
}
