/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/fold.h"

#include <string.h>

#include "ctl/reason.h"

/* Of an online block only the first zone counts: see ValidZones. */
static bool same_zones(const Block *a, const Block *b) {
        const ValidZones *x = &a->valid_zones, *y = &b->valid_zones;

        if (x->known != y->known)
                return false;
        if (a->state == BLOCK_OFFLINE)
                return x->n_zones == y->n_zones && memcmp(x->zones, y->zones, x->n_zones) == 0;

        return (x->n_zones > 0) == (y->n_zones > 0) && x->zones[0] == y->zones[0];
}

static Fold fold_of_block(const View *view, const Block *block) {
        const Verdict *verdict = view_verdict_of(view, block);

        return (Fold){
                .block = block,
                .last = block->index,
                .rule = verdict->rule,
                .wanted = verdict->online,
                .budget = &verdict->budget,
                .trouble = view_trouble_of(block, verdict),
        };
}

static bool same_source(const Block *a, const Block *b) {
        return a->source == b->source && a->device == b->device && a->hot_added == b->hot_added;
}

/* Where the first block of a device goes to a kernel zone, the device is broken for the others. */
static bool same_reason(const BudgetReason *a, const BudgetReason *b) {
        return a->cause == b->cause || b->cause == BUDGET_BROKEN_UNIT;
}

static bool can_join(const Fold *fold, const Fold *next, FoldBy by) {
        if (next->block->index != fold->last + 1 || next->block->node != fold->block->node ||
            next->rule != fold->rule || next->wanted != fold->wanted)
                return false;

        switch (by) {
        case FOLD_ALIKE:
                return next->block->state == fold->block->state &&
                       same_zones(fold->block, next->block) &&
                       same_source(fold->block, next->block) &&
                       same_reason(fold->budget, next->budget);
        case FOLD_TROUBLE:
                return next->trouble == fold->trouble;
        default:
                return false;
        }
}

bool fold_next(const View *view, FoldBy by, size_t *i, Fold *ret) {
        const Snapshot *snapshot = &view->snapshot;
        Fold fold;

        if (*i >= snapshot->n_blocks)
                return false;

        fold = fold_of_block(view, &snapshot->blocks[*i]);
        while (++*i < snapshot->n_blocks) {
                Fold next = fold_of_block(view, &snapshot->blocks[*i]);

                if (!can_join(&fold, &next, by))
                        break;
                fold.last = next.block->index;
                if (next.budget->cause == fold.budget->cause)
                        fold.budget = next.budget;
        }

        *ret = fold;
        return true;
}

static json_object *zones_to_json(const Block *block) {
        const ValidZones *zones = &block->valid_zones;
        size_t n = zones->n_zones;
        json_object *array;

        if (!zones->known)
                return NULL;
        if (block->state != BLOCK_OFFLINE && n > 1)
                n = 1;

        array = json_new_array();
        for (size_t i = 0; i < n; i++)
                json_append(array, json_new_text(zone_to_string(zones->zones[i])));
        return array;
}

static void add_source(json_object *object, const Snapshot *snapshot, const Block *block) {
        const Device *device = snapshot_device(snapshot, block);

        json_add(object, "source",
                 block->source == SOURCE_UNKNOWN ? NULL
                                                 : json_new_text(source_to_string(block->source)));
        json_add(object, "device", device ? json_new_text(device->name) : NULL);
        json_add(object, "hot_added", json_new_bool(block->hot_added));
}

static void add_rule(json_object *object, const Fold *fold) {
        const Rule *rule = fold->rule;

        json_add(object, "wanted", rule ? json_new_text(online_to_string(fold->wanted)) : NULL);
        json_add(object, "or_else", rule ? json_new_text(online_to_string(rule->or_else)) : NULL);
        json_add(object, "rule", rule ? json_new_text(rule->name) : NULL);
        json_add(object, "rule_file", rule ? json_new_text(rule->file) : NULL);
        json_add(object, "rule_line", rule && rule->file ? json_new_number(rule->line) : NULL);
}

json_object *fold_to_json(const View *view, const Fold *fold) {
        const Block *block = fold->block;
        uint64_t size = view->snapshot.block_size;
        json_object *object = json_new_object();

        json_add(object, "first_block", json_new_number(block->index));
        json_add(object, "last_block", json_new_number(fold->last));
        json_add(object, "start_address", json_new_number(block->index * size));
        json_add(object, "end_address", json_new_number(fold->last * size + (size - 1)));
        json_add(object, "bytes", json_new_number(fold_count(fold) * size));
        json_add(object, "node",
                 block->node == NODE_UNKNOWN ? NULL : json_new_number((uint64_t)block->node));
        add_source(object, &view->snapshot, block);
        json_add(object, "state", json_new_text(block_state_to_string(block->state)));
        json_add(object, "zones", zones_to_json(block));
        add_rule(object, fold);
        json_add(object, "budget", reason_to_json_with_text(fold->budget));
        json_add(object, "trouble",
                 fold->trouble == TROUBLE_NONE ? NULL
                                               : json_new_text(trouble_to_string(fold->trouble)));
        return object;
}
