#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A memplugd's rounds whose calls of the kernel and allocations are counted, not timed. The rounds, the
 * worker's thread, and what reads and writes the kernel's files are the real ones; the files are those of
 * a tree, and this stands between them and the calls (the linker's --wrap), counts these, and has a write
 * to a state do what the kernel would do. What goes wrong in here aborts the program.
 */
#include <stdbool.h>
#include <stddef.h>

#include "actuate/worker.h"
#include "daemon/rounds.h"
#include "fake-tree.h"
#include "state/history.h"

#define QUEUE_MAX 4096

typedef struct Box {
        FakeTree *tree;
        Sysfs *sysfs;
        Worker *worker;
        BlockTable *table;
        LogFile *records;
        int run_fd;
        Policy *policy;
        Rounds rounds;
        int (*read_uevent)(Uevent *ret); /* where events come from, instead of the queue; or NULL */
        size_t n_queue, next;
        Uevent queue[QUEUE_MAX];
        bool barrier;
        size_t n_done, n_wanted;
} Box;

/* Of calls, those about the kernel's files; and others: reports of the thread, and what is kept in /run. */
typedef struct Cost {
        size_t n_calls, n_other_calls, n_allocations;
} Cost;

/* On that tree, which stays the caller's. The sweep is still to come: box_run(). */
Box *box_new(FakeTree *tree);
void box_free(Box *box);

/* Announces an event. */
void box_send(Box *box, UeventAction action, BlockIndex block);

/* Goes on until nothing is under way any more; the same, and counts. */
void box_run(Box *box);
Cost box_count(Box *box);

/* The same in parts: what is done between these two is counted. */
void box_begin_counting(void);
Cost box_end_counting(void);

/* Adds a DIMM of so many blocks, and announces them. */
void box_plug(Box *box, BlockIndex first, size_t n);

/* Does so, and counts up to the last outcome. */
Cost box_measure(Box *box, BlockIndex first, size_t n);
