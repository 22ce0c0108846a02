#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * New memory is plugged just when the old is used up. What memplugd needs then must be in memory
 * already: its pages are locked there once they were touched, and so all that a block needs on its way
 * from event to outcome is touched at the start.
 */

/*
 * Has each page of this process stay in memory from the first touch on, and no other: 1.65 MB instead
 * of 12 (mlockall(2), MCL_ONFAULT, Linux 4.4). Where that isn't allowed it does without.
 */
void memory_lock(void);

/* Puts a block online that there isn't, in a world of its own; nothing is read, written or told. */
void dry_pass(void);
