/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What an administrator asks for by hand: it waits for the next decision, as what is announced does;
 * what comes of it goes through the same work, and each block that was asked for settles once. What
 * somebody else does to it meanwhile is the later word.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/rounds-internal.h"
#include "daemon/tell.h"

static int compare_asked(const void *a, const void *b) {
        const Asked *x = a, *y = b;

        return x->block < y->block ? -1 : x->block > y->block;
}

static Asked *find_asked(const Rounds *rounds, BlockIndex block) {
        const Asked key = { .block = block };

        if (rounds->n_asked == 0)
                return NULL;

        return bsearch(&key, rounds->asked, rounds->n_asked, sizeof(Asked), compare_asked);
}

bool rounds_is_asked(const Rounds *rounds, BlockIndex block) {
        return find_asked(rounds, block);
}

bool rounds_has_asked(const Rounds *rounds) {
        for (size_t i = 0; i < rounds->n_asked; i++)
                if (!rounds->asked[i].decided)
                        return true;

        return false;
}

static void remove_asked(Rounds *rounds, Asked *asked) {
        size_t i = (size_t)(asked - rounds->asked);

        rounds->n_asked--;
        memmove(asked, asked + 1, (rounds->n_asked - i) * sizeof(Asked));
}

bool rounds_take_asked(Rounds *rounds, BlockIndex block) {
        Asked *asked = find_asked(rounds, block);

        if (!asked || !asked->decided)
                return false;

        remove_asked(rounds, asked);
        return true;
}

void rounds_ask_again(Rounds *rounds, BlockIndex block) {
        Asked *asked = find_asked(rounds, block);

        if (asked)
                asked->decided = false;
}

void rounds_ask_all_again(Rounds *rounds) {
        for (size_t i = 0; i < rounds->n_asked; i++)
                rounds->asked[i].decided = false;
}

/* Those asked for once each, sorted. */
static int add_asked(Rounds *rounds, const BlockIndex *blocks, size_t n_blocks, Online online) {
        Asked *asked;
        size_t n = 0;

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
        rounds->announced = true;
        return 0;
}

int rounds_ask(Rounds *rounds, const BlockIndex *blocks, size_t n_blocks, Online online) {
        const Policy *policy = rounds->next_policy ? rounds->next_policy : rounds->policy;

        assert(online == ONLINE_MOVABLE || online == ONLINE_KERNEL || online == ONLINE_DEFAULT ||
               online == ROUNDS_BY_RULES);

        if (rounds->stopping)
                return -ESHUTDOWN;
        if (!policy || policy->active == MODE_OBSERVE)
                return -EROFS;
        if (rounds->held)
                return -EBUSY;

        /* What others did before isn't their answer to it. */
        rounds_read_uevents(rounds);
        for (size_t i = 0; i < n_blocks; i++)
                if (find_asked(rounds, blocks[i]))
                        return -EALREADY;

        return n_blocks > 0 ? add_asked(rounds, blocks, n_blocks, online) : 0;
}

/* What is told of one that no attempt was made for. Its rule may be one that is about to end. */
static void settle_asked(Rounds *rounds, Asked *asked, const Verdict *verdict, ino_t inode,
                         const Attempt *attempt) {
        const WorkItem item = {
                .verdict = *verdict,
                .inode = inode,
                .denial = DENIAL_NOT_ASKED,
                .settled = true,
                .first = *attempt,
                .last = *attempt,
        };

        remove_asked(rounds, asked);
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

static void settle_unseen(Rounds *rounds, Asked *asked, Outcome outcome, int error) {
        Verdict verdict = verdict_by_hand(asked->block, NODE_UNKNOWN, asked->online);

        settle_asked(rounds, asked, &verdict, /* inode= */ 0,
                     &(Attempt){ .outcome = outcome,
                                 .online = verdict.online,
                                 .error = error,
                                 .zone = _ZONE_KIND_INVALID,
                                 .moved_from = _ZONE_KIND_INVALID });
}

void rounds_give_up_asked(Rounds *rounds, BlockIndex block, Outcome outcome) {
        Asked *asked = find_asked(rounds, block);

        if (asked && !asked->decided)
                settle_unseen(rounds, asked, outcome, /* error= */ 0);
}

void rounds_give_up_all_asked(Rounds *rounds) {
        while (rounds->n_asked > 0)
                settle_unseen(rounds, &rounds->asked[0], OUTCOME_CANCELLED, /* error= */ 0);
}

void rounds_announce_asked(Rounds *rounds) {
        for (size_t i = 0; i < rounds->n_asked; i++)
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
        settle_asked(decision->rounds, asked, &verdict, block->inode,
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
                record && record->inode == block->inode && record->mark == BLOCK_MARK_MOVING;
        bool by_rules = asked->online == ROUNDS_BY_RULES;
        Rounds *rounds = decision->rounds;
        Verdict verdict;

        if (by_rules && work_has(&rounds->work, block->index)) {
                asked->decided = true;
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
        asked->decided = true;
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

        for (size_t i = rounds->n_asked; i > 0; i--) {
                Asked *asked = &rounds->asked[i - 1];
                const Block *block = snapshot_find(snapshot, asked->block);

                if (!asked->decided && (!block || block->node == NODE_UNKNOWN))
                        look_for(rounds, asked);
        }
}
