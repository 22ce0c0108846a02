/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

size_t utf8_length(const char *text) {
        const unsigned char *p = (const unsigned char *)text;
        unsigned char low = 0x80, high = 0xbf;
        size_t n;

        if (p[0] < 0x80)
                return 1;
        if (p[0] < 0xc2 || p[0] > 0xf4)
                return 0;
        n = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

        /* Neither longer than need be, nor a surrogate, nor beyond U+10FFFF. */
        if (p[0] == 0xe0)
                low = 0xa0;
        else if (p[0] == 0xed)
                high = 0x9f;
        else if (p[0] == 0xf0)
                low = 0x90;
        else if (p[0] == 0xf4)
                high = 0x8f;

        if (p[1] < low || p[1] > high)
                return 0;
        for (size_t i = 2; i < n; i++)
                if ((p[i] & 0xc0) != 0x80)
                        return 0;

        return n;
}

size_t utf8_copy_into(char *to, size_t size, const char *from) {
        size_t n = 0;

        while (*from) {
                size_t length = utf8_length(from);

                if (n + (length ?: 1) >= size)
                        break;
                if (length > 0)
                        (void)memcpy(to + n, from, length);
                else
                        to[n] = '?';
                n += length ?: 1;
                from += length ?: 1;
        }
        to[n] = 0;
        return n;
}

char *utf8_copy(const char *text, size_t max) {
        size_t n = strlen(text);
        char *copy = malloc((n < max ? n : max) + 1);

        if (copy)
                (void)utf8_copy_into(copy, (n < max ? n : max) + 1, text);
        return copy;
}
