#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The blocks that are meant by the words of a command line: those of ctl/what.h, and amounts.
 */
#include "model/snapshot.h"

/*
 * Which blocks of the snapshot are meant: of a node those in that state. An amount, such as 8G, or 8G@1
 * on node 1, may stand for what plan/choice.h makes of it, beside what the other words say. The snapshot
 * must be sorted and know its devices. 0, and *ret has a place for each block and is the caller's to
 * free; or a negative errno, which was told on standard error.
 */
int selection_make(const Snapshot *snapshot, int n_words, char **words, BlockState of_nodes,
                   bool amounts, bool **ret);
