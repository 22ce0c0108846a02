#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What memplugd would write, and what would come of it: its own bookkeeping (actuate/work.h) and its own
 * attempts, made at a machine that only seems to be written to (ctl/world.h). First of what is there now,
 * as at a start or reload of memplugd; then of each thing that is plugged afterwards, a burst for itself.
 */
#include "ctl/addition.h"
#include "ctl/view.h"
#include "ctl/world.h"
#include "plan/refusal.h"
#include "state/block-table.h"

/* Why a block isn't where its rule wants it first, or isn't touched. */
typedef enum Hindrance {
        HINDRANCE_NONE,
        HINDRANCE_RULE,           /* the rule says "leave" */
        HINDRANCE_KERNEL_SETTING, /* the rule leaves it to the kernel's setting, which left it */
        HINDRANCE_RELEASED,       /* somebody took it offline, and memplugd remembers */
        HINDRANCE_GOING_OFFLINE,
        HINDRANCE_UNLINKED,     /* it isn't linked to its node yet */
        HINDRANCE_ZONE,         /* the kernel doesn't take it in that zone */
        HINDRANCE_UNIT,         /* a part of its device isn't movable, so this needn't be, either */
        HINDRANCE_NOT_REZONED,  /* it is online in the wrong zone, and its rule has no "rezone" */
        HINDRANCE_KNOWN,        /* the same, but it was dealt with before */
        HINDRANCE_MOVE_MEMORY,  /* too little memory is free for what it may hold */
        HINDRANCE_MOVE_BUDGET,  /* there would be more movable memory than movable_ratio allows */
        HINDRANCE_ONLY_AT_HAND, /* in mode "kernel", what the kernel left offline later stays so */
        _HINDRANCE_MAX,
        _HINDRANCE_INVALID = -22, /* -EINVAL */
} Hindrance;

/* "none", "rule", "kernel_setting", …: the words of JSON. */
DECLARE_STRING_TABLE(hindrance, Hindrance);

/* What becomes of a block that is, or was to be, written to. */
typedef struct Fate {
        Verdict verdict;
        Online online; /* what is written last; ONLINE_LEAVE: nothing is */
        ZoneKind zone; /* where it is in the end; _ZONE_KIND_INVALID: offline, or not known */
        bool is_online;
        bool moved;     /* taken offline first */
        bool by_kernel; /* which does so by itself, in mode "kernel" */
        Hindrance
                hindrance; /* why it isn't what the verdict says; of a write: why not that first */
        bool has_refusal;
        Refusal refusal; /* of HINDRANCE_ZONE */
} Fate;

typedef struct Fates {
        size_t n, n_allocated;
        Fate *fates;
} Fates;

/* The map of memory that is plugged has to lie somewhere. */
typedef struct MemoryMap {
        uint64_t bytes;
        bool from_itself; /* from the memory that is plugged, which is less by that */
        bool free_known;
        uint64_t free; /* in kernel zones before it was plugged */
        bool fits;
} MemoryMap;

typedef struct Stage {
        const Addition *addition;   /* NULL: what is there now */
        Fates writes;               /* in their order */
        Fates left;                 /* by block */
        BudgetReason before, after; /* of what is movable then; BUDGET_NOT_ASKED without "auto" */
        MemoryMap map;
} Stage;

typedef struct ForecastFacts {
        Mode mode;            /* what is active: never "auto" */
        Online kernel_policy; /* as in VerdictFacts */
        bool taken_over;      /* memplugd has changed auto_online_blocks */
        OwnMap own_map;
        bool untold_zones; /* the kernel's own policy chooses for a plain "online" by its own lights */
        uint64_t available; /* bytes that programs could still get; 0: not known */
        const RangeSet *cpu_nodes;
        const BlockTable *table; /* what memplugd remembers; NULL: nothing, or not known */
} ForecastFacts;

/*
 * Makes one stage after another. 'snapshot' must be sorted, its devices read; what is plugged is added to
 * it. 'zoneinfo' NULL: not known. *ret_stages has one more than there are additions. 0, -ENOMEM, or what
 * addition_plug() answers, and then it was told.
 */
int forecast_make(const Policy *policy, const ForecastFacts *facts, const Zoneinfo *zoneinfo,
                  Snapshot *snapshot, Addition *additions, size_t n_additions, Stage **ret_stages,
                  ZoneRule *ret_rule);

/* Frees the stages, too. */
void forecast_free(Stage *stages, size_t n);
