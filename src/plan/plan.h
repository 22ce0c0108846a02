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

typedef struct PlanStep {
        BlockIndex block;
        int node;
        Online online; /* never ONLINE_LEAVE */
        size_t item;   /* the caller's: which of its items this is */
} PlanStep;

/* Puts the steps in order, in place. */
void plan_order(PlanStep *steps, size_t n_steps);
