/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/refusal.h"

#include <inttypes.h>
#include <stdio.h>

/* Whether a block can only be in zones of that kind: it is there, or may go nowhere else. */
static bool is_only(const Block *block, ZoneKind kind) {
        ZoneKind other = kind == ZONE_KIND_KERNEL ? ZONE_KIND_MOVABLE : ZONE_KIND_KERNEL;

        if (!block->valid_zones.known)
                return false;
        if (block->state == BLOCK_ONLINE)
                return block_zone_kind(block) == kind;

        return !valid_zones_allow(&block->valid_zones, other);
}

/* The highest block of the node, above 'index', that is in the kernel zone only. */
static const Block *find_kernel_above(const Snapshot *blocks, BlockIndex index, int node) {
        for (size_t i = blocks->n_blocks; i > 0; i--) {
                const Block *other = &blocks->blocks[i - 1];

                if (other->index <= index)
                        return NULL;
                if (other->node == node && is_only(other, ZONE_KIND_KERNEL))
                        return other;
        }
        return NULL;
}

/* The lowest block of the node, below 'index', that is in Movable only. */
static const Block *find_movable_below(const Snapshot *blocks, BlockIndex index, int node) {
        for (size_t i = 0; i < blocks->n_blocks; i++) {
                const Block *other = &blocks->blocks[i];

                if (other->index >= index)
                        return NULL;
                if (other->node == node && is_only(other, ZONE_KIND_MOVABLE))
                        return other;
        }
        return NULL;
}

bool refusal_find(const Snapshot *blocks, BlockIndex index, int node, const ValidZones *zones,
                  Online online, Refusal *ret) {
        const Block *edge = NULL;

        if (!online_is_allowed(online, zones))
                edge = online == ONLINE_MOVABLE ? find_kernel_above(blocks, index, node)
                                                : find_movable_below(blocks, index, node);
        if (!edge)
                return false;

        *ret = (Refusal){ .online = online, .edge = edge->index };
        return true;
}

const char *refusal_format(const Refusal *refusal, int node, char text[REFUSAL_TEXT_MAX]) {
        if (refusal->online == ONLINE_MOVABLE)
                (void)snprintf(text, REFUSAL_TEXT_MAX,
                               "it would have to lie above memory%" PRIu64
                               ", up to which the kernel zone of node %d reaches",
                               refusal->edge, node);
        else
                (void)snprintf(text, REFUSAL_TEXT_MAX,
                               "it would have to lie below memory%" PRIu64
                               ", from which on Movable of node %d reaches",
                               refusal->edge, node);
        return text;
}
