/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which of the kernel's zone rules is in force, by what its blocks read.
 */
#include "plan/zone-model.h"

static bool is_telling(const Block *block) {
        return block->node != NODE_UNKNOWN && block->valid_zones.known &&
               block->valid_zones.n_zones > 0;
}

static bool is_offline_with(const Block *block, bool kernel, bool movable) {
        return is_telling(block) && block->state == BLOCK_OFFLINE &&
               valid_zones_allow(&block->valid_zones, ZONE_KIND_KERNEL) == kernel &&
               valid_zones_allow(&block->valid_zones, ZONE_KIND_MOVABLE) == movable;
}

/* Today's kernels let an offline block go to either kind of zone, whatever lies around it. */
static bool is_bound(const Block *block) {
        return is_offline_with(block, true, false) || is_offline_with(block, false, true);
}

/* Only 4.12 and earlier say of an online block where it could be shifted to. */
static bool is_shiftable(const Block *block) {
        return is_telling(block) && block->state == BLOCK_ONLINE &&
               valid_zones_allow(&block->valid_zones, ZONE_KIND_KERNEL) &&
               valid_zones_allow(&block->valid_zones, ZONE_KIND_MOVABLE);
}

static bool any(const Snapshot *snapshot, bool (*is)(const Block *block)) {
        for (size_t i = 0; i < snapshot->n_blocks; i++)
                if (is(&snapshot->blocks[i]))
                        return true;

        return false;
}

/* The next block on its node that tells something: above that one, or below. NULL: there is none. */
static const Block *find_neighbour(const Snapshot *snapshot, const Block *block, bool above) {
        size_t place = (size_t)(block - snapshot->blocks);
        size_t n = above ? snapshot->n_blocks - 1 - place : place;

        for (size_t i = 1; i <= n; i++) {
                const Block *other = above ? block + i : block - i;

                if (other->node == block->node && is_telling(other))
                        return other;
        }
        return NULL;
}

/*
 * Under the boundary rule, only the highest block of the kernel zone can be shifted to Movable, and it
 * always can; the same holds of the lowest block of Movable the other way round. With no overlap,
 * either may be otherwise.
 */
static bool block_fits_boundary(const Snapshot *snapshot, const Block *block) {
        ZoneKind kind = valid_zones_first_kind(&block->valid_zones);
        bool is_kernel = kind == ZONE_KIND_KERNEL;
        const Block *neighbour = find_neighbour(snapshot, block, /* above= */ is_kernel);
        bool is_edge = !neighbour || valid_zones_first_kind(&neighbour->valid_zones) != kind;
        ZoneKind other = is_kernel ? ZONE_KIND_MOVABLE : ZONE_KIND_KERNEL;

        return valid_zones_allow(&block->valid_zones, other) == is_edge;
}

static bool fits_boundary(const Snapshot *snapshot) {
        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];

                if (is_telling(block) && block->state == BLOCK_OFFLINE &&
                    !block_fits_boundary(snapshot, block))
                        return false;
        }
        return true;
}

ZoneRule zone_rule_guess(const Snapshot *snapshot) {
        if (any(snapshot, is_shiftable))
                return ZONE_RULE_BOUNDARY;
        if (any(snapshot, is_bound))
                return fits_boundary(snapshot) ? ZONE_RULE_BOUNDARY : ZONE_RULE_NO_OVERLAP;
        if (snapshot->n_blocks > 0 && !any(snapshot, is_telling))
                return _ZONE_RULE_INVALID;

        return ZONE_RULE_FREE;
}
