/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/zone-model.h"

#include <errno.h>

static const char *const zone_rule_table[] = {
        [ZONE_RULE_BOUNDARY] = "boundary",
        [ZONE_RULE_NO_OVERLAP] = "no-overlap",
        [ZONE_RULE_FREE] = "free",
};
DEFINE_STRING_TABLE(zone_rule, ZoneRule);

static const char *const state_word_table[] = {
        [STATE_ONLINE] = "online",
        [STATE_ONLINE_KERNEL] = "online_kernel",
        [STATE_ONLINE_MOVABLE] = "online_movable",
        [STATE_OFFLINE] = "offline",
};
DEFINE_STRING_TABLE(state_word, StateWord);

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

typedef struct ModelNode {
        int node;
        Span spans[_ZONE_KIND_MAX];
} ModelNode;

struct ZoneModel {
        ZoneRule rule;
        size_t n_blocks, n_nodes;
        ModelBlock *blocks; /* in the order in which they were added */
        ModelNode *nodes;
};

ZoneModel *zone_model_new(ZoneRule rule) {
        ZoneModel *model = calloc(1, sizeof(ZoneModel));

        if (model)
                model->rule = rule;
        return model;
}

ZoneModel *zone_model_free(ZoneModel *model) {
        if (!model)
                return NULL;

        free(model->blocks);
        free(model->nodes);
        free(model);
        return NULL;
}

/* Spans */

static bool span_is_empty(const Span *span) {
        return span->start == span->end;
}

static bool span_has(const Span *span, BlockIndex index) {
        return span->start <= index && index < span->end;
}

static void span_grow(Span *span, BlockIndex index) {
        bool empty = span_is_empty(span);

        if (empty || index < span->start)
                span->start = index;
        if (empty || index >= span->end)
                span->end = index + 1;
}

static ModelBlock *find_block(const ZoneModel *model, BlockIndex index) {
        for (size_t i = 0; i < model->n_blocks; i++)
                if (model->blocks[i].index == index)
                        return &model->blocks[i];

        return NULL;
}

static Span *spans_of(const ZoneModel *model, const ModelBlock *block) {
        ModelNode *node = model->nodes;

        while (node->node != block->node)
                node++;
        return node->spans;
}

/* From the first to the last block of a zone: of those that are online, or that ever were in it. */
static Span span_of_blocks(const ZoneModel *model, int node, ZoneKind kind, bool online_only) {
        Span span = {};

        for (size_t i = 0; i < model->n_blocks; i++) {
                const ModelBlock *block = &model->blocks[i];

                if (block->node == node && block->kind == kind &&
                    (online_only ? block->online : block->touched))
                        span_grow(&span, block->index);
        }
        return span;
}

/* Adding */

static int add_node(ZoneModel *model, int node) {
        ModelNode *nodes;

        for (size_t i = 0; i < model->n_nodes; i++)
                if (model->nodes[i].node == node)
                        return 0;

        nodes = reallocarray(model->nodes, model->n_nodes + 1, sizeof(ModelNode));
        if (!nodes)
                return -ENOMEM;

        nodes[model->n_nodes++] = (ModelNode){ .node = node };
        model->nodes = nodes;
        return 0;
}

/*
 * Under the boundary rule, memory that is plugged above the start of an existing Movable zone is
 * born Movable, and any other is born in the kernel zone. The others give a zone by onlining only.
 */
static ZoneKind kind_at_birth(const ZoneModel *model, const Span *spans, BlockIndex first) {
        const Span *movable = &spans[ZONE_KIND_MOVABLE];

        if (model->rule == ZONE_RULE_BOUNDARY && !span_is_empty(movable) && movable->start <= first)
                return ZONE_KIND_MOVABLE;

        return ZONE_KIND_KERNEL;
}

int zone_model_add(ZoneModel *model, BlockIndex first, BlockIndex last, int node) {
        size_t n = last - first + 1;
        ModelBlock *blocks;
        ZoneKind kind;
        Span *spans;
        int r;

        for (BlockIndex index = first; index <= last; index++)
                if (find_block(model, index))
                        return -EEXIST;

        r = add_node(model, node);
        if (r < 0)
                return r;

        blocks = reallocarray(model->blocks, model->n_blocks + n, sizeof(ModelBlock));
        if (!blocks)
                return -ENOMEM;
        model->blocks = blocks;

        spans = spans_of(model, &(ModelBlock){ .node = node });
        kind = kind_at_birth(model, spans, first);
        for (BlockIndex index = first; index <= last; index++) {
                model->blocks[model->n_blocks++] =
                        (ModelBlock){ .index = index, .node = node, .kind = kind };
                if (model->rule == ZONE_RULE_BOUNDARY)
                        span_grow(&spans[kind], index);
        }
        return 0;
}

/* Removing */

/*
 * The kernel shrinks a zone only when memory is removed (under the first two rules): both zones of
 * 4.12 and earlier, on 4.13 only the one that the first of the removed blocks was in.
 */
static void shrink_spans(ZoneModel *model, const ModelBlock *first) {
        Span *spans = spans_of(model, first);

        for (ZoneKind kind = 0; kind < _ZONE_KIND_MAX; kind++)
                if (model->rule == ZONE_RULE_BOUNDARY || (first->touched && first->kind == kind))
                        spans[kind] = span_of_blocks(model, first->node, kind, false);
}

int zone_model_remove(ZoneModel *model, BlockIndex first, BlockIndex last) {
        const ModelBlock *block = find_block(model, first);
        ModelBlock first_block;
        size_t n = 0;

        for (BlockIndex index = first; index <= last; index++) {
                const ModelBlock *other = find_block(model, index);

                if (!other || other->online)
                        return other ? -EBUSY : -ENOENT;
        }
        if (!block)
                return -ENOENT;

        first_block = *block;
        for (size_t i = 0; i < model->n_blocks; i++)
                if (model->blocks[i].index < first || model->blocks[i].index > last)
                        model->blocks[n++] = model->blocks[i];
        model->n_blocks = n;

        shrink_spans(model, &first_block);
        return 0;
}

/* The three rules */

/* Boundary: whether a block can be shifted to the other zone, which moves the boundary over it. */
static bool boundary_can_shift(const Span *spans, const ModelBlock *block) {
        if (block->kind == ZONE_KIND_KERNEL)
                return spans[ZONE_KIND_KERNEL].end == block->index + 1;

        return spans[ZONE_KIND_MOVABLE].start == block->index;
}

static void boundary_shift(Span *spans, ModelBlock *block) {
        Span *kernel = &spans[ZONE_KIND_KERNEL], *movable = &spans[ZONE_KIND_MOVABLE];

        if (block->kind == ZONE_KIND_KERNEL) {
                kernel->end = block->index;
                span_grow(movable, block->index);
                block->kind = ZONE_KIND_MOVABLE;
        } else {
                movable->start = block->index + 1;
                span_grow(kernel, block->index);
                block->kind = ZONE_KIND_KERNEL;
        }
}

static bool no_overlap_allows(const Span *spans, const ModelBlock *block, ZoneKind kind) {
        const Span *kernel = &spans[ZONE_KIND_KERNEL], *movable = &spans[ZONE_KIND_MOVABLE];

        if (kind == ZONE_KIND_KERNEL)
                return span_is_empty(movable) || block->index + 1 <= movable->start;

        return span_is_empty(kernel) || kernel->end <= block->index;
}

static bool allows(const ZoneModel *model, const ModelBlock *block, ZoneKind kind) {
        const Span *spans = spans_of(model, block);

        switch (model->rule) {
        case ZONE_RULE_BOUNDARY:
                return block->kind == kind || boundary_can_shift(spans, block);
        case ZONE_RULE_NO_OVERLAP:
                return no_overlap_allows(spans, block, kind);
        default:
                return true;
        }
}

/* The zone that a plain "online" gives to an offline block. */
static ZoneKind default_kind(const ZoneModel *model, const ModelBlock *block) {
        Span kernel, movable;

        switch (model->rule) {
        case ZONE_RULE_BOUNDARY:
                return block->kind;
        case ZONE_RULE_NO_OVERLAP:
                return allows(model, block, ZONE_KIND_KERNEL) ? ZONE_KIND_KERNEL
                                                              : ZONE_KIND_MOVABLE;
        default:
                kernel = span_of_blocks(model, block->node, ZONE_KIND_KERNEL, true);
                movable = span_of_blocks(model, block->node, ZONE_KIND_MOVABLE, true);
                return span_has(&movable, block->index) && !span_has(&kernel, block->index)
                               ? ZONE_KIND_MOVABLE
                               : ZONE_KIND_KERNEL;
        }
}

/* Writing */

static ZoneKind kind_of_word(const ZoneModel *model, const ModelBlock *block, StateWord word) {
        switch (word) {
        case STATE_ONLINE_KERNEL:
                return ZONE_KIND_KERNEL;
        case STATE_ONLINE_MOVABLE:
                return ZONE_KIND_MOVABLE;
        default:
                return default_kind(model, block);
        }
}

static void move_to_zone(ZoneModel *model, ModelBlock *block, ZoneKind kind) {
        Span *spans = spans_of(model, block);

        if (model->rule == ZONE_RULE_BOUNDARY && block->kind != kind)
                boundary_shift(spans, block);
        else if (model->rule == ZONE_RULE_NO_OVERLAP)
                span_grow(&spans[kind], block->index);
        block->kind = kind;
        block->touched = true;
}

int zone_model_write(ZoneModel *model, BlockIndex index, StateWord word, int refusal) {
        ModelBlock *block = find_block(model, index);
        ZoneKind kind;

        if (!block)
                return -ENOENT;
        if (block->online != (word == STATE_OFFLINE))
                return -EINVAL;

        if (word == STATE_OFFLINE) {
                if (refusal == 0)
                        block->online = false;
                return refusal;
        }

        kind = kind_of_word(model, block, word);
        if (!allows(model, block, kind))
                return -EINVAL;

        /* The kernel moves the block first and asks the notifiers then: see the head of this file. */
        move_to_zone(model, block, kind);
        if (refusal == 0)
                block->online = true;
        return refusal;
}

/* Reading */

static void zones_append(ValidZones *zones, ZoneKind kind) {
        zones->zones[zones->n_zones++] = kind == ZONE_KIND_MOVABLE ? ZONE_MOVABLE : ZONE_NORMAL;
}

static ZoneKind other_kind(ZoneKind kind) {
        return kind == ZONE_KIND_MOVABLE ? ZONE_KIND_KERNEL : ZONE_KIND_MOVABLE;
}

static ValidZones valid_zones_of(const ZoneModel *model, const ModelBlock *block) {
        ValidZones zones = { .known = true };
        ZoneKind first = block->online ? block->kind : default_kind(model, block);

        zones_append(&zones, first);

        /* 4.12 and earlier tell for an online block, too, where it could be shifted to. */
        if (block->online && model->rule != ZONE_RULE_BOUNDARY)
                return zones;

        if (allows(model, block, other_kind(first)))
                zones_append(&zones, other_kind(first));
        return zones;
}

void zone_model_span(const ZoneModel *model, int node, ZoneKind kind, BlockIndex *ret_start,
                     BlockIndex *ret_end) {
        Span span = {};

        for (size_t i = 0; i < model->n_nodes; i++)
                if (model->nodes[i].node == node)
                        span = model->nodes[i].spans[kind];
        if (model->rule == ZONE_RULE_FREE)
                span = span_of_blocks(model, node, kind, true);

        *ret_start = span.start;
        *ret_end = span.end;
}

bool zone_model_read(const ZoneModel *model, BlockIndex index, Block *ret) {
        const ModelBlock *block = find_block(model, index);

        if (!block)
                return false;

        *ret = (Block){
                .index = index,
                .node = block->node,
                .state = block->online ? BLOCK_ONLINE : BLOCK_OFFLINE,
                .valid_zones = valid_zones_of(model, block),
        };
        return true;
}
