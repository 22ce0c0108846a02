/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an administrator asks for by hand: it waits for the next decision, as what is announced does;
 * what comes of it goes through the same work, and each block that was asked for settles once. What
 * somebody else does to it meanwhile is the later word.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "daemon/rounds-internal.h"
#include "daemon/tell.h"

static int compare_asked(const void *a, const void *b) {
        const Asked *x = a, *y = b;

        return x->block < y->block ? -1 : x->block > y->block;
}

static Asked *find_asked(const Rounds *rounds, BlockIndex block) {
        const Asked key = { .block = block };
        Asked *asked;

        if (rounds->n_asked == 0)
                return NULL;

        asked = bsearch(&key, rounds->asked, rounds->n_asked, sizeof(Asked), compare_asked);
        return asked && !asked->settled ? asked : NULL;
}

bool rounds_is_asked(const Rounds *rounds, BlockIndex block) {
        return find_asked(rounds, block);
}

bool rounds_has_asked(const Rounds *rounds) {
        return rounds->n_undecided > 0;
}

static void set_decided(Rounds *rounds, Asked *asked, bool decided) {
        rounds->n_undecided += (size_t)asked->decided - (size_t)decided;
        asked->decided = decided;
}

/* It stays where it is, so that who goes through all of them isn't led astray. */
static void remove_asked(Rounds *rounds, Asked *asked) {
        set_decided(rounds, asked, true);
        asked->settled = true;
        rounds->n_settled++;
}

static void drop_settled(Rounds *rounds) {
        size_t n = 0;

        for (size_t i = 0; i < rounds->n_asked; i++)
                if (!rounds->asked[i].settled)
                        rounds->asked[n++] = rounds->asked[i];
        rounds->n_asked = n;
        rounds->n_settled = 0;
}

/* Once they are half of all, which so is paid for by those that were settled since. */
static void drop_many_settled(Rounds *rounds) {
        if (rounds->n_settled > 0 && rounds->n_settled * 2 >= rounds->n_asked)
                drop_settled(rounds);
}

bool rounds_take_asked(Rounds *rounds, BlockIndex block) {
        Asked *asked = find_asked(rounds, block);

        if (!asked || !asked->decided)
                return false;

        remove_asked(rounds, asked);
        drop_many_settled(rounds);
        return true;
}

void rounds_ask_again(Rounds *rounds, BlockIndex block) {
        Asked *asked = find_asked(rounds, block);

        if (asked)
                set_decided(rounds, asked, false);
}

void rounds_ask_all_again(Rounds *rounds) {
        for (size_t i = 0; i < rounds->n_asked; i++)
                if (!rounds->asked[i].settled)
                        set_decided(rounds, &rounds->asked[i], false);
}

/* Those asked for once each, sorted. */
static int add_asked(Rounds *rounds, const BlockIndex *blocks, size_t n_blocks, Online online) {
        size_t n = 0, n_before;
        Asked *asked;

        drop_settled(rounds);
        n_before = rounds->n_asked;
        asked = reallocarray(rounds->asked, rounds->n_asked + n_blocks, sizeof(Asked));
        if (!asked)
                return -ENOMEM;

        rounds->asked = asked;
        for (size_t i = 0; i < n_blocks; i++)
                asked[rounds->n_asked++] = (Asked){ .block = blocks[i], .online = online };
        qsort(asked, rounds->n_asked, sizeof(Asked), compare_asked);
        for (size_t i = 0; i < rounds->n_asked; i++)
                if (n == 0 || asked[i].block != asked[n - 1].block)
                        asked[n++] = asked[i];
        rounds->n_asked = n;
        rounds->n_undecided += n - n_before; /* none of them was there */
        rounds->announced = true;
        return 0;
}

int rounds_may_begin(const Rounds *rounds) {
        const Policy *policy = rounds->next_policy ? rounds->next_policy : rounds->policy;

        if (rounds->stopping)
                return -ESHUTDOWN;
        if (!policy || policy->active == MODE_OBSERVE)
                return -EROFS;
        if (rounds->held)
                return -EBUSY;

        return 0;
}

int rounds_ask(Rounds *rounds, const BlockIndex *blocks, size_t n_blocks, Online online) {
        int r;

        assert(online == ONLINE_MOVABLE || online == ONLINE_KERNEL || online == ONLINE_DEFAULT ||
               online == ROUNDS_BY_RULES);

        r = rounds_may_begin(rounds);
        if (r < 0)
                return r;

        /* What others did before isn't their answer to it. */
        rounds_read_uevents(rounds);
        for (size_t i = 0; i < n_blocks; i++)
                if (find_asked(rounds, blocks[i]) || task_work_find(&rounds->task, blocks[i]))
                        return -EALREADY;

        return n_blocks > 0 ? add_asked(rounds, blocks, n_blocks, online) : 0;
}

/* What is told of one that no attempt was made for. Its rule may be one that is about to end. */
static void tell_asked(Rounds *rounds, const Verdict *verdict, ino_t inode,
                       const Attempt *attempt) {
        const WorkItem item = {
                .verdict = *verdict,
                .inode = inode,
                .denial = DENIAL_NOT_ASKED,
                .settled = true,
                .first = *attempt,
                .last = *attempt,
        };

        rounds_tell_settled(rounds, &item, /* refusal= */ NULL, /* asked= */ true);
}

static Verdict verdict_by_hand(BlockIndex block, int node, Online online) {
        const Rule *rule = rule_by_hand(online == ROUNDS_BY_RULES ? ONLINE_DEFAULT : online);

        return (Verdict){
                .block = block,
                .node = node,
                .online = rule->online,
                .or_else = ONLINE_LEAVE,
                .rule = rule,
        };
}

static void tell_unseen(Rounds *rounds, const Asked *asked, Outcome outcome, int error) {
        Verdict verdict = verdict_by_hand(asked->block, NODE_UNKNOWN, asked->online);

        tell_asked(rounds, &verdict, /* inode= */ 0,
                   &(Attempt){ .outcome = outcome,
                               .online = verdict.online,
                               .error = error,
                               .zone = _ZONE_KIND_INVALID,
                               .moved_from = _ZONE_KIND_INVALID });
}

static void settle_unseen(Rounds *rounds, Asked *asked, Outcome outcome, int error) {
        remove_asked(rounds, asked);
        tell_unseen(rounds, asked, outcome, error);
}

void rounds_give_up_asked(Rounds *rounds, BlockIndex block, Outcome outcome) {
        Asked *asked = find_asked(rounds, block);

        if (!asked || asked->decided)
                return;

        settle_unseen(rounds, asked, outcome, /* error= */ 0);
        drop_many_settled(rounds);
}

void rounds_give_up_all_asked(Rounds *rounds) {
        _cleanup_free_ Asked *asked = TAKE_PTR(rounds->asked);
        size_t n_asked = rounds->n_asked;

        rounds->n_asked = rounds->n_undecided = rounds->n_settled = 0;
        for (size_t i = 0; i < n_asked; i++)
                if (!asked[i].settled)
                        tell_unseen(rounds, &asked[i], OUTCOME_CANCELLED, /* error= */ 0);
}

void rounds_announce_asked(Rounds *rounds) {
        for (size_t i = 0; rounds_has_asked(rounds) && i < rounds->n_asked; i++)
                if (!rounds->asked[i].decided)
                        rounds_announce(rounds, rounds->asked[i].block);
}

static Verdict verdict_of(const Decision *decision, const Block *block, const Asked *asked) {
        Verdict verdict;

        if (asked->online == ROUNDS_BY_RULES)
                return verdict_for_block(decision->rounds->policy, block, &decision->facts);

        verdict = verdict_by_hand(block->index, block->node, asked->online);
        verdict.is_dynamic = block->source == SOURCE_VIRTIO_MEM;
        return verdict;
}

/* Nothing is written for it. */
static void settle_seen(Decision *decision, const Block *block, Asked *asked, Outcome outcome) {
        Verdict verdict = verdict_of(decision, block, asked);

        if (verdict.online ==
            ONLINE_LEAVE) /* of one that isn't: told is a state that it may have */
                verdict.online = ONLINE_DEFAULT;
        remove_asked(decision->rounds, asked);
        tell_asked(decision->rounds, &verdict, block->inode,
                   &(Attempt){ .outcome = outcome,
                               .online = verdict.online,
                               .zones = block->valid_zones,
                               .zone = block_zone_kind(block),
                               .moved_from = _ZONE_KIND_INVALID });
}

static void settle_online(Decision *decision, const Block *block, Asked *asked) {
        Verdict verdict = verdict_of(decision, block, asked);
        ZoneKind zone = block_zone_kind(block);
        bool right = zone == _ZONE_KIND_INVALID || online_wants(verdict.online, zone);

        settle_seen(decision, block, asked, right ? OUTCOME_ALREADY : OUTCOME_WRONG_ZONE);
}

static void leave(Decision *decision, const Block *block, Asked *asked, const Verdict *verdict) {
        remove_asked(decision->rounds, asked);
        decision_leave(decision, block, verdict, /* is_news= */ true, /* asked= */ true);
}

/*
 * That somebody took it offline, or a rule left it so, is over. What was about to be done for it gives
 * way to a zone that is named; else that is what was asked for.
 */
static void put_online(Decision *decision, const Block *block, Asked *asked) {
        const BlockRecord *record = block_table_find(decision->rounds->table, block->index);
        bool was_moving =
                record && record->inode == block->inode && block_mark_is_ours(record->mark);
        bool by_rules = asked->online == ROUNDS_BY_RULES;
        Rounds *rounds = decision->rounds;
        Verdict verdict;

        if (by_rules && work_has(&rounds->work, block->index)) {
                set_decided(rounds, asked, true);
                return;
        }

        verdict = verdict_of(decision, block, asked);
        decision_finish_verdict(decision, block, was_moving, &verdict);
        decision_promise(decision, block, &verdict);
        rounds_tell_verdict(rounds, &verdict);
        if (verdict.online == ONLINE_LEAVE) {
                leave(decision, block, asked, &verdict);
                return;
        }

        if (!was_moving)
                rounds_forget(rounds, block->index);
        set_decided(rounds, asked, true);
        if (work_replace(&rounds->work, &verdict, block->inode) == -ENOMEM)
                settle_seen(decision, block, asked, OUTCOME_NO_MEMORY);
}

bool decision_asked(Decision *decision, const Block *block) {
        Rounds *rounds = decision->rounds;
        Asked *asked = find_asked(rounds, block->index);

        if (!asked)
                return false;
        if (asked->decided && work_has(&rounds->work, block->index))
                return true;

        if (block->state == BLOCK_ONLINE) {
                const BlockRecord *record = block_table_find(rounds->table, block->index);

                settle_online(decision, block, asked);
                /* The rest of what is to be known of it, it isn't the time for, unless it is new. */
                return record && record->inode == block->inode && !decision->sweep;
        }

        if (block->state == BLOCK_GOING_OFFLINE || rounds->policy->active == MODE_OBSERVE)
                settle_seen(decision, block, asked, OUTCOME_CANCELLED);
        else
                put_online(decision, block, asked);
        return true;
}

/* One that isn't among those read: gone, unless it came since, and then it is read in the next round. */
static void look_for(Rounds *rounds, Asked *asked) {
        Block block;
        int r;

        r = rounds->ops->read_block(rounds->userdata, asked->block, &block);
        if (r == -ENOENT || r == -ENODEV || (r >= 0 && block.node == NODE_UNKNOWN))
                settle_unseen(rounds, asked, OUTCOME_GONE, /* error= */ 0);
        else if (r < 0)
                settle_unseen(rounds, asked, OUTCOME_REFUSED, r);
}

void decision_settle_missing(Decision *decision, const Snapshot *snapshot) {
        Rounds *rounds = decision->rounds;

        for (size_t i = rounds->n_asked; rounds_has_asked(rounds) && i > 0; i--) {
                Asked *asked = &rounds->asked[i - 1];
                const Block *block = asked->decided ? NULL : snapshot_find(snapshot, asked->block);

                if (!asked->decided && (!block || block->node == NODE_UNKNOWN))
                        look_for(rounds, asked);
        }
        drop_many_settled(rounds);
}
