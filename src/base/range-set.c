/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/range-set.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"

/* Reads a number between blanks out of text[0 … n). */
static int parse_bound(const char *text, size_t n, uint64_t *ret) {
        char word[32];

        while (n > 0 && (*text == ' ' || *text == '\t'))
                text++, n--;
        while (n > 0 && (text[n - 1] == ' ' || text[n - 1] == '\t'))
                n--;
        if (n == 0)
                return -EINVAL;
        if (n >= sizeof(word))
                return -ERANGE;

        memcpy(word, text, n);
        word[n] = 0;
        return parse_u64(word, ret);
}

static int parse_range(const char *text, size_t n, Range *ret) {
        const char *dash = memchr(text, '-', n);
        size_t n_first = dash ? (size_t)(dash - text) : n;
        Range range;
        int r;

        r = parse_bound(text, n_first, &range.first);
        if (r < 0)
                return r;

        range.last = range.first;
        if (dash) {
                r = parse_bound(dash + 1, n - n_first - 1, &range.last);
                if (r < 0)
                        return r;
        }
        if (range.last < range.first)
                return -ERANGE;

        *ret = range;
        return 0;
}

static int range_compare(const void *a, const void *b) {
        const Range *x = a, *y = b;

        return x->first < y->first ? -1 : x->first > y->first;
}

/* Sorts the ranges, and makes those that touch one. -EEXIST: two overlap. */
static int range_set_normalise(RangeSet *set) {
        size_t n = 0;

        qsort(set->ranges, set->n_ranges, sizeof(Range), range_compare);

        for (size_t i = 1; i < set->n_ranges; i++) {
                Range *last = &set->ranges[n], *next = &set->ranges[i];

                if (next->first <= last->last)
                        return -EEXIST;
                if (next->first == last->last + 1)
                        last->last = next->last;
                else
                        set->ranges[++n] = *next;
        }
        set->n_ranges = n + 1;
        return 0;
}

int range_set_parse(const char *text, RangeSet **ret) {
        _cleanup_(range_set_freep) RangeSet *set = NULL;
        size_t n = 1;
        int r;

        for (const char *p = text; *p; p++)
                n += *p == ',';

        set = calloc(1, sizeof(RangeSet) + n * sizeof(Range));
        if (!set)
                return -ENOMEM;

        for (size_t i = 0; i < n; i++) {
                size_t len = strcspn(text, ",");

                r = parse_range(text, len, &set->ranges[i]);
                if (r < 0)
                        return r;
                text += len + 1;
        }
        set->n_ranges = n;
        r = range_set_normalise(set);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(set);
        return 0;
}

RangeSet *range_set_free(RangeSet *set) {
        free(set);
        return NULL;
}

bool range_set_contains(const RangeSet *set, uint64_t value) {
        return range_set_contains_range(set, value, value);
}

/* The ranges are sorted: only the last one that begins at or before 'first' can hold it. */
bool range_set_contains_range(const RangeSet *set, uint64_t first, uint64_t last) {
        size_t low = 0, high = set->n_ranges;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (set->ranges[middle].first <= first)
                        low = middle + 1;
                else
                        high = middle;
        }
        return low > 0 && last <= set->ranges[low - 1].last;
}

bool range_set_is_subset(const RangeSet *sub, const RangeSet *set) {
        for (size_t i = 0; i < sub->n_ranges; i++)
                if (!range_set_contains_range(set, sub->ranges[i].first, sub->ranges[i].last))
                        return false;

        return true;
}
