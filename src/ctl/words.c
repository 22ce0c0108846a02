/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/words.h"

#include <stdio.h>
#include <string.h>

/* How many characters so many bytes are in UTF-8, each of which is taken to be one column wide. */
static unsigned length_of(const char *text, size_t size) {
        unsigned n = 0;

        for (size_t i = 0; i < size; i++)
                n += ((unsigned char)text[i] & 0xc0) != 0x80;
        return n;
}

static void put(Words *words, const char *piece, size_t size) {
        unsigned gap = words->gap ?: 1, length = length_of(piece, size);

        if (words->column > words->indent && words->column + gap + length > words->width)
                words_end(words);
        if (words->column == 0) {
                printf("%*s", (int)words->indent, "");
                words->column = words->indent;
        }
        gap = words->column > words->indent ? gap : 0;
        printf("%*s%.*s", (int)gap, "", (int)size, piece);
        words->column += gap + length;
}

void words_put(Words *words, const char *piece) {
        put(words, piece, strlen(piece));
}

void words_put_all(Words *words, const char *text) {
        for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
                size_t size = strcspn(text, " ");

                put(words, text, size);
                text += size;
        }
}

void words_end(Words *words) {
        (void)putchar('\n');
        words->column = 0;
}
