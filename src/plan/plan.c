/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/plan.h"

#include "base/sort.h"

static int compare(uint64_t a, uint64_t b) {
        return a < b ? -1 : a > b;
}

static bool goes_down(const PlanStep *step) {
        return step->online == ONLINE_MOVABLE;
}

size_t plan_add(PlanStep *steps, size_t n, const PlanStep *step) {
        PlanStep *last = n > 0 ? &steps[n - 1] : NULL;

        if (last && last->block + last->n_blocks == step->block &&
            last->item + last->n_blocks == step->item && last->node == step->node &&
            last->online == step->online) {
                last->n_blocks += step->n_blocks;
                return n;
        }

        steps[n] = *step;
        return n + 1;
}

/* No two have blocks in common, so that their first ones tell which comes first. */
static int step_compare(const void *a, const void *b) {
        const PlanStep *x = a, *y = b;
        bool x_down = goes_down(x), y_down = goes_down(y);

        if (x->node != y->node)
                return x->node < y->node ? -1 : 1;
        if (x_down != y_down)
                return x_down ? 1 : -1;

        return x_down ? compare(y->block, x->block) : compare(x->block, y->block);
}

void plan_order(PlanStep *steps, size_t n_steps) {
        sort_in_place(steps, n_steps, sizeof(PlanStep), step_compare);
}

size_t plan_step_item(const PlanStep *step, uint32_t i) {
        return goes_down(step) ? step->item + (step->n_blocks - 1 - i) : step->item + i;
}
