/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is told, as data, for whoever keeps it or sends it on: see RoundsOps.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "daemon/rounds-internal.h"
#include "daemon/tell-task.h"
#include "daemon/tell.h"

#define REASON_MAX 512

static void keep(const Rounds *rounds, Record *record, const Rule *rule) {
        record->usec = clock_usec(CLOCK_REALTIME);
        record->rule = rule->name;
        record->file = rule->file ? rule->file : "";
        record->line = rule->file ? rule->line : 0;
        rounds->ops->on_record(rounds->userdata, record);
}

/* The budget's numbers, and what else there is to say, with "; " between them. */
static void describe_reason(const Verdict *verdict, const char *more, char text[REASON_MAX]) {
        char budget[BUDGET_REASON_TEXT_MAX] = "";

        if (verdict->budget.cause != BUDGET_NOT_ASKED)
                (void)budget_reason_format(&verdict->budget, budget);
        (void)snprintf(text, REASON_MAX, "%s%s%s", budget, *budget && *more ? "; " : "", more);
}

/* A block that was taken offline to be moved, and is back, is so by memplugd; else by who came first. */
static Onliner onliner_of_item(const Rounds *rounds, const WorkItem *item) {
        const Attempt *last = &item->last;

        if (last->outcome == OUTCOME_DONE)
                return ONLINER_MEMPLUGD;
        if (last->outcome != OUTCOME_ALREADY && last->outcome != OUTCOME_WRONG_ZONE)
                return ONLINER_NONE;
        if (item->denial == DENIAL_NOT_ASKED)
                return ONLINER_UNKNOWN;

        return rounds->policy->active == MODE_KERNEL ? ONLINER_KERNEL : ONLINER_OTHER;
}

void rounds_record_item(const Rounds *rounds, const WorkItem *item, const Refusal *refusal,
                        bool asked) {
        char why[TELL_REASON_MAX], reason[REASON_MAX];
        const Attempt *last = &item->last;
        Record record = {
                .block = item->verdict.block,
                .inode = item->inode,
                .asked = asked,
                .outcome = last->outcome,
                .onliner = onliner_of_item(rounds, item),
                .wanted = online_to_string(item->verdict.online),
                .zone = last->zone,
                .zones = last->zones,
                .error = last->error,
                .duration = last->duration,
                .written = last->written,
                .n_writes = item->n_writes,
                .fell_back = item->fell_back,
                .first_outcome = item->first.outcome,
                .first_error = item->first.error,
                .reason = reason,
        };

        if (!rounds->ops->on_record)
                return;

        describe_reason(&item->verdict, tell_reason(item, refusal, why), reason);
        keep(rounds, &record, item->verdict.rule);
}

void rounds_record_block(const Rounds *rounds, const Block *block, const Verdict *verdict,
                         Record record) {
        char reason[REASON_MAX];

        if (!rounds->ops->on_record)
                return;

        record.block = block->index;
        record.inode = block->inode;
        record.wanted = online_to_string(verdict->online);
        record.zone = block_zone_kind(block);
        record.zones = block->valid_zones;
        describe_reason(verdict, "", reason);
        record.reason = reason;
        keep(rounds, &record, verdict->rule);
}

static Onliner onliner_of_task_item(const TaskItem *item) {
        if (item->answer.zone == _ZONE_KIND_INVALID)
                return ONLINER_NONE;
        if (item->by_others)
                return ONLINER_OTHER;

        return item->was_taken ? ONLINER_MEMPLUGD : ONLINER_UNKNOWN;
}

void rounds_record_task_item(const Rounds *rounds, const Task *task, const TaskItem *item) {
        const Rule *rule = rule_by_hand(ONLINE_DEFAULT);
        char reason[TELL_TASK_TEXT_MAX];
        Record record = {
                .block = item->block,
                .inode = item->inode,
                .asked = true,
                .outcome = item->answer.outcome,
                .onliner = onliner_of_task_item(item),
                .wanted = task->kind == TASK_REZONE ? zone_kind_to_string(task->zone)
                                                    : task_kind_to_string(TASK_OFFLINE),
                .zone = item->answer.zone,
                .error = item->answer.error,
                .duration = item->n_writes > 0 ? item->duration : 0,
                .written = item->n_writes > 0,
                .n_writes = item->n_writes,
                .reason = reason,
        };

        if (!rounds->ops->on_record)
                return;

        tell_task_reason(task, item, reason);
        keep(rounds, &record, rule);
}

Onliner decision_find_onliner(const Decision *decision, bool is_new) {
        const Policy *policy = decision->rounds->policy;
        bool has_setting = policy->active == MODE_OBSERVE || !policy->take_over;

        if (decision->sweep)
                return ONLINER_UNKNOWN;
        if (policy->active == MODE_KERNEL ||
            (has_setting && is_new && decision->facts.kernel_policy != ONLINE_LEAVE))
                return ONLINER_KERNEL;

        return ONLINER_OTHER;
}

void rounds_tell_verdict(const Rounds *rounds, const Verdict *verdict) {
        if (rounds->ops->on_verdict)
                rounds->ops->on_verdict(rounds->userdata, verdict);
}
