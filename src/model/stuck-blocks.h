#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The blocks that didn't go offline when that was tried last, by their records. There is no telling
 * whether they would now, but by trying again. Needs no memory but its own: beyond some blocks, no
 * more are kept.
 */
#include "model/record.h"

#define STUCK_BLOCKS_MAX 1024

typedef struct StuckBlock {
        BlockIndex index;
        ino_t inode; /* another one: it was plugged anew since */
} StuckBlock;

typedef struct StuckBlocks {
        size_t n;
        StuckBlock blocks[STUCK_BLOCKS_MAX]; /* sorted by index */
} StuckBlocks;

/* Takes the records in the order of time: the last one of a block counts. */
void stuck_blocks_note(StuckBlocks *stuck, const Record *record);

bool stuck_blocks_have(const StuckBlocks *stuck, const Block *block);
