/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who may call what changes something. Both questions, who calls and whether he may, are asked
 * asynchronously: sd-bus's own ways of asking the first one wait for the answer.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"
#include "bus/server-internal.h"

/* So many calls at once wait for polkit, that is for somebody who types a password. */
#define POLKIT_MAX 64
#define POLKIT_USER_MAX 4 /* and of one user */

/* He may take so long for it. */
#define POLKIT_INTERACTIVE_USEC (UINT64_C(5) * 60 * 1000 * 1000)

#define POLKIT_ALLOW_INTERACTION 1u

static void unlink_request(Request *request) {
        if (request->previous)
                request->previous->next = request->next;
        else if (request->server->requests == request)
                request->server->requests = request->next;
        if (request->next)
                request->next->previous = request->previous;
}

static void forget_polkit(Request *request) {
        if (!request->asks_polkit)
                return;

        request->asks_polkit = false;
        request->server->n_polkit--;
        request->server->n_polkit_blocks -= request->n_named;
}

Request *request_free(Request *request) {
        if (!request)
                return NULL;

        /* Or it hasn't begun. */
        if (request->server) {
                unlink_request(request);
                forget_polkit(request);
                request->server->n_asked -= request->answers != NULL;
        }
        sd_bus_slot_unref(request->slot);
        sd_bus_slot_unref(request->watch);
        sd_bus_slot_unref(request->asking);
        sd_bus_message_unref(request->call);
        free(request->blocks);
        free(request->answers);
        free(request);
        return NULL;
}

/* Blocks that are named */

static int compare_blocks(const void *a, const void *b) {
        const BlockIndex *x = a, *y = b;

        return *x < *y ? -1 : *x > *y;
}

/* Sorts, and leaves one of each. */
static size_t make_set(BlockIndex *blocks, size_t n) {
        size_t n_kept = 0;

        qsort(blocks, n, sizeof(BlockIndex), compare_blocks);
        for (size_t i = 0; i < n; i++)
                if (i == 0 || blocks[i] != blocks[i - 1])
                        blocks[n_kept++] = blocks[i];
        return n_kept;
}

int request_read_blocks(sd_bus_message *call, Request **ret, sd_bus_error *reterr) {
        _cleanup_(request_freep) Request *request = NULL;
        const void *blocks;
        BlockIndex *shrunk;
        size_t size;
        int r;

        r = sd_bus_message_read_array(call, 't', &blocks, &size);
        if (r < 0)
                return r;
        if (size / sizeof(BlockIndex) > BUS_ONLINE_MAX)
                return sd_bus_error_setf(reterr, BUS_ERROR_LIMITS,
                                         "More than %" PRIu64 " blocks at once.", BUS_ONLINE_MAX);
        if (size == 0)
                return sd_bus_error_set(reterr, BUS_ERROR_INVALID_ARGS, "No blocks are named.");

        request = calloc(1, sizeof(Request));
        if (!request || !(request->blocks = malloc(size)))
                return -ENOMEM;

        (void)memcpy(request->blocks, blocks, size);
        request->n_named = size / sizeof(BlockIndex);
        request->n_blocks = make_set(request->blocks, request->n_named);
        shrunk = reallocarray(request->blocks, request->n_blocks, sizeof(BlockIndex));
        if (shrunk)
                request->blocks = shrunk;
        *ret = TAKE_PTR(request);
        return 0;
}

/* Answers */

void request_done(Request *request, sd_bus_message *reply) {
        /* The caller may be gone; that is his loss. */
        if (request->call && reply)
                (void)sd_bus_send(NULL, reply, NULL);
        else if (request->call)
                (void)sd_bus_reply_method_return(request->call, NULL);
        request_free(request);
}

void request_fail(Request *request, const char *name, const char *format, ...) {
        char text[BUS_TEXT_MAX], valid[BUS_TEXT_MAX];
        va_list ap;

        va_start(ap, format);
        (void)vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        (void)utf8_copy_into(valid, sizeof(valid), text);

        if (request->call)
                (void)sd_bus_reply_method_errorf(request->call, name, "%s", valid);
        request_free(request);
}

static void refuse(Request *request, const char *why) {
        request_fail(request, BUS_ERROR_ACCESS_DENIED,
                     "Only root may do that, and whom polkit allows "
                     "'%s': %s.",
                     request->action, why);
}

static void let_run(Request *request) {
        request->slot = sd_bus_slot_unref(request->slot);
        forget_polkit(request);
        request->run(request);
}

static int on_polkit(sd_bus_message *reply, void *userdata, sd_bus_error *reterr) {
        const sd_bus_error *error = sd_bus_message_get_error(reply);
        int is_authorized, is_challenge;
        Request *request = userdata;
        char why[BUS_TEXT_MAX];
        int r;

        (void)reterr;
        if (error) {
                (void)snprintf(why, sizeof(why), "polkit can't be asked (%s)",
                               error->message ?: error->name);
                refuse(request, why);
                return 0;
        }

        r = sd_bus_message_enter_container(reply, 'r', "bba{ss}");
        if (r > 0)
                r = sd_bus_message_read(reply, "bb", &is_authorized, &is_challenge);
        if (r <= 0)
                refuse(request, "polkit's answer can't be understood");
        else if (is_authorized)
                let_run(request);
        else
                refuse(request, is_challenge
                                        ? "that takes an authentication, which the call didn't "
                                          "allow, or which nobody can be asked for"
                                        : "polkit doesn't");
        return 0;
}

static int new_polkit_call(Request *request, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        unsigned flags = sd_bus_message_get_allow_interactive_authorization(request->call) > 0
                                 ? POLKIT_ALLOW_INTERACTION
                                 : 0;
        int r;

        r = sd_bus_message_new_method_call(
                request->server->bus, &call, "org.freedesktop.PolicyKit1",
                "/org/freedesktop/PolicyKit1/Authority", "org.freedesktop.PolicyKit1.Authority",
                "CheckAuthorization");
        if (r >= 0)
                r = sd_bus_message_append(call, "(sa{sv})s", "system-bus-name", 1, "name", "s",
                                          sd_bus_message_get_sender(request->call),
                                          request->action);
        if (r >= 0)
                r = sd_bus_message_append(call, "a{ss}us", 0, flags, "");
        if (r >= 0)
                *ret = TAKE_PTR(call);
        return r;
}

/* Those of the same user that polkit is asked about. */
static size_t count_of_user(const Request *request) {
        size_t n = 0;

        for (const Request *other = request->server->requests; other; other = other->next)
                n += other->asks_polkit && other->uid == request->uid;
        return n;
}

static void ask_polkit(Request *request) {
        BusServer *server = request->server;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r;

        if (server->n_polkit >= POLKIT_MAX || count_of_user(request) >= POLKIT_USER_MAX ||
            server->n_polkit_blocks + request->n_named > BUS_ONLINE_MAX) {
                request_fail(request, BUS_ERROR_LIMITS, "Too many calls wait for polkit.");
                return;
        }

        request->slot = sd_bus_slot_unref(request->slot);
        request->asks_polkit = true;
        server->n_polkit++;
        server->n_polkit_blocks += request->n_named;
        r = new_polkit_call(request, &call);
        if (r >= 0)
                r = sd_bus_call_async(
                        server->bus, &request->slot, call, on_polkit, request,
                        sd_bus_message_get_allow_interactive_authorization(request->call) > 0
                                ? POLKIT_INTERACTIVE_USEC
                                : 0);
        if (r < 0)
                refuse(request, "polkit can't be asked");
}

static int read_credential(sd_bus_message *reply, Request *request, bool *has_uid) {
        const char *name;
        uint32_t number;
        int r;

        r = sd_bus_message_read(reply, "s", &name);
        if (r < 0)
                return r;
        if (strcmp(name, "UnixUserID") != 0 && strcmp(name, "ProcessID") != 0)
                return sd_bus_message_skip(reply, "v");

        r = sd_bus_message_read(reply, "v", "u", &number);
        if (r < 0)
                return r;
        if (strcmp(name, "UnixUserID") == 0) {
                request->uid = number;
                *has_uid = true;
        } else
                request->pid = (pid_t)number;
        return 0;
}

/* Whether the uid is known; the pid may not be. */
static bool read_credentials(sd_bus_message *reply, Request *request) {
        bool has_uid = false;
        int r;

        if (sd_bus_message_enter_container(reply, 'a', "{sv}") < 0)
                return false;

        while ((r = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
                r = read_credential(reply, request, &has_uid);
                if (r >= 0)
                        r = sd_bus_message_exit_container(reply);
                if (r < 0)
                        return false;
        }
        return r == 0 && has_uid;
}

static int on_credentials(sd_bus_message *reply, void *userdata, sd_bus_error *reterr) {
        Request *request = userdata;

        (void)reterr;
        if (sd_bus_message_is_method_error(reply, NULL) || !read_credentials(reply, request))
                refuse(request, "the bus doesn't know who calls");
        else if (request->uid == 0)
                let_run(request);
        else
                ask_polkit(request);
        return 0;
}

int request_begin(Request *request, sd_bus_message *call, BusServer *server, const char *action,
                  RequestRun run, sd_bus_error *reterr) {
        int r;

        request->server = server;
        request->action = action;
        request->run = run;
        request->call = sd_bus_message_ref(call);
        request->next = server->requests;
        if (request->next)
                request->next->previous = request;
        server->requests = request;

        r = sd_bus_call_method_async(server->bus, &request->slot, "org.freedesktop.DBus",
                                     "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                     "GetConnectionCredentials", on_credentials, request, "s",
                                     sd_bus_message_get_sender(call) ?: "");
        if (r < 0) {
                request_free(request);
                return sd_bus_error_set_errno(reterr, r);
        }
        return 1;
}

void requests_disconnect(BusServer *server) {
        for (Request *request = server->requests, *next; request; request = next) {
                next = request->next;
                request->call = sd_bus_message_unref(request->call);
                if (!request->answers && request != server->task)
                        request_free(request);
        }

        /* Who asked for it is gone, too. It may end before this comes back. */
        if (server->task) {
                server->task->watch = sd_bus_slot_unref(server->task->watch);
                server->task->asking = sd_bus_slot_unref(server->task->asking);
                server->ops->cancel_task(server->userdata);
        }
}

void requests_end(BusServer *server) {
        while (server->requests)
                request_free(server->requests);
        server->task = NULL;
}
