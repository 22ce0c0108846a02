/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What events change in what is known of blocks, and what they leave to be decided.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/sort.h"
#include "daemon/rounds-internal.h"

static int compare_blocks(const void *a, const void *b) {
        const BlockIndex *x = a, *y = b;

        return *x < *y ? -1 : *x > *y;
}

void pending_sort(Pending *pending) {
        size_t n = 0;

        sort_in_place(pending->blocks, pending->n_blocks, sizeof(BlockIndex), compare_blocks);
        for (size_t i = 0; i < pending->n_blocks; i++)
                if (n == 0 || pending->blocks[i] != pending->blocks[n - 1])
                        pending->blocks[n++] = pending->blocks[i];
        pending->n_blocks = n;
}

bool pending_has(const Pending *pending, BlockIndex index) {
        return pending->n_blocks > 0 && bsearch(&index, pending->blocks, pending->n_blocks,
                                                sizeof(BlockIndex), compare_blocks);
}

int rounds_read_pending(Rounds *rounds, Pending *pending, Snapshot *snapshot) {
        size_t n;

        pending_sort(pending);
        n = pending->n_blocks;
        pending->n_blocks = 0;
        for (size_t i = 0; i < n; i++) {
                Block block;
                int r;

                r = rounds->ops->read_block(rounds->userdata, pending->blocks[i], &block);
                if (r == 0)
                        r = snapshot_add(snapshot, &block);
                else if (r == -ENOENT || r == -ENODEV)
                        r = 0; /* gone again, and its "remove" comes */
                else
                        log_warning("memory%" PRIu64 " can't be read (%s); left alone.",
                                    pending->blocks[i], strerror(-r));
                if (r == -ENOMEM)
                        return r;
        }

        snapshot_sort(snapshot);
        return 0;
}

/* While nothing is decided it grows with the blocks, not with the events, which may be many. */
static bool make_room(Pending *pending) {
        size_t n = pending->n_allocated ? pending->n_allocated * 2 : 1024;
        BlockIndex *blocks;

        pending_sort(pending);
        if (pending->n_blocks < pending->n_allocated / 2)
                return true;

        blocks = reallocarray(pending->blocks, n, sizeof(BlockIndex));
        if (!blocks)
                return false;
        pending->blocks = blocks;
        pending->n_allocated = n;
        return true;
}

/* False: no memory for that; then all blocks are looked at. */
static bool add_to(Rounds *rounds, Pending *pending, BlockIndex index) {
        if (pending->n_blocks == pending->n_allocated && !make_room(pending)) {
                rounds->rescan = true;
                return false;
        }

        pending->blocks[pending->n_blocks++] = index;
        return true;
}

void rounds_announce(Rounds *rounds, BlockIndex index) {
        if (add_to(rounds, &rounds->pending, index))
                rounds->announced = true;
}

void rounds_touch(Rounds *rounds, BlockIndex index) {
        if (add_to(rounds, &rounds->touched, index))
                rounds->was_touched = true;
}

/* What the table's changes answer. */
static void tell_forgetful(int error) {
        if (error > 0)
                log_info("What is known of blocks is kept again.");
        if (error < 0)
                (void)log_warning_errno(error,
                                        "Failed to keep what is known of blocks: a restart may not "
                                        "know which ones were taken offline by somebody else: %m");
}

void rounds_keep_table(Rounds *rounds) {
        tell_forgetful(block_table_commit(rounds->table));
}

void rounds_remember(Rounds *rounds, BlockIndex index, ino_t inode, BlockMark mark, ZoneKind zone) {
        const BlockRecord *known = block_table_find(rounds->table, index);
        BlockRecord record = {
                .index = index,
                .inode = inode,
                .mark = mark,
                .zone = zone,
        };

        if (zone == _ZONE_KIND_INVALID && known && known->inode == inode)
                record.zone = known->zone;

        tell_forgetful(block_table_set(rounds->table, &record));
}

void rounds_forget_zone(Rounds *rounds, BlockIndex index, ino_t inode, BlockMark mark) {
        tell_forgetful(block_table_set(rounds->table, &(BlockRecord){
                                                              .index = index,
                                                              .inode = inode,
                                                              .mark = mark,
                                                              .zone = _ZONE_KIND_INVALID,
                                                      }));
}

void rounds_forget(Rounds *rounds, BlockIndex index) {
        tell_forgetful(block_table_forget(rounds->table, index));
}

/*
 * What an event tells is of the block that was there then. If that is known as another one, events
 * were lost in between, and the one that is there now has yet to be decided.
 */
static void mark(Rounds *rounds, BlockIndex index, BlockMark block_mark) {
        const BlockRecord *record = block_table_find(rounds->table, index);
        ino_t inode;

        if (rounds->ops->read_inode(rounds->userdata, index, &inode) < 0)
                rounds_forget(rounds, index);
        else if (!record || record->inode == inode)
                rounds_remember(rounds, index, inode, block_mark, _ZONE_KIND_INVALID);
        else {
                rounds_forget(rounds, index);
                rounds_announce(rounds, index);
        }
}

bool rounds_is_under_way(const Rounds *rounds, BlockIndex index) {
        return rounds_is_at_block(rounds) && rounds->current == index;
}

bool rounds_is_moving(const Rounds *rounds, BlockIndex index) {
        return rounds_is_under_way(rounds, index) && rounds->current_move;
}

/* It was taken offline by us, could be put nowhere, and has waited for being tried again. */
static bool is_left_over(Rounds *rounds, const BlockRecord *record) {
        return block_mark_is_ours(record->mark) && !rounds_is_under_way(rounds, record->index) &&
               !work_has(&rounds->work, record->index) && !rounds_is_taken(rounds, record->index);
}

/*
 * Of a block that is known, "add" is synthetic (udevadm trigger): it costs no more than this look, and
 * isn't passed on, for such events may come by the hundred thousand.
 */
static bool is_synthetic(Rounds *rounds, const Uevent *uevent) {
        const BlockRecord *record = block_table_find(rounds->table, uevent->block);
        ino_t inode;

        if (uevent->action != UEVENT_ADD || (!record && !task_work_is_under_way(&rounds->task)) ||
            rounds->ops->read_inode(rounds->userdata, uevent->block, &inode) < 0)
                return false;

        rounds_task_found(rounds, uevent->block, inode);
        if (!record || inode != record->inode)
                return false;

        if (is_left_over(rounds, record))
                rounds_announce(rounds, uevent->block);
        return true;
}

static void on_add(Rounds *rounds, BlockIndex index) {
        rounds_forget(rounds, index);
        rounds_announce(rounds, index);
}

void rounds_release(Rounds *rounds, BlockIndex index) {
        rounds->left_at = rounds->ops->now(rounds->userdata);
        rounds->is_mixed = rounds->is_mixed || rounds->returning;
        budget_forget(&rounds->budget, index);
        mark(rounds, index, BLOCK_MARK_RELEASED);
        task_work_taken_offline(&rounds->task, index);
        rounds_touch(rounds, index);
}

/*
 * A block of the task came online, and not by it: that is the later word, and nobody puts it back. Where it
 * is, is read when it is decided about.
 */
static void on_task_online(Rounds *rounds, BlockIndex index) {
        const BlockRecord *record = block_table_find(rounds->table, index);

        if (!task_work_find(&rounds->task, index) ||
            (rounds->phase == PHASE_TASK && rounds_is_under_way(rounds, index)))
                return;

        if (record && rounds_is_taken(rounds, index))
                rounds_forget_zone(rounds, index, record->inode, BLOCK_MARK_FOUND);
        rounds_task_online(rounds, index, _ZONE_KIND_INVALID);
}

/*
 * What is online by us has its mark when the attempt has ended, and of what is to be put online the
 * attempt will find out. Anything else is somebody else's doing, and looked at.
 */
static void on_online(Rounds *rounds, BlockIndex index) {
        const BlockRecord *record = block_table_find(rounds->table, index);
        bool was_taken = rounds_is_taken(rounds, index);

        if (rounds_is_moving(rounds, index)) {
                rounds->current_is_back = true;
                return;
        }
        on_task_online(rounds, index);
        /* The attempt has just seen to it that it is this block. */
        if (record && record->mark == BLOCK_MARK_ONLINE && rounds_is_under_way(rounds, index) &&
            record->inode == rounds->current_inode)
                return;
        if (record && !was_taken &&
            (record->mark == BLOCK_MARK_ONLINE || block_mark_is_ours(record->mark))) {
                mark(rounds, index, BLOCK_MARK_ONLINE);
                return;
        }

        if (record && record->mark == BLOCK_MARK_RELEASED)
                rounds->returning = true;
        else
                mark(rounds, index, BLOCK_MARK_FOUND);
        if (!rounds_is_under_way(rounds, index) && !work_has(&rounds->work, index))
                rounds_touch(rounds, index);
}

static void on_offline(Rounds *rounds, BlockIndex index) {
        const BlockRecord *record = block_table_find(rounds->table, index);

        if (rounds_is_moving(rounds, index)) {
                rounds->n_current_offlines++;
                rounds->current_is_back = false;
                return;
        }

        /* The event of a write of the memplugd before this one, which was killed while it moved it. */
        if (record && is_left_over(rounds, record))
                return;

        rounds_release(rounds, index);
        if (!rounds_is_under_way(rounds, index))
                work_settle(&rounds->work, index, OUTCOME_CANCELLED, rounds_on_settled, rounds);
        rounds_give_up_asked(rounds, index, OUTCOME_CANCELLED);
}

static void on_remove(Rounds *rounds, BlockIndex index) {
        rounds->left_at = rounds->ops->now(rounds->userdata);
        budget_forget(&rounds->budget, index);
        rounds_forget(rounds, index);
        rounds_task_removed(rounds, index);
        if (rounds_is_under_way(rounds, index))
                rounds->current_is_gone = true;
        else
                work_settle(&rounds->work, index, OUTCOME_GONE, rounds_on_settled, rounds);
        rounds_give_up_asked(rounds, index, OUTCOME_GONE);
}

static void on_uevent(Rounds *rounds, const Uevent *uevent) {
        log_debug("memory%" PRIu64 ": event '%s'", uevent->block,
                  uevent_action_to_string(uevent->action));
        if (is_synthetic(rounds, uevent))
                return;
        if (rounds->ops->on_uevent)
                rounds->ops->on_uevent(rounds->userdata, uevent);

        /* What was read of it may be old: so it is read again. */
        if (rounds->deciding &&
            (uevent->action == UEVENT_ONLINE || uevent->action == UEVENT_OFFLINE))
                (void)add_to(rounds, &rounds->stale, uevent->block);

        switch (uevent->action) {
        case UEVENT_ADD:
                on_add(rounds, uevent->block);
                break;
        case UEVENT_ONLINE:
                on_online(rounds, uevent->block);
                break;
        case UEVENT_OFFLINE:
                on_offline(rounds, uevent->block);
                break;
        case UEVENT_REMOVE:
                on_remove(rounds, uevent->block);
                break;
        default:
                break;
        }
}

void rounds_read_uevents(Rounds *rounds) {
        Uevent uevent;
        int r;

        while ((r = rounds->ops->read_uevent(rounds->userdata, &uevent)) != 0) {
                if (r > 0)
                        on_uevent(rounds, &uevent);
                else if (r == -ENOBUFS) {
                        log_warning("Events were lost; all blocks are read anew.");
                        rounds->rescan = rounds->is_mixed = true;
                } else {
                        (void)log_error_errno(r, "Failed to read events: %m");
                        return;
                }
        }
}
