/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/legend.h"

#include <stdio.h>

const char *legend_size(const Options *options, uint64_t bytes, char text[FORMAT_TEXT_MAX]) {
        return options_have(options, OPTION_BYTES) ? format_bytes(bytes, text)
                                                   : format_size(bytes, text);
}

uint64_t legend_offline_bytes(const Snapshot *snapshot, const Totals *totals) {
        return totals->all.n_blocks[SHARE_OFFLINE] * snapshot->block_size;
}

uint64_t legend_online_bytes(const Snapshot *snapshot, const Totals *totals) {
        return totals_sum(&totals->all) * snapshot->block_size -
               legend_offline_bytes(snapshot, totals);
}

void legend_print(const Options *options, const Snapshot *snapshot, const Totals *totals) {
        char size[FORMAT_TEXT_MAX];

        if (options_have(options, OPTION_NO_LEGEND))
                return;

        printf("\n");
        printf("Memory block size:    %10s\n", legend_size(options, snapshot->block_size, size));
        printf("Total online memory:  %10s\n",
               legend_size(options, legend_online_bytes(snapshot, totals), size));
        printf("Total offline memory: %10s\n",
               legend_size(options, legend_offline_bytes(snapshot, totals), size));
        if (snapshot->sources_hidden)
                puts("\n" LEGEND_SOURCES_HIDDEN);
}
