/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/parse.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static int digit_of(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        if (c >= 'A' && c <= 'F')
                return c - 'A' + 10;
        return 16;
}

/* Reads digits of 'base' from 'text' on; *ret_end is the first character that is none. */
static int parse_digits(const char *text, unsigned base, uint64_t *ret, const char **ret_end) {
        const char *p = text;
        uint64_t value = 0;

        for (; (unsigned)digit_of(*p) < base; p++)
                if (__builtin_mul_overflow(value, base, &value) ||
                    __builtin_add_overflow(value, (uint64_t)digit_of(*p), &value))
                        return -ERANGE;

        if (p == text)
                return -EINVAL;

        *ret = value;
        *ret_end = p;
        return 0;
}

static int parse_whole(const char *text, unsigned base, uint64_t *ret) {
        const char *end;
        uint64_t value;
        int r;

        r = parse_digits(text, base, &value, &end);
        if (r < 0)
                return r;
        if (*end)
                return -EINVAL;

        *ret = value;
        return 0;
}

int parse_u64(const char *text, uint64_t *ret) {
        if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X'))
                return parse_whole(text + 2, 16, ret);

        return parse_whole(text, 10, ret);
}

int parse_hex(const char *text, uint64_t *ret) {
        return parse_whole(text, 16, ret);
}

/* The power of 1024 that "", "B", "K" or "KiB" stands for, or -EINVAL. */
static int parse_unit(const char *text) {
        static const char units[] = "BKMGTPE";
        const char *unit;

        if (!*text)
                return 0;

        unit = strchr(units, *text);
        if (!unit || (text[1] && (unit == units || strcmp(text + 1, "iB") != 0)))
                return -EINVAL;

        return (int)(unit - units);
}

int parse_size(const char *text, uint64_t *ret) {
        const char *end;
        int power;
        uint64_t value;
        int r;

        r = parse_digits(text, 10, &value, &end);
        if (r < 0)
                return r;

        power = parse_unit(end);
        if (power < 0)
                return power;
        if (__builtin_mul_overflow(value, UINT64_C(1) << (10 * power), &value))
                return -ERANGE;

        *ret = value;
        return 0;
}

int parse_percent(const char *text, uint64_t *ret) {
        const char *end;
        uint64_t value;
        int r;

        r = parse_digits(text, 10, &value, &end);
        if (r < 0)
                return r;
        if (strcmp(end, "%") != 0)
                return -EINVAL;

        *ret = value;
        return 0;
}

int parse_suffix(const char *text, const char *prefix, uint64_t *ret) {
        size_t n = strlen(prefix);

        if (strncmp(text, prefix, n) != 0)
                return -EINVAL;
        if (text[n] == '0' && text[n + 1])
                return -EINVAL;

        return parse_whole(text + n, 10, ret);
}
