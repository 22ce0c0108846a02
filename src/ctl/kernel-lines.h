#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel itself says about memory that doesn't go offline. Its lines are of these kinds, by
 * kernels from 4.9 to 6.12 (mm/memory_hotplug.c, mm/page_isolation.c and mm/debug.c):
 *
 *   memory offlining [mem 0x100000000-0x107ffffff] failed due to unmovable page
 *   migrating pfn 10a3f5 failed ret:1
 *   page:000000005d2a6d1c refcount:1 mapcount:0 mapping:0000000000000000 index:0x0 pfn:0x10a3f5
 *   page dumped because: unmovable page
 *
 * The last one goes on about the page before, which older kernels don't name by its number.
 */
#include <stdbool.h>
#include <stddef.h>

#include "model/block.h"

/* So many are kept of a block: the last ones. */
#define KERNEL_LINES_PER_BLOCK 3

/* Of all blocks; more would only fill the terminal. */
#define KERNEL_LINES_MAX 256

typedef struct KernelLine {
        BlockIndex block;
        char *text;
} KernelLine;

typedef struct KernelLines {
        uint64_t block_size, page_size; /* bytes */
        bool has_page;                  /* the line before was about a page, of this block: */
        BlockIndex page_block;
        size_t n;
        KernelLine lines[KERNEL_LINES_MAX]; /* in their order */
} KernelLines;

void kernel_lines_done(KernelLines *lines);

/*
 * Reads a line, and keeps it if it is one of those, and 'wants' says so of its block. The same line
 * is kept once. 0 or -ENOMEM.
 */
int kernel_lines_add(KernelLines *lines, const char *text,
                     bool (*wants)(const void *userdata, BlockIndex block), const void *userdata);
