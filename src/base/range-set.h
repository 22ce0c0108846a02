#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A set of whole numbers, kept as sorted ranges that neither overlap nor touch: nodes, block
 * indices and addresses of the config are all of this kind.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

typedef struct Range {
        uint64_t first;
        uint64_t last; /* inclusive */
} Range;

typedef struct RangeSet {
        size_t n_ranges;
        Range ranges[];
} RangeSet;

/*
 * Reads "1-3,8" or "0x100000000-0x17fffffff"; blanks around numbers are allowed. The caller frees
 * the result with range_set_free(). -EINVAL: no such list (an empty one isn't either); -ERANGE: a
 * number beyond 64 bits, or a range that ends before it begins; -EEXIST: ranges that overlap, of
 * which one must be a mistake; -ENOMEM.
 */
int range_set_parse(const char *text, RangeSet **ret);
RangeSet *range_set_free(RangeSet *set);
DEFINE_CLEANUP(RangeSet *, range_set_free)

bool range_set_contains(const RangeSet *set, uint64_t value);

/* Whether all of first … last, both included, is in the set. */
bool range_set_contains_range(const RangeSet *set, uint64_t first, uint64_t last);
bool range_set_is_subset(const RangeSet *sub, const RangeSet *set);
