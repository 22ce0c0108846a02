/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/totals.h"

#include <errno.h>

static const char *const share_table[] = {
        [SHARE_KERNEL] = "kernel",
        [SHARE_MOVABLE] = "movable",
        [SHARE_UNKNOWN] = "unknown",
        [SHARE_OFFLINE] = "offline",
};
DEFINE_STRING_TABLE(share, Share);

Share share_of_block(const Block *block) {
        if (block->state != BLOCK_ONLINE)
                return SHARE_OFFLINE;
        if (!block->valid_zones.known)
                return SHARE_UNKNOWN;
        /* "none": it spans zones or nodes, and can't be taken offline: the kernel's for good. */
        if (block_zone_kind(block) == ZONE_KIND_MOVABLE)
                return SHARE_MOVABLE;

        return SHARE_KERNEL;
}

/* The total of 'node', which is added if it isn't there yet; NULL: no memory. */
static NodeTotal *find_or_add(Totals *totals, int node) {
        NodeTotal *nodes;

        for (size_t i = totals->n_nodes; i > 0; i--)
                if (totals->nodes[i - 1].node == node)
                        return &totals->nodes[i - 1];

        nodes = reallocarray(totals->nodes, totals->n_nodes + 1, sizeof(NodeTotal));
        if (!nodes)
                return NULL;

        totals->nodes = nodes;
        nodes[totals->n_nodes] = (NodeTotal){ .node = node };
        return &nodes[totals->n_nodes++];
}

static int total_compare(const void *a, const void *b) {
        const NodeTotal *x = a, *y = b;

        if (x->node == NODE_UNKNOWN || y->node == NODE_UNKNOWN)
                return (x->node == NODE_UNKNOWN) - (y->node == NODE_UNKNOWN);
        return x->node < y->node ? -1 : x->node > y->node;
}

int totals_count(const Snapshot *snapshot, Totals *ret) {
        _cleanup_(totals_done) Totals totals = {};

        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                Share share = share_of_block(&snapshot->blocks[i]);
                NodeTotal *total = find_or_add(&totals, snapshot->blocks[i].node);

                if (!total)
                        return -ENOMEM;
                total->n_blocks[share]++;
                totals.all.n_blocks[share]++;
        }
        if (totals.n_nodes > 0)
                qsort(totals.nodes, totals.n_nodes, sizeof(NodeTotal), total_compare);

        *ret = totals;
        totals = (Totals){};
        return 0;
}

void totals_done(Totals *totals) {
        free(totals->nodes);
        *totals = (Totals){};
}

uint64_t totals_sum(const NodeTotal *total) {
        uint64_t sum = 0;

        for (Share share = 0; share < _SHARE_MAX; share++)
                sum += total->n_blocks[share];

        return sum;
}
