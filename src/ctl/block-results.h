#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The blocks that were asked for, and what came of each.
 */
#include <systemd/sd-bus.h>

#include "ctl/json.h"
#include "model/block.h"
#include "model/zone.h"

#define BLOCK_WORD_MAX 24

typedef struct BlockResult {
        BlockIndex index;
        bool is_settled;
        char word[BLOCK_WORD_MAX]; /* an outcome's, or "left" and the like of a newer daemon */
        ZoneKind zone;             /* that it is online in; or _ZONE_KIND_INVALID */
        int error;                 /* a positive errno, or 0 */
} BlockResult;

typedef struct BlockResults {
        size_t n;
        BlockResult *all; /* by index */
        size_t n_settled;
} BlockResults;

/* Adds a block behind the others. 0 or -ENOMEM. */
int block_results_add(BlockResults *results, BlockIndex index);
void block_results_done(BlockResults *results);

/* Takes note of what came of a block; of others than those asked for there is none. */
void block_results_settle(BlockResults *results, BlockIndex index, const char *outcome,
                          const char *zone, int error);

/* Whether it is as it was asked to be: by us, or it was before. */
bool block_result_is_good(const BlockResult *result);

/* How many are. */
size_t block_results_count(const BlockResults *results);

/*
 * Of the one at *i and what follows it, the last one of which the same came. Moves *i behind it.
 */
const BlockResult *block_results_find_last(const BlockResults *results, size_t *i);

/* An error in words: strerror()'s, but for those that mean something else here. */
const char *block_result_error(const BlockResult *result);

/* A line for neighbours of which the same came. */
void block_result_print_range(const BlockResult *first, const BlockResult *last);

/* The same, as an object. The caller's. */
json_object *block_result_range_to_json(const BlockResult *first, const BlockResult *last);
