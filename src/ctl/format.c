/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/macro.h"

_Static_assert(FORMAT_TEXT_MAX >= VALID_ZONES_TEXT_MAX, "valid_zones don't fit");

const char *format_size(uint64_t bytes, char text[FORMAT_TEXT_MAX]) {
        static const char units[] = "BKMGTPE";
        uint64_t whole = bytes, rest = 0, tenths;
        size_t unit = 0;

        for (; whole >= 1024; unit++) {
                /* What is cut off here is less than a thousandth of what is told. */
                rest = whole % 1024;
                whole /= 1024;
        }

        tenths = (rest * 10 + 512) / 1024;
        if (tenths == 10) {
                whole++;
                tenths = 0;
        }

        if (tenths == 0)
                (void)snprintf(text, FORMAT_TEXT_MAX, "%" PRIu64 "%c", whole, units[unit]);
        else
                (void)snprintf(text, FORMAT_TEXT_MAX, "%" PRIu64 ".%" PRIu64 "%c", whole, tenths,
                               units[unit]);
        return text;
}

const char *format_bytes(uint64_t bytes, char text[FORMAT_TEXT_MAX]) {
        (void)snprintf(text, FORMAT_TEXT_MAX, "%" PRIu64, bytes);
        return text;
}

const char *format_blocks(BlockIndex first, BlockIndex last, char text[FORMAT_TEXT_MAX]) {
        if (first == last)
                (void)snprintf(text, FORMAT_TEXT_MAX, "%" PRIu64, first);
        else
                (void)snprintf(text, FORMAT_TEXT_MAX, "%" PRIu64 "-%" PRIu64, first, last);
        return text;
}

const char *format_addresses(BlockIndex first, BlockIndex last, uint64_t block_size,
                             char text[FORMAT_TEXT_MAX]) {
        (void)snprintf(text, FORMAT_TEXT_MAX, "0x%010" PRIx64 "-0x%010" PRIx64, first * block_size,
                       last * block_size + (block_size - 1));
        return text;
}

const char *format_node(int node, char text[FORMAT_TEXT_MAX]) {
        if (node == NODE_UNKNOWN)
                return strcpy(text, "-");

        (void)snprintf(text, FORMAT_TEXT_MAX, "%d", node);
        return text;
}

const char *format_zones(const Block *block, char text[FORMAT_TEXT_MAX]) {
        const ValidZones *zones = &block->valid_zones;

        if (!zones->known)
                return strcpy(text, "-");
        if (block->state != BLOCK_OFFLINE && zones->n_zones > 0)
                return strcpy(text, zone_to_string(zones->zones[0]));

        return valid_zones_format(zones, text);
}

const char *format_source(const Snapshot *snapshot, const Block *block,
                          char text[FORMAT_TEXT_MAX]) {
        const Device *device = snapshot_device(snapshot, block);

        (void)snprintf(text, FORMAT_TEXT_MAX, "%s%s%s", source_to_string(block->source),
                       device ? " " : "", device ? device->name : "");
        return text;
}

const char *format_time(uint64_t usec, char text[FORMAT_TEXT_MAX]) {
        time_t seconds = (time_t)(usec / 1000000);
        struct tm tm;
        size_t n;

        if (!localtime_r(&seconds, &tm))
                return strcpy(text, "?");

        n = strftime(text, FORMAT_TEXT_MAX, "%F %T", &tm);
        (void)snprintf(text + n, FORMAT_TEXT_MAX - n, ".%03u", (unsigned)(usec / 1000 % 1000));
        return text;
}

const char *format_duration(uint64_t usec, char text[FORMAT_TEXT_MAX]) {
        static const struct {
                const char *unit;
                uint64_t seconds, least; /* how many seconds are told in it */
        } table[] = {
                { "s", 1, 0 },
                { "min", 60, 120 },
                { "h", 3600, 7200 },
                { "d", 86400, 172800 },
        };
        uint64_t seconds = usec / 1000000;
        size_t i = ELEMENTSOF(table) - 1;

        while (seconds < table[i].least)
                i--;
        (void)snprintf(text, FORMAT_TEXT_MAX, "%" PRIu64 " %s", seconds / table[i].seconds,
                       table[i].unit);
        return text;
}

char *format_printable(const char *text) {
        char *copy = strdup(text);

        /*
         * Bytes from 0x80 on are left alone, for in UTF-8 they are parts of letters; but not those of
         * U+0080 to U+009F, by which some terminals are controlled, too.
         */
        for (unsigned char *p = (unsigned char *)copy; p && *p; p++)
                if (*p < ' ' || *p == 0x7f)
                        *p = '?';
                else if (p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
                        p[0] = p[1] = '?';

        return copy;
}
