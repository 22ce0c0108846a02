#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * WHAT on the command line: some of the memory blocks, by number, range, address, device or node.
 */
#include <stdbool.h>

#include "model/snapshot.h"

typedef enum WhatKind {
        WHAT_BLOCKS,  /* 34, memory34, 34-41, memory34-41: of these, those that there are */
        WHAT_ADDRESS, /* 0x110000000: the block that it is in */
        WHAT_DEVICE,  /* PNP0C80:00, virtio0, dax0.0 */
        WHAT_NODE,    /* node1 */
} WhatKind;

typedef struct What {
        WhatKind kind;
        BlockIndex first, last; /* of WHAT_BLOCKS and WHAT_ADDRESS */
        uint32_t device;        /* its number in the snapshot */
        int node;
} What;

/*
 * Reads a word. 0; -EINVAL: it is none of these; -ERANGE: a number or range that can't be; -ENOENT:
 * there is no block of it. The failures were told on standard error.
 */
int what_find(const Snapshot *snapshot, const char *word, What *ret);

bool what_has(const What *what, const Block *block);
