#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How many blocks each node has, by what they are.
 */
#include "model/snapshot.h"

typedef enum Share {
        SHARE_KERNEL,
        SHARE_MOVABLE,
        SHARE_UNKNOWN, /* online, but in which zone can't be read */
        SHARE_OFFLINE, /* what is on its way there is counted here too, as lsmem does */
        _SHARE_MAX,
        _SHARE_INVALID = -22, /* -EINVAL */
} Share;

/* "kernel", "movable", "unknown", "offline". */
DECLARE_STRING_TABLE(share, Share);

Share share_of_block(const Block *block);

typedef struct NodeTotal {
        int node; /* NODE_UNKNOWN: of blocks that aren't linked to one yet */
        uint64_t n_blocks[_SHARE_MAX];
} NodeTotal;

typedef struct Totals {
        NodeTotal all; /* its node means nothing */
        size_t n_nodes;
        NodeTotal *nodes; /* by number, the one of NODE_UNKNOWN last; only those that have blocks */
} Totals;

/* 0 or -ENOMEM. The caller ends *ret with totals_done(). */
int totals_count(const Snapshot *snapshot, Totals *ret);

/* Frees what it holds, not itself. */
void totals_done(Totals *totals);

uint64_t totals_sum(const NodeTotal *total);
