#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Neighbours that are alike, as one.
 */
#include "ctl/json.h"
#include "ctl/view.h"

typedef struct Fold {
        const Block *block; /* the first of them; what they have in common is read from it */
        BlockIndex last;
        const Rule *rule;           /* NULL: not linked to their node */
        Online wanted;              /* by that rule */
        const BudgetReason *budget; /* why; its numbers are those with all of them in mind */
        Trouble trouble;
} Fold;

static inline uint64_t fold_count(const Fold *fold) {
        return fold->last - fold->block->index + 1;
}

/* What of two neighbours must be the same for them to be one. */
typedef enum FoldBy {
        FOLD_NOTHING, /* each block for itself */
        FOLD_ALIKE,   /* node, source, device, state, zones, rule, what it wants and why */
        FOLD_TROUBLE, /* node, rule, what it wants and what is wrong */
} FoldBy;

/*
 * The blocks of the view from place *i on that are one. Moves *i behind them; false: there are no
 * more. The view must stay as it is.
 */
bool fold_next(const View *view, FoldBy by, size_t *i, Fold *ret);

/* The keys of one element of list's "blocks" and status' "troubles". The result is the caller's. */
json_object *fold_to_json(const View *view, const Fold *fold);
