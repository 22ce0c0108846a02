/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From events to batches. Events are queued as they come. A round of work then
 *
 *   1. passes the barrier, after which all blocks of a DIMM are there, linked, and announced;
 *   2. reads the events that came meanwhile, and the blocks they announced;
 *   3. asks the rules, and gives the worker what is to be put online as one batch.
 *
 * What comes during a round waits for the next one. A sweep is a round that reads all blocks.
 */
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "daemon/manager-internal.h"

/* A node link that is late is looked for again so often, this long each time: 10 s in all. */
#define LINK_WAITS_MAX 200
#define LINK_WAIT_USEC (50 * 1000)

int manager_announce(Manager *manager, BlockIndex index) {
        Pending *pending = &manager->pending;

        if (pending->n_blocks == pending->n_allocated) {
                size_t n = pending->n_allocated ? pending->n_allocated * 2 : 1024;
                BlockIndex *blocks = reallocarray(pending->blocks, n, sizeof(BlockIndex));

                if (!blocks)
                        return -ENOMEM;
                pending->blocks = blocks;
                pending->n_allocated = n;
        }

        pending->blocks[pending->n_blocks++] = index;
        return 0;
}

/* Marks a block in the table, and forgets it if it isn't there any more. */
static void mark(Manager *manager, BlockIndex index, BlockMark mark) {
        ino_t inode;
        int r;

        r = sysfs_read_inode(manager->sysfs, index, &inode);
        r = r < 0 ? block_table_forget(manager->table, index)
                  : block_table_set(manager->table, index, inode, mark);
        if (r < 0)
                (void)log_warning_errno(
                        r, "Failed to remember the state of memory%" PRIu64 ", ignoring: %m",
                        index);
}

static void withdraw_from_batch(Manager *manager, BlockIndex index) {
        for (size_t i = 0; manager->batch && i < manager->batch->n_items; i++)
                if (manager->batch->items[i].verdict.block == index)
                        atomic_store(&manager->batch->items[i].withdrawn, true);
}

/* memplugd offlines nothing, so it was somebody else. */
static void on_offline(Manager *manager, BlockIndex index) {
        mark(manager, index, BLOCK_MARK_RELEASED);
        withdraw_from_batch(manager, index);
        log_info("memory%" PRIu64 ": taken offline by somebody else; it is left alone until it is "
                 "plugged anew.",
                 index);
}

/* Of a block that is known, "add" is synthetic (udevadm trigger): it costs nothing more than this. */
static void on_add(Manager *manager, BlockIndex index) {
        if (block_table_find(manager->table, index))
                return;

        if (manager_announce(manager, index) < 0)
                manager->rescan = true;
}

void manager_on_uevent(Manager *manager, const Uevent *uevent) {
        log_debug("memory%" PRIu64 ": event '%s'", uevent->block,
                  uevent_action_to_string(uevent->action));

        switch (uevent->action) {
        case UEVENT_ADD:
                on_add(manager, uevent->block);
                break;
        case UEVENT_ONLINE:
                mark(manager, uevent->block, BLOCK_MARK_ONLINE);
                break;
        case UEVENT_OFFLINE:
                on_offline(manager, uevent->block);
                break;
        case UEVENT_REMOVE:
                (void)block_table_forget(manager->table, uevent->block);
                break;
        default:
                break;
        }
}

void manager_read_uevents(Manager *manager) {
        Uevent uevent;
        int r;

        while ((r = uevent_monitor_read(manager->monitor, &uevent)) != 0) {
                if (r > 0) {
                        manager_on_uevent(manager, &uevent);
                        continue;
                }
                if (r != -ENOBUFS) {
                        (void)log_error_errno(r, "Failed to read events: %m");
                        return;
                }
                log_warning("Events were lost; all blocks are read anew.");
                manager->rescan = true;
        }
}

/* Deciding */

typedef struct Decision {
        Manager *manager;
        Batch *batch;
        bool sweep; /* all blocks are read; else those whose "add" came */

        /* Neighbours that the same rule leaves offline are told in one line. */
        const Rule *left_rule;
        BlockIndex left_first, left_last;
} Decision;

static void tell_left(Decision *decision) {
        char blocks[TELL_TEXT_MAX], rule[TELL_TEXT_MAX];

        if (!decision->left_rule)
                return;

        log_info("%s: left offline; %s",
                 tell_blocks(decision->left_first, decision->left_last, blocks),
                 tell_rule(decision->left_rule, rule));
        decision->left_rule = NULL;
}

static void leave(Decision *decision, const Verdict *verdict) {
        if (decision->left_rule != verdict->rule || decision->left_last + 1 != verdict->block) {
                tell_left(decision);
                decision->left_rule = verdict->rule;
                decision->left_first = verdict->block;
        }
        decision->left_last = verdict->block;
}

/*
 * Somebody else was first. What was online before memplugd first looked is nobody's doing: boot
 * memory is among it.
 */
static void decide_online(Decision *decision, const Block *block, bool known) {
        Manager *manager = decision->manager;
        ZoneKind zone = block_zone_kind(block);
        Outcome outcome;
        Verdict verdict;

        (void)block_table_set(manager->table, block->index, block->inode, BLOCK_MARK_ONLINE);

        verdict = verdict_for_block(manager->policy, block, sysfs_block_size(manager->sysfs));
        if (verdict.online == ONLINE_LEAVE || (decision->sweep && (known || manager->first_sweep)))
                return;

        outcome = zone == _ZONE_KIND_INVALID || online_wants(verdict.online, zone)
                          ? OUTCOME_ALREADY
                          : OUTCOME_WRONG_ZONE;
        manager->n_outcomes[outcome]++;
        tell_found_online(block, &verdict, outcome);
}

static void decide_offline(Decision *decision, const Block *block) {
        Manager *manager = decision->manager;
        Verdict verdict;

        verdict = verdict_for_block(manager->policy, block, sysfs_block_size(manager->sysfs));
        if (verdict.online == ONLINE_LEAVE)
                leave(decision, &verdict);
        else if (manager->policy->mode == MODE_OBSERVE) {
                char rule[TELL_TEXT_MAX];

                log_info("memory%" PRIu64 ": would be put online: %s; %s", block->index,
                         online_to_state_word(verdict.online), tell_rule(verdict.rule, rule));
        } else
                batch_add(decision->batch, &verdict, block->inode);
}

/* It was online when last seen, and went offline while nobody looked. */
static void release_unseen(Manager *manager, const Block *block) {
        (void)block_table_set(manager->table, block->index, block->inode, BLOCK_MARK_RELEASED);
        log_info("memory%" PRIu64
                 ": was taken offline by somebody else meanwhile; it is left alone "
                 "until it is plugged anew.",
                 block->index);
}

static void decide_block(Decision *decision, const Block *block) {
        Manager *manager = decision->manager;
        const BlockRecord *record = block_table_find(manager->table, block->index);

        if (record && record->inode != block->inode) {
                (void)block_table_forget(manager->table, block->index);
                record = NULL;
        }

        if (block->node == NODE_UNKNOWN)
                (void)manager_announce(manager, block->index);
        else if (block->state != BLOCK_OFFLINE)
                decide_online(decision, block, record);
        else if (!record)
                decide_offline(decision, block);
        else if (record->mark == BLOCK_MARK_ONLINE)
                release_unseen(manager, block);
}

static int on_wait_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *manager = userdata;

        (void)source;
        (void)usec;
        manager->waiting = false;
        manager_start_round(manager);
        return 0;
}

/* Blocks without node link were announced again by decide_block(): they wait, but not for ever. */
static void wait_for_links(Manager *manager) {
        int r;

        if (manager->pending.n_blocks == 0) {
                manager->n_link_waits = 0;
                return;
        }

        if (++manager->n_link_waits > LINK_WAITS_MAX) {
                log_warning("memory%" PRIu64 " and %zu others have no node after 10 s; left alone.",
                            manager->pending.blocks[0], manager->pending.n_blocks - 1);
                manager->pending.n_blocks = 0;
                manager->n_link_waits = 0;
                return;
        }

        sd_event_source_unref(manager->wait_timer);
        manager->wait_timer = NULL;
        r = sd_event_add_time_relative(manager->event, &manager->wait_timer, CLOCK_MONOTONIC,
                                       LINK_WAIT_USEC, 0, on_wait_timer, manager);
        if (r < 0)
                (void)log_error_errno(r, "Failed to set a timer: %m");
        manager->waiting = r >= 0;
}

/* Reads the blocks of the round: those announced, or all. Each comes once, in order. */
static int read_blocks(Manager *manager, Snapshot *ret) {
        Pending *pending = &manager->pending;
        Snapshot snapshot = { .block_size = sysfs_block_size(manager->sysfs) };
        int r = 0;

        if (manager->rescan) {
                r = sysfs_read_all(manager->sysfs, ret);
                if (r == 0) {
                        manager->rescan = false;
                        pending->n_blocks = 0;
                }
                return r;
        }

        for (size_t i = 0; r == 0 && i < pending->n_blocks; i++) {
                Block block;

                r = sysfs_read_block(manager->sysfs, pending->blocks[i], &block);
                if (r == 0)
                        r = snapshot_add(&snapshot, &block);
                else if (r != -ENOMEM)
                        r = 0; /* gone again, and its "remove" comes */
        }
        pending->n_blocks = 0;
        if (r < 0) {
                snapshot_done(&snapshot);
                return r;
        }

        snapshot_sort(&snapshot);
        *ret = snapshot;
        return 0;
}

static void decide_blocks(Decision *decision, const Snapshot *snapshot) {
        for (size_t i = 0; i < snapshot->n_blocks; i++)
                if (i == 0 || snapshot->blocks[i].index != snapshot->blocks[i - 1].index)
                        decide_block(decision, &snapshot->blocks[i]);

        tell_left(decision);
}

static void decide(Manager *manager) {
        Decision decision = { .manager = manager, .sweep = manager->rescan };
        _cleanup_(snapshot_done) Snapshot snapshot = {};
        _cleanup_(batch_freep) Batch *batch = NULL;
        int r;

        r = read_blocks(manager, &snapshot);
        if (r == 0) {
                batch = batch_new(manager->policy, snapshot.n_blocks);
                r = batch ? 0 : -ENOMEM;
        }
        if (r < 0) {
                (void)log_error_errno(r, "Failed to read memory blocks: %m");
                return;
        }

        decision.batch = batch;
        decide_blocks(&decision, &snapshot);
        if (decision.sweep)
                manager->first_sweep = false;
        wait_for_links(manager);

        if (batch->n_items > 0) {
                manager->batch = TAKE_PTR(batch);
                manager->phase = PHASE_WRITING;
                worker_run_batch(manager->worker, manager->batch);
        }
}

/* Rounds */

/* The barrier is a write, if one without effect: not when nothing is to be written at all. */
static bool start_barrier(Manager *manager) {
        BlockIndex online_block;

        if (manager->policy->mode == MODE_OBSERVE)
                return false;
        if (sysfs_find_online_block(manager->sysfs, &online_block) < 0)
                return false;

        manager->phase = PHASE_BARRIER;
        worker_run_barrier(manager->worker, online_block);
        return true;
}

void manager_start_round(Manager *manager) {
        if (manager->stopping || manager->phase != PHASE_IDLE)
                return;
        if (!manager->rescan && (manager->pending.n_blocks == 0 || manager->waiting))
                return;

        if (!start_barrier(manager))
                decide(manager);
        tell_status(manager);
}

static void on_barrier(Manager *manager, int error) {
        manager->phase = PHASE_IDLE;
        if (error < 0)
                log_debug("No barrier could be passed (%s); going on without.", strerror(-error));
        if (manager->stopping)
                return;

        manager_read_uevents(manager);
        decide(manager);
}

static void on_item(Manager *manager, const BatchItem *item) {
        Outcome outcome = item->last.outcome;

        manager->n_outcomes[outcome]++;
        tell_item(item);

        /* Its event does the same, but who is killed before that must not take it for released. */
        if (outcome == OUTCOME_DONE && !block_table_find(manager->table, item->verdict.block))
                (void)block_table_set(manager->table, item->verdict.block, item->inode,
                                      BLOCK_MARK_ONLINE);
}

void manager_on_report(Manager *manager, const WorkerReport *report) {
        switch (report->event) {
        case WORKER_ITEM:
                on_item(manager, &manager->batch->items[report->item]);
                return;
        case WORKER_BATCH:
                manager->batch = batch_free(manager->batch);
                manager->phase = PHASE_IDLE;
                break;
        default:
                on_barrier(manager, report->error);
                break;
        }

        manager_start_round(manager);
        tell_status(manager);
}
