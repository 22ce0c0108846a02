#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why the kernel doesn't take an offline block in a zone: in words, and by what the blocks around
 * it read, whichever of the rules of zone-model.h it is.
 */
#include "model/snapshot.h"
#include "rules/verdict.h"

typedef struct Refusal {
        Online online;   /* ONLINE_MOVABLE: the block lies too low; ONLINE_KERNEL: too high */
        BlockIndex edge; /* it would have to lie above, or below, this block of its node */
} Refusal;

/*
 * Under the boundary rule and that of no overlap, a block can become Movable only above all that is
 * in the node's kernel zone, and go to the kernel zone only below all that is in Movable. 'zones' is
 * what the block's valid_zones read when it was refused. 'blocks' must be sorted, and hold at least
 * those of the node. False: the reason is another one.
 */
bool refusal_find(const Snapshot *blocks, BlockIndex index, int node, const ValidZones *zones,
                  Online online, Refusal *ret);

/* "it would have to lie above memory39, up to which the kernel zone of node 0 reaches" */
#define REFUSAL_TEXT_MAX 128
const char *refusal_format(const Refusal *refusal, int node, char text[REFUSAL_TEXT_MAX]);
