/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/rounds.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "daemon/tell.h"

/* A node link that is late is looked for again so often, 50 ms apart: 10 s in all. */
#define LINK_WAITS_MAX 200

void rounds_init(Rounds *rounds, const RoundsOps *ops, void *userdata, uint64_t block_size,
                 BlockTable *table) {
        size_t n_records;

        (void)block_table_records(table, &n_records);
        *rounds = (Rounds){
                .ops = ops,
                .userdata = userdata,
                .block_size = block_size,
                .table = table,
                .rescan = true,
                .first_sweep = n_records == 0,
        };
}

void rounds_done(Rounds *rounds) {
        work_done(&rounds->work);
        snapshot_done(&rounds->view);
        policy_unref(rounds->policy);
        policy_unref(rounds->next_policy);
        free(rounds->pending.blocks);
        *rounds = (Rounds){};
}

void rounds_set_policy(Rounds *rounds, Policy *policy) {
        policy_unref(rounds->next_policy);
        rounds->next_policy = policy_ref(policy);
}

/*
 * What is in the way of a block whose zone can't be had: under the old kernels' rules only, and then
 * all blocks must be looked at, once for all that are refused together.
 */
static bool find_refusal(Rounds *rounds, const WorkItem *item, Refusal *ret) {
        const Attempt *first = &item->first;
        const ZoneKind kind =
                first->online == ONLINE_MOVABLE ? ZONE_KIND_MOVABLE : ZONE_KIND_KERNEL;

        if (first->outcome != OUTCOME_REFUSED || valid_zones_allow(&first->zones, kind))
                return false;
        if (rounds->view.n_blocks == 0 &&
            rounds->ops->read_all(rounds->userdata, &rounds->view) < 0)
                return false;

        return refusal_find(&rounds->view, item->verdict.block, item->verdict.node, &first->zones,
                            first->online, ret);
}

static void on_settled(void *userdata, const WorkItem *item) {
        Rounds *rounds = userdata;

        Refusal refusal;

        rounds->n_outcomes[item->last.outcome]++;
        tell_item(item, find_refusal(rounds, item, &refusal) ? &refusal : NULL);
}

/* Events */

static int announce(Rounds *rounds, BlockIndex index) {
        Pending *pending = &rounds->pending;

        if (pending->n_blocks == pending->n_allocated) {
                size_t n = pending->n_allocated ? pending->n_allocated * 2 : 1024;
                BlockIndex *blocks = reallocarray(pending->blocks, n, sizeof(BlockIndex));

                if (!blocks)
                        return -ENOMEM;
                pending->blocks = blocks;
                pending->n_allocated = n;
        }

        pending->blocks[pending->n_blocks++] = index;
        rounds->announced = true;
        return 0;
}

static bool is_pending(const Rounds *rounds, BlockIndex index) {
        for (size_t i = 0; i < rounds->pending.n_blocks; i++)
                if (rounds->pending.blocks[i] == index)
                        return true;

        return false;
}

/* Marks a block in the table, and forgets it if it isn't there any more. */
static void mark(Rounds *rounds, BlockIndex index, BlockMark block_mark) {
        ino_t inode;
        int r;

        r = rounds->ops->read_inode(rounds->userdata, index, &inode);
        r = r < 0 ? block_table_forget(rounds->table, index)
                  : block_table_set(rounds->table, index, inode, block_mark);
        if (r < 0)
                (void)log_warning_errno(
                        r, "Failed to remember the state of memory%" PRIu64 ", ignoring: %m",
                        index);
}

static bool is_under_way(const Rounds *rounds, BlockIndex index) {
        return rounds->phase == PHASE_ATTEMPT && rounds->current == index;
}

/* Of a block that is known, "add" is synthetic (udevadm trigger): it costs no more than this look. */
static void on_add(Rounds *rounds, BlockIndex index) {
        const BlockRecord *record = block_table_find(rounds->table, index);
        ino_t inode;

        if (record && rounds->ops->read_inode(rounds->userdata, index, &inode) == 0 &&
            inode == record->inode)
                return;

        (void)block_table_forget(rounds->table, index);
        if (announce(rounds, index) < 0)
                rounds->rescan = true;
}

/* memplugd offlines nothing, so it was somebody else. */
static void on_offline(Rounds *rounds, BlockIndex index) {
        mark(rounds, index, BLOCK_MARK_RELEASED);
        log_info("memory%" PRIu64 ": taken offline by somebody else; it is left alone until it is "
                 "plugged anew.",
                 index);
        if (!is_under_way(rounds, index))
                work_settle(&rounds->work, index, OUTCOME_CANCELLED, on_settled, rounds);
}

static void on_remove(Rounds *rounds, BlockIndex index) {
        (void)block_table_forget(rounds->table, index);
        if (is_under_way(rounds, index))
                rounds->current_is_gone = true;
        else
                work_settle(&rounds->work, index, OUTCOME_GONE, on_settled, rounds);
}

static void on_uevent(Rounds *rounds, const Uevent *uevent) {
        log_debug("memory%" PRIu64 ": event '%s'", uevent->block,
                  uevent_action_to_string(uevent->action));

        switch (uevent->action) {
        case UEVENT_ADD:
                on_add(rounds, uevent->block);
                break;
        case UEVENT_ONLINE:
                mark(rounds, uevent->block, BLOCK_MARK_ONLINE);
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

static void read_uevents(Rounds *rounds) {
        Uevent uevent;
        int r;

        while ((r = rounds->ops->read_uevent(rounds->userdata, &uevent)) != 0) {
                if (r > 0)
                        on_uevent(rounds, &uevent);
                else if (r == -ENOBUFS) {
                        log_warning("Events were lost; all blocks are read anew.");
                        rounds->rescan = true;
                } else {
                        (void)log_error_errno(r, "Failed to read events: %m");
                        return;
                }
        }
}

/* Deciding */

typedef struct Decision {
        Rounds *rounds;
        bool sweep; /* all blocks are read; else those whose "add" came */
        VerdictFacts facts;
        RunOfBlocks left;
        RunOfBlocks observed;
} Decision;

/*
 * Somebody else was first. What was online before memplugd first looked is nobody's doing: boot
 * memory is among it.
 */
static void decide_online(Decision *decision, const Block *block, bool known) {
        Rounds *rounds = decision->rounds;
        ZoneKind zone = block_zone_kind(block);
        Outcome outcome;
        Verdict verdict;

        (void)block_table_set(rounds->table, block->index, block->inode, BLOCK_MARK_ONLINE);

        verdict = verdict_for_block(rounds->policy, block, &decision->facts);
        if (verdict.online == ONLINE_LEAVE || (decision->sweep && (known || rounds->first_sweep)))
                return;

        outcome = zone == _ZONE_KIND_INVALID || online_wants(verdict.online, zone)
                          ? OUTCOME_ALREADY
                          : OUTCOME_WRONG_ZONE;
        rounds->n_outcomes[outcome]++;
        tell_found_online(block, &verdict, outcome, rounds->policy->active == MODE_KERNEL);
}

static void decide_offline(Decision *decision, const Block *block) {
        Rounds *rounds = decision->rounds;
        Verdict verdict;

        verdict = verdict_for_block(rounds->policy, block, &decision->facts);
        if (verdict.online == ONLINE_LEAVE)
                tell_run(&decision->left, &verdict, tell_left);
        else if (rounds->policy->active == MODE_KERNEL && !decision->sweep) {
                rounds->n_outcomes[OUTCOME_REFUSED]++;
                tell_left_by_kernel(block, &verdict);
        } else if (rounds->policy->active == MODE_OBSERVE)
                tell_run(&decision->observed, &verdict, tell_observed);
        else if (work_add(&rounds->work, &verdict, block->inode) == -ENOMEM)
                log_error("memory%" PRIu64 ": no memory to deal with it; it stays offline.",
                          block->index);
}

/* It was online when last seen, and went offline while nobody looked. */
static void release_unseen(Rounds *rounds, const Block *block) {
        (void)block_table_set(rounds->table, block->index, block->inode, BLOCK_MARK_RELEASED);
        log_info("memory%" PRIu64
                 ": was taken offline by somebody else meanwhile; it is left alone "
                 "until it is plugged anew.",
                 block->index);
}

static void decide_block(Decision *decision, const Block *block) {
        Rounds *rounds = decision->rounds;
        const BlockRecord *record = block_table_find(rounds->table, block->index);

        if (record && record->inode != block->inode) {
                (void)block_table_forget(rounds->table, block->index);
                record = NULL;
        }

        if (block->state == BLOCK_ONLINE)
                decide_online(decision, block, record);
        else if (block->state == BLOCK_GOING_OFFLINE)
                return; /* its "offline" comes */
        else if (!record)
                decide_offline(decision, block);
        else if (record->mark == BLOCK_MARK_ONLINE)
                release_unseen(rounds, block);
}

/* Blocks that went away while events were lost. Both are sorted. */
static void forget_missing(Rounds *rounds, const Snapshot *snapshot) {
        const BlockRecord *records;
        size_t n, i = 0;

        records = block_table_records(rounds->table, &n);
        while (i < n) {
                BlockIndex index = records[i].index;

                if (snapshot_find(snapshot, index))
                        i++;
                else {
                        (void)block_table_forget(rounds->table, index);
                        records = block_table_records(rounds->table, &n);
                }
        }
}

static int read_pending(Rounds *rounds, Snapshot *snapshot) {
        Pending *pending = &rounds->pending;

        for (size_t i = 0; i < pending->n_blocks; i++) {
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

/* Reads the blocks in question: those announced, or all. */
static int read_blocks(Rounds *rounds, Snapshot *snapshot) {
        int r;

        r = rounds->rescan ? rounds->ops->read_all(rounds->userdata, snapshot)
                           : read_pending(rounds, snapshot);
        rounds->pending.n_blocks = 0;
        if (r == 0 && rounds->rescan) {
                rounds->rescan = false;
                forget_missing(rounds, snapshot);
        }
        return r;
}

static size_t count_unlinked(const Snapshot *snapshot) {
        size_t n = 0;

        for (size_t i = 0; i < snapshot->n_blocks; i++)
                n += snapshot->blocks[i].node == NODE_UNKNOWN;
        return n;
}

/*
 * A block without node link is part of a device that is still being plugged: then all of it waits.
 * False: there is none, or they have been waited for long enough.
 */
static bool wait_for_links(Rounds *rounds, const Snapshot *snapshot, bool sweep) {
        size_t n_unlinked = count_unlinked(snapshot);

        if (n_unlinked == 0 || ++rounds->n_link_waits > LINK_WAITS_MAX) {
                rounds->n_link_waits = 0;
                if (n_unlinked > 0)
                        log_warning("%zu blocks have no node after 10 s; left alone.", n_unlinked);
                return false;
        }

        for (size_t i = 0; i < snapshot->n_blocks && !sweep; i++)
                (void)announce(rounds, snapshot->blocks[i].index);
        rounds->rescan = sweep;
        rounds->waiting = true;
        rounds->ops->wait_for_links(rounds->userdata);
        return true;
}

/* What one batch of readings comes to; a block may have been announced twice. */
static void decide_blocks(Decision *decision, const Snapshot *snapshot) {
        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];

                if (i > 0 && block->index == block[-1].index)
                        continue;
                if (block->node != NODE_UNKNOWN && !is_pending(decision->rounds, block->index))
                        decide_block(decision, block);
        }

        tell_run(&decision->left, NULL, tell_left);
        tell_run(&decision->observed, NULL, tell_observed);
}

static void decide(Rounds *rounds) {
        Decision decision = {
                .rounds = rounds,
                .sweep = rounds->rescan,
                .facts = { rounds->block_size, rounds->ops->kernel_policy(rounds->userdata) },
        };
        _cleanup_(snapshot_done) Snapshot snapshot = {};
        int r;

        r = read_blocks(rounds, &snapshot);
        if (r < 0) {
                (void)log_error_errno(r, "Failed to read memory blocks: %m");
                return;
        }

        /* What is announced only now waits for a barrier of its own. */
        read_uevents(rounds);
        if (wait_for_links(rounds, &snapshot, decision.sweep))
                return;

        decide_blocks(&decision, &snapshot);
        if (decision.sweep)
                rounds->first_sweep = false;
}

/* Going on */

static void take_next_policy(Rounds *rounds) {
        if (!rounds->next_policy)
                return;

        /* What is open was decided by the old rules: the sweep decides it anew. */
        work_clear(&rounds->work);
        policy_unref(rounds->policy);
        rounds->policy = TAKE_PTR(rounds->next_policy);
        rounds->rescan = true;
}

/* The barrier is a write, if one without effect: not where nothing is to be written at all. */
static bool start_barrier(Rounds *rounds) {
        if (rounds->policy->active == MODE_OBSERVE || !rounds->ops->start_barrier(rounds->userdata))
                return false;

        rounds->phase = PHASE_BARRIER;
        rounds->announced = false;
        return true;
}

static void start_attempt(Rounds *rounds) {
        const WorkItem *item;
        Online online;

        item = work_next(&rounds->work, &online, on_settled, rounds);
        snapshot_done(&rounds->view);
        if (!item)
                return;

        rounds->phase = PHASE_ATTEMPT;
        rounds->current = item->verdict.block;
        rounds->current_inode = item->inode;
        rounds->current_is_gone = false;
        rounds->ops->start_attempt(rounds->userdata, item, online);
}

static bool has_undecided(const Rounds *rounds) {
        return !rounds->waiting && (rounds->rescan || rounds->pending.n_blocks > 0);
}

void rounds_step(Rounds *rounds) {
        read_uevents(rounds);
        if (rounds->stopping || rounds->phase != PHASE_IDLE)
                return;

        take_next_policy(rounds);
        if (has_undecided(rounds)) {
                if (start_barrier(rounds))
                        return;
                decide(rounds);
        }
        start_attempt(rounds);
}

void rounds_on_barrier(Rounds *rounds, int error) {
        rounds->phase = PHASE_IDLE;
        if (error < 0)
                log_debug("No barrier could be passed (%s); going on without.", strerror(-error));

        /*
         * What was announced since the barrier was started may be the first blocks of another
         * device, of which the rest is still to come: that takes another barrier.
         */
        read_uevents(rounds);
        if (!rounds->announced && !rounds->stopping && !rounds->next_policy) {
                decide(rounds);
                start_attempt(rounds);
        } else
                rounds_step(rounds);
}

void rounds_on_attempt(Rounds *rounds, BlockIndex block, const Attempt *attempt) {
        const BlockRecord *record;

        work_attempted(&rounds->work, block, attempt, on_settled, rounds);

        /* Its event does the same, but who is killed before that must not find it released. */
        record = block_table_find(rounds->table, block);
        if (attempt->outcome == OUTCOME_DONE && !record)
                (void)block_table_set(rounds->table, block, rounds->current_inode,
                                      BLOCK_MARK_ONLINE);

        /* Its "offline" or "remove" came while it was under way: no more tries. */
        read_uevents(rounds);
        rounds->phase = PHASE_IDLE;
        record = block_table_find(rounds->table, block);
        if (record && record->mark == BLOCK_MARK_RELEASED)
                work_settle(&rounds->work, block, OUTCOME_CANCELLED, on_settled, rounds);
        if (rounds->current_is_gone)
                work_settle(&rounds->work, block, OUTCOME_GONE, on_settled, rounds);

        rounds_step(rounds);
}

void rounds_on_link_timer(Rounds *rounds) {
        rounds->waiting = false;
        rounds_step(rounds);
}
