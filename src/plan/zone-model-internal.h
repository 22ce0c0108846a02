#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What zone-model.c, which has the rules, and zone-model-blocks.c, which has the blocks, share.
 */
#include "plan/zone-model.h"

typedef struct ModelBlock {
        BlockIndex index;
        int node;
        bool online;
        bool touched;  /* it has been in a zone: under the boundary rule, from the beginning */
        ZoneKind kind; /* that zone */
} ModelBlock;

/* Blocks start … end - 1; empty if both are the same. */
typedef struct Span {
        BlockIndex start;
        BlockIndex end;
} Span;

/* Under the free rule the spans are those of what is online, under the others what they ever were. */
typedef struct ModelNode {
        int node;
        Span spans[_ZONE_KIND_MAX];
} ModelNode;

struct ZoneModel {
        ZoneRule rule;
        size_t n_blocks, n_allocated, n_nodes;
        ModelBlock *blocks; /* by index */
        ModelNode *nodes;
};

/* NULL: it isn't there. Valid until one is added or removed. */
ModelBlock *zone_model_find(const ZoneModel *model, BlockIndex index);

/* Those of the block's node, one for each kind of zone. */
Span *zone_model_spans(const ZoneModel *model, const ModelBlock *block);

static inline bool span_is_empty(const Span *span) {
        return span->start == span->end;
}

static inline bool span_has(const Span *span, BlockIndex index) {
        return span->start <= index && index < span->end;
}

/* So that the block lies in it. */
void span_grow(Span *span, BlockIndex index);

/* Counts a node's span anew, of its blocks as they are. */
void zone_model_count_span(ZoneModel *model, int node, ZoneKind kind);
