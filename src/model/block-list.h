#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Numbers of blocks, as ascending ranges that grow at their end.
 */
#include <stdio.h>

#include "base/range-set.h"
#include "model/block.h"

typedef struct BlockList {
        size_t n_ranges;
        Range *ranges;
} BlockList;

/* Frees what it holds, not itself. */
void block_list_done(BlockList *list);

/* The block must come behind those that are in the list. 0 or -ENOMEM. */
int block_list_add(BlockList *list, BlockIndex index);

/* How many blocks the list has. */
uint64_t block_list_count(const BlockList *list);

/* "32-39,41". The caller's; NULL: no memory. The other one leaves errors to the stream. */
char *block_list_format(const BlockList *list);
void block_list_print(const BlockList *list, FILE *f);
