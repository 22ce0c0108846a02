#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which blocks to take offline when somebody asks for an amount: movable memory, never boot memory.
 *
 * Whole devices come before parts of devices, since only a whole one can be unplugged then. So as much
 * of the amount as can be comes out of devices all of whose online blocks are movable and are taken;
 * by the smallest number of devices, and of such choices by the highest ones. What is left comes out
 * of as few parts as can be, the highest again; and out of memory that belongs to no device last.
 */
#include "model/snapshot.h"

/*
 * 'chosen' has a place for each block of the snapshot, which must be sorted and know its devices: those
 * that are true already count as offline, and 'n_blocks' more become true, on that node, or on any:
 * NODE_UNKNOWN. 0; -ENOMEM; -ENOSPC: there aren't so many, and *reterr_there says how many there are.
 */
int choice_make(const Snapshot *snapshot, uint64_t n_blocks, int node, bool *chosen,
                uint64_t *reterr_there);
