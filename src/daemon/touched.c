/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Blocks that somebody else took offline or put online: most often that is to be told, and no more.
 * But it may have been the kernel, which failed to unplug a DIMM. Asked for that, it takes all of
 * its blocks offline that go; if one doesn't, it puts the others back with a plain "online", into
 * whatever zone that takes (acpi_scan_try_to_offline() in drivers/acpi/scan.c; seen on 6.1). All of it
 * happens under the hotplug lock, so that after a barrier all the events are there: first all "offline",
 * then all "online".
 *
 * A tool that moves blocks to another zone takes one after the other, and so mixes the two. It was the
 * kernel if they aren't mixed, more than one block came back, and something of the DIMM stayed
 * online, which is why it failed, but not most of what could have gone.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "daemon/rounds-internal.h"

/* So many are looked at, even if events about them don't end. */
#define TOUCHED_MAX 4096

/* The blocks of one device. */
typedef struct Counts {
        size_t n_returned;
        size_t n_stayed;
        size_t n_stayed_movable;
        BlockIndex stayed; /* the first of them */
} Counts;

/* What is known of a block that went offline and is online again, and wasn't told as released. */
static const BlockRecord *find_returned(const Rounds *rounds, const Block *block) {
        const BlockRecord *record = block_table_find(rounds->table, block->index);

        if (!record || record->mark != BLOCK_MARK_RELEASED || record->inode != block->inode)
                return NULL;

        return block->state == BLOCK_ONLINE && record->zone != _ZONE_KIND_INVALID ? record : NULL;
}

static Counts count_blocks(const Rounds *rounds, const Snapshot *all, uint32_t device) {
        Counts counts = {};

        for (size_t i = 0; i < all->n_blocks; i++) {
                const Block *block = &all->blocks[i];

                if (block->device != device || block->state == BLOCK_OFFLINE)
                        continue;
                if (find_returned(rounds, block)) {
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

/* What the rules ask for by name is right where it is, whatever it was before. */
static bool is_wanted_here(const Verdict *verdict, ZoneKind zone) {
        return (verdict->rule->online == ONLINE_MOVABLE ||
                verdict->rule->online == ONLINE_KERNEL) &&
               online_wants(verdict->rule->online, zone);
}

bool decision_put_back(Decision *decision, const Block *block, ZoneKind had) {
        Rounds *rounds = decision->rounds;
        ZoneKind zone = block_zone_kind(block);
        Verdict verdict;

        if (had == _ZONE_KIND_INVALID || zone == _ZONE_KIND_INVALID || had == zone ||
            rounds->policy->active == MODE_OBSERVE)
                return false;
        verdict = verdict_for_block(rounds->policy, block, &decision->facts);
        if (is_wanted_here(&verdict, zone))
                return false;

        verdict.online = had == ZONE_KIND_MOVABLE ? ONLINE_MOVABLE : ONLINE_KERNEL;
        verdict.or_else = ONLINE_LEAVE;
        verdict.rezone = false;
        if (work_add(&rounds->work, &verdict, block->inode, /* found_online= */ true) < 0)
                return false;

        rounds_remember(rounds, block->index, block->inode, BLOCK_MARK_FOUND, had);
        return true;
}

static void put_back_device(Decision *decision, const Snapshot *all, uint32_t device,
                            const Counts *counts) {
        size_t n_moved = 0;

        for (size_t i = 0; i < all->n_blocks; i++) {
                const Block *block = &all->blocks[i];
                const BlockRecord *record = find_returned(decision->rounds, block);

                if (block->device != device || !record)
                        continue;
                if (decision_put_back(decision, block, record->zone))
                        n_moved++;
                else
                        rounds_remember(decision->rounds, block->index, block->inode,
                                        BLOCK_MARK_ONLINE, block_zone_kind(block));
        }

        tell_failed_unplug(&all->devices[device - 1], counts->stayed, counts->n_returned, n_moved);
}

static void find_rollbacks(Decision *decision) {
        const RoundsOps *ops = decision->rounds->ops;
        void *userdata = decision->rounds->userdata;
        _cleanup_(snapshot_done) Snapshot all = {};
        int r;

        r = ops->read_all(userdata, &all);
        if (r >= 0)
                r = ops->read_devices(userdata, &all);
        if (r < 0) {
                (void)log_warning_errno(r, "Failed to read devices, ignoring: %m");
                return;
        }

        for (uint32_t device = 1; device <= all.n_devices; device++) {
                Counts counts = count_blocks(decision->rounds, &all, device);

                if (is_rollback(&all.devices[device - 1], &counts))
                        put_back_device(decision, &all, device, &counts);
        }
}

static size_t count_returned(const Rounds *rounds, const Snapshot *snapshot) {
        size_t n = 0;

        for (size_t i = 0; i < snapshot->n_blocks; i++)
                n += find_returned(rounds, &snapshot->blocks[i]) != NULL;
        return n;
}

/* One that it is too early to tell of has an event that is still to be read. */
static void look_at(Decision *decision, const Block *block) {
        const BlockRecord *record = block_table_find(decision->rounds->table, block->index);

        if (!record || record->inode != block->inode || block->node == NODE_UNKNOWN ||
            work_has(&decision->rounds->work, block->index))
                return;
        if (block->state == BLOCK_OFFLINE && record->mark == BLOCK_MARK_RELEASED)
                decision_released(decision, block);
        else if (block->state == BLOCK_ONLINE && record->mark == BLOCK_MARK_FOUND)
                decision_online(decision, block, record, /* may_move= */ true);
        else if (block->state == BLOCK_ONLINE && record->mark != BLOCK_MARK_ONLINE &&
                 !block_mark_is_ours(record->mark))
                decision_online(decision, block, NULL, /* may_move= */ false);
}

void decision_look_at_touched(Decision *decision) {
        _cleanup_(snapshot_done) Snapshot snapshot = {};
        Rounds *rounds = decision->rounds;
        int r;

        if (rounds->touched.n_blocks == 0)
                rounds->returning = rounds->is_mixed = false;
        if (rounds->touched.n_blocks == 0 ||
            (rounds->was_touched && rounds->touched.n_blocks < TOUCHED_MAX))
                return;

        r = rounds_read_pending(rounds, &rounds->touched, &snapshot);
        if (r == 0)
                r = decision_read_devices(decision, &snapshot);
        if (r < 0) {
                rounds->rescan = true;
                return;
        }

        if (!rounds->is_mixed && count_returned(rounds, &snapshot) > 1)
                find_rollbacks(decision);
        for (size_t i = 0; i < snapshot.n_blocks; i++)
                if (i == 0 || snapshot.blocks[i].index != snapshot.blocks[i - 1].index)
                        look_at(decision, &snapshot.blocks[i]);
        rounds->returning = rounds->is_mixed = false;
}
