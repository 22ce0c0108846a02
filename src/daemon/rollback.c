/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device that the kernel failed to unplug. Asked for that, it takes all blocks of a DIMM offline
 * that go; if one doesn't, it puts the others back with a plain "online", into whatever zone that
 * takes (acpi_scan_try_to_offline() in drivers/acpi/scan.c; seen on 6.1). All of it happens under the
 * hotplug lock, so that after a barrier all the events are there: blocks that went offline and are
 * online again.
 *
 * A tool that moves blocks to another zone writes to one after the other, and lets others have the
 * lock in between. So it was the kernel if more than one block came back, and something of the DIMM
 * stayed online, which is why it failed, but not most of what could have gone.
 */
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "daemon/rounds-internal.h"

/* The blocks of one device. */
typedef struct Counts {
        size_t n_returned;
        size_t n_stayed;
        size_t n_stayed_movable;
        BlockIndex stayed; /* the first of them */
} Counts;

bool decision_is_returned(const Decision *decision, const Block *block, const BlockRecord *record) {
        return !decision->sweep && block->state == BLOCK_ONLINE && record &&
               record->mark == BLOCK_MARK_RELEASED && record->inode == block->inode;
}

static const BlockRecord *find_returned(const Decision *decision, const Block *block) {
        const BlockRecord *record = block_table_find(decision->rounds->table, block->index);

        return decision_is_returned(decision, block, record) ? record : NULL;
}

static Counts count_blocks(const Decision *decision, const Snapshot *all, uint32_t device) {
        Counts counts = {};

        for (size_t i = 0; i < all->n_blocks; i++) {
                const Block *block = &all->blocks[i];

                if (block->device != device || block->state == BLOCK_OFFLINE)
                        continue;
                if (find_returned(decision, block)) {
                        counts.n_returned++;
                        continue;
                }
                if (counts.n_stayed++ == 0)
                        counts.stayed = block->index;
                counts.n_stayed_movable += block_zone_kind(block) == ZONE_KIND_MOVABLE;
        }
        return counts;
}

static bool is_rollback(const Device *device, const Counts *counts) {
        return device->source == SOURCE_DIMM && counts->n_returned > 1 && counts->n_stayed > 0 &&
               counts->n_stayed_movable < counts->n_returned;
}

/* Adds a block that is in another zone than before to the work. False: it is where it was. */
static bool put_back(Decision *decision, const Block *block, ZoneKind had) {
        Rounds *rounds = decision->rounds;
        ZoneKind zone = block_zone_kind(block);
        Verdict verdict = verdict_for_block(rounds->policy, block, &decision->facts);

        if (had == _ZONE_KIND_INVALID || zone == _ZONE_KIND_INVALID || had == zone)
                return false;

        verdict.online = had == ZONE_KIND_MOVABLE ? ONLINE_MOVABLE : ONLINE_KERNEL;
        verdict.or_else = ONLINE_LEAVE;
        if (rounds->policy->active == MODE_OBSERVE ||
            work_add(&rounds->work, &verdict, block->inode, /* found_online= */ true) < 0)
                return false;

        rounds_remember(rounds, block->index, block->inode, BLOCK_MARK_FOUND, had);
        return true;
}

static void put_back_device(Decision *decision, const Snapshot *all, uint32_t device,
                            const Counts *counts) {
        size_t n_moved = 0;

        for (size_t i = 0; i < all->n_blocks; i++) {
                const Block *block = &all->blocks[i];
                const BlockRecord *record = find_returned(decision, block);

                if (block->device != device || !record)
                        continue;
                if (put_back(decision, block, record->zone))
                        n_moved++;
                else
                        rounds_remember(decision->rounds, block->index, block->inode,
                                        BLOCK_MARK_ONLINE, block_zone_kind(block));
        }

        tell_failed_unplug(&all->devices[device - 1], counts->stayed, counts->n_returned, n_moved);
}

/* Of what came back otherwise: somebody took it offline, and somebody put it online. */
static void decide_others(Decision *decision, const Snapshot *snapshot) {
        for (size_t i = 0; i < snapshot->n_blocks; i++)
                if (find_returned(decision, &snapshot->blocks[i]))
                        decision_online(decision, &snapshot->blocks[i], NULL);
}

static bool has_returned(const Decision *decision, const Snapshot *snapshot) {
        for (size_t i = 0; i < snapshot->n_blocks; i++)
                if (find_returned(decision, &snapshot->blocks[i]))
                        return true;

        return false;
}

void decision_find_rollbacks(Decision *decision, const Snapshot *snapshot) {
        const RoundsOps *ops = decision->rounds->ops;
        void *userdata = decision->rounds->userdata;
        _cleanup_(snapshot_done) Snapshot all = {};
        int r;

        if (!has_returned(decision, snapshot))
                return;

        r = ops->read_all(userdata, &all);
        if (r >= 0)
                r = ops->read_devices(userdata, &all);
        if (r < 0)
                (void)log_warning_errno(r, "Failed to read devices, ignoring: %m");

        for (uint32_t device = 1; r >= 0 && device <= all.n_devices; device++) {
                Counts counts = count_blocks(decision, &all, device);

                if (is_rollback(&all.devices[device - 1], &counts))
                        put_back_device(decision, &all, device, &counts);
        }
        decide_others(decision, snapshot);
}
