#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * As qsort(3), which takes as much memory again for more than a few elements: here it is none. The order
 * of equal ones isn't kept. An element has at most SORT_SIZE_MAX bytes.
 */
#include <stddef.h>

#define SORT_SIZE_MAX 64

typedef int (*SortCompare)(const void *a, const void *b);

void sort_in_place(void *array, size_t n, size_t size, SortCompare compare);
