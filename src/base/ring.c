/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/ring.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Before each record: its size in the ring. */
#define HEAD_SIZE 16

int ring_init(Ring *ring, size_t size) {
        uint8_t *bytes = malloc(size);

        if (!bytes)
                return -ENOMEM;

        /* Else the kernel would look for each page only when it is written first. */
        (void)memset(bytes, 0xff, size);
        *ring = (Ring){ .bytes = bytes, .size = size };
        return 0;
}

void ring_done(Ring *ring) {
        free(ring->bytes);
        *ring = (Ring){};
}

void ring_clear(Ring *ring) {
        ring->begin = ring->end = 0;
        ring->wrapped = false;
        ring->n_records = 0;
}

static size_t size_of(const Ring *ring, size_t at) {
        size_t size;

        (void)memcpy(&size, ring->bytes + at, sizeof(size));
        return size;
}

void ring_drop_first(Ring *ring) {
        assert(ring->n_records > 0);

        ring->begin += size_of(ring, ring->begin);
        if (--ring->n_records == 0)
                ring_clear(ring);
        else if (ring->wrapped && ring->begin == ring->wrap) {
                ring->begin = 0;
                ring->wrapped = false;
        }
}

/* Whether there is room at the end; it may be found at the other end of the ring. */
static bool has_room(Ring *ring, size_t needed) {
        if (ring->wrapped)
                return ring->begin - ring->end >= needed;
        if (ring->size - ring->end >= needed)
                return true;

        ring->wrap = ring->end;
        ring->end = 0;
        ring->wrapped = true;
        return ring->begin >= needed;
}

void *ring_add(Ring *ring, size_t n) {
        size_t needed = HEAD_SIZE + (n + 15) / 16 * 16, at;

        if (n > ring->size || needed > ring->size) {
                ring->n_lost++;
                return NULL;
        }

        while (!has_room(ring, needed)) {
                ring_drop_first(ring);
                ring->n_lost++;
        }

        at = ring->end;
        (void)memcpy(ring->bytes + at, &needed, sizeof(needed));
        ring->end += needed;
        ring->n_records++;
        return ring->bytes + at + HEAD_SIZE;
}

const void *ring_first(const Ring *ring) {
        return ring->n_records > 0 ? ring->bytes + ring->begin + HEAD_SIZE : NULL;
}
