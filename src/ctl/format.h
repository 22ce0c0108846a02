#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How sizes, places and zones are written for people. Each function answers its 'text'.
 */
#include <stdint.h>

#include "model/snapshot.h"

#define FORMAT_TEXT_MAX 64

/* "128M", "1.5G": powers of 1024, rounded to one digit behind the point. */
const char *format_size(uint64_t bytes, char text[FORMAT_TEXT_MAX]);

/* "1610612736". */
const char *format_bytes(uint64_t bytes, char text[FORMAT_TEXT_MAX]);

/* "32-39", or "32" if it is but one. */
const char *format_blocks(BlockIndex first, BlockIndex last, char text[FORMAT_TEXT_MAX]);

/*
 * "0x0100000000-0x013fffffff": the addresses of these blocks. Ten digits are a terabyte; higher up
 * there are more.
 */
const char *format_addresses(BlockIndex first, BlockIndex last, uint64_t block_size,
                             char text[FORMAT_TEXT_MAX]);

/* "0", or "-" for a block that isn't linked to its node. */
const char *format_node(int node, char text[FORMAT_TEXT_MAX]);

/*
 * "Normal Movable": where an offline block may go, by the kernel's words; of any other block the
 * zone it is in. "none": it can never be taken offline; "-": unknown.
 */
const char *format_zones(const Block *block, char text[FORMAT_TEXT_MAX]);

/* "dimm PNP0C80:01", or "boot": where the block comes from, and its device if it has one. */
const char *format_source(const Snapshot *snapshot, const Block *block, char text[FORMAT_TEXT_MAX]);

/* "2026-11-22 06:10:03.123", of CLOCK_REALTIME in microseconds, in local time. */
const char *format_time(uint64_t usec, char text[FORMAT_TEXT_MAX]);

/* "" for 1, else "s". */
static inline const char *format_plural(uint64_t n) {
        return n == 1 ? "" : "s";
}

/* A copy without control characters, which could do things to a terminal. NULL: no memory. */
char *format_printable(const char *text);
