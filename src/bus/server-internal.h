#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the server share.
 */
#include "base/ring.h"
#include "bus/device-list.h"
#include "bus/server.h"

typedef struct Request Request;
typedef struct Subscriber Subscriber;

/* Called once it is allowed. It ends the request with request_done() or request_fail(). */
typedef void (*RequestRun)(Request *request);

/* What became of a block that was asked for. */
typedef struct Answer {
        bool is_there;
        bool left; /* its rule leaves it offline; counts as refused */
        Outcome outcome;
        ZoneKind zone; /* it is online in; _ZONE_KIND_INVALID: it isn't, or not known */
        int error;     /* 0 or a negative errno */
} Answer;

/* A call of a method that changes something: from its arrival to its answer. */
struct Request {
        BusServer *server;
        Request *previous, *next;
        sd_bus_message *call; /* NULL: the connection is gone, and nobody waits for the answer */
        sd_bus_slot *slot;    /* of what the bus or polkit is asked */
        const char *action;
        RequestRun run;
        bool asks_polkit;
        uid_t uid;
        pid_t pid; /* 0: not known */

        /* Of Online(), Offline() and Rezone(); and of Unplug() once its task is begun. */
        BlockIndex *blocks;
        size_t n_blocks;
        size_t n_named; /* in the call, which is kept: each as often as it stands there */
        Online online;
        Answer *answers; /* once it was asked for: one for each block */
        size_t n_answers;

        Task task;           /* of what asks for one; its blocks are those above */
        bool is_task;        /* it does */
        sd_bus_slot *watch;  /* for the caller's leaving, once its task is begun */
        sd_bus_slot *asking; /* whether he has left before that */

        char why[BUS_WHY_MAX]; /* of Hold() */
};

/* An open Hold(). */
typedef struct Hold {
        sd_event_source *source; /* of the descriptor of which the client has the other end */
        int fd;                  /* negative: this place is free */
        BusHold hold;
} Hold;

struct BusServer {
        const BusOps *ops;
        void *userdata;
        sd_event *event;
        sd_bus *bus; /* NULL: none */
        bool sends;  /* signals go out, where somebody has subscribed */

        Subscriber *subscribers;
        sd_bus_slot *leaving; /* who leaves the bus; as long as somebody has subscribed */

        Request *requests;
        size_t n_polkit;        /* of these, those that polkit is asked about */
        size_t n_polkit_blocks; /* what they have to remember */
        size_t n_asked;         /* and those that wait for blocks to be settled */
        size_t n_complete;      /* and of these, those that can be answered */
        Request *task;          /* whose task is under way; NULL: none is */

        size_t n_holds;
        uint64_t n_hold_changes;
        Hold holds[BUS_HOLDS_MAX];

        Ring ring;
        sd_event_source *send_post;  /* after each thing that was done */
        sd_event_source *send_defer; /* when there is nothing else to do */

        sd_event_source *change_timer;
        BusState shown; /* what the last change signal was about */
        uint64_t n_shown_hold_changes;

        StuckBlocks stuck;
        DeviceList devices;       /* as they were read last */
        uint64_t devices_read_at; /* CLOCK_MONOTONIC µs, the end of that; 0: never */
        uint64_t devices_took;    /* µs */
        bool devices_are_old;     /* the kernel told of a block since */
};

/*
 * Begins a request: asks the bus who calls, and polkit whether he may. Takes hold of 'request', which
 * calloc() made, in any case. Answers what a method handler answers.
 */
int request_begin(Request *request, sd_bus_message *call, BusServer *server, const char *action,
                  RequestRun run, sd_bus_error *reterr);

/* Answers the call and frees the request. request_done() takes the reply, which may be NULL: empty. */
void request_done(Request *request, sd_bus_message *reply);
void request_fail(Request *request, const char *name, const char *format, ...) _printf_(3, 4);

/*
 * Reads an array of blocks out of a call, into a new request: the caller's until it begins. 0 or what a
 * method handler answers.
 */
int request_read_blocks(sd_bus_message *call, Request **ret, sd_bus_error *reterr);
Request *request_free(Request *request);
DEFINE_CLEANUP(Request *, request_free)

/* All of them: nobody waits any more. Those that aren't run yet end. */
void requests_disconnect(BusServer *server);

/* Frees those that are left. */
void requests_end(BusServer *server);

/* Methods of tasks, and what the property of the one that is under way says. */
int task_method_offline(sd_bus_message *call, void *userdata, sd_bus_error *reterr);
int task_method_rezone(sd_bus_message *call, void *userdata, sd_bus_error *reterr);
int task_method_unplug(sd_bus_message *call, void *userdata, sd_bus_error *reterr);
int task_method_cancel(sd_bus_message *call, void *userdata, sd_bus_error *reterr);
int task_append(const BusServer *server, const BusState *state, sd_bus_message *reply);

/* Runs of Hold() and Online(). */
void hold_run(Request *request);
void online_run(Request *request);

/* Of a block that was asked for; and answers those calls of which all blocks are settled. */
void online_note(BusServer *server, const Record *record);
void online_answer(BusServer *server);

void holds_end(BusServer *server);
int holds_append(const BusServer *server, sd_bus_message *reply);

/* The manager's interface, and where its objects are added. */
int manager_object_add(BusServer *server, sd_bus *bus);
int device_objects_add(BusServer *server, sd_bus *bus);

/* Somebody watches now: a change of properties that waits is told sooner. */
void bus_server_hurry(BusServer *server);

/* Says which properties have changed since it was called last. */
void manager_object_emit_changes(BusServer *server);

/* The ring and its sending; and has what waits looked at when there is nothing else to do. */
int signals_init(BusServer *server);
void signals_wake(BusServer *server);
void signals_done(BusServer *server);

/* Somebody has subscribed, or nobody has any more: then what is left is dropped. */
void signals_begin(BusServer *server);
void signals_end(BusServer *server);

/* Methods of who wants signals; and forgets all of them. */
int subscribers_method_subscribe(sd_bus_message *call, void *userdata, sd_bus_error *reterr);
int subscribers_method_unsubscribe(sd_bus_message *call, void *userdata, sd_bus_error *reterr);
void subscribers_clear(BusServer *server);

/*
 * Of a NameOwnerChanged: the name that has no owner any more, as long as the message is there. NULL: it still
 * has one, or that isn't said by the bus. That lets nobody else send under its own name; but others can send
 * one of its signals to us.
 */
const char *message_name_gone(sd_bus_message *message);
