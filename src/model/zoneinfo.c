/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/zoneinfo.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/parse.h"

#define LINE_MAX_LENGTH 1024

/* More pages than any machine can have; so sums and products of them are far from wrapping. */
#define PAGES_MAX (UINT64_C(1) << 52)

static const struct {
        const char *word;
        size_t offset;
} counts[] = {
        { "spanned", offsetof(ZonePages, spanned) },    { "present", offsetof(ZonePages, present) },
        { "managed", offsetof(ZonePages, managed) },    { "cma", offsetof(ZonePages, cma) },
        { "nr_free_pages", offsetof(ZonePages, free) },
};

void zoneinfo_done(Zoneinfo *zoneinfo) {
        free(zoneinfo->zones);
        *zoneinfo = (Zoneinfo){};
}

void zoneinfo_clear(Zoneinfo *zoneinfo) {
        zoneinfo->n_zones = 0;
}

static int add_zone(Zoneinfo *zoneinfo, const ZonePages *zone) {
        if (zoneinfo->n_zones == zoneinfo->n_allocated) {
                size_t n = zoneinfo->n_allocated ? zoneinfo->n_allocated * 2 : 16;
                ZonePages *zones = reallocarray(zoneinfo->zones, n, sizeof(ZonePages));

                if (!zones)
                        return -ENOMEM;
                zoneinfo->zones = zones;
                zoneinfo->n_allocated = n;
        }

        zoneinfo->zones[zoneinfo->n_zones++] = *zone;
        return 0;
}

/* "Node 0, zone   Normal": from here on it is about this zone. */
static int add_heading(Zoneinfo *zoneinfo, const char *line) {
        const char *comma = strchr(line, ',');
        char number[16];
        uint64_t node;
        Zone zone;
        size_t n;

        line += strlen("Node ");
        n = comma ? (size_t)(comma - line) : sizeof(number);
        if (n >= sizeof(number) || strncmp(comma, ", zone ", strlen(", zone ")) != 0)
                return -EBADMSG;

        *(char *)mempcpy(number, line, n) = 0;
        if (parse_suffix(number, "", &node) < 0 || node > INT_MAX)
                return -EBADMSG;

        line = comma + strlen(", zone ");
        line += strspn(line, " ");
        if (!*line || strchr(line, ' '))
                return -EBADMSG;

        zone = zone_from_string(line);
        return add_zone(zoneinfo,
                        &(ZonePages){ .node = (int)node, .zone = zone < 0 ? ZONE_OTHER : zone });
}

/* "        present  3998", if 'word' is one of the counts. */
static int add_count(Zoneinfo *zoneinfo, const char *word, const char *rest) {
        uint64_t pages;

        for (size_t i = 0; i < ELEMENTSOF(counts); i++) {
                char *zone;

                if (strcmp(counts[i].word, word) != 0)
                        continue;
                if (zoneinfo->n_zones == 0 || parse_suffix(rest, "", &pages) < 0 ||
                    pages > PAGES_MAX)
                        return -EBADMSG;

                zone = (char *)&zoneinfo->zones[zoneinfo->n_zones - 1];
                memcpy(zone + counts[i].offset, &pages, sizeof(pages));
        }
        return 0;
}

int zoneinfo_add_line(Zoneinfo *zoneinfo, const char *line) {
        char word[16];
        size_t n;

        if (strncmp(line, "Node ", strlen("Node ")) == 0)
                return add_heading(zoneinfo, line);

        line += strspn(line, " ");
        n = strcspn(line, " ");
        if (n >= sizeof(word))
                return 0;

        *(char *)mempcpy(word, line, n) = 0;
        line += n;
        return add_count(zoneinfo, word, line + strspn(line, " "));
}

int zoneinfo_parse(const char *text, Zoneinfo *ret) {
        _cleanup_(zoneinfo_done) Zoneinfo zoneinfo = {};
        char line[LINE_MAX_LENGTH];

        while (*text) {
                size_t n = strcspn(text, "\n");
                int r;

                if (n >= sizeof(line))
                        return -EBADMSG;
                *(char *)mempcpy(line, text, n) = 0;
                r = zoneinfo_add_line(&zoneinfo, line);
                if (r < 0)
                        return r;
                text += n + (text[n] == '\n');
        }
        if (zoneinfo.n_zones == 0)
                return -EBADMSG;

        *ret = zoneinfo;
        zoneinfo = (Zoneinfo){};
        return 0;
}
