#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one thread that writes to the kernel, for a write can block for as long as somebody else
 * holds the kernel's hotplug lock. It has one job at a time, and between two of them the main loop
 * sees what else has happened; what a job came to is read from a descriptor. The kernel onlines one block at a time anyway, so more threads would gain nothing.
 */
#include "actuate/attempt.h"
#include "sysfs/sysfs.h"

typedef struct Worker Worker;

typedef enum WorkerJob {
        WORKER_ATTEMPT, /* put a block online, or take it offline */
        WORKER_BARRIER, /* wait until nobody holds the hotplug lock */
        WORKER_EJECT,   /* have a device ejected */
        _WORKER_JOB_MAX,
        _WORKER_JOB_INVALID = -22, /* -EINVAL */
} WorkerJob;

/* What a job came to. */
typedef struct WorkerReport {
        WorkerJob job;
        BlockIndex block;
        Attempt attempt; /* of WORKER_ATTEMPT */
        int error;       /* of the others: 0, or a negative errno: it couldn't be had */
} WorkerReport;

/* 'sysfs' must outlive the worker. */
int worker_new(Sysfs *sysfs, Worker **ret);

/* Waits for the thread, so its job must have ended before. */
Worker *worker_free(Worker *worker);
DEFINE_CLEANUP(Worker *, worker_free)

/* Readable when there is a report. */
int worker_fd(const Worker *worker);

/* Takes the next report. 1: there was one; 0: none yet. */
int worker_read(Worker *worker, WorkerReport *ret);

/* Gives it an attempt to make, as attempt_move() or attempt_online(). It must be idle. */
void worker_start_attempt(Worker *worker, BlockIndex block, ino_t inode, Online online, bool move);

/* The same, as attempt_offline(). */
void worker_start_offline(Worker *worker, BlockIndex block, ino_t inode);

/* Has an ACPI device ejected, which it only begins: see sysfs_eject(). It must be idle. */
void worker_start_eject(Worker *worker, const char *device);

/*
 * Waits until nobody holds the hotplug lock: then all blocks of a DIMM are there and linked, and
 * their events have been sent. It writes "online" to a block that is online, which waits for the
 * lock, answers EINVAL, and changes nothing. It must be idle.
 */
void worker_start_barrier(Worker *worker, BlockIndex online_block);

/*
 * Interrupts the write that is under way: it ends with EINTR if the kernel lets itself be interrupted,
 * and so does a write of "offline" that waits for the hotplug lock, which the kernel by itself begins
 * anew. Others wait on. A signal that comes too early has no effect: so it is called again until the
 * report comes.
 */
void worker_interrupt(Worker *worker);
