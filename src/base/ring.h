#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records that wait to be dealt with, in memory that was taken once: adding one never allocates, and
 * where there is no room left, the oldest make room.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Ring {
        uint8_t *bytes;
        size_t size;  /* a multiple of 8 */
        size_t begin; /* of the oldest record */
        size_t end;   /* where the next goes, if there is room */
        size_t wrap;  /* of a ring that is wrapped: the end of the records in its upper part */
        bool wrapped; /* the newest records are below the oldest */
        size_t n_records;
        uint64_t n_lost; /* that made room since this was set to 0, which is the owner's to do */
} Ring;

/* Takes 'size' bytes, and touches each page of them. 0 or -ENOMEM. An all-zero Ring takes nothing. */
int ring_init(Ring *ring, size_t size);

/* Frees what it holds, not itself. */
void ring_done(Ring *ring);

/*
 * Adds a record of 'n' bytes, and answers where it is to be written, aligned for any type. NULL: it
 * is larger than the ring, and counts as lost.
 */
void *ring_add(Ring *ring, size_t n);

/* The oldest record, valid until the next call of one of the others; NULL: there is none. */
const void *ring_first(const Ring *ring);

/* Drops the oldest record, of which there must be one. */
void ring_drop_first(Ring *ring);

/* Drops all. */
void ring_clear(Ring *ring);
