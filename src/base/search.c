/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/search.h"

#include <string.h>

static uint64_t number_at(const void *array, size_t i, size_t size) {
        uint64_t number;

        (void)memcpy(&number, (const char *)array + i * size, sizeof(number));
        return number;
}

size_t search_place(const void *array, size_t n, size_t size, uint64_t key) {
        size_t low = 0, high = n;
        uint64_t guess;

        /* What is new most often comes in ascending order. */
        if (n == 0 || number_at(array, n - 1, size) < key)
                return n;
        /* Most machines have few holes, or none. */
        guess = key - number_at(array, 0, size);
        if (guess < n && number_at(array, guess, size) == key)
                return guess;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (number_at(array, middle, size) < key)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low;
}
