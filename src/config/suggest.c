/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config/suggest.h"

#include <limits.h>
#include <string.h>

#define WORD_MAX 31

static unsigned least_of(unsigned a, unsigned b, unsigned c) {
        unsigned least = a < b ? a : b;

        return least < c ? least : c;
}

/* row[k]: the distance of the first i characters of 'a' from the first k of 'b'. */
unsigned config_word_distance(const char *a, const char *b) {
        size_t n = strlen(b);
        unsigned row[WORD_MAX + 1];

        if (n > WORD_MAX || strlen(a) > WORD_MAX)
                return UINT_MAX;

        for (unsigned k = 0; k <= n; k++)
                row[k] = k;

        for (unsigned i = 1; a[i - 1]; i++) {
                unsigned diagonal = row[0];

                row[0] = i;
                for (size_t k = 1; k <= n; k++) {
                        unsigned changed = diagonal + (a[i - 1] != b[k - 1]);

                        diagonal = row[k];
                        row[k] = least_of(changed, row[k] + 1, row[k - 1] + 1);
                }
        }
        return row[n];
}
