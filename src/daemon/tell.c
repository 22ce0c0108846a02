/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/tell.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/message.h"

#define TELL_TEXT_MAX 512

#define BROKEN_UNIT "a part of its device isn't movable, so the whole can't be pulled anyway"

/* "memory34" or "memory34-41" */
static const char *describe_blocks(BlockIndex first, BlockIndex last, char text[TELL_TEXT_MAX]) {
        if (first == last)
                (void)snprintf(text, TELL_TEXT_MAX, "memory%" PRIu64, first);
        else
                (void)snprintf(text, TELL_TEXT_MAX, "memory%" PRIu64 "-%" PRIu64, first, last);
        return text;
}

/* "rule 'x' (FILE:LINE)" */
static const char *describe_rule(const Rule *rule, char text[TELL_TEXT_MAX]) {
        if (rule->file)
                (void)snprintf(text, TELL_TEXT_MAX, "rule '%s' (%s:%u)", rule->name, rule->file,
                               rule->line);
        else
                (void)snprintf(text, TELL_TEXT_MAX, "%s", rule->name);
        return text;
}

/* The rule, and with "auto" the numbers that decided. */
static const char *describe_verdict(const Verdict *verdict, char text[TELL_TEXT_MAX]) {
        char reason[BUDGET_REASON_TEXT_MAX];
        size_t n;

        n = strlen(describe_rule(verdict->rule, text));
        if (verdict->budget.cause != BUDGET_NOT_ASKED)
                (void)snprintf(text + n, TELL_TEXT_MAX - n, ": %s",
                               budget_reason_format(&verdict->budget, reason));
        return text;
}

/* Trouble for whoever relies on the rules; the rest is the day's work. */
static int level_of_outcome(Outcome outcome) {
        switch (outcome) {
        case OUTCOME_DONE:
        case OUTCOME_ALREADY:
        case OUTCOME_GONE:
        case OUTCOME_CANCELLED:
                return LOG_INFO;
        default:
                return LOG_WARNING;
        }
}

/* How an attempt went, in words: what was written, what the kernel said, what reads now. */
static const char *describe_attempt(const Attempt *attempt, const char *reason,
                                    char text[TELL_TEXT_MAX]) {
        const char *word = online_to_state_word(attempt->online);
        char zones[VALID_ZONES_TEXT_MAX];

        if (attempt->taken_off)
                word = attempt->online == ONLINE_MOVABLE ? attempt->written
                                                                   ? "offline, online_movable"
                                                                   : "offline; online_movable"
                       : attempt->written                ? "offline, online_kernel"
                                                         : "offline; online_kernel";
        else if (attempt->moved_from != _ZONE_KIND_INVALID)
                word = "offline";

        valid_zones_format(&attempt->zones, zones);
        if (!attempt->written && attempt->error < 0)
                (void)snprintf(text, TELL_TEXT_MAX, "can't be read: %s", strerror(-attempt->error));
        else if (attempt->written && attempt->error < 0)
                (void)snprintf(text, TELL_TEXT_MAX, "%s: %s (%s) after %.1f ms, valid_zones '%s'",
                               word, strerrorname_np(-attempt->error), strerror(-attempt->error),
                               (double)attempt->duration / 1000, zones);
        else if (attempt->written)
                (void)snprintf(text, TELL_TEXT_MAX, "%s, %s in %.1f ms", word, zones,
                               (double)attempt->duration / 1000);
        else if (attempt->outcome == OUTCOME_REFUSED && !attempt->zones.known)
                (void)snprintf(text, TELL_TEXT_MAX, "%s not tried%s%s", word, *reason ? ": " : "",
                               reason);
        else if (attempt->outcome == OUTCOME_REFUSED)
                (void)snprintf(text, TELL_TEXT_MAX, "%s not tried, valid_zones '%s'%s%s", word,
                               zones, *reason ? ": " : "", reason);
        else
                (void)snprintf(text, TELL_TEXT_MAX, "%s not tried", word);
        return text;
}

/* Of a block that somebody else put in the wrong zone: why it stays there. */
static const char *describe_staying(const WorkItem *item) {
        if (item->last.taken_off)
                return "; somebody else had put it online in the other zone, and it is back there";
        if (item->last.moved_from != _ZONE_KIND_INVALID)
                return "; somebody else put it online there, and it can't be moved";

        switch (item->denial) {
        case DENIAL_MEMORY:
                return "; somebody else put it online there, and too little memory is free "
                       "elsewhere to move it";
        case DENIAL_LEAVING:
                return "; somebody else put it online there, and it isn't moved, for its device may "
                       "be shrinking";
        case DENIAL_BUDGET:
                return "; somebody else put it online there, and it isn't moved, for there would be "
                       "too much movable memory";
        case DENIAL_NOT_ASKED:
                return "; it was online there before, and putting it online doesn't move it";
        default:
                return "; somebody else put it online there, and it stays so";
        }
}

static const char *consequence_of(const WorkItem *item) {
        switch (item->last.outcome) {
        case OUTCOME_REFUSED:
        case OUTCOME_BUSY:
        case OUTCOME_NO_MEMORY:
        case OUTCOME_VETOED:
        case OUTCOME_POISONED:
                return "; it stays offline";
        case OUTCOME_WRONG_ZONE:
                return describe_staying(item);
        case OUTCOME_CANCELLED:
                return item->last.taken_off ? "; memplugd had taken it offline to move it, and it "
                                              "stays so until memplugd is started again"
                                            : "";
        default:
                return "";
        }
}

/* Why the zone that was wanted first can't be had, as far as that is known. */
static void describe_refusal(const WorkItem *item, const Refusal *refusal,
                             char text[REFUSAL_TEXT_MAX]) {
        *text = 0;
        if (item->verdict.unit_is_broken && !item->first.written)
                (void)snprintf(text, REFUSAL_TEXT_MAX, "%s", BROKEN_UNIT);
        else if (refusal)
                refusal_format(refusal, item->verdict.node, text);
}

const char *tell_reason(const WorkItem *item, const Refusal *refusal, char text[TELL_REASON_MAX]) {
        char why[REFUSAL_TEXT_MAX];
        const char *consequence = "";

        describe_refusal(item, refusal, why);
        if (item->last.outcome == OUTCOME_WRONG_ZONE || item->last.taken_off)
                consequence = consequence_of(item);
        if (*consequence && !*why)
                consequence += strlen("; ");
        (void)snprintf(text, TELL_REASON_MAX, "%s%s", why, consequence);
        return text;
}

void tell_item(const WorkItem *item, const Refusal *refusal) {
        char rule[TELL_TEXT_MAX], first[TELL_TEXT_MAX], last[TELL_TEXT_MAX];
        const char *outcome = outcome_to_string(item->last.outcome);
        char reason[REFUSAL_TEXT_MAX], number[MESSAGE_NUMBER_MAX];
        LogMessage message = message_of_block(item->verdict.block, item->last.outcome,
                                              item->verdict.rule, number);

        describe_refusal(item, refusal, reason);
        describe_verdict(&item->verdict, rule);
        describe_attempt(&item->last, item->fell_back ? "" : reason, last);
        if (item->fell_back && !item->last.taken_off)
                log_message(
                        &message, LOG_WARNING,
                        "memory%" PRIu64 ": %s by or_else: %s, since %s: %s%s; %s",
                        item->verdict.block, outcome, last, outcome_to_string(item->first.outcome),
                        describe_attempt(&item->first, reason, first), consequence_of(item), rule);
        else
                log_message(&message, level_of_outcome(item->last.outcome),
                            "memory%" PRIu64 ": %s: %s%s; %s", item->verdict.block, outcome, last,
                            consequence_of(item), rule);
}

void tell_found_online(const Block *block, const Verdict *verdict, Outcome outcome,
                       bool by_kernel) {
        char rule[TELL_TEXT_MAX], zones[VALID_ZONES_TEXT_MAX], number[MESSAGE_NUMBER_MAX];
        LogMessage message = message_of_block(block->index, outcome, verdict->rule, number);

        log_message(&message, level_of_outcome(outcome),
                    "memory%" PRIu64 ": %s: %s put it online, zone %s, asked for %s%s; %s",
                    block->index, outcome_to_string(outcome),
                    by_kernel ? "the kernel" : "somebody else",
                    valid_zones_format(&block->valid_zones, zones),
                    online_to_string(verdict->online),
                    outcome == OUTCOME_WRONG_ZONE ? ", and it stays so" : "",
                    describe_verdict(verdict, rule));
}

void tell_left_by_kernel(const Block *block, const Verdict *verdict) {
        char rule[TELL_TEXT_MAX], zones[VALID_ZONES_TEXT_MAX], number[MESSAGE_NUMBER_MAX];
        LogMessage message = message_of_block(block->index, OUTCOME_REFUSED, verdict->rule, number);

        log_message(
                &message, LOG_WARNING,
                "memory%" PRIu64 ": %s: the kernel didn't put it online, asked for %s, "
                "valid_zones '%s'; it stays offline; %s",
                block->index, outcome_to_string(OUTCOME_REFUSED), online_to_string(verdict->online),
                valid_zones_format(&block->valid_zones, zones), describe_verdict(verdict, rule));
}

void tell_failed_unplug(const Device *device, BlockIndex stayed, size_t n_returned,
                        size_t n_moved) {
        char number[MESSAGE_NUMBER_MAX];

        (void)snprintf(number, sizeof(number), "%" PRIu64, stayed);
        log_message(&(LogMessage){ .id = MESSAGE_UNPLUG_FAILED,
                                   .fields = { { FIELD_DEVICE, device->name },
                                               { FIELD_BLOCK, number } } },
                    LOG_NOTICE,
                    "%s: unplugging failed, for memory%" PRIu64
                    " didn't go offline; the kernel put %zu blocks back online, and %zu of them go "
                    "back to the zone they had",
                    device->name, stayed, n_returned, n_moved);
}

void tell_released(const RunOfBlocks *run) {
        char blocks[TELL_TEXT_MAX];

        log_info("%s: taken offline by somebody else; left alone until plugged anew",
                 describe_blocks(run->first, run->last, blocks));
}

void tell_left(const RunOfBlocks *run) {
        char blocks[TELL_TEXT_MAX], rule[TELL_TEXT_MAX];

        log_info("%s: left offline; %s", describe_blocks(run->first, run->last, blocks),
                 describe_rule(run->rule, rule));
}

void tell_observed(const RunOfBlocks *run) {
        char blocks[TELL_TEXT_MAX], rule[TELL_TEXT_MAX];

        log_info("%s: would be put online: %s; %s", describe_blocks(run->first, run->last, blocks),
                 online_to_state_word(run->online),
                 describe_verdict(&(Verdict){ .rule = run->rule, .budget = run->budget }, rule));
}

void tell_misplaced(const RunOfBlocks *run) {
        char blocks[TELL_TEXT_MAX], rule[TELL_TEXT_MAX], number[MESSAGE_NUMBER_MAX];
        LogMessage message = message_of_block(run->first, OUTCOME_WRONG_ZONE, run->rule, number);

        log_message(&message, LOG_NOTICE,
                    "%s: %s: put online before memplugd started, asked for %s, and left so; %s",
                    describe_blocks(run->first, run->last, blocks),
                    outcome_to_string(OUTCOME_WRONG_ZONE), online_to_string(run->online),
                    describe_rule(run->rule, rule));
}

void tell_run(RunOfBlocks *run, const Verdict *verdict, TellRun tell) {
        bool joins = verdict && run->rule == verdict->rule && run->online == verdict->online &&
                     run->last + 1 == verdict->block;

        if (run->rule && !joins)
                tell(run);
        if (!verdict)
                *run = (RunOfBlocks){};
        else
                *run = (RunOfBlocks){ verdict->rule, verdict->online,
                                      joins ? run->first : verdict->block, verdict->block,
                                      verdict->budget };
}
