#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/zoneinfo: how many pages each zone of each node has. Of all that stands there only what a
 * zone's size is made of; the rest, and what later kernels may add, is passed over.
 */
#include <stddef.h>

#include "base/macro.h"
#include "model/zone.h"

typedef struct ZonePages {
        int node;
        Zone zone;
        uint64_t spanned; /* with the holes */
        uint64_t present; /* online */
        uint64_t managed; /* what the kernel gives out of that */
        uint64_t cma;  /* of those, what is lent to movable memory; 0 on kernels that don't tell */
        uint64_t free; /* of 'managed', what nobody has */
} ZonePages;

typedef struct Zoneinfo {
        size_t n_zones, n_allocated;
        ZonePages *zones; /* in the kernel's order; also those that have no pages */
} Zoneinfo;

/* Frees what it holds, not itself. */
void zoneinfo_done(Zoneinfo *zoneinfo);

/* Forgets the zones, but keeps their memory: so that it can be read again without asking for some. */
void zoneinfo_clear(Zoneinfo *zoneinfo);

/* Takes one line, without its newline. -EBADMSG: it can't be what it seems to be; -ENOMEM. */
int zoneinfo_add_line(Zoneinfo *zoneinfo, const char *line);

/* The whole text. -EBADMSG: a bad line, or no zone at all; -ENOMEM. The caller ends *ret. */
int zoneinfo_parse(const char *text, Zoneinfo *ret);
