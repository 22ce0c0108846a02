#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's zone rules, as a model without a kernel: which zones a block may go to, what a
 * write to its state answers, and what it changes for the blocks around it. There were three rules:
 *
 *   boundary    3.8 – 4.12: each block has a zone from the moment it is added, the kernel zone
 *               below, Movable above. One boundary lies between the two; a block changes zone only
 *               if it lies right at it, and then the boundary moves over it. It moves even if a
 *               notifier refuses the block afterwards.
 *   no overlap  4.13: a zone has a span, which grows with each attempt and never shrinks by
 *               offlining. A block may go to the kernel zone if it ends before the span of Movable
 *               begins, and to Movable if it begins after the span of the kernel zone ends.
 *   free        4.14 and later: any offline block, any zone. The span of a zone goes from its
 *               first to its last online block; only a plain "online" looks at it.
 *
 * Evidence: kernels 4.9, 4.13 and 6.1, whose recorded answers tests/traces holds. The rule of a
 * running kernel shows in its answers; versions tell nothing, for distributions backport.
 */
#include "model/snapshot.h"

typedef enum ZoneRule {
        ZONE_RULE_BOUNDARY,
        ZONE_RULE_NO_OVERLAP,
        ZONE_RULE_FREE,
        _ZONE_RULE_MAX,
        _ZONE_RULE_INVALID = -22, /* -EINVAL */
} ZoneRule;

/* "boundary", "no-overlap", "free" */
DECLARE_STRING_TABLE(zone_rule, ZoneRule);

/* The words that memoryN/state takes. */
typedef enum StateWord {
        STATE_ONLINE,
        STATE_ONLINE_KERNEL,
        STATE_ONLINE_MOVABLE,
        STATE_OFFLINE,
        _STATE_WORD_MAX,
        _STATE_WORD_INVALID = -22, /* -EINVAL */
} StateWord;

DECLARE_STRING_TABLE(state_word, StateWord);

typedef struct ZoneModel ZoneModel;

/* A machine without blocks. NULL: out of memory. */
ZoneModel *zone_model_new(ZoneRule rule);
ZoneModel *zone_model_free(ZoneModel *model);
DEFINE_CLEANUP(ZoneModel *, zone_model_free)

/*
 * Memory is plugged: blocks first … last of a node, offline. 0, -EEXIST if one is there already,
 * or -ENOMEM.
 */
int zone_model_add(ZoneModel *model, BlockIndex first, BlockIndex last, int node);

/*
 * Takes over a block of a real machine as it was read; its node must be known. Under the rule of no
 * overlap, what an offline block may not do tells how far the spans around it reach, as far as it can
 * be told at all. 0, -EEXIST or -ENOMEM.
 */
int zone_model_take(ZoneModel *model, const Block *read);

/*
 * By which rule the kernel answers, as far as what its blocks read tells; if nothing speaks against
 * it, that of today's kernels. The snapshot must be sorted. _ZONE_RULE_INVALID: there are blocks, but
 * none of them tells anything, as before 3.18.
 */
ZoneRule zone_rule_guess(const Snapshot *snapshot);

/*
 * Memory is unplugged: blocks first … last, all offline. What it leaves of the zones' spans follows
 * from the blocks that stay. 0, -ENOENT if one isn't there, or -EBUSY if one is online.
 */
int zone_model_remove(ZoneModel *model, BlockIndex first, BlockIndex last);

/*
 * Something is written to a block's state. Answers 0 or what the kernel's write would: -EINVAL (the
 * block is in that state already, or mustn't go to that zone), -ENOENT (no such block), or
 * 'refusal', a negative errno with which a notifier refuses what would have gone through; 0: none.
 */
int zone_model_write(ZoneModel *model, BlockIndex index, StateWord word, int refusal);

/* The span of a node's zone: blocks *ret_start … *ret_end - 1; both the same if it is empty. */
void zone_model_span(const ZoneModel *model, int node, ZoneKind kind, BlockIndex *ret_start,
                     BlockIndex *ret_end);

/* What state and valid_zones of a block read now. False: there is no such block. */
bool zone_model_read(const ZoneModel *model, BlockIndex index, Block *ret);
