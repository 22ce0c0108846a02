#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The order in which blocks are put online, so that the kernel accepts as many as it can.
 *
 * On each node: what goes to the kernel zone upwards, then what goes to Movable downwards. Under
 * the boundary rule (zone-model.h) that is the only order that works: a block can become Movable
 * only if it ends where the kernel zone ends, so the highest goes first, and each one makes room
 * for the one below it. Under the others it does no harm, and memory that holds anything comes
 * first. A plain online goes with the kernel zone, whose neighbour it most often becomes.
 */
#include "rules/verdict.h"

/* Blocks that follow upon each other, and go the same way. */
typedef struct PlanStep {
        BlockIndex block; /* the first one */
        int node;
        Online online; /* never ONLINE_LEAVE */
        uint32_t
                item; /* the caller's: which of its items the first one is; the next one's is the next */
        uint32_t n_blocks;
} PlanStep;

/*
 * Adds a block behind the 'n' steps that there are, in whatever order: to the last step, where it goes on
 * with that, else as one more. Answers how many steps there are then.
 */
size_t plan_add(PlanStep *steps, size_t n, const PlanStep *step);

/* Puts the steps in order, in place. */
void plan_order(PlanStep *steps, size_t n_steps);

/* The i-th item of a step, 0 … n_blocks - 1: what goes to Movable goes downwards. */
size_t plan_step_item(const PlanStep *step, uint32_t i);
