/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is to become of the blocks that were announced, or of all of them: the middle of a round.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "daemon/rounds-internal.h"
#include "daemon/tell.h"

/* A node link that is late is looked for again so often, 50 ms apart: 10 s in all. */
#define LINK_WAITS_MAX 200

/*
 * Somebody else was first. Of what was online before memplugd first looked, boot memory among it, only
 * what is in the other zone is told, and in few lines.
 */
static void tell_online(Decision *decision, const Block *block, const Verdict *verdict,
                        Outcome outcome, bool is_new) {
        Rounds *rounds = decision->rounds;
        bool was_before = decision->sweep && rounds->first_sweep;

        if (was_before && outcome != OUTCOME_WRONG_ZONE)
                return;
        rounds_tell_verdict(rounds, verdict);
        rounds_record_block(
                rounds, block, verdict,
                (Record){ .outcome = outcome, .onliner = decision_find_onliner(decision, is_new) });
        if (was_before)
                tell_run(&decision->misplaced, verdict, tell_misplaced);
        else {
                rounds->n_outcomes[outcome]++;
                tell_found_online(block, verdict, outcome, rounds->policy->active == MODE_KERNEL);
        }
}

/* One that memplugd was moving when it was killed has had its try. */
static bool move(Rounds *rounds, const Block *block, const Verdict *verdict, bool tried) {
        if (!verdict->rezone || tried || rounds->policy->active == MODE_OBSERVE ||
            work_add(&rounds->work, verdict, block->inode, /* found_online= */ true) == -ENOMEM)
                return false;

        rounds_remember(rounds, block->index, block->inode, BLOCK_MARK_FOUND,
                        block_zone_kind(block));
        return true;
}

/* The zone that a block goes back to after its device couldn't be unplugged, if that is still to do. */
static ZoneKind zone_to_put_back(const BlockRecord *record, ZoneKind zone) {
        bool is_due = record && record->mark == BLOCK_MARK_FOUND && zone != _ZONE_KIND_INVALID &&
                      record->zone != zone;

        return is_due ? record->zone : _ZONE_KIND_INVALID;
}

void decision_online(Decision *decision, const Block *block, const BlockRecord *record,
                     bool may_move) {
        Rounds *rounds = decision->rounds;
        ZoneKind zone = block_zone_kind(block), had = zone_to_put_back(record, zone);
        bool tried = record && record->mark == BLOCK_MARK_MOVING;
        bool known = record && record->mark != BLOCK_MARK_FOUND && !tried;
        Verdict verdict;
        bool right;

        decision_note(decision, block);
        rounds_task_online(rounds, block->index, zone);
        if (decision_put_back(decision, block, had))
                return;
        rounds_remember(rounds, block->index, block->inode, BLOCK_MARK_ONLINE, zone);

        verdict = verdict_for_block(rounds->policy, block, &decision->facts);
        if (verdict.online == ONLINE_LEAVE || known)
                return;

        right = zone == _ZONE_KIND_INVALID || online_wants(verdict.online, zone);
        if (right || !may_move || !move(rounds, block, &verdict, tried))
                tell_online(decision, block, &verdict, right ? OUTCOME_ALREADY : OUTCOME_WRONG_ZONE,
                            may_move);
}

/*
 * The kernel's own setting acts when memory is added, and never again. So what it left offline, or
 * somebody took offline under it, is no business of a rule that says "kernel-policy".
 */
static bool is_left_by_kernel(const Decision *decision, const Verdict *verdict, bool was_left) {
        if (verdict->rule->online != ONLINE_KERNEL_POLICY)
                return false;

        return was_left || (decision->sweep && decision->rounds->own_setting);
}

/*
 * A task took it offline, and memplugd was killed before that had ended: so it goes back into the zone it
 * had, whatever the rules say.
 */
static void send_back(const BlockRecord *record, Verdict *verdict) {
        static char name[] = "a task's, which was cut short: back where it was";
        static const Rule rule = { .name = name,
                                   .online = ONLINE_DEFAULT,
                                   .or_else = ONLINE_LEAVE };

        if (record->mark != BLOCK_MARK_TAKEN || record->zone == _ZONE_KIND_INVALID)
                return;

        verdict->online = record->zone == ZONE_KIND_MOVABLE ? ONLINE_MOVABLE : ONLINE_KERNEL;
        verdict->or_else = ONLINE_LEAVE;
        verdict->rule = &rule;
        verdict->budget = (BudgetReason){};
}

/* It was online before memplugd took it offline to move it, and has to be again, wherever that is. */
static void insist(Verdict *verdict) {
        if (verdict->online == ONLINE_LEAVE)
                verdict->online = ONLINE_DEFAULT;
        if (verdict->or_else == ONLINE_LEAVE)
                verdict->or_else =
                        verdict->online == ONLINE_MOVABLE ? ONLINE_KERNEL : ONLINE_MOVABLE;
}

void decision_finish_verdict(Decision *decision, const Block *block, bool was_moving,
                             Verdict *verdict) {
        if (was_moving)
                insist(verdict);
        decision_set_unit(decision, block, verdict);
        decision_share_reason(decision, block, verdict);
}

void decision_leave(Decision *decision, const Block *block, const Verdict *verdict, bool is_news,
                    bool asked) {
        Rounds *rounds = decision->rounds;

        rounds_remember(rounds, block->index, block->inode, BLOCK_MARK_LEFT, _ZONE_KIND_INVALID);
        if (is_news)
                rounds_record_block(rounds, block, verdict,
                                    (Record){ .kind = RECORD_LEFT, .asked = asked });
        tell_run(&decision->left, verdict, tell_left);
}

static void decide_offline(Decision *decision, const Block *block, const BlockRecord *record) {
        bool was_moving = record && block_mark_is_ours(record->mark), was_left = record;
        Rounds *rounds = decision->rounds;
        Verdict verdict;

        verdict = verdict_for_block(rounds->policy, block, &decision->facts);
        if (was_moving)
                send_back(record, &verdict);
        if (!was_moving && is_left_by_kernel(decision, &verdict, was_left))
                verdict.online = ONLINE_LEAVE;
        decision_finish_verdict(decision, block, was_moving, &verdict);
        decision_promise(decision, block, &verdict);
        rounds_tell_verdict(rounds, &verdict);
        if (verdict.online == ONLINE_LEAVE) {
                decision_leave(decision, block, &verdict, !was_left, /* asked= */ false);
                return;
        }

        /* What comes of it is for the events to tell. */
        if (!was_moving)
                rounds_forget(rounds, block->index);
        if (rounds->policy->active == MODE_KERNEL && !decision->sweep && !was_moving) {
                rounds->n_outcomes[OUTCOME_REFUSED]++;
                rounds_record_block(rounds, block, &verdict,
                                    (Record){ .outcome = OUTCOME_REFUSED });
                tell_left_by_kernel(block, &verdict);
        } else if (rounds->policy->active == MODE_OBSERVE)
                tell_run(&decision->observed, &verdict, tell_observed);
        else if (work_add(&rounds->work, &verdict, block->inode, /* found_online= */ false) ==
                 -ENOMEM)
                log_error("memory%" PRIu64 ": no memory to deal with it; it stays offline.",
                          block->index);
}

void decision_released(Decision *decision, const Block *block) {
        Rounds *rounds = decision->rounds;
        Verdict verdict = verdict_for_block(rounds->policy, block, &decision->facts);

        rounds_forget_zone(rounds, block->index, block->inode, BLOCK_MARK_RELEASED);
        rounds_record_block(rounds, block, &verdict, (Record){ .kind = RECORD_RELEASED });
        tell_run(&decision->released, &verdict, tell_released);
}

static void decide_block(Decision *decision, const Block *block) {
        Rounds *rounds = decision->rounds;
        const BlockRecord *record = block_table_find(rounds->table, block->index);

        rounds_task_found(rounds, block->index, block->inode);
        if (record && record->inode != block->inode) {
                rounds_forget(rounds, block->index);
                record = NULL;
        }

        if (block->state == BLOCK_ONLINE)
                decision_online(decision, block, record, /* may_move= */ true);
        else if (block->state == BLOCK_GOING_OFFLINE /* its "offline" comes */ ||
                 rounds_is_taken(rounds, block->index))
                return;
        else if (!record || record->mark == BLOCK_MARK_LEFT || block_mark_is_ours(record->mark))
                decide_offline(decision, block, record);
        else if (record->mark != BLOCK_MARK_RELEASED) {
                /* Its "offline" was lost: no more tries. */
                task_work_taken_offline(&rounds->task, block->index);
                work_settle(&rounds->work, block->index, OUTCOME_CANCELLED, rounds_on_settled,
                            rounds);
                decision_released(decision, block);
        }
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
                        rounds_forget(rounds, index);
                        rounds_task_removed(rounds, index);
                        records = block_table_records(rounds->table, &n);
                }
        }
}

/* Reads the blocks in question: those announced, or all. */
static int read_blocks(Rounds *rounds, Snapshot *snapshot) {
        int r;

        rounds_announce_asked(rounds);
        if (rounds->rescan)
                snapshot_done(snapshot);
        r = rounds->rescan ? rounds->ops->read_all(rounds->userdata, snapshot)
                           : rounds_read_pending(rounds, &rounds->pending, snapshot);
        rounds->pending.n_blocks = 0;
        if (r == 0 && rounds->rescan) {
                rounds->rescan = false;
                if (snapshot->n_unreadable == 0)
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

/* Has it gone on in a moment. False: it has waited for long enough, and doesn't any more. */
static bool wait_a_moment(Rounds *rounds) {
        if (++rounds->n_link_waits > LINK_WAITS_MAX) {
                rounds->n_link_waits = 0;
                return false;
        }

        rounds->waiting = rounds->ops->wait_for_links(rounds->userdata);
        return rounds->waiting;
}

/*
 * A block without node link is part of a device that is still being plugged: then all of it waits.
 * False: there is none, or they have been waited for long enough.
 */
static bool wait_for_links(Rounds *rounds, const Snapshot *snapshot, bool sweep) {
        size_t n_unlinked = count_unlinked(snapshot);

        if (n_unlinked == 0) {
                rounds->n_link_waits = 0;
                return false;
        }
        if (!wait_a_moment(rounds)) {
                log_warning("%zu blocks have no node after 10 s; left alone.", n_unlinked);
                return false;
        }

        /* A sweep is made anew, and so is one that became necessary meanwhile. */
        rounds->rescan = rounds->rescan || sweep;
        for (size_t i = 0; i < snapshot->n_blocks && !sweep; i++)
                if (!rounds_is_asked(rounds, snapshot->blocks[i].index))
                        rounds_announce(rounds, snapshot->blocks[i].index);
        return true;
}

/* Out of memory, most likely: all is read anew in a moment, but not for ever. */
static void read_again_later(Rounds *rounds, int error) {
        rounds->rescan = true;
        if (!wait_a_moment(rounds))
                (void)log_error_errno(error, "Failed to read memory blocks for 10 s; they are read "
                                             "again at the next event: %m");
}

/*
 * Events that came since the snapshot was read have made some of it old. What is announced waits for a
 * barrier of its own.
 */
static void read_stale_again(Rounds *rounds, Snapshot *snapshot) {
        rounds->deciding = true;
        rounds_read_uevents(rounds);
        rounds->deciding = false;

        for (size_t i = 0; i < rounds->stale.n_blocks; i++) {
                BlockIndex index = rounds->stale.blocks[i];
                Block *block = snapshot_find(snapshot, index), again;

                if (!block)
                        continue;
                if (rounds->ops->read_block(rounds->userdata, index, &again) == 0 &&
                    again.inode == block->inode)
                        *block = again;
                else
                        block->node = NODE_UNKNOWN; /* gone; what is there now has an "add" */
        }
        rounds->stale.n_blocks = 0;
        pending_sort(&rounds->pending);
}

/* Answers how many were left for the next round, since they were announced in this one. */
static size_t decide_blocks(Decision *decision, const Snapshot *snapshot) {
        size_t n_left = 0;

        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];

                if (block->node == NODE_UNKNOWN || (i > 0 && block->index == block[-1].index))
                        continue;
                if (pending_has(&decision->rounds->pending, block->index))
                        n_left++;
                else if (!decision_asked(decision, block))
                        decide_block(decision, block);
        }
        return n_left;
}

static void tell_runs(Decision *decision) {
        tell_run(&decision->left, NULL, tell_left);
        tell_run(&decision->observed, NULL, tell_observed);
        tell_run(&decision->misplaced, NULL, tell_misplaced);
        tell_run(&decision->released, NULL, tell_released);
}

/* A sweep that left something is made again: what it left may have been there all the time. */
static void end_sweep(Rounds *rounds, size_t n_left) {
        if (n_left > 0)
                rounds->rescan = true;
        else
                rounds->first_sweep = rounds->own_setting = false;
}

/* Decides about all that was read. What is remembered of that is kept before anything is written. */
static void decide(Decision *decision, const Snapshot *snapshot) {
        size_t n_left;

        block_table_begin(decision->rounds->table);
        n_left = decide_blocks(decision, snapshot);
        rounds_keep_table(decision->rounds);

        if (decision->sweep)
                end_sweep(decision->rounds, n_left);
        decision_settle_missing(decision, snapshot);
        decision_look_at_touched(decision);
        tell_runs(decision);
}

void rounds_decide(Rounds *rounds) {
        _cleanup_(decision_done) Decision decision = {
                .rounds = rounds,
                .sweep = rounds->rescan,
                .facts = { rounds->block_size, rounds->ops->kernel_policy(rounds->userdata) },
        };
        _cleanup_(snapshot_done) Snapshot all = {};
        Snapshot *snapshot = rounds->rescan ? &all : &rounds->burst;
        int r;

        snapshot_clear(&rounds->burst);
        r = read_blocks(rounds, snapshot);
        if (r < 0) {
                read_again_later(rounds, r);
                return;
        }

        read_stale_again(rounds, snapshot);
        if (wait_for_links(rounds, snapshot, decision.sweep))
                return;

        r = decision_read_facts(&decision, snapshot);
        if (r == 0)
                r = decision_find_broken_units(&decision);
        if (r < 0) {
                read_again_later(rounds, r);
                return;
        }
        if (snapshot->n_unreadable > 0)
                log_warning("%zu memory blocks can't be read; they are left alone.",
                            snapshot->n_unreadable);
        decide(&decision, snapshot);
}
