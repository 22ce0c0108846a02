#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Arrays that grow. Both answer where the array is from now on, as realloc(), and set how many elements
 * it has room for; NULL: no memory, and it stays as it was.
 */
#include <stddef.h>

/* Makes room for one element more than 'n', if there is none: twice as many. */
void *array_grow(void *array, size_t *n_allocated, size_t n, size_t element);

/*
 * Makes room for 'n' elements at least, more than none, and touches what is new of it: so it is there when
 * it is needed, however short memory is by then.
 */
void *array_reserve(void *array, size_t *n_allocated, size_t n, size_t element);
