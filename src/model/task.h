#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A task: what an administrator asks to be done with memory that is online. The daemon does one at a
 * time, and answers it once, block by block, whatever came of it.
 */
#include <stddef.h>

#include "model/block.h"
#include "model/outcome.h"

typedef enum TaskKind {
        TASK_OFFLINE,
        TASK_REZONE,
        TASK_UNPLUG,
        _TASK_KIND_MAX,
        _TASK_KIND_INVALID = -22, /* -EINVAL */
} TaskKind;

/* "offline", "rezone", "unplug" */
DECLARE_STRING_TABLE(task_kind, TaskKind);

/* Where 'timeout' is 0. */
#define TASK_TIMEOUT_USEC (UINT64_C(60) * 1000 * 1000)

typedef struct Task {
        TaskKind kind;
        size_t n_blocks;
        const BlockIndex *blocks; /* sorted, each once */
        ZoneKind zone;            /* TASK_REZONE: where to */
        uint64_t timeout;         /* µs a block, its tries and the pauses between them */
        bool keep_partial; /* TASK_OFFLINE: what went offline stays so when another block won't go, and
                            * the rest is tried all the same */
        bool force;        /* TASK_REZONE: boot memory may be moved, too */
        char device[DEVICE_NAME_MAX]; /* TASK_UNPLUG: an ACPI DIMM, of which 'blocks' are all */
        pid_t pid;                    /* who asked; 0: not known */
        uid_t uid;                    /* the same; only with 'pid' */
} Task;

/*
 * What became of a block:
 *
 * done: it is offline by us, moved, or gone with its device. already: it was offline, or in that
 * zone. busy: it didn't go, until the deadline. refused: the kernel says it can't, or it is boot
 * memory. wrong-zone: it isn't moved, and is where it was. gone: it went away otherwise. cancelled: not
 * tried, or taken offline and put back, since the task was given up or another block didn't go; or
 * what somebody else did to it is the later word. vetoed, poisoned, no-memory: see Outcome.
 */
typedef struct TaskBlock {
        BlockIndex block;
        Outcome outcome;
        ZoneKind zone; /* it is online in, at the end; _ZONE_KIND_INVALID: it isn't, or not known */
        int error;     /* 0, or the negative errno of what stood in the way; -ETIMEDOUT, -EINTR: the
                        * deadline */
} TaskBlock;
