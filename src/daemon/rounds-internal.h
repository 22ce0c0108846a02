#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What rounds.c and decide.c share.
 */
#include "daemon/rounds.h"

/* Has a block decided in the next round; without memory for that, all blocks are. */
void rounds_announce(Rounds *rounds, BlockIndex index);

/* Keep a block's mark, or drop it; where that fails, it is told. */
void rounds_remember(Rounds *rounds, BlockIndex index, ino_t inode, BlockMark mark);
void rounds_forget(Rounds *rounds, BlockIndex index);

/* Reads the events that are there; what they announce waits. */
void rounds_read_uevents(Rounds *rounds);

/* Reads the blocks in question, asks the rules, and adds what is to be put online to the work. */
void rounds_decide(Rounds *rounds);
