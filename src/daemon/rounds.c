/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/rounds.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/rounds-internal.h"
#include "daemon/tell.h"

/* A virtio-mem device is taken to be shrinking for so long after something was taken away. */
#define SHRINKING_USEC (10 * 1000 * 1000)

void rounds_init(Rounds *rounds, const RoundsOps *ops, void *userdata, uint64_t block_size,
                 BlockTable *table) {
        size_t n_records;

        (void)block_table_records(table, &n_records);
        *rounds = (Rounds){
                .ops = ops,
                .userdata = userdata,
                .block_size = block_size,
                .table = table,
                .n_reserved = ROUNDS_RESERVED,
                .rescan = true,
                .first_sweep = n_records == 0,
        };
        budget_init(&rounds->budget, (uint64_t)sysconf(_SC_PAGESIZE), block_size);
}

void rounds_done(Rounds *rounds) {
        work_done(&rounds->work);
        task_work_done(&rounds->task);
        snapshot_done(&rounds->view);
        snapshot_done(&rounds->burst);
        budget_done(&rounds->budget);
        zoneinfo_done(&rounds->zoneinfo);
        free(rounds->units);
        policy_unref(rounds->policy);
        policy_unref(rounds->next_policy);
        free(rounds->asked);
        free(rounds->pending.blocks);
        free(rounds->touched.blocks);
        free(rounds->stale.blocks);
        *rounds = (Rounds){};
}

bool rounds_is_at_block(const Rounds *rounds) {
        return rounds->phase == PHASE_ATTEMPT ||
               (rounds->phase == PHASE_TASK && rounds->task_action != TASK_EJECT);
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

        if (first->outcome != OUTCOME_REFUSED || online_is_allowed(first->online, &first->zones))
                return false;
        if (rounds->view.n_blocks == 0 &&
            rounds->ops->read_all(rounds->userdata, &rounds->view) < 0)
                return false;

        return refusal_find(&rounds->view, item->verdict.block, item->verdict.node, &first->zones,
                            first->online, ret);
}

/*
 * What is online and told needs no more. It is kept before its event comes, for who is killed in
 * between must not find it released.
 */
static void remember_settled(Rounds *rounds, const WorkItem *item) {
        const BlockRecord *record = block_table_find(rounds->table, item->verdict.block);
        bool is_gone = rounds_is_under_way(rounds, item->verdict.block) && rounds->current_is_gone;
        bool is_online =
                item->last.outcome == OUTCOME_DONE || item->last.zone != _ZONE_KIND_INVALID;

        if (!is_online || is_gone)
                return;
        if (!record || record->mark == BLOCK_MARK_FOUND ||
            (block_mark_is_ours(record->mark) && !rounds_is_moving(rounds, item->verdict.block)))
                rounds_remember(rounds, item->verdict.block, item->inode, BLOCK_MARK_ONLINE,
                                item->last.zone);
        else if (record->zone == _ZONE_KIND_INVALID) /* its "offline" came already */
                rounds_remember(rounds, item->verdict.block, item->inode, record->mark,
                                item->last.zone);
}

/* And nobody has taken it offline since. */
static bool is_known_online(const Rounds *rounds, const WorkItem *item) {
        const BlockRecord *record = block_table_find(rounds->table, item->verdict.block);

        return item->last.zone != _ZONE_KIND_INVALID && record && record->mark == BLOCK_MARK_ONLINE;
}

/*
 * It was given up with its device, without a look at it. If its "online" came before that, it isn't
 * offline by our will: then it is told as somebody else's doing.
 */
static bool is_somebody_elses(const Rounds *rounds, const WorkItem *item) {
        const BlockRecord *record = block_table_find(rounds->table, item->verdict.block);

        return item->verdict.unit_is_broken && item->last.outcome == OUTCOME_REFUSED &&
               !item->last.written && record && record->mark == BLOCK_MARK_FOUND;
}

void rounds_tell_settled(Rounds *rounds, const WorkItem *item, const Refusal *refusal, bool asked) {
        rounds->n_outcomes[item->last.outcome]++;
        /* First kept, then told: who reads of it in the journal finds it. */
        rounds_record_item(rounds, item, refusal, asked);
        tell_item(item, refusal);
}

void rounds_on_settled(void *userdata, const WorkItem *item) {
        Rounds *rounds = userdata;
        Refusal refusal;

        if (is_somebody_elses(rounds, item)) {
                rounds_touch(rounds, item->verdict.block);
                rounds_ask_again(rounds, item->verdict.block);
                return;
        }

        remember_settled(rounds, item);
        if (is_known_online(rounds, item))
                rounds_task_online(rounds, item->verdict.block, item->last.zone);
        if (item->last.zone != _ZONE_KIND_INVALID)
                budget_keep(&rounds->budget, item->verdict.block, item->last.zone);
        else
                budget_forget(&rounds->budget, item->verdict.block);
        rounds_tell_settled(rounds, item, find_refusal(rounds, item, &refusal) ? &refusal : NULL,
                            rounds_take_asked(rounds, item->verdict.block));
}

/* Going on */

/* False: it waits, and until then nothing is decided. */
static bool take_next_policy(Rounds *rounds) {
        if (!rounds->next_policy)
                return true;
        if (rounds->next_policy->active == MODE_OBSERVE && task_work_is_under_way(&rounds->task)) {
                /* Nothing may be written from then on: so it goes back before. */
                task_work_cancel(&rounds->task, /* stopping= */ false);
                return false;
        }

        /* What is open was decided by the old rules: the sweep decides it anew. */
        work_clear(&rounds->work);
        rounds_ask_all_again(rounds);
        budget_done(&rounds->budget);
        budget_init(&rounds->budget, (uint64_t)sysconf(_SC_PAGESIZE), rounds->block_size);
        policy_unref(rounds->policy);
        rounds->policy = TAKE_PTR(rounds->next_policy);
        rounds->rescan = true;
        if (rounds->ops->on_policy)
                rounds->ops->on_policy(rounds->userdata);
        return true;
}

/* The barrier is a write, if one without effect: not where nothing is to be written at all. */
static bool start_barrier(Rounds *rounds) {
        rounds->was_touched = false;
        if (rounds->policy->active == MODE_OBSERVE || !rounds->ops->start_barrier(rounds->userdata))
                return false;

        rounds->phase = PHASE_BARRIER;
        rounds->announced = false;
        return true;
}

/* Whether memory was taken away lately; a device that shrinks does so block by block. */
static bool may_be_shrinking(Rounds *rounds) {
        return rounds->left_at > 0 &&
               rounds->ops->now(rounds->userdata) - rounds->left_at < SHRINKING_USEC;
}

/* Whether there may be one more movable block. Where it can't be counted, there may not. */
static bool budget_holds(Rounds *rounds) {
        BudgetReason reason;
        int r;

        r = rounds->ops->read_zoneinfo(rounds->userdata, &rounds->zoneinfo);
        if (budget_set_zones(&rounds->budget, r < 0 ? NULL : &rounds->zoneinfo) < 0)
                return false;

        reason = budget_state(&rounds->budget, rounds->policy);
        return reason.cause == BUDGET_FITS && reason.before + rounds->block_size <= reason.limit;
}

/*
 * What a block holds has to go elsewhere, and how much that is can't be known: so as much as it can
 * hold must be free, and as much besides. What goes back where it was needs no budget.
 */
static Denial find_denial(Rounds *rounds, const Verdict *verdict) {
        if (verdict->is_dynamic && may_be_shrinking(rounds))
                return DENIAL_LEAVING;
        if (rounds->ops->available_memory(rounds->userdata) < 2 * rounds->block_size)
                return DENIAL_MEMORY;
        if (verdict->online == ONLINE_MOVABLE && verdict->rezone && !budget_holds(rounds))
                return DENIAL_BUDGET;

        return DENIAL_NONE;
}

static bool may_be_moved(Rounds *rounds, const WorkItem *item) {
        Denial denial = find_denial(rounds, &item->verdict);

        work_deny(&rounds->work, denial);
        return denial == DENIAL_NONE;
}

/* The next one to try; what isn't to be moved after all is settled. NULL: there is none. */
static const WorkItem *next_item(Rounds *rounds, Online *ret_online) {
        const WorkItem *item;

        while ((item = work_next(&rounds->work, ret_online, rounds_on_settled, rounds))) {
                if (!item->found_online || may_be_moved(rounds, item))
                        break;

                rounds_remember(rounds, item->verdict.block, item->inode, BLOCK_MARK_ONLINE,
                                item->verdict.online == ONLINE_MOVABLE ? ZONE_KIND_KERNEL
                                                                       : ZONE_KIND_MOVABLE);
                work_settle(&rounds->work, item->verdict.block, OUTCOME_WRONG_ZONE,
                            rounds_on_settled, rounds);
        }

        snapshot_done(&rounds->view);
        return item;
}

static void start_attempt(Rounds *rounds) {
        const WorkItem *item;
        Online online;

        item = next_item(rounds, &online);
        if (!item) {
                rounds_go_on_with_task(rounds);
                rounds_reserve(rounds);
                return;
        }

        rounds->phase = PHASE_ATTEMPT;
        rounds->current = item->verdict.block;
        rounds->current_inode = item->inode;
        rounds->current_move = item->found_online;
        rounds->current_is_gone = false;
        rounds->n_current_offlines = 0;
        if (item->found_online)
                rounds_remember(rounds, item->verdict.block, item->inode, BLOCK_MARK_MOVING,
                                _ZONE_KIND_INVALID);
        rounds->ops->start_attempt(rounds->userdata, item, online, item->found_online);
}

static bool has_undecided(const Rounds *rounds) {
        return !rounds->waiting && (rounds->rescan || rounds->pending.n_blocks > 0 ||
                                    rounds->touched.n_blocks > 0 || rounds_has_asked(rounds));
}

/*
 * Decides, and starts what comes of it. Deciding reads events, and what these announce is not left to
 * wait for another event, which may never come.
 */
static void decide_and_start(Rounds *rounds) {
        do {
                rounds_decide(rounds);
                /* Its last look at what somebody else did took a while, too. */
                rounds_read_uevents(rounds);
                start_attempt(rounds);
        } while (rounds->phase == PHASE_IDLE && has_undecided(rounds) && !start_barrier(rounds));
}

void rounds_hold(Rounds *rounds, bool held) {
        rounds->held = held;
}

static void give_up(Rounds *rounds) {
        rounds_give_up_task(rounds);
        work_settle_all(&rounds->work, OUTCOME_CANCELLED, rounds_on_settled, rounds);
        rounds_give_up_all_asked(rounds);
}

void rounds_stop(Rounds *rounds) {
        rounds->stopping = true;
        if (rounds->phase == PHASE_IDLE)
                give_up(rounds);
}

void rounds_step(Rounds *rounds) {
        rounds_read_uevents(rounds);
        if (rounds->phase != PHASE_IDLE)
                return;
        if (rounds->stopping) {
                give_up(rounds);
                return;
        }
        if (rounds->held) {
                rounds_end_task_if_over(rounds);
                return;
        }

        if (!take_next_policy(rounds)) {
                rounds_go_on_with_task(rounds);
                return;
        }
        if (!has_undecided(rounds)) {
                start_attempt(rounds);
                /* What is settled on the way there may leave something to look at. */
                if (rounds->phase != PHASE_IDLE || !has_undecided(rounds))
                        return;
        }
        if (!start_barrier(rounds))
                decide_and_start(rounds);
}

void rounds_on_barrier(Rounds *rounds, int error) {
        rounds->phase = PHASE_IDLE;
        if (error < 0)
                log_debug("No barrier could be passed (%s); going on without.", strerror(-error));

        /*
         * What was announced since the barrier was started may be the first blocks of another
         * device, of which the rest is still to come: that takes another barrier.
         */
        rounds_read_uevents(rounds);
        if (!rounds->announced && !rounds->stopping && !rounds->held && !rounds->next_policy)
                decide_and_start(rounds);
        else
                rounds_step(rounds);
}

bool rounds_settle_mark(Rounds *rounds, BlockIndex block, const Attempt *attempt) {
        bool found_offline = attempt->outcome == OUTCOME_CANCELLED && !attempt->taken_off;

        if (rounds->n_current_offlines > attempt->taken_off || found_offline) {
                rounds_release(rounds, block);
                return false;
        }
        if (attempt->outcome == OUTCOME_GONE)
                rounds_forget(rounds, block);
        else if (attempt->zone != _ZONE_KIND_INVALID)
                rounds_remember(rounds, block, rounds->current_inode, BLOCK_MARK_ONLINE,
                                attempt->zone);
        return true;
}

void rounds_on_attempt(Rounds *rounds, BlockIndex block, const Attempt *attempt) {
        const BlockRecord *record;

        if (rounds->phase == PHASE_TASK) {
                rounds_on_task_attempt(rounds, attempt);
                return;
        }

        work_attempted(&rounds->work, block, attempt, rounds_on_settled, rounds);

        /* Its "offline" or "remove" came while it was under way: no more tries. */
        rounds_read_uevents(rounds);
        if (rounds->current_move && !rounds->current_is_gone &&
            rounds_settle_mark(rounds, block, attempt) && attempt->zone != _ZONE_KIND_INVALID)
                rounds_task_online(rounds, block, attempt->zone);
        rounds->phase = PHASE_IDLE;
        record = block_table_find(rounds->table, block);
        if (record && record->mark == BLOCK_MARK_RELEASED)
                work_settle(&rounds->work, block, OUTCOME_CANCELLED, rounds_on_settled, rounds);
        if (rounds->current_is_gone)
                work_settle(&rounds->work, block, OUTCOME_GONE, rounds_on_settled, rounds);

        rounds_step(rounds);
}

void rounds_on_link_timer(Rounds *rounds) {
        rounds->waiting = false;
        rounds_step(rounds);
}
