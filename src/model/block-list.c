/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/block-list.h"

#include <errno.h>
#include <inttypes.h>

void block_list_done(BlockList *list) {
        free(list->ranges);
        *list = (BlockList){};
}

int block_list_add(BlockList *list, BlockIndex index) {
        size_t n = list->n_ranges;

        if (n > 0 && list->ranges[n - 1].last + 1 == index) {
                list->ranges[n - 1].last = index;
                return 0;
        }

        /* A power of two is full. */
        if ((n & (n - 1)) == 0) {
                Range *ranges = reallocarray(list->ranges, n ? n * 2 : 1, sizeof(Range));

                if (!ranges)
                        return -ENOMEM;
                list->ranges = ranges;
        }

        list->ranges[list->n_ranges++] = (Range){ index, index };
        return 0;
}

uint64_t block_list_count(const BlockList *list) {
        uint64_t n = 0;

        for (size_t i = 0; i < list->n_ranges; i++)
                n += list->ranges[i].last - list->ranges[i].first + 1;

        return n;
}

void block_list_print(const BlockList *list, FILE *f) {
        for (size_t i = 0; i < list->n_ranges; i++) {
                const Range *range = &list->ranges[i];

                (void)fprintf(f, "%s%" PRIu64, i > 0 ? "," : "", range->first);
                if (range->last > range->first)
                        (void)fprintf(f, "-%" PRIu64, range->last);
        }
}

char *block_list_format(const BlockList *list) {
        char *text = NULL;
        size_t size = 0;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return NULL;

        block_list_print(list, f);
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}
