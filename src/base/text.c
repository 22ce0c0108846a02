/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/text.h"

#include <string.h>

char *text_put_number(char *end, uint64_t number) {
        char digits[TEXT_NUMBER_MAX], *first = digits + sizeof(digits) - 1;

        *first = 0;
        do
                *--first = (char)('0' + number % 10);
        while ((number /= 10) > 0);
        return stpcpy(end, first);
}
