#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Zones: the kernel's words for them, the two kinds that matter for hot-plug, and what a block's
 * valid_zones says.
 */
#include <stdbool.h>
#include <stdint.h>

#include "base/string-table.h"

/* The kernel's own words. */
typedef enum Zone {
        ZONE_DMA,
        ZONE_DMA32,
        ZONE_NORMAL,
        ZONE_HIGHMEM,
        ZONE_MOVABLE,
        ZONE_OTHER, /* one this program has no name for: a kernel zone, like all but Movable */
        _ZONE_MAX,
        _ZONE_INVALID = -22, /* -EINVAL */
} Zone;

DECLARE_STRING_TABLE(zone, Zone);

/* What a rule asks for: "kernel" is every zone but Movable. */
typedef enum ZoneKind {
        ZONE_KIND_KERNEL,
        ZONE_KIND_MOVABLE,
        _ZONE_KIND_MAX,
        _ZONE_KIND_INVALID = -22, /* -EINVAL */
} ZoneKind;

DECLARE_STRING_TABLE(zone_kind, ZoneKind);

static inline ZoneKind zone_to_kind(Zone zone) {
        return zone == ZONE_MOVABLE ? ZONE_KIND_MOVABLE : ZONE_KIND_KERNEL;
}

#define VALID_ZONES_MAX 6

/*
 * memoryN/valid_zones. Of an offline block the first word is the zone that a plain "online" takes
 * (but on 4.13), the others are those it may go to as well. Of an online block the first word is
 * its zone, and later ones mean nothing here (4.12 and earlier print some). No word at all is the
 * kernel's "none": the block spans zones or nodes, and can never be offlined.
 */
typedef struct ValidZones {
        bool known; /* false: the kernel has no such file, or it mustn't be read yet */
        uint8_t n_zones;
        uint8_t zones[VALID_ZONES_MAX]; /* of type Zone */
} ValidZones;

/* -EINVAL: empty text, or more words than there are zones. A word it doesn't know is ZONE_OTHER. */
int valid_zones_parse(const char *text, ValidZones *ret);

/* Whether a zone of that kind is among them; of unknown ones it may be, so true. */
bool valid_zones_allow(const ValidZones *zones, ZoneKind kind);

/* The kind of the first one, or _ZONE_KIND_INVALID where they are unknown or "none". */
ZoneKind valid_zones_first_kind(const ValidZones *zones);

/* Writes the kernel's own text ("Normal Movable", "none"; "?" if unknown), and answers 'text'. */
#define VALID_ZONES_TEXT_MAX 64
const char *valid_zones_format(const ValidZones *zones, char text[VALID_ZONES_TEXT_MAX]);
