/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/stuck-blocks.h"

#include <string.h>

#include "base/search.h"

/* What wasn't put online isn't online, and has no zone; what is, and failed, failed to go offline. */
static bool is_stuck(const Record *record) {
        return record->kind == RECORD_SETTLED && record->zone != _ZONE_KIND_INVALID &&
               record->error < 0 &&
               (record->outcome == OUTCOME_BUSY || record->outcome == OUTCOME_REFUSED ||
                record->outcome == OUTCOME_NO_MEMORY || record->outcome == OUTCOME_VETOED);
}

/* Where the block is, or would be. */
static size_t find_place(const StuckBlocks *stuck, BlockIndex index) {
        return search_place(stuck->blocks, stuck->n, sizeof(StuckBlock), index);
}

static bool is_at(const StuckBlocks *stuck, size_t place, BlockIndex index) {
        return place < stuck->n && stuck->blocks[place].index == index;
}

void stuck_blocks_note(StuckBlocks *stuck, const Record *record) {
        size_t place = find_place(stuck, record->block);
        StuckBlock *block = &stuck->blocks[place];

        if (is_at(stuck, place, record->block)) {
                stuck->n--;
                (void)memmove(block, block + 1, (stuck->n - place) * sizeof(StuckBlock));
        }
        if (!is_stuck(record) || stuck->n == STUCK_BLOCKS_MAX)
                return;

        (void)memmove(block + 1, block, (stuck->n - place) * sizeof(StuckBlock));
        *block = (StuckBlock){ record->block, record->inode };
        stuck->n++;
}

bool stuck_blocks_have(const StuckBlocks *stuck, const Block *block) {
        size_t place = find_place(stuck, block->index);

        return is_at(stuck, place, block->index) && stuck->blocks[place].inode == block->inode;
}
