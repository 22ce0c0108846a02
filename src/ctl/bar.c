/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/bar.h"

#include <string.h>

static const char *const utf8_symbol_table[_SHARE_MAX] = {
        [SHARE_KERNEL] = "▇",
        [SHARE_MOVABLE] = "▒",
        [SHARE_UNKNOWN] = "?",
        [SHARE_OFFLINE] = "·",
};

static const char *const ascii_symbol_table[_SHARE_MAX] = {
        [SHARE_KERNEL] = "#",
        [SHARE_MOVABLE] = "=",
        [SHARE_UNKNOWN] = "?",
        [SHARE_OFFLINE] = ".",
};

const char *bar_symbol(Share share, bool utf8) {
        return (utf8 ? utf8_symbol_table : ascii_symbol_table)[share];
}

/* Rounds up, so that nothing vanishes. */
static void scale(const NodeTotal *total, uint64_t n_most, unsigned widths[_SHARE_MAX]) {
        for (Share share = 0; share < _SHARE_MAX; share++)
                widths[share] =
                        (unsigned)((total->n_blocks[share] * BAR_WIDTH + n_most - 1) / n_most);
}

static unsigned sum(const unsigned widths[_SHARE_MAX]) {
        unsigned n = 0;

        for (Share share = 0; share < _SHARE_MAX; share++)
                n += widths[share];
        return n;
}

static Share widest(const unsigned widths[_SHARE_MAX]) {
        Share most = 0;

        for (Share share = 1; share < _SHARE_MAX; share++)
                if (widths[share] > widths[most])
                        most = share;
        return most;
}

const char *bar_draw(const NodeTotal *total, uint64_t n_most, bool utf8, char text[BAR_TEXT_MAX]) {
        unsigned widths[_SHARE_MAX], all;
        char *end = text;

        scale(total, n_most, widths);
        all = (unsigned)((totals_sum(total) * BAR_WIDTH + n_most - 1) / n_most);
        /* What the rounding made too much is taken where it is seen least. */
        while (sum(widths) > all && widths[widest(widths)] > 1)
                widths[widest(widths)]--;

        for (Share share = 0; share < _SHARE_MAX; share++)
                for (unsigned i = 0; i < widths[share]; i++)
                        end = stpcpy(end, bar_symbol(share, utf8));
        *end = 0;
        return text;
}
