#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a write to memoryN/state came to: all the words there are for it. What they mean of one that was
 * to take a block offline, model/task.h says.
 */
#include "base/string-table.h"

typedef enum Outcome {
        OUTCOME_DONE,       /* online by us, in the zone that was asked for */
        OUTCOME_ALREADY,    /* somebody was first, in the right zone */
        OUTCOME_WRONG_ZONE, /* online, but in the other zone: somebody was first */
        OUTCOME_REFUSED,    /* the kernel doesn't take it in that zone (or at all) */
        OUTCOME_BUSY,       /* EBUSY, EAGAIN: a notifier refused; may go later */
        OUTCOME_NO_MEMORY,  /* ENOMEM: no memory for the operation, or a notifier said so */
        OUTCOME_VETOED,     /* EPERM: a driver doesn't want its memory in that zone */
        OUTCOME_POISONED,   /* EHWPOISON: the block has poisoned pages */
        OUTCOME_GONE,       /* the block went away meanwhile */
        OUTCOME_CANCELLED, /* the daemon was stopped first, or the block taken offline by somebody */
        _OUTCOME_MAX,
        _OUTCOME_INVALID = -22, /* -EINVAL */
} Outcome;

/* "done", "already", "wrong-zone", …: the words of journal, D-Bus and JSON. */
DECLARE_STRING_TABLE(outcome, Outcome);
