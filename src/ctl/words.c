/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/words.h"

#include <stdio.h>
#include <string.h>

unsigned words_length(const char *text) {
        unsigned n = 0;

        for (; *text; text++)
                n += ((unsigned char)*text & 0xc0) != 0x80;
        return n;
}

static void put(Words *words, const char *piece, size_t size, unsigned length) {
        unsigned gap = words->gap ?: 1;

        if (words->column > 0 && words->column + gap + length > words->width)
                words_end(words);
        gap = words->column > 0 ? gap : 0;
        printf("%*s%.*s", (int)gap, "", (int)size, piece);
        words->column += gap + length;
}

void words_put(Words *words, const char *piece) {
        put(words, piece, strlen(piece), words_length(piece));
}

void words_put_all(Words *words, const char *text) {
        for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
                size_t size = strcspn(text, " ");

                put(words, text, size, (unsigned)size);
                text += size;
        }
}

void words_end(Words *words) {
        (void)putchar('\n');
        words->column = 0;
}
