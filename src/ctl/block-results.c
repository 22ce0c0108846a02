/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/block-results.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/utf8.h"
#include "ctl/format.h"
#include "ctl/output.h"
#include "model/outcome.h"

int block_results_add(BlockResults *results, BlockIndex index) {
        size_t n = results->n;

        /* A power of two is full. */
        if ((n & (n - 1)) == 0) {
                BlockResult *all = reallocarray(results->all, n ? n * 2 : 1, sizeof(BlockResult));

                if (!all)
                        return -ENOMEM;
                results->all = all;
        }

        results->all[results->n++] = (BlockResult){ .index = index, .zone = _ZONE_KIND_INVALID };
        return 0;
}

void block_results_done(BlockResults *results) {
        free(results->all);
}

static int compare(const void *a, const void *b) {
        const BlockResult *x = a, *y = b;

        return (x->index > y->index) - (x->index < y->index);
}

void block_results_settle(BlockResults *results, BlockIndex index, const char *outcome,
                          const char *zone, int error) {
        const BlockResult key = { .index = index };
        BlockResult *result;

        if (results->n == 0)
                return;
        result = bsearch(&key, results->all, results->n, sizeof(BlockResult), compare);
        if (!result)
                return;

        results->n_settled += !result->is_settled;
        result->is_settled = true;
        (void)utf8_copy_into(result->word, sizeof(result->word), outcome);
        result->zone = zone_kind_from_string(zone);
        result->error = error;
}

static bool is_word(const BlockResult *result, Outcome outcome) {
        return result->is_settled && strcmp(result->word, outcome_to_string(outcome)) == 0;
}

bool block_result_is_good(const BlockResult *result) {
        return is_word(result, OUTCOME_DONE) || is_word(result, OUTCOME_ALREADY);
}

size_t block_results_count(const BlockResults *results) {
        size_t n = 0;

        for (size_t i = 0; i < results->n; i++)
                n += block_result_is_good(&results->all[i]);

        return n;
}

const BlockResult *block_results_find_last(const BlockResults *results, size_t *i) {
        const BlockResult *last = &results->all[*i], *next;

        for (; ++*i < results->n; last = next) {
                next = &results->all[*i];
                if (next->index != last->index + 1 || next->is_settled != last->is_settled ||
                    strcmp(next->word, last->word) != 0 || next->zone != last->zone ||
                    next->error != last->error)
                        break;
        }
        return last;
}

/* A write that hangs is interrupted when its time is up, and when somebody gives up. */
const char *block_result_error(const BlockResult *result) {
        if (result->error == ETIMEDOUT || (result->error == EINTR && is_word(result, OUTCOME_BUSY)))
                return "its time was up";
        if (result->error == EINTR)
                return "interrupted";

        return strerror(result->error);
}

void block_result_print_range(const BlockResult *first, const BlockResult *last) {
        const char *zone = zone_kind_to_string(first->zone);
        _cleanup_free_ char *word = format_printable(first->word);
        char blocks[FORMAT_TEXT_MAX];

        printf("memory%s: ", format_blocks(first->index, last->index, blocks));
        if (!first->is_settled) {
                printf("%snot settled yet%s\n", output_colour(COLOUR_WAITING), output_no_colour());
                return;
        }

        printf("%s%s%s", block_result_is_good(first) ? "" : output_colour(COLOUR_BAD),
               word ?: "out of memory", block_result_is_good(first) ? "" : output_no_colour());
        if (zone)
                printf(", online in %s", zone);
        if (first->error > 0)
                printf(": %s", block_result_error(first));
        printf("\n");
}

json_object *block_result_range_to_json(const BlockResult *first, const BlockResult *last) {
        json_object *object = json_new_object();
        bool failed = first->error > 0;

        json_add(object, "first_block", json_new_number(first->index));
        json_add(object, "last_block", json_new_number(last->index));
        json_add(object, "outcome", first->is_settled ? json_new_text(first->word) : NULL);
        json_add(object, "zone", json_new_text(zone_kind_to_string(first->zone)));
        json_add(object, "errno", failed ? json_new_number((uint64_t)first->error) : NULL);
        json_add(object, "error", failed ? json_new_text(block_result_error(first)) : NULL);
        return object;
}
