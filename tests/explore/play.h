#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Plays a script in the explorer's world: what others do is said step by step, and what memplugd does
 * by itself is done until there is nothing left. What it wrote, told and answered is kept as text.
 */
#include "world.h"

#define LOG_MAX 256

/* What others do right before a write of memplugd to that block, or right before it is read. */
typedef struct Script {
        Inside inside;
        BlockIndex block;
        void (*act)(World *world);
} Script;

extern Script script;
extern BlockIndex n_readings; /* of announced blocks */
extern bool refuse_all;       /* a notifier refuses each write */
extern char
        writes[LOG_MAX]; /* "10m+ 9m- 8k+ 7x+": each write that the kernel saw, and its answer */
extern char outcomes[LOG_MAX]; /* "10 done, 9 refused by 11": as they are told */
extern char answers[LOG_MAX];  /* "10 done": to what was asked for by hand */
extern char ends[LOG_MAX];     /* "10 done, 9 busy movable": what a task told at its end */

/* One of three blocks on node 0, which are to be movable; somebody else may write once. */
extern const Scenario one_dimm;

/* Begins; all that is kept is empty. */
World *play(ZoneRule rule, const Scenario *scenario);

void plug(World *world, unsigned dimm);
void agent_writes(World *world, BlockIndex block, StateWord word);

/* The next thing that memplugd does by itself. False: there is nothing to be done. */
bool find_own(const World *world, Transition *ret);

/* Until there is nothing to be done, or until an attempt is under way. */
void run(World *world);
void run_until_attempt(World *world);

/* What it wrote and what it told; and what it counts as done are the blocks it told so. */
void expect(World *world, const char *all_writes, const char *all_outcomes);

/* "Offline": in no zone. */
#define NO_ZONE _ZONE_KIND_INVALID

void expect_zone(World *world, BlockIndex first, BlockIndex last, ZoneKind zone);
