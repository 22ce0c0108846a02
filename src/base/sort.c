/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/sort.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

/* So few are sorted by insertion. */
#define FEW 8

typedef struct Sort {
        size_t size;
        SortCompare compare;
} Sort;

static void swap(const Sort *sort, uint8_t *a, uint8_t *b) {
        uint8_t copy[SORT_SIZE_MAX];

        (void)memcpy(copy, a, sort->size);
        (void)memcpy(a, b, sort->size);
        (void)memcpy(b, copy, sort->size);
}

static void insert_all(const Sort *sort, uint8_t *first, size_t n) {
        for (size_t i = 1; i < n; i++)
                for (uint8_t *at = first + i * sort->size;
                     at > first && sort->compare(at - sort->size, at) > 0; at -= sort->size)
                        swap(sort, at - sort->size, at);
}

/*
 * Parts it at the one in the middle, which is right for what is in order, or in the opposite one, as blocks
 * most often are. Answers how many come before the pivot, where it is then.
 */
static size_t part(const Sort *sort, uint8_t *first, size_t n) {
        uint8_t *last = first + (n - 1) * sort->size, *at = first;

        swap(sort, first + n / 2 * sort->size, last);
        for (uint8_t *next = first; next < last; next += sort->size)
                if (sort->compare(next, last) < 0) {
                        if (next != at)
                                swap(sort, next, at);
                        at += sort->size;
                }
        swap(sort, at, last);
        return (size_t)(at - first) / sort->size;
}

static void sort_range(const Sort *sort, uint8_t *first, size_t n) {
        /* The smaller part by a call, so that there are few of these in each other. */
        while (n > FEW) {
                size_t before = part(sort, first, n), after = n - before - 1;
                uint8_t *rest = first + (before + 1) * sort->size;

                if (before < after) {
                        sort_range(sort, first, before);
                        first = rest;
                        n = after;
                } else {
                        sort_range(sort, rest, after);
                        n = before;
                }
        }

        insert_all(sort, first, n);
}

void sort_in_place(void *array, size_t n, size_t size, SortCompare compare) {
        const Sort sort = { size, compare };
        const uint8_t *first = array;
        size_t i = 1;

        assert(size <= SORT_SIZE_MAX);

        while (i < n && compare(first + (i - 1) * size, first + i * size) <= 0)
                i++;
        if (i < n)
                sort_range(&sort, array, n);
}
