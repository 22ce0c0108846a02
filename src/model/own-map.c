/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/own-map.h"

#include <stdio.h>

/* sizeof(struct page) */
#define MAP_BYTES_PER_PAGE 64

/* Since when what is larger than a block is split. */
#define SPLIT_MAJOR 6
#define SPLIT_MINOR 8

static const char *const memmap_on_memory_table[] = {
        [MEMMAP_ON_MEMORY_NO] = "N",
        [MEMMAP_ON_MEMORY_YES] = "Y",
        [MEMMAP_ON_MEMORY_FORCE] = "force",
};
DEFINE_STRING_TABLE(memmap_on_memory, MemmapOnMemory);

uint64_t memory_map_bytes(uint64_t bytes, uint64_t page_size) {
        return bytes / page_size * MAP_BYTES_PER_PAGE;
}

/* What an entry of the page tables' middle level spans: as many pages as numbers of 8 bytes fit into one. */
static uint64_t entry_bytes(uint64_t page_size) {
        return page_size / 8 * page_size;
}

/* The DIMM that the block was hot-added with, or NULL. */
static const Device *find_dimm(const Snapshot *snapshot, const Block *block) {
        const Device *device = snapshot_device(snapshot, block);

        return device && device->source == SOURCE_DIMM && block->hot_added ? device : NULL;
}

/* What the zones of that kind on a node have less than their blocks; false: it isn't known. */
static bool find_gap(const Zoneinfo *zoneinfo, int node, ZoneKind kind, uint64_t *ret) {
        uint64_t pages = 0;

        for (size_t i = 0; i < zoneinfo->n_zones; i++) {
                const ZonePages *zone = &zoneinfo->zones[i];

                if (zone->node != node || zone_to_kind(zone->zone) != kind || zone->present == 0)
                        continue;
                if (zone->managed == 0 || zone->managed > zone->present)
                        return false;
                pages += zone->present - zone->managed;
        }
        *ret = pages;
        return true;
}

typedef enum Evidence {
        EVIDENCE_NONE,
        EVIDENCE_NO,
        EVIDENCE_YES,
} Evidence;

/* Memory of the boot has less than it seems, too; then nothing can be told. */
static Evidence look_at_zones(const Snapshot *snapshot, const Zoneinfo *zoneinfo, int node,
                              ZoneKind kind, uint64_t map_pages) {
        uint64_t n_dimm_blocks = 0, gap;

        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];

                if (block->state == BLOCK_OFFLINE || block->node != node ||
                    block_zone_kind(block) != kind)
                        continue;
                if (!block->hot_added)
                        return EVIDENCE_NONE;
                n_dimm_blocks += find_dimm(snapshot, block) != NULL;
        }
        if (!find_gap(zoneinfo, node, kind, &gap))
                return EVIDENCE_NONE;

        return gap >= n_dimm_blocks * map_pages ? EVIDENCE_YES : EVIDENCE_NO;
}

/* Each node's zones are looked at once, or as often as blocks go from one to the other. */
static Evidence find_evidence(const Snapshot *snapshot, const Zoneinfo *zoneinfo,
                              uint64_t map_pages) {
        int node = NODE_UNKNOWN;
        ZoneKind kind = _ZONE_KIND_INVALID;

        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];
                const Device *dimm = find_dimm(snapshot, block);
                Evidence evidence;

                if (!dimm || dimm->size <= snapshot->block_size || block_zone_kind(block) < 0 ||
                    (block->node == node && block_zone_kind(block) == kind))
                        continue;
                node = block->node;
                kind = block_zone_kind(block);
                evidence = look_at_zones(snapshot, zoneinfo, node, kind, map_pages);
                if (evidence != EVIDENCE_NONE)
                        return evidence;
        }
        return EVIDENCE_NONE;
}

/* "6.12.95+deb12-amd64" */
static bool is_late(const char *release) {
        unsigned major, minor;

        if (!release || sscanf(release, "%u.%u", &major, &minor) != 2)
                return false;

        return major > SPLIT_MAJOR || (major == SPLIT_MAJOR && minor >= SPLIT_MINOR);
}

OwnMap own_map_find(MemmapOnMemory setting, const char *release, const Snapshot *snapshot,
                    const Zoneinfo *zoneinfo, uint64_t page_size) {
        OwnMap own = { .block_bytes = memory_map_bytes(snapshot->block_size, page_size) };
        Evidence evidence = EVIDENCE_NONE;

        if (setting == MEMMAP_ON_MEMORY_NO ||
            (setting != MEMMAP_ON_MEMORY_FORCE && own.block_bytes % entry_bytes(page_size) != 0))
                return (OwnMap){};

        if (zoneinfo)
                evidence = find_evidence(snapshot, zoneinfo, own.block_bytes / page_size);
        own.large = evidence == EVIDENCE_NONE ? is_late(release) : evidence == EVIDENCE_YES;
        return own;
}

uint64_t own_map_of(const OwnMap *own, Source source, uint64_t n_blocks) {
        if (source != SOURCE_DIMM || (n_blocks > 1 && !own->large))
                return 0;

        return n_blocks * own->block_bytes;
}

uint64_t own_map_of_block(const OwnMap *own, const Snapshot *snapshot, const Block *block) {
        const Device *device = snapshot_device(snapshot, block);

        if (!device || !block->hot_added)
                return 0;

        return own_map_of(own, device->source, device->size / snapshot->block_size) > 0
                       ? own->block_bytes
                       : 0;
}
