#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The memory of each node as rows of cells, each of which stands for one block, or for a run of them
 * where there are more than fit. Which run is which cell's is fixed by the numbers of the blocks, so
 * that nothing shifts when memory comes or goes.
 */
#include "model/snapshot.h"

typedef enum CellKind {
        CELL_KERNEL,
        CELL_MOVABLE,
        CELL_UNKNOWN, /* online, but in which zone can't be read */
        CELL_OFFLINE,
        CELL_GOING_OFFLINE,
        CELL_MIXED, /* blocks of more than one kind */
        CELL_GAP,   /* addresses where the node has no memory, however many */
        _CELL_MAX,
        _CELL_INVALID = -22, /* -EINVAL */
} CellKind;

/* "kernel", "movable", "unknown", "offline", "going-offline", "mixed", "gap": the words of JSON. */
DECLARE_STRING_TABLE(cell_kind, CellKind);

CellKind cell_of_block(const Block *block);

typedef struct PictureNode {
        int node; /* NODE_UNKNOWN: blocks that aren't linked to one yet */
        size_t n_blocks;
        const Block *const *blocks; /* by their numbers; the picture's */
} PictureNode;

typedef struct Picture {
        const Block **blocks;
        size_t n_nodes;
        PictureNode *nodes; /* by number, that of NODE_UNKNOWN last */
        uint64_t scale;     /* how many blocks a cell stands for: a power of two */
} Picture;

/* Sorts the blocks by their nodes. 0 or -ENOMEM. The snapshot must live as long; see picture_done(). */
int picture_make(const Snapshot *snapshot, Picture *ret);

/* Frees what it holds, not itself. */
void picture_done(Picture *picture);

/* Chooses the scale by which rows of so many cells are few enough for a screen. */
void picture_fit(Picture *picture, unsigned n_cells);

/* Where the drawing is; begin with an all-zero one. */
typedef struct PicturePlace {
        size_t next; /* of the node's blocks */
        uint64_t next_cell;
} PicturePlace;

typedef struct Cell {
        CellKind kind;
        BlockIndex first; /* the first block that is there; of a gap, that behind it */
} Cell;

/* The next cell of a node; false: there are no more. A gap is one cell, and none comes first. */
bool picture_next(const Picture *picture, const PictureNode *node, PicturePlace *place, Cell *ret);
