#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Looks through the text of a config file before libconfig (measured: 1.5) gets it, for what
 * libconfig would do harm with, or would take in silence:
 * - @include: libconfig would open that file, whatever it is, and end the process on a directory;
 * - a comment without end swallows the rest of the file;
 * - a string that goes on over the end of its line: nearly always a forgotten quote, and the
 *   syntax error would come at the next one, lines below;
 * - \x00 in a string cuts it there;
 * - deep nesting: libconfig frees a tree by recursion, and says "memory exhausted" from some
 *   thousands of levels on;
 * - very many settings: libconfig compares each with each (1 MiB of them takes two minutes), and
 *   an element of a list finds its own number by counting.
 */
#include <stdbool.h>
#include <stddef.h>

#define CONFIG_DEPTH_MAX 32
#define CONFIG_SETTINGS_MAX 10000

typedef struct ScanFinding {
        size_t offset; /* where in the text */
        unsigned line;
        const char *problem;
} ScanFinding;

/* Whether there is such a thing; *ret is the first of them. */
bool config_scan(const char *text, ScanFinding *ret);
