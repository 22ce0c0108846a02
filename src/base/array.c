/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/array.h"

#include <stdlib.h>
#include <string.h>

/* The first array takes so many elements. */
#define FIRST 16

void *array_grow(void *array, size_t *n_allocated, size_t n, size_t element) {
        size_t larger = n > 0 ? n * 2 : FIRST;

        if (n < *n_allocated)
                return array;

        array = reallocarray(array, larger, element);
        if (array)
                *n_allocated = larger;
        return array;
}

void *array_reserve(void *array, size_t *n_allocated, size_t n, size_t element) {
        if (n <= *n_allocated)
                return array;

        array = reallocarray(array, n, element);
        if (array) {
                (void)memset((char *)array + *n_allocated * element, 0,
                             (n - *n_allocated) * element);
                *n_allocated = n;
        }
        return array;
}
