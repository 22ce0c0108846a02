#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What memplugd tells of itself: the properties of its manager on D-Bus.
 */
#include <systemd/sd-bus.h>

#include "model/block.h"
#include "model/outcome.h"

typedef enum DaemonPresence {
        DAEMON_NOT_ASKED,
        DAEMON_NO_BUS,
        DAEMON_ABSENT,
        DAEMON_SILENT, /* it has its name on the bus, but doesn't answer in time, or not sensibly */
        DAEMON_RUNS,
} DaemonPresence;

typedef struct DaemonHold {
        uint64_t since; /* CLOCK_REALTIME, µs */
        uint32_t uid, pid;
        char *why;
} DaemonHold;

/* What an administrator asked for. */
typedef struct DaemonTask {
        char *kind;     /* "": none is under way */
        uint64_t since; /* CLOCK_REALTIME, µs */
        uint64_t n_blocks, n_done;
        uint32_t uid, pid;
} DaemonTask;

typedef struct DaemonSetting {
        char *name, *before;
} DaemonSetting;

/* All zero, or NULL, as long as it isn't known. */
typedef struct DaemonState {
        DaemonPresence presence;
        char *version, *mode, *active_mode, *mode_reason, *config;
        uint32_t config_errors;
        size_t n_taken_over;
        DaemonSetting *taken_over;
        int busy;                 /* a bool of D-Bus */
        BlockIndex current_block; /* BUS_NO_BLOCK: none is being written */
        uint64_t current_since;   /* CLOCK_REALTIME, µs */
        uint32_t open;            /* blocks */
        uint64_t outcomes[_OUTCOME_MAX];
        DaemonTask task;
        size_t n_holds;
        DaemonHold *holds;
        uint64_t trouble_usec; /* CLOCK_REALTIME, µs; 0: there was none */
        char *trouble;
} DaemonState;

/* Asks; what is in the way is told by ret->presence. The caller ends it with daemon_state_done(). */
void daemon_state_ask(DaemonState *ret);

/* The same on a connection of the caller's. 0 or a negative errno, with the error's name. */
int daemon_state_get(sd_bus *bus, sd_bus_error *reterr_error, DaemonState *state);

/* Reads what has changed, out of the message's a{sv} that is next. 0 or a negative errno. */
int daemon_state_read(sd_bus_message *message, DaemonState *state);

/* Frees what it holds, not itself. */
void daemon_state_done(DaemonState *state);
