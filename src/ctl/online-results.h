#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The blocks that were asked for, and what came of each.
 */
#include <systemd/sd-bus.h>

#include "ctl/json.h"
#include "model/block.h"
#include "model/zone.h"

#define ONLINE_WORD_MAX 24

typedef struct OnlineResult {
        BlockIndex index;
        bool is_settled;
        char word[ONLINE_WORD_MAX]; /* an outcome's, or "left" and the like of a newer daemon */
        ZoneKind zone;              /* that it is online in; or _ZONE_KIND_INVALID */
        int error;                  /* a positive errno, or 0 */
} OnlineResult;

typedef struct OnlineResults {
        size_t n;
        OnlineResult *all; /* by index */
        size_t n_settled;
} OnlineResults;

/* Adds a block behind the others. 0 or -ENOMEM. */
int online_results_add(OnlineResults *results, BlockIndex index);
void online_results_done(OnlineResults *results);

/* Takes note of what came of a block; of others than those asked for there is none. */
void online_results_settle(OnlineResults *results, BlockIndex index, const char *outcome,
                           const char *zone, int error);

/* How many are online in what was asked for. */
size_t online_results_count(const OnlineResults *results);

/* One line for neighbours of which the same came. */
void online_results_print(const OnlineResults *results);

/* An array of the same. The caller's. */
json_object *online_results_to_json(const OnlineResults *results);
