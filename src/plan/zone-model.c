/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/zone-model-internal.h"

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
        const Span *spans = zone_model_spans(model, block);

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
        const Span *spans = zone_model_spans(model, block);

        switch (model->rule) {
        case ZONE_RULE_BOUNDARY:
                return block->kind;
        case ZONE_RULE_NO_OVERLAP:
                return allows(model, block, ZONE_KIND_KERNEL) ? ZONE_KIND_KERNEL
                                                              : ZONE_KIND_MOVABLE;
        default:
                return span_has(&spans[ZONE_KIND_MOVABLE], block->index) &&
                                       !span_has(&spans[ZONE_KIND_KERNEL], block->index)
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
        Span *spans = zone_model_spans(model, block);

        if (model->rule == ZONE_RULE_BOUNDARY && block->kind != kind)
                boundary_shift(spans, block);
        else if (model->rule == ZONE_RULE_NO_OVERLAP)
                span_grow(&spans[kind], block->index);
        block->kind = kind;
        block->touched = true;
}

static void set_online(ZoneModel *model, ModelBlock *block, bool online) {
        block->online = online;
        if (model->rule != ZONE_RULE_FREE)
                return;

        if (online)
                span_grow(&zone_model_spans(model, block)[block->kind], block->index);
        else
                zone_model_count_span(model, block->node, block->kind);
}

int zone_model_write(ZoneModel *model, BlockIndex index, StateWord word, int refusal) {
        ModelBlock *block = zone_model_find(model, index);
        ZoneKind kind;

        if (!block)
                return -ENOENT;
        if (block->online != (word == STATE_OFFLINE))
                return -EINVAL;

        if (word == STATE_OFFLINE) {
                if (refusal == 0)
                        set_online(model, block, false);
                return refusal;
        }

        kind = kind_of_word(model, block, word);
        if (!allows(model, block, kind))
                return -EINVAL;

        /* The kernel moves the block first and asks the notifiers then: see the head of this file. */
        move_to_zone(model, block, kind);
        if (refusal == 0)
                set_online(model, block, true);
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

        *ret_start = span.start;
        *ret_end = span.end;
}

bool zone_model_read(const ZoneModel *model, BlockIndex index, Block *ret) {
        const ModelBlock *block = zone_model_find(model, index);

        if (!block)
                return false;

        *ret = (Block){
                .index = index,
                .node = (int16_t)block->node,
                .state = block->online ? BLOCK_ONLINE : BLOCK_OFFLINE,
                .valid_zones = valid_zones_of(model, block),
        };
        return true;
}
