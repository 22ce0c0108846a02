#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Finding in arrays that are sorted by a number that each element begins with, as a block's index.
 */
#include <stddef.h>
#include <stdint.h>

/*
 * The place of the first of 'n' elements of 'size' bytes whose number isn't below 'key', or of those with the
 * same number, any;
 * 'n' if there is none: where an element of that number is, or would be.
 */
size_t search_place(const void *array, size_t n, size_t size, uint64_t key);
