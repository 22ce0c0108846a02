/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "ctl/format.h"

#define BAR_MAX 24

/* Of anything less there is no rate worth telling. */
#define SHORT_USEC UINT64_C(200000)

/* " 4.2G/s, 12 s left", or "" as long as nothing is done. */
static void format_rate(const Progress *progress, uint64_t usec, char text[FORMAT_TEXT_MAX * 3]) {
        uint64_t n_left = progress->n_all - progress->n_done;
        /* Floating point: blocks of gigabytes and a long time would overflow. */
        double per_usec = (double)progress->n_done / (double)(usec ?: 1);
        char rate[FORMAT_TEXT_MAX], left[FORMAT_TEXT_MAX];

        *text = 0;
        if (progress->n_done == 0 || usec < SHORT_USEC)
                return;

        if (progress->block_size > 0)
                (void)format_size((uint64_t)(per_usec * 1e6 * (double)progress->block_size), rate);
        else
                (void)snprintf(rate, sizeof(rate), "%.1f", per_usec * 1e6);
        (void)snprintf(text, FORMAT_TEXT_MAX * 3, ", %s/s, %s left", rate,
                       format_duration((uint64_t)((double)n_left / per_usec), left));
}

static char *draw(char *end, uint64_t n_done, uint64_t n_all, bool utf8) {
        uint64_t n_full = n_done * BAR_MAX / n_all;

        end = stpcpy(end, "[");
        for (uint64_t i = 0; i < BAR_MAX; i++)
                end = stpcpy(end, i < n_full ? (utf8 ? "▇" : "#") : (utf8 ? "·" : "."));
        return stpcpy(end, "] ");
}

const char *progress_format(const Progress *progress, uint64_t now, size_t columns, bool utf8,
                            char text[PROGRESS_TEXT_MAX]) {
        char words[FORMAT_TEXT_MAX * 4], rate[FORMAT_TEXT_MAX * 3];
        uint64_t usec = now > progress->begun ? now - progress->begun : 0;
        char *end = text;

        format_rate(progress, usec, rate);
        (void)snprintf(words, sizeof(words), "%" PRIu64 " of %" PRIu64 " block%s%s",
                       progress->n_done, progress->n_all, format_plural(progress->n_all), rate);
        /* All of it is ASCII, but for the bar. */
        if (strlen(words) > columns)
                words[columns] = 0;
        else if (strlen(words) + BAR_MAX + 3 <= columns && progress->n_all > 0)
                end = draw(end, progress->n_done, progress->n_all, utf8);
        (void)snprintf(end, PROGRESS_TEXT_MAX - (size_t)(end - text), "%s", words);
        return text;
}
