#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugd's objects on D-Bus, without the daemon: what it shows and does comes through BusOps, and
 * the connection from outside, where it comes and goes. Nothing here waits for the bus.
 *
 * Reading is for everybody. What changes anything is for uid 0, and for whom polkit allows it.
 */
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base/macro.h"
#include "bus/names.h"
#include "model/record.h"
#include "model/setting.h"
#include "model/snapshot.h"
#include "model/task.h"
#include "model/uevent.h"
#include "rules/verdict.h"

#define BUS_TEXT_MAX 1024

/* What is shown at a moment. Plain data, all of it zero where there is nothing to say. */
typedef struct BusState {
        Mode mode;
        Mode active;
        char mode_reason[BUS_TEXT_MAX];
        char config[BUS_TEXT_MAX]; /* the text of where the rules come from */
        uint32_t n_config_errors;
        SettingTexts taken_over; /* what each setting was; "": it isn't taken over */
        bool is_busy;
        BlockIndex current;     /* BUS_NO_BLOCK: none */
        uint64_t current_since; /* CLOCK_REALTIME µs when its write was begun; 0: none */
        uint32_t n_open;        /* blocks whose work isn't settled */
        TaskKind task;          /* that is under way; _TASK_KIND_INVALID: none is */
        uint64_t task_since;    /* CLOCK_REALTIME µs */
        size_t n_task_blocks, n_task_done;
        uint64_t n_outcomes[_OUTCOME_MAX];
        uint64_t trouble_usec; /* CLOCK_REALTIME, of the last line of trouble */
        char trouble[BUS_TEXT_MAX];
} BusState;

typedef struct BusHold {
        uint64_t since; /* CLOCK_REALTIME µs */
        uid_t uid;
        pid_t pid; /* 0: not known */
        char why[BUS_WHY_MAX];
} BusHold;

typedef struct BusOps {
        void (*read_state)(void *userdata, BusState *ret);

        /*
         * 0; -EINVAL, and *reterr_text is the first error of the config, the caller's; or -ESHUTDOWN:
         * it is ending.
         */
        int (*reload)(void *userdata, char **reterr_text);

        /*
         * Has blocks put online; 'blocks' is sorted and has each once. 'online': movable, kernel or
         * default, or _ONLINE_INVALID for what the rules want. 0: each is settled by a record that
         * says 'asked', of which bus_server_record() is to be told, maybe before this comes back. Or
         * a negative errno: -EROFS: nothing is ever written; -EBUSY: it is held; -ESHUTDOWN: it is
         * ending; -ENOMEM.
         */
        int (*ask)(void *userdata, const BlockIndex *blocks, size_t n_blocks, Online online);

        /* A hold begins or has ended, and there are so many now. */
        void (*hold)(void *userdata, const BusHold *hold, bool begins, size_t n_holds);

        /* All blocks, sorted, with their devices. */
        int (*read_devices)(void *userdata, Snapshot *ret);

        /*
         * Begins a task, which it copies. 0: bus_server_task_done() is told of its end, maybe before
         * this comes back. Or a negative errno: -EROFS: nothing is ever written; -EBUSY: it is held;
         * -EALREADY: another task is under way, or one of the blocks was asked for and isn't settled;
         * -ESHUTDOWN: it is ending; -ENOMEM.
         */
        int (*start_task)(void *userdata, const Task *task);

        /* Gives it up: it ends as soon as it can. Nothing if none is under way. */
        void (*cancel_task)(void *userdata);
} BusOps;

typedef struct BusServer BusServer;

/* 'event' and 'ops' must outlive it. 0 or a negative errno. */
int bus_server_new(sd_event *event, const BusOps *ops, void *userdata, BusServer **ret);

/* Ends all holds, without telling of it. */
BusServer *bus_server_free(BusServer *server);
DEFINE_CLEANUP(BusServer *, bus_server_free)

/* Puts the objects on a connection, which may not be there yet. 0 or a negative errno. */
int bus_server_attach(BusServer *server, sd_bus *bus);

/* The connection is there (and has its name): from now on signals go out. */
void bus_server_begin(BusServer *server);

/* It is gone, or given up: who waits for an answer gets none. Holds go on. */
void bus_server_detach(BusServer *server);

/* Before the end: sends what is left, for which the bus gets a second at most. */
void bus_server_finish(BusServer *server);

/*
 * Something that is shown may have changed. Cheap: it is looked at in a moment, once for many; in a longer
 * one if nobody has subscribed.
 */
void bus_server_changed(BusServer *server);

/*
 * Signals. They are kept without allocating, and sent when nothing else is to be done; without a
 * connection, or without anybody who has subscribed, they aren't made at all. Texts are cut where they
 * are very long.
 */
void bus_server_uevent(BusServer *server, const Uevent *uevent);
void bus_server_verdict(BusServer *server, const Verdict *verdict);
void bus_server_told(BusServer *server, uint64_t usec, int level, const char *text);

/* The same, and if it was asked for, the answer to who did. */
void bus_server_record(BusServer *server, const Record *record);

/*
 * The task that was begun last has ended: a block each, in the order in which it was given them, and 0 or
 * the negative errno of the eject.
 */
void bus_server_task_done(BusServer *server, const TaskBlock *answers, size_t n_answers, int error);
