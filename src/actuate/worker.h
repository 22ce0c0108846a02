#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one thread that writes to the kernel, for a write can block for as long as somebody else
 * holds the kernel's hotplug lock. It has one job at a time; what becomes of it is read from a
 * descriptor. The kernel onlines one block at a time anyway, so more threads would gain nothing.
 */
#include "actuate/batch.h"
#include "sysfs/sysfs.h"

typedef struct Worker Worker;

typedef enum WorkerEvent {
        WORKER_ITEM,    /* an item of the batch is settled */
        WORKER_BATCH,   /* the batch is through: it is the caller's again */
        WORKER_BARRIER, /* the barrier is passed, or couldn't be had */
        _WORKER_EVENT_MAX,
        _WORKER_EVENT_INVALID = -22, /* -EINVAL */
} WorkerEvent;

typedef struct WorkerReport {
        WorkerEvent event;
        int error;   /* of WORKER_BARRIER: 0 or a negative errno */
        size_t item; /* of WORKER_ITEM */
} WorkerReport;

/* 'sysfs' must outlive the worker. */
int worker_new(Sysfs *sysfs, Worker **ret);

/* Waits for the thread, so its job must have been cancelled or ended before. */
Worker *worker_free(Worker *worker);
DEFINE_CLEANUP(Worker *, worker_free)

/* Readable when there is a report. */
int worker_fd(const Worker *worker);

/* Takes the next report. 1: there was one; 0: none yet. */
int worker_read(Worker *worker, WorkerReport *ret);

/* Gives it a batch, which belongs to the worker until WORKER_BATCH. It must be idle. */
void worker_run_batch(Worker *worker, Batch *batch);

/*
 * Waits until nobody holds the hotplug lock: then all blocks of a DIMM are there and linked, and
 * their events have been sent. It writes "online" to a block that is online, which waits for the
 * lock, answers EINVAL, and changes nothing. It must be idle.
 */
void worker_run_barrier(Worker *worker, BlockIndex online_block);

/*
 * Ends the job after the write that is under way; that one is interrupted where the kernel lets
 * itself be interrupted. The reports come all the same. There is no way back.
 */
void worker_cancel(Worker *worker);
