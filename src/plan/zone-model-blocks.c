/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The blocks of the model, and the spans of its zones: what is added to it, and taken away.
 */
#include <errno.h>
#include <string.h>

#include "base/search.h"
#include "plan/zone-model-internal.h"

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

/* Finding */

/* The place of the first block that isn't below 'index'. */
static size_t place_of(const ZoneModel *model, BlockIndex index) {
        return search_place(model->blocks, model->n_blocks, sizeof(ModelBlock), index);
}

ModelBlock *zone_model_find(const ZoneModel *model, BlockIndex index) {
        size_t i = place_of(model, index);

        return i < model->n_blocks && model->blocks[i].index == index ? &model->blocks[i] : NULL;
}

Span *zone_model_spans(const ZoneModel *model, const ModelBlock *block) {
        ModelNode *node = model->nodes;

        while (node->node != block->node)
                node++;
        return node->spans;
}

/* Spans */

void span_grow(Span *span, BlockIndex index) {
        bool empty = span_is_empty(span);

        if (empty || index < span->start)
                span->start = index;
        if (empty || index >= span->end)
                span->end = index + 1;
}

void zone_model_count_span(ZoneModel *model, int node, ZoneKind kind) {
        Span *span = &zone_model_spans(model, &(ModelBlock){ .node = node })[kind];

        *span = (Span){};
        for (size_t i = 0; i < model->n_blocks; i++) {
                const ModelBlock *block = &model->blocks[i];

                if (block->node == node && block->kind == kind &&
                    (model->rule == ZONE_RULE_FREE ? block->online : block->touched))
                        span_grow(span, block->index);
        }
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

static int make_room(ZoneModel *model, size_t n) {
        size_t n_allocated = model->n_allocated * 2;
        ModelBlock *blocks;

        if (model->n_blocks + n <= model->n_allocated)
                return 0;
        if (n_allocated < model->n_blocks + n)
                n_allocated = model->n_blocks + n;

        blocks = reallocarray(model->blocks, n_allocated, sizeof(ModelBlock));
        if (!blocks)
                return -ENOMEM;

        model->blocks = blocks;
        model->n_allocated = n_allocated;
        return 0;
}

/* Makes room for blocks first … last, all of one node. Answers where they are to be written. */
static int insert(ZoneModel *model, BlockIndex first, BlockIndex last, int node, ModelBlock **ret) {
        size_t place = place_of(model, first), n = last - first + 1;
        int r;

        if (place < model->n_blocks && model->blocks[place].index <= last)
                return -EEXIST;

        r = add_node(model, node);
        if (r == 0)
                r = make_room(model, n);
        if (r < 0)
                return r;

        *ret = &model->blocks[place];
        (void)memmove(*ret + n, *ret, (model->n_blocks - place) * sizeof(ModelBlock));
        model->n_blocks += n;
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
        bool boundary = model->rule == ZONE_RULE_BOUNDARY;
        ModelBlock *blocks;
        ZoneKind kind;
        Span *spans;
        int r;

        r = insert(model, first, last, node, &blocks);
        if (r < 0)
                return r;

        spans = zone_model_spans(model, &(ModelBlock){ .node = node });
        kind = kind_at_birth(model, spans, first);
        for (BlockIndex index = first; index <= last; index++) {
                blocks[index - first] = (ModelBlock){
                        .index = index, .node = node, .touched = boundary, .kind = kind
                };
                if (boundary)
                        span_grow(&spans[kind], index);
        }
        return 0;
}

/* What an offline block that was read says about the zones around it: see zone-model.h. */
static void grow_spans_around(const ZoneModel *model, Span *spans, const Block *read) {
        const ValidZones *zones = &read->valid_zones;

        if (model->rule != ZONE_RULE_NO_OVERLAP || !zones->known || zones->n_zones == 0)
                return;

        if (!valid_zones_allow(zones, ZONE_KIND_MOVABLE))
                span_grow(&spans[ZONE_KIND_KERNEL], read->index);
        if (!valid_zones_allow(zones, ZONE_KIND_KERNEL))
                span_grow(&spans[ZONE_KIND_MOVABLE], read->index);
}

int zone_model_take(ZoneModel *model, const Block *read) {
        bool online = read->state != BLOCK_OFFLINE, boundary = model->rule == ZONE_RULE_BOUNDARY;
        ZoneKind kind = valid_zones_first_kind(&read->valid_zones);
        ModelBlock *block;
        Span *spans;
        int r;

        r = insert(model, read->index, read->index, read->node, &block);
        if (r < 0)
                return r;

        *block = (ModelBlock){ .index = read->index,
                               .node = read->node,
                               .online = online,
                               .touched = online || boundary,
                               .kind = kind == ZONE_KIND_MOVABLE ? kind : ZONE_KIND_KERNEL };
        spans = zone_model_spans(model, block);
        if (block->touched)
                span_grow(&spans[block->kind], read->index);
        else
                grow_spans_around(model, spans, read);
        return 0;
}

/* Removing */

/*
 * The kernel shrinks a zone only when memory is removed (under the first two rules): both zones of
 * 4.12 and earlier, on 4.13 only the one that the first of the removed blocks was in.
 */
static void shrink_spans(ZoneModel *model, const ModelBlock *first) {
        for (ZoneKind kind = 0; kind < _ZONE_KIND_MAX; kind++)
                if (model->rule == ZONE_RULE_BOUNDARY || (first->touched && first->kind == kind))
                        zone_model_count_span(model, first->node, kind);
}

int zone_model_remove(ZoneModel *model, BlockIndex first, BlockIndex last) {
        ModelBlock *block = zone_model_find(model, first), first_block;
        size_t n = last - first + 1;

        for (BlockIndex index = first; index <= last; index++) {
                const ModelBlock *other = zone_model_find(model, index);

                if (!other || other->online)
                        return other ? -EBUSY : -ENOENT;
        }
        if (!block)
                return -ENOENT;

        first_block = *block;
        model->n_blocks -= n;
        (void)memmove(block, block + n,
                      (model->n_blocks - (size_t)(block - model->blocks)) * sizeof(ModelBlock));

        shrink_spans(model, &first_block);
        return 0;
}
