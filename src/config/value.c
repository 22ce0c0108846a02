/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config/value.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"
#include "rules/policy.h"

int config_parse_mode(const char *text, void *target) {
        Mode mode = mode_from_string(text);

        if (mode < 0)
                return -EINVAL;

        *(Mode *)target = mode;
        return 0;
}

int config_parse_online(const char *text, void *target) {
        Online online = online_from_string(text);

        if (online < 0)
                return -EINVAL;

        *(Online *)target = online;
        return 0;
}

int config_parse_or_else(const char *text, void *target) {
        Online online = online_from_string(text);

        if (online != ONLINE_MOVABLE && online != ONLINE_KERNEL && online != ONLINE_LEAVE)
                return -EINVAL;

        *(Online *)target = online;
        return 0;
}

int config_parse_ranges(const char *text, void *target) {
        return range_set_parse(text, target);
}

int config_parse_size(const char *text, void *target) {
        return parse_size(text, target);
}

int config_parse_ratio(const char *text, void *target) {
        uint64_t percents;
        int r;

        r = parse_percent(text, &percents);
        if (r < 0)
                return r;
        if (percents > MOVABLE_RATIO_MAX)
                return -ERANGE;

        *(uint64_t *)target = percents;
        return 0;
}

int config_parse_unit(const char *text, void *target) {
        Unit unit = unit_from_string(text);

        if (unit < 0)
                return -EINVAL;

        *(Unit *)target = unit;
        return 0;
}

int config_parse_size_bound(const char *text, void *target) {
        uint64_t bytes;
        int r;

        r = parse_size(text, &bytes);
        if (r < 0)
                return r;

        *(SizeBound *)target = (SizeBound){ .given = true, .bytes = bytes };
        return 0;
}

int config_parse_source(const char *text, void *target) {
        Source source = source_from_string(text);

        if (source < 0)
                return -EINVAL;

        *(uint32_t *)target |= SOURCE_BIT(source);
        return 0;
}

size_t config_plain_character(const char *text) {
        /* Of two bytes, the lowest that isn't a control character is U+00A0. */
        static const uint32_t least[] = { 0, 0, 0xa0, 0x800, 0x10000 };
        const unsigned char *p = (const unsigned char *)text;
        size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 1;
        uint32_t code;

        if (n == 1)
                return p[0] >= ' ' && p[0] < 0x7f;
        if (p[0] > 0xf4)
                return 0;

        code = p[0] & (0x7fu >> n);
        for (size_t i = 1; i < n; i++) {
                if ((p[i] & 0xc0) != 0x80)
                        return 0;
                code = code << 6 | (p[i] & 0x3f);
        }

        if (code < least[n] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
                return 0;
        return n;
}

bool config_text_is_plain(const char *text) {
        while (*text) {
                size_t n = config_plain_character(text);

                if (n == 0)
                        return false;
                text += n;
        }
        return true;
}

int config_parse_name(const char *text, void *target) {
        char *name;

        if (!*text || !config_text_is_plain(text))
                return -EINVAL;

        name = strdup(text);
        if (!name)
                return -ENOMEM;

        *(char **)target = name;
        return 0;
}
