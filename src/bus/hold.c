/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Holds: the client has one end of a pipe, and the kernel tells at the other when that, and each copy
 * of it, is closed, whoever closes it. So a hold needs no connection to the bus once it is there.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "bus/server-internal.h"

static void hold_end(Hold *hold) {
        hold->source = sd_event_source_disable_unref(hold->source);
        closep(&hold->fd);
        hold->fd = -EBADF;
}

static int on_closed(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        BusServer *server = userdata;
        BusHold ended = {};

        (void)source;
        (void)events;
        for (size_t i = 0; i < BUS_HOLDS_MAX; i++)
                if (server->holds[i].fd == fd) {
                        ended = server->holds[i].hold;
                        hold_end(&server->holds[i]);
                }

        server->n_hold_changes++;
        server->ops->hold(server->userdata, &ended, /* begins= */ false, --server->n_holds);
        bus_server_changed(server);
        return 0;
}

static Hold *find_free(BusServer *server) {
        for (size_t i = 0; i < BUS_HOLDS_MAX; i++)
                if (server->holds[i].fd < 0)
                        return &server->holds[i];
        return NULL;
}

/* Answers the client's end, or a negative errno. */
static int hold_begin(Hold *hold, const Request *request) {
        _cleanup_close_ int theirs = -EBADF;
        int fds[2], r;

        if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
                return -errno;

        hold->fd = fds[0];
        theirs = fds[1];
        /* Its end is told without being asked for; what is written into it is nothing to us. */
        r = sd_event_add_io(request->server->event, &hold->source, hold->fd, /* events= */ 0,
                            on_closed, request->server);
        if (r < 0) {
                hold_end(hold);
                return r;
        }

        hold->hold = (BusHold){
                .since = clock_usec(CLOCK_REALTIME),
                .uid = request->uid,
                .pid = request->pid,
        };
        (void)strcpy(hold->hold.why, request->why);
        return TAKE_FD(theirs);
}

void hold_run(Request *request) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        _cleanup_close_ int theirs = -EBADF;
        BusServer *server = request->server;
        Hold *hold = find_free(server);
        int r;

        if (!hold) {
                request_fail(request, BUS_ERROR_LIMITS, "%d holds are there already.",
                             BUS_HOLDS_MAX);
                return;
        }

        theirs = r = hold_begin(hold, request);
        if (r >= 0)
                r = sd_bus_message_new_method_return(request->call, &reply);
        if (r >= 0)
                r = sd_bus_message_append(reply, BUS_SIGNATURE_HOLD_REPLY, theirs);
        if (r < 0) {
                hold_end(hold);
                request_fail(request, BUS_ERROR_FAILED, "Failed to hold: %s", strerror(-r));
                return;
        }

        server->n_hold_changes++;
        server->ops->hold(server->userdata, &hold->hold, /* begins= */ true, ++server->n_holds);
        bus_server_changed(server);
        request_done(request, reply);
}

void holds_end(BusServer *server) {
        for (size_t i = 0; i < BUS_HOLDS_MAX; i++)
                hold_end(&server->holds[i]);
        server->n_holds = 0;
}

int holds_append(const BusServer *server, sd_bus_message *reply) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(tuus)");
        for (size_t i = 0; i < BUS_HOLDS_MAX && r >= 0; i++) {
                const BusHold *hold = &server->holds[i].hold;

                if (server->holds[i].fd >= 0)
                        r = sd_bus_message_append(reply, "(tuus)", hold->since, (uint32_t)hold->uid,
                                                  (uint32_t)hold->pid, hold->why);
        }
        return r < 0 ? r : sd_bus_message_close_container(reply);
}
