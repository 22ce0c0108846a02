#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the daemon share: the manager, and the functions by which they call each other.
 */
#include <systemd/sd-event.h>

#include "actuate/worker.h"
#include "config/config.h"
#include "daemon/manager.h"
#include "state/block-table.h"
#include "uevent/uevent.h"

/* The worker has one job at a time; a round of work is a barrier, then a batch. */
typedef enum Phase {
        PHASE_IDLE,
        PHASE_BARRIER,
        PHASE_WRITING,
} Phase;

typedef struct Pending {
        size_t n_blocks, n_allocated;
        BlockIndex *blocks; /* announced, not decided yet; some may stand here twice */
} Pending;

struct Manager {
        sd_event *event;
        sd_event_source *wait_timer; /* for node links that are late */
        sd_event_source *stop_timer; /* for a stop that waits for a write */

        int run_fd;  /* /run/memplugd; negative: it can't be had */
        int lock_fd; /* held as long as this memplugd runs */
        Sysfs *sysfs;
        UeventMonitor *monitor;
        Worker *worker;
        BlockTable *table;

        const char *config_file;
        Policy *policy;
        char *config_text;      /* where the policy comes from, for the status */
        size_t n_config_errors; /* of the config that was read last: then it isn't in force */

        Phase phase;
        bool rescan; /* read all blocks: at start, after a reload, when events were lost */
        Pending pending;
        bool first_sweep; /* nothing was looked at before in this boot */
        Batch *batch;     /* the worker's, in PHASE_WRITING */
        bool waiting;     /* for node links, which are looked for again when wait_timer ends */
        unsigned n_link_waits;
        bool stopping;
        unsigned n_stop_waits;

        uint64_t n_outcomes[_OUTCOME_MAX];
};

/* manager-config.c: loads the config. With errors, the policy in force stays, or is the built-in one. */
int manager_load_config(Manager *manager);

/* rounds.c: from events to batches. */
int manager_announce(Manager *manager, BlockIndex index);
void manager_on_uevent(Manager *manager, const Uevent *uevent);
void manager_read_uevents(Manager *manager);
void manager_start_round(Manager *manager);
void manager_on_report(Manager *manager, const WorkerReport *report);

/* tell.c: what is told to the journal and as the service's status. */
void tell_item(const BatchItem *item);
void tell_found_online(const Block *block, const Verdict *verdict, Outcome outcome);
void tell_status(const Manager *manager);

/* "memory34" or "memory34-41", then the rule's name and place: "'x' (FILE:LINE)". */
#define TELL_TEXT_MAX 512
const char *tell_blocks(BlockIndex first, BlockIndex last, char text[TELL_TEXT_MAX]);
const char *tell_rule(const Rule *rule, char text[TELL_TEXT_MAX]);
