/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config/value.h"

#include <errno.h>
#include <inttypes.h>
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

char *config_text_escape(const char *text) {
        char *copy = malloc(4 * strlen(text) + 1), *p = copy;

        if (!copy)
                return NULL;

        while (*text) {
                size_t n = config_plain_character(text);

                if (n > 0)
                        p = mempcpy(p, text, n);
                else
                        p += sprintf(p, "\\x%02x", (unsigned char)*text);
                text += n > 0 ? n : 1;
        }
        *p = 0;
        return copy;
}

/* 'text' is plain, and so these two are all that libconfig and JSON want marked. */
static void write_string(FILE *stream, const char *text) {
        (void)fputc('"', stream);
        for (; *text; text++) {
                if (*text == '"' || *text == '\\')
                        (void)fputc('\\', stream);
                (void)fputc(*text, stream);
        }
        (void)fputc('"', stream);
}

void config_format_mode(FILE *stream, const void *value) {
        write_string(stream, mode_to_string(*(const Mode *)value));
}

void config_format_online(FILE *stream, const void *value) {
        write_string(stream, online_to_string(*(const Online *)value));
}

void config_format_bool(FILE *stream, const void *value) {
        (void)fputs(*(const bool *)value ? "true" : "false", stream);
}

void config_format_name(FILE *stream, const void *value) {
        write_string(stream, *(char *const *)value);
}

static void write_ranges(FILE *stream, const RangeSet *set, bool hexadecimal) {
        const char *separator = "\"";

        if (!set)
                return;

        for (size_t i = 0; i < set->n_ranges; i++, separator = ",") {
                const Range *range = &set->ranges[i];

                (void)fprintf(stream, hexadecimal ? "%s%#" PRIx64 : "%s%" PRIu64, separator,
                              range->first);
                if (range->last != range->first)
                        (void)fprintf(stream, hexadecimal ? "-%#" PRIx64 : "-%" PRIu64,
                                      range->last);
        }
        (void)fputc('"', stream);
}

void config_format_ranges(FILE *stream, const void *value) {
        write_ranges(stream, *(RangeSet *const *)value, /* hexadecimal= */ false);
}

void config_format_addresses(FILE *stream, const void *value) {
        write_ranges(stream, *(RangeSet *const *)value, /* hexadecimal= */ true);
}

/* With the largest unit that leaves no rest. */
static void write_size(FILE *stream, uint64_t bytes) {
        static const char units[] = "\0KMGTPE";
        size_t i = 0;

        while (bytes > 0 && bytes % 1024 == 0 && i + 1 < sizeof(units) - 1) {
                bytes /= 1024;
                i++;
        }
        (void)fprintf(stream, "\"%" PRIu64 "%.1s\"", bytes, &units[i]);
}

void config_format_size(FILE *stream, const void *value) {
        write_size(stream, *(const uint64_t *)value);
}

void config_format_size_bound(FILE *stream, const void *value) {
        const SizeBound *bound = value;

        if (bound->given)
                write_size(stream, bound->bytes);
}

void config_format_ratio(FILE *stream, const void *value) {
        (void)fprintf(stream, "\"%" PRIu64 "%%\"", *(const uint64_t *)value);
}

void config_format_unit(FILE *stream, const void *value) {
        write_string(stream, unit_to_string(*(const Unit *)value));
}

void config_format_sources(FILE *stream, const void *value) {
        const char *separator = "[ ";
        uint32_t sources = *(const uint32_t *)value;

        for (Source source = 0; source < _SOURCE_MAX; source++)
                if (sources & SOURCE_BIT(source)) {
                        (void)fputs(separator, stream);
                        write_string(stream, source_to_string(source));
                        separator = ", ";
                }
        if (sources)
                (void)fputs(" ]", stream);
}

void config_format_cpuless(FILE *stream, const void *value) {
        Cpuless cpuless = *(const Cpuless *)value;

        if (cpuless == CPULESS_YES || cpuless == CPULESS_NO)
                (void)fputs(cpuless == CPULESS_YES ? "true" : "false", stream);
}
