/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What becomes of each block: judged, put in order and tried as memplugd would.
 */
#include <errno.h>

#include "ctl/forecast-internal.h"

static void add_fate(Forecast *forecast, Fates *fates, const Fate *fate) {
        if (fates->n == fates->n_allocated) {
                size_t n = fates->n_allocated ? fates->n_allocated * 2 : 64;
                Fate *grown = reallocarray(fates->fates, n, sizeof(Fate));

                if (!grown) {
                        forecast->error = -ENOMEM;
                        return;
                }
                fates->fates = grown;
                fates->n_allocated = n;
        }
        fates->fates[fates->n++] = *fate;
}

static const Block *block_of(const Forecast *forecast, const Verdict *verdict) {
        return snapshot_find(forecast->snapshot, verdict->block);
}

static void leave(Forecast *forecast, const Block *block, const Verdict *verdict,
                  Hindrance hindrance) {
        Fate fate = { .verdict = *verdict,
                      .online = ONLINE_LEAVE,
                      .zone = block_zone_kind(block),
                      .is_online = block->state == BLOCK_ONLINE,
                      .hindrance = hindrance };

        add_fate(forecast, &forecast->stage->left, &fate);
}

/* Deciding */

static const BlockRecord *find_record(const Forecast *forecast, const Block *block) {
        const BlockTable *table = forecast->facts->table;
        const BlockRecord *record = table ? block_table_find(table, block->index) : NULL;

        return record && record->inode == block->inode ? record : NULL;
}

/* The devices' blocks have one reason, and not that the first one was promised to the kernel zone. */
static void share_reason(Forecast *forecast, const Block *block, Verdict *verdict) {
        if (verdict->budget.cause == BUDGET_BROKEN_UNIT && block->device > 0 &&
            forecast->auto_device == block->device)
                verdict->budget = forecast->auto_reason;

        forecast->auto_device = block->device;
        forecast->auto_reason = verdict->budget;
}

static Verdict judge(Forecast *forecast, const Block *block) {
        Verdict verdict = verdict_for_block(forecast->policy, block, &forecast->verdict_facts);

        if (verdict_unit(&verdict, block, &forecast->verdict_facts)) {
                verdict.unit = block->device;
                verdict.unit_is_broken =
                        forecast->broken && forecast->broken[block->device - 1] == verdict.rule;
        }
        return verdict;
}

static void promise(Forecast *forecast, const Block *block, const Verdict *verdict) {
        if (!forecast->has_budget)
                return;

        if (verdict->online == ONLINE_LEAVE)
                budget_forget(&forecast->budget, block->index);
        else
                forecast_note_error(forecast,
                                    budget_promise(&forecast->budget, block,
                                                   snapshot_device(forecast->snapshot, block),
                                                   online_to_zone(verdict->online, block)));
}

static void decide_offline(Forecast *forecast, const Block *block, const BlockRecord *record) {
        bool is_new = forecast->stage->addition;
        Verdict verdict = judge(forecast, block);
        Hindrance hindrance = HINDRANCE_RULE;

        /* The kernel's setting acts when memory is added, and never again. */
        if (verdict.rule->online == ONLINE_KERNEL_POLICY && verdict.online != ONLINE_LEAVE &&
            !is_new && (record || !forecast->facts->taken_over)) {
                verdict.online = ONLINE_LEAVE;
                hindrance = HINDRANCE_KERNEL_SETTING;
        }
        share_reason(forecast, block, &verdict);
        promise(forecast, block, &verdict);
        if (verdict.online == ONLINE_LEAVE)
                leave(forecast, block, &verdict, hindrance);
        else
                forecast_note_error(forecast, work_add(&forecast->work, &verdict, block->inode,
                                                       /* found_online= */ false));
}

static void decide_online(Forecast *forecast, const Block *block, const BlockRecord *record) {
        Verdict verdict = judge(forecast, block);

        if (view_trouble_of(block, &verdict) != TROUBLE_WRONG_ZONE)
                return;

        if (!verdict.rezone)
                leave(forecast, block, &verdict, HINDRANCE_NOT_REZONED);
        else if (record && record->mark != BLOCK_MARK_FOUND && record->mark != BLOCK_MARK_MOVING)
                leave(forecast, block, &verdict, HINDRANCE_KNOWN);
        else
                forecast_note_error(forecast, work_add(&forecast->work, &verdict, block->inode,
                                                       /* found_online= */ true));
}

void forecast_decide(Forecast *forecast, const Block *block) {
        const BlockRecord *record = find_record(forecast, block);
        Verdict nothing = { .block = block->index, .node = block->node };

        if (block->node == NODE_UNKNOWN)
                leave(forecast, block, &nothing, HINDRANCE_UNLINKED);
        else if (block->state == BLOCK_ONLINE)
                decide_online(forecast, block, record);
        else if (block->state == BLOCK_GOING_OFFLINE) {
                nothing = judge(forecast, block);
                leave(forecast, block, &nothing, HINDRANCE_GOING_OFFLINE);
        } else if (record && record->mark != BLOCK_MARK_LEFT && record->mark != BLOCK_MARK_MOVING) {
                nothing = judge(forecast, block);
                leave(forecast, block, &nothing, HINDRANCE_RELEASED);
        } else
                decide_offline(forecast, block, record);
}

/* Writing */

/* Where a plain "online" goes by a policy of the kernel's that isn't counted here. */
static ZoneKind told_zone(const Forecast *forecast, Online online, ZoneKind zone) {
        return online == ONLINE_DEFAULT && forecast->facts->untold_zones ? _ZONE_KIND_INVALID
                                                                         : zone;
}

static void account(Forecast *forecast, const Block *block, ZoneKind zone, bool moved) {
        ZoneKind from = block_zone_kind(block);

        uint64_t map = own_map_of_block(&forecast->facts->own_map, forecast->snapshot, block);

        forecast_note_error(forecast, world_account(&forecast->world, block->node, zone, map, 1));
        if (moved && from != _ZONE_KIND_INVALID)
                forecast_note_error(forecast,
                                    world_account(&forecast->world, block->node, from, map, -1));
        if (forecast->has_budget)
                forecast_note_error(
                        forecast, budget_settle(&forecast->budget, block,
                                                snapshot_device(forecast->snapshot, block), zone));
}

static bool find_refusal(Forecast *forecast, const Verdict *verdict, const Attempt *first,
                         Refusal *ret) {
        const Snapshot *view;

        if (first->outcome != OUTCOME_REFUSED || online_is_allowed(first->online, &first->zones))
                return false;

        view = world_view(&forecast->world);
        return view &&
               refusal_find(view, verdict->block, verdict->node, &first->zones, first->online, ret);
}

/* Neighbours are refused alike; to look at all blocks for each of them would take long. */
static void add_refusal(Forecast *forecast, const Fates *fates, const Attempt *first, Fate *fate) {
        const Fate *before = fates->n > 0 ? &fates->fates[fates->n - 1] : NULL;

        if (before && before->hindrance == HINDRANCE_ZONE && before->has_refusal &&
            before->verdict.node == fate->verdict.node && before->refusal.online == first->online) {
                fate->has_refusal = true;
                fate->refusal = before->refusal;
                return;
        }
        fate->has_refusal = find_refusal(forecast, &fate->verdict, first, &fate->refusal);
}

static void write_down(Forecast *forecast, const WorkItem *item, const Attempt *attempt) {
        const Block *block = block_of(forecast, &item->verdict);
        ZoneKind zone = attempt->zone != _ZONE_KIND_INVALID
                                ? attempt->zone
                                : online_to_zone(attempt->online, block);
        Fate fate = { .verdict = item->verdict,
                      .online = attempt->online,
                      .zone = told_zone(forecast, attempt->online, attempt->zone),
                      .is_online = true,
                      .moved = item->found_online };

        if (item->fell_back && item->verdict.unit_is_broken)
                fate.hindrance = HINDRANCE_UNIT;
        else if (item->fell_back) {
                fate.hindrance = HINDRANCE_ZONE;
                add_refusal(forecast, &forecast->stage->writes, &item->first, &fate);
        }
        add_fate(forecast, &forecast->stage->writes, &fate);
        account(forecast, block, zone, item->found_online);
}

static Hindrance hindrance_of(const WorkItem *item) {
        switch (item->denial) {
        case DENIAL_MEMORY:
                return HINDRANCE_MOVE_MEMORY;
        case DENIAL_BUDGET:
                return HINDRANCE_MOVE_BUDGET;
        default:
                return item->verdict.unit_is_broken ? HINDRANCE_UNIT : HINDRANCE_ZONE;
        }
}

/* A WorkSettled; what came online was written down when it did. */
static void on_settled(void *userdata, const WorkItem *item) {
        Forecast *forecast = userdata;
        Fate fate = { .verdict = item->verdict,
                      .online = ONLINE_LEAVE,
                      .zone = item->last.zone,
                      .is_online = item->found_online,
                      .hindrance = hindrance_of(item) };

        if (item->last.outcome == OUTCOME_DONE)
                return;

        if (item->found_online)
                fate.zone = block_zone_kind(block_of(forecast, &item->verdict));
        if (fate.hindrance == HINDRANCE_ZONE)
                add_refusal(forecast, &forecast->stage->left, &item->first, &fate);
        add_fate(forecast, &forecast->stage->left, &fate);
        if (forecast->has_budget && !item->found_online)
                budget_forget(&forecast->budget, item->verdict.block);
}

int forecast_count_zones(Forecast *forecast) {
        if (!forecast->has_budget)
                return 0;

        return budget_set_zones(&forecast->budget,
                                forecast->world.zones_known ? &forecast->world.zoneinfo : NULL);
}

/* As find_denial() of src/daemon/rounds.c; that a device is shrinking can't be known. */
static Denial find_denial(Forecast *forecast, const Verdict *verdict) {
        uint64_t size = forecast->snapshot->block_size;
        BudgetReason reason;

        if (forecast->facts->available < 2 * size)
                return DENIAL_MEMORY;
        if (verdict->online != ONLINE_MOVABLE)
                return DENIAL_NONE;

        forecast_note_error(forecast, forecast_count_zones(forecast));
        reason = budget_state(&forecast->budget, forecast->policy);
        return reason.cause == BUDGET_FITS && reason.before + size <= reason.limit ? DENIAL_NONE
                                                                                   : DENIAL_BUDGET;
}

static bool may_be_moved(Forecast *forecast, const WorkItem *item) {
        Denial denial = find_denial(forecast, &item->verdict);

        work_deny(&forecast->work, denial);
        return denial == DENIAL_NONE;
}

void forecast_carry_out(Forecast *forecast) {
        const WorkItem *item;
        Online online;

        while ((item = work_next(&forecast->work, &online, on_settled, forecast))) {
                BlockIndex index = item->verdict.block;
                Attempt attempt;

                if (item->found_online && !may_be_moved(forecast, item)) {
                        work_settle(&forecast->work, index, OUTCOME_WRONG_ZONE, on_settled,
                                    forecast);
                        continue;
                }

                attempt = (item->found_online ? attempt_move : attempt_online)(
                        &world_ops, &forecast->world, index, item->inode, online);
                if (attempt.outcome == OUTCOME_DONE)
                        write_down(forecast, item, &attempt);
                work_attempted(&forecast->work, index, &attempt, on_settled, forecast);
        }
}

void forecast_let_kernel(Forecast *forecast, const Block *block) {
        Verdict verdict = judge(forecast, block);
        Fate fate = { .online = verdict.online, .by_kernel = true, .is_online = true };
        Attempt attempt;

        share_reason(forecast, block, &verdict);
        fate.verdict = verdict;
        if (verdict.online == ONLINE_LEAVE) {
                leave(forecast, block, &verdict, HINDRANCE_RULE);
                return;
        }

        attempt = attempt_online(&world_ops, &forecast->world, block->index, block->inode,
                                 verdict.online);
        if (attempt.outcome != OUTCOME_DONE) {
                leave(forecast, block, &verdict, HINDRANCE_ONLY_AT_HAND);
                return;
        }
        fate.zone = told_zone(forecast, verdict.online, attempt.zone);
        add_fate(forecast, &forecast->stage->writes, &fate);
        account(forecast, block,
                attempt.zone >= 0 ? attempt.zone : online_to_zone(verdict.online, block),
                /* moved= */ false);
}
