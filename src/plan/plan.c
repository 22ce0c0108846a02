/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/plan.h"

#include "base/sort.h"

static int compare(uint64_t a, uint64_t b) {
        return a < b ? -1 : a > b;
}

static int step_compare(const void *a, const void *b) {
        const PlanStep *x = a, *y = b;
        bool x_down = x->online == ONLINE_MOVABLE, y_down = y->online == ONLINE_MOVABLE;

        if (x->node != y->node)
                return x->node < y->node ? -1 : 1;
        if (x_down != y_down)
                return x_down ? 1 : -1;

        return x_down ? compare(y->block, x->block) : compare(x->block, y->block);
}

void plan_order(PlanStep *steps, size_t n_steps) {
        sort_in_place(steps, n_steps, sizeof(PlanStep), step_compare);
}
