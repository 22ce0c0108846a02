#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Talking to the daemon over D-Bus, for the verbs that need it. What goes wrong is told on standard
 * error, in one line, and comes back as an exit code.
 */
#include <stdbool.h>

#include <systemd/sd-bus.h>

#include "base/macro.h"
#include "bus/names.h"

/* Connects to the system bus. 0; or EXIT_NO_DAEMON: it isn't there, which was told. */
int bus_client_open(sd_bus **ret);

/*
 * A call of the manager's method, to be filled and sent: it starts nobody, and may ask the user for a
 * password, so it is sent with BUS_CLIENT_PATIENCE. 0 or a negative errno.
 */
int bus_client_new_call(sd_bus *bus, const char *method, sd_bus_message **ret);

/*
 * Has the daemon make signals, which it does only for who asked for them; to be sent to each new daemon
 * again. What it is asked after that comes after that, so there is no answer. 0 or a negative errno.
 */
int bus_client_subscribe(sd_bus *bus);

/* For sd_bus_call() and its like: the user, or the kernel, may need any time. */
#define BUS_CLIENT_PATIENCE UINT64_MAX

/* Whether a call failed with this since nobody has the daemon's name. */
bool bus_client_is_no_daemon(const sd_bus_error *error);

/*
 * Tells why a call failed. 'doing': what wasn't done, as in "can't reload the config". Answers the
 * exit code.
 */
int bus_client_tell(const char *doing, const sd_bus_error *error, int r);

/* D-Bus allows names of 255 bytes. */
#define BUS_CLIENT_NAME_MAX 256

/* Who has the daemon's name, as the bus tells. */
typedef struct BusDaemon {
        bool is_known;                   /* false: the bus hasn't told yet */
        char owner[BUS_CLIENT_NAME_MAX]; /* a unique name; "": nobody has it */
        /* The owner has changed; 'is_there': there is one. May be NULL. */
        void (*changed)(void *userdata, bool is_there);
        void *userdata;
} BusDaemon;

/*
 * Follows who has the daemon's name, in 'daemon', which must stay where it is as long as 'bus' is
 * there. What is received by matches that are added later finds it known. 0 or a negative errno.
 */
int bus_client_watch_daemon(sd_bus *bus, BusDaemon *daemon);

/*
 * Whether a signal is the daemon's: anybody may send one to us alone, and it passes a match of any
 * well-known sender.
 */
bool bus_client_is_from_daemon(const BusDaemon *daemon, sd_bus_message *message);
