#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How far long work is, in one line of a terminal.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Progress {
        uint64_t n_done, n_all; /* blocks */
        uint64_t block_size;    /* bytes; 0: isn't known */
        uint64_t begun;         /* CLOCK_MONOTONIC, µs */
} Progress;

#define PROGRESS_TEXT_MAX 256

/*
 * "[########................] 128 of 384 blocks, 4.2G/s, 12 s left": at most 'columns' wide. What
 * can't be known yet is left out. Answers 'text'.
 */
const char *progress_format(const Progress *progress, uint64_t now, size_t columns, bool utf8,
                            char text[PROGRESS_TEXT_MAX]);
