#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the manager share.
 */
#include <systemd/sd-event.h>
#include <systemd/sd-id128.h>

#include "actuate/worker.h"
#include "bus/server.h"
#include "config/config.h"
#include "daemon/manager.h"
#include "daemon/rounds.h"
#include "daemon/takeover.h"
#include "state/history.h"
#include "uevent/uevent.h"

#define MANAGER_STATUS_MAX 2400
#define MANAGER_REASON_MAX 400

/* The connection to D-Bus, which comes and goes: manager-bus.c. */
typedef struct ManagerBus {
        BusServer *server; /* NULL: it couldn't be made */
        sd_bus *connection;
        sd_event_source *timer; /* until the next try */
        uint64_t delay;         /* µs, before it */
        bool was_there;         /* so that its end is told once */
        bool was_refused;       /* and so is that it is there, but won't have us */

        uint64_t task_since;    /* CLOCK_REALTIME µs, the last task's begin */
        uint64_t current_since; /* CLOCK_REALTIME µs, the begin of the last write */
        uint64_t trouble_usec;  /* CLOCK_REALTIME, of the last line of trouble; 0: none */
        char trouble[BUS_TEXT_MAX];
} ManagerBus;

struct Manager {
        sd_event *event;
        sd_event_source *link_timer;   /* armed while node links are waited for */
        sd_event_source *move_timer;   /* armed while a block is moved */
        sd_event_source *task_timer;   /* armed for a task's next step, or its end */
        sd_event_source *hang_timer;   /* armed while a write may hang */
        sd_event_source *stop_timer;   /* while a stop waits for a write */
        unsigned n_stop_waits;         /* for that write */
        uint64_t stopping_since;       /* CLOCK_MONOTONIC µs */
        sd_event_source *status_timer; /* armed while the status that systemd has is an old one */
        bool status_is_due;            /* so it is */
        char status[MANAGER_STATUS_MAX];

        int run_fd;  /* /run/memplugd; negative: it can't be had */
        int lock_fd; /* held as long as this memplugd runs */
        Sysfs *sysfs;
        UeventMonitor *monitor;
        Worker *worker;
        BlockTable *table;
        LogFile *history; /* of what is told; NULL: it isn't kept */
        LogFile *records; /* of what became of blocks; the same */
        char boot_id[SD_ID128_STRING_MAX];
        Rounds rounds;
        Takeover takeover;
        bool is_service;  /* another unit puts back what was taken over */
        bool own_setting; /* at the start, nothing was taken over */

        const char *config_file;
        Policy *policy;         /* in force, or about to be */
        bool mode_is_due;       /* about to be: the kernel's setting is still the old one's */
        char *config_text;      /* where it comes from, for the status */
        size_t n_config_errors; /* of the config that was read last: then it isn't in force */
        char *config_error;     /* the first of them; NULL: none, or it couldn't be kept */
        char mode_reason[MANAGER_REASON_MAX]; /* why another mode is active; "": none is */

        ManagerBus bus;

        uint64_t write_since;     /* CLOCK_MONOTONIC µs, the begin of the last write */
        bool write_hangs;         /* it was told so */
        BlockIndex hanging_block; /* which read "going-offline" then; BUS_NO_BLOCK: none */
};

/*
 * Loads the config. With errors, the policy in force stays, or is the built-in one at the start. 0,
 * or a negative errno if there is no policy at all.
 */
int manager_load_config(Manager *manager);

/* As a service: reads /proc/iomem from what systemd opened. Needs sysfs. */
void manager_take_iomem(Manager *manager);

/* Listens to the kernel's events, as a service by the socket that systemd holds. 0 or -errno. */
int manager_listen(Manager *manager);

/* Of a file to which not all is added any more; 'error' is a negative errno. */
void manager_tell_lost(const char *file, int error);

/* Needs sysfs, and the run directory if there is one. */
void manager_open_takeover(Manager *manager);

/* Takes over, programs or puts back the kernel's own setting, as the policy's mode wants it. */
void manager_apply_mode(Manager *manager);

/* Says why another mode is to be active, before it is. */
void manager_explain_mode(Manager *manager);

/* Whether the kernel itself puts new memory online, as far as its setting was seen. */
bool manager_kernel_is_first(const Manager *manager);

/* At the end: unless the service's other unit does it. */
void manager_put_back(Manager *manager);

/* Cuts off a character that snprintf() left in half: systemd takes a status of whole ones only. */
void manager_cut_half_character(char *text);

/*
 * Around each write and barrier: of one that takes long it is told what it waits for. It takes no
 * memory.
 */
void manager_write_begins(Manager *manager);
void manager_write_ends(Manager *manager);

/* Whether the write that is under way is to that block; a barrier is to none. */
bool manager_is_writing_to(const Manager *manager, BlockIndex block);

/*
 * Makes the timers, so that arming one takes no memory between an event and the write that it leads to.
 * 0 or -errno.
 */
int manager_make_timers(Manager *manager);

/* Has a timer's callback called so many µs from now; what it was armed for before is forgotten. 0 or -errno. */
int manager_arm(sd_event_source *timer, uint64_t usec);
void manager_disarm(sd_event_source *timer);

/* Of the timers of that name: manager-status.c, manager-hang.c. */
int manager_on_status_timer(sd_event_source *source, uint64_t usec, void *userdata);
int manager_on_hang_timer(sd_event_source *source, uint64_t usec, void *userdata);

/*
 * Sends the service's status text to systemd, if it has changed: at once when nothing is under way,
 * else after a moment, so that a burst of many blocks isn't one of many messages.
 */
void manager_update_status(Manager *manager);

/*
 * Reads the config again, and does as it says, unless it has errors: once nothing is under way, and
 * nobody holds. 0, or -ESHUTDOWN: it is ending, and nothing is read.
 */
int manager_reload(Manager *manager);

/* How the rounds reach the world; 'userdata' is the Manager. */
extern const RoundsOps manager_rounds_ops;

/* What is shown and done on D-Bus; 'userdata' is the Manager. */
extern const BusOps manager_bus_ops;

/*
 * Joins the bus when it is there, and again whenever it comes back. Without a bus, or if it fails, all
 * the rest goes on.
 */
void manager_bus_open(Manager *manager);
void manager_bus_close(Manager *manager);

/* Before the end: sends what is left to send, which takes a second at most. */
void manager_bus_finish(Manager *manager);

/* Signals, and what has changed: cheap, and nothing if there is no bus. */
void manager_bus_uevent(Manager *manager, const Uevent *uevent);
void manager_bus_verdict(Manager *manager, const Verdict *verdict);
void manager_bus_record(Manager *manager, const Record *record);
void manager_bus_task(Manager *manager, const Task *task, const TaskBlock *answers, int error);
void manager_bus_told(Manager *manager, uint64_t usec, int level, const char *text);
void manager_bus_changed(Manager *manager);
