/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/zone.h"

#include <errno.h>
#include <string.h>

static const char *const zone_table[] = {
        [ZONE_DMA] = "DMA",         [ZONE_DMA32] = "DMA32",     [ZONE_NORMAL] = "Normal",
        [ZONE_HIGHMEM] = "HighMem", [ZONE_MOVABLE] = "Movable", [ZONE_OTHER] = "other",
};
DEFINE_STRING_TABLE(zone, Zone);

static const char *const zone_kind_table[] = {
        [ZONE_KIND_KERNEL] = "kernel",
        [ZONE_KIND_MOVABLE] = "movable",
};
DEFINE_STRING_TABLE(zone_kind, ZoneKind);

static Zone zone_of_word(const char *text, size_t n) {
        for (Zone zone = 0; zone < ZONE_OTHER; zone++)
                if (strlen(zone_table[zone]) == n && memcmp(zone_table[zone], text, n) == 0)
                        return zone;

        return ZONE_OTHER;
}

int valid_zones_parse(const char *text, ValidZones *ret) {
        ValidZones zones = { .known = true };

        if (!*text)
                return -EINVAL;

        if (strcmp(text, "none") != 0)
                for (const char *p = text; *p; p += strspn(p, " ")) {
                        size_t n = strcspn(p, " ");

                        if (n == 0 || zones.n_zones == VALID_ZONES_MAX)
                                return -EINVAL;
                        zones.zones[zones.n_zones++] = (uint8_t)zone_of_word(p, n);
                        p += n;
                }

        *ret = zones;
        return 0;
}

bool valid_zones_allow(const ValidZones *zones, ZoneKind kind) {
        if (!zones->known)
                return true;

        for (size_t i = 0; i < zones->n_zones; i++)
                if (zone_to_kind(zones->zones[i]) == kind)
                        return true;

        return false;
}

ZoneKind valid_zones_first_kind(const ValidZones *zones) {
        if (!zones->known || zones->n_zones == 0)
                return _ZONE_KIND_INVALID;

        return zone_to_kind(zones->zones[0]);
}

const char *valid_zones_format(const ValidZones *zones, char text[VALID_ZONES_TEXT_MAX]) {
        char *end = text;

        if (!zones->known)
                return strcpy(text, "?");
        if (zones->n_zones == 0)
                return strcpy(text, "none");

        for (size_t i = 0; i < zones->n_zones; i++)
                end = stpcpy(stpcpy(end, i > 0 ? " " : ""), zone_to_string(zones->zones[i]));
        return text;
}
