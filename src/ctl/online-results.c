/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/online-results.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/utf8.h"
#include "ctl/format.h"
#include "ctl/output.h"
#include "model/outcome.h"

int online_results_add(OnlineResults *results, BlockIndex index) {
        size_t n = results->n;

        /* A power of two is full. */
        if ((n & (n - 1)) == 0) {
                OnlineResult *all = reallocarray(results->all, n ? n * 2 : 1, sizeof(OnlineResult));

                if (!all)
                        return -ENOMEM;
                results->all = all;
        }

        results->all[results->n++] = (OnlineResult){ .index = index, .zone = _ZONE_KIND_INVALID };
        return 0;
}

void online_results_done(OnlineResults *results) {
        free(results->all);
}

static int compare(const void *a, const void *b) {
        const OnlineResult *x = a, *y = b;

        return (x->index > y->index) - (x->index < y->index);
}

void online_results_settle(OnlineResults *results, BlockIndex index, const char *outcome,
                           const char *zone, int error) {
        const OnlineResult key = { .index = index };
        OnlineResult *result;

        if (results->n == 0)
                return;
        result = bsearch(&key, results->all, results->n, sizeof(OnlineResult), compare);
        if (!result)
                return;

        results->n_settled += !result->is_settled;
        result->is_settled = true;
        (void)utf8_copy_into(result->word, sizeof(result->word), outcome);
        result->zone = zone_kind_from_string(zone);
        result->error = error;
}

static bool is_online(const OnlineResult *result) {
        return result->is_settled &&
               (strcmp(result->word, outcome_to_string(OUTCOME_DONE)) == 0 ||
                strcmp(result->word, outcome_to_string(OUTCOME_ALREADY)) == 0);
}

size_t online_results_count(const OnlineResults *results) {
        size_t n = 0;

        for (size_t i = 0; i < results->n; i++)
                n += is_online(&results->all[i]);

        return n;
}

/* Of *i and what follows it, the last one of which the same came. Moves *i behind it. */
static const OnlineResult *find_last(const OnlineResults *results, size_t *i) {
        const OnlineResult *last = &results->all[*i], *next;

        for (; ++*i < results->n; last = next) {
                next = &results->all[*i];
                if (next->index != last->index + 1 || next->is_settled != last->is_settled ||
                    strcmp(next->word, last->word) != 0 || next->zone != last->zone ||
                    next->error != last->error)
                        break;
        }
        return last;
}

static void print_range(const OnlineResult *first, const OnlineResult *last) {
        const char *zone = zone_kind_to_string(first->zone);
        _cleanup_free_ char *word = format_printable(first->word);
        char blocks[FORMAT_TEXT_MAX];

        printf("memory%s: ", format_blocks(first->index, last->index, blocks));
        if (!first->is_settled) {
                printf("%snot settled yet%s\n", output_colour(COLOUR_WAITING), output_no_colour());
                return;
        }

        printf("%s%s%s", is_online(first) ? "" : output_colour(COLOUR_BAD), word ?: "out of memory",
               is_online(first) ? "" : output_no_colour());
        if (zone)
                printf(", online in %s", zone);
        if (first->error > 0)
                printf(": %s", strerror(first->error));
        printf("\n");
}

void online_results_print(const OnlineResults *results) {
        for (size_t i = 0; i < results->n;) {
                const OnlineResult *first = &results->all[i];

                print_range(first, find_last(results, &i));
        }
}

json_object *online_results_to_json(const OnlineResults *results) {
        json_object *array = json_new_array();

        for (size_t i = 0; i < results->n;) {
                const OnlineResult *first = &results->all[i], *last = find_last(results, &i);
                json_object *object = json_new_object();
                bool failed = first->error > 0;

                json_add(object, "first_block", json_new_number(first->index));
                json_add(object, "last_block", json_new_number(last->index));
                json_add(object, "outcome", first->is_settled ? json_new_text(first->word) : NULL);
                json_add(object, "zone", json_new_text(zone_kind_to_string(first->zone)));
                json_add(object, "errno", failed ? json_new_number((uint64_t)first->error) : NULL);
                json_add(object, "error", failed ? json_new_text(strerror(first->error)) : NULL);
                json_append(array, object);
        }
        return array;
}
