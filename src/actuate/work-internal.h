#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of the work share.
 */
#include "actuate/work.h"

/* The slot of a block, or the free one that it would have. */
WorkSlot *work_find_slot(Work *work, BlockIndex block);

/* The item at that place is its block's from now on. */
void work_take_slot(Work *work, size_t i);

/* Makes room for twice as many. 0 or -ENOMEM. */
int work_make_room(Work *work);
