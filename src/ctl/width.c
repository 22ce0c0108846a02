/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/width.h"

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define DOTS "..."

/* The bytes of the character that 'text' begins with, in the locale's encoding, and its columns. */
static size_t measure(const char *text, size_t *ret_columns) {
        mbstate_t state = {};
        wchar_t c;
        size_t n = mbrtowc(&c, text, strlen(text), &state);
        int columns;

        /* What isn't a character is shown as something for each byte. */
        if (n == (size_t)-1 || n == (size_t)-2 || n == 0) {
                *ret_columns = 1;
                return 1;
        }

        columns = wcwidth(c);
        *ret_columns = columns < 0 ? 1 : (size_t)columns;
        return n;
}

void width_cut(char *text, size_t columns) {
        size_t used = 0, width;
        char *fits = text; /* up to here, with dots behind */

        for (char *p = text; *p;) {
                size_t n = measure(p, &width);

                if (used + width > columns) {
                        if (columns < strlen(DOTS))
                                *fits = 0;
                        else
                                (void)strcpy(fits, DOTS);
                        return;
                }
                used += width;
                p += n;
                if (used + strlen(DOTS) <= columns)
                        fits = p;
        }
}
