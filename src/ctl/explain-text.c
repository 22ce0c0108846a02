/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/explain.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl/output.h"

/* Before what goes on below a time. */
#define INDENT "      "

static void print_line(const char *name, const char *text) {
        printf("  %-10s %s\n", name, text);
}

static void print_place(const Snapshot *snapshot, const Block *block) {
        char addresses[FORMAT_TEXT_MAX], size[FORMAT_TEXT_MAX], node[FORMAT_TEXT_MAX],
                source[FORMAT_TEXT_MAX];

        printf("memory%" PRIu64 "\n", block->index);
        (void)format_addresses(block->index, block->index, snapshot->block_size, addresses);
        printf("  %-10s %s, %s\n", "addresses", addresses, format_size(snapshot->block_size, size));
        print_line("node", block->node == NODE_UNKNOWN ? "not linked to one yet"
                                                       : format_node(block->node, node));
        if (block->source == SOURCE_UNKNOWN && snapshot->sources_hidden)
                print_line("source", "unknown: only root may see it");
        else
                print_line("source", format_source(snapshot, block, source));
}

/* Of what holds its own memory map: so many bytes of it. */
static void print_map(uint64_t bytes) {
        char size[FORMAT_TEXT_MAX];

        if (bytes > 0)
                printf("  %-10s %s of it are its own memory map; the device goes only as a whole\n",
                       "map", format_size(bytes, size));
}

/* "online, zone Normal", "offline, may go to Normal Movable" */
static const char *describe_state(const Block *block, char text[2 * FORMAT_TEXT_MAX]) {
        const char *state = block_state_to_string(block->state);
        char zones[FORMAT_TEXT_MAX];

        if (block->valid_zones.known)
                (void)snprintf(text, 2 * FORMAT_TEXT_MAX, "%s, %s %s", state,
                               block->state == BLOCK_OFFLINE ? "may go to" : "zone",
                               format_zones(block, zones));
        else
                (void)snprintf(text, 2 * FORMAT_TEXT_MAX, "%s, %s unknown", state,
                               block->state == BLOCK_OFFLINE ? "zones" : "zone");
        return text;
}

/* "'x' (FILE:LINE)", or the name of one that is built in. The caller's; NULL: no memory. */
static char *describe_rule(const Rule *rule) {
        _cleanup_free_ char *text = NULL;
        int n;

        if (!rule)
                return strdup("none yet: it isn't linked to its node");
        if (!rule->file)
                return strdup(rule->name);

        n = asprintf(&text, "'%s' (%s:%u)", rule->name, rule->file, rule->line);
        if (n < 0)
                text = NULL;
        return n < 0 ? NULL : format_printable(text);
}

static void print_wanted(const Fold *fold) {
        const Online or_else = fold->rule->or_else;
        bool is_wrong = fold->trouble != TROUBLE_NONE;

        printf("  %-10s %s", "wanted", online_to_string(fold->wanted));
        if (or_else != ONLINE_LEAVE && or_else != fold->wanted && fold->wanted != ONLINE_LEAVE)
                printf(", or else %s", online_to_string(or_else));
        if (is_wrong)
                printf(": %sthat isn't so, it is %s%s", output_colour(COLOUR_BAD),
                       fold->trouble == TROUBLE_OFFLINE ? "offline" : "in the other zone",
                       output_no_colour());
        (void)putchar('\n');
}

static int print_rule(const Fold *fold) {
        _cleanup_free_ char *rule = describe_rule(fold->rule);
        char reason[BUDGET_REASON_TEXT_MAX];

        if (!rule)
                return -ENOMEM;

        print_line("rule", rule);
        if (!fold->rule)
                return 0;
        print_wanted(fold);
        if (fold->budget->cause != BUDGET_NOT_ASKED)
                print_line("since", budget_reason_format(fold->budget, reason));
        return 0;
}

static int print_record(const Record *record) {
        _cleanup_free_ char *what = record_describe(record);
        _cleanup_free_ char *reason = record_describe_reason(record);
        _cleanup_free_ char *wish = record_describe_wish(record);
        char time[FORMAT_TEXT_MAX];

        if (!what || !reason || !wish)
                return -ENOMEM;

        printf("    %s  %s\n", format_time(record->usec, time), what);
        if (*wish)
                printf(INDENT "%s\n", wish);
        if (*reason)
                printf(INDENT "%s\n", reason);
        return 0;
}

/* As true as can be told from here. */
static const char *why_nothing_is_kept(const Explanation *explanation, const Block *block) {
        if (!explanation->records.old_text && !explanation->records.text)
                return "nothing is kept: memplugd hasn't run since this machine was booted";

        return block->state == BLOCK_OFFLINE
                       ? "nothing is kept of it: memplugd has done nothing with it, or long ago"
                       : "nothing is kept of it: it was online before memplugd first looked, or it is "
                         "long ago";
}

static int print_records(const Explanation *explanation, const Block *block) {
        size_t n = 0, n_foreign = explain_count_foreign(explanation, block);

        puts("  what was done");
        if (n_foreign > 0)
                printf("    (memory%" PRIu64 " was plugged anew: %zu earlier record%s of the one "
                       "before %s left out)\n",
                       block->index, n_foreign, format_plural(n_foreign),
                       n_foreign == 1 ? "is" : "are");
        for (size_t i = 0; i < explanation->records.n_records; i++) {
                const Record *record = &explanation->records.records[i];

                if (!record_is_of(record, block))
                        continue;
                n++;
                if (print_record(record) < 0)
                        return -ENOMEM;
        }
        if (n == 0)
                printf("    %s\n", why_nothing_is_kept(explanation, block));
        return 0;
}

/* A clock that was set back meanwhile tells no more than that. */
static void print_write(const Explanation *explanation, const Block *block) {
        uint64_t since = explain_write_since(explanation, block);
        char duration[FORMAT_TEXT_MAX];

        if (since == 0)
                return;
        if (since > explanation->now)
                print_line("under way", "a write of memplugd's");
        else
                printf("  %-10s a write of memplugd's, for %s\n", "under way",
                       format_duration(explanation->now - since, duration));
}

static int print_block(const Explanation *explanation, const Block *block) {
        Fold fold = explain_fold(explanation, block);
        char state[2 * FORMAT_TEXT_MAX];
        int r;

        print_place(&explanation->view.snapshot, block);
        print_line("state", describe_state(block, state));
        print_map(own_map_of_block(&explanation->view.own_map, &explanation->view.snapshot, block));
        print_write(explanation, block);
        r = print_rule(&fold);
        return r < 0 ? r : print_records(explanation, block);
}

/* Those of a rule stand below its name. */
static int print_fold(const Fold *fold, const Fold *before) {
        char blocks[FORMAT_TEXT_MAX], state[2 * FORMAT_TEXT_MAX];

        if (!before || before->rule != fold->rule) {
                _cleanup_free_ char *rule = describe_rule(fold->rule);

                if (!rule)
                        return -ENOMEM;
                printf("    %s\n", rule);
        }

        printf(INDENT "memory%s: %s; wanted %s%s\n",
               format_blocks(fold->block->index, fold->last, blocks),
               describe_state(fold->block, state),
               fold->rule ? online_to_string(fold->wanted) : "-",
               fold->trouble == TROUBLE_WRONG_ZONE ? " !" : "");
        return 0;
}

static int print_folds(const Explanation *explanation, const Group *group) {
        Fold fold, before;
        bool first = true;

        puts("  blocks");
        for (size_t i = 0; explain_next_fold(explanation, group, &i, &fold); first = false) {
                if (print_fold(&fold, first ? NULL : &before) < 0)
                        return -ENOMEM;
                before = fold;
        }
        return 0;
}

static void print_count(const char *word, size_t n, bool *first) {
        if (n == 0)
                return;
        printf("%s%s %zu", *first ? "" : ", ", word, n);
        *first = false;
}

static void print_counts(const Explanation *explanation, const Group *group) {
        const ExplainCounts counts = explain_count(explanation, group);
        bool first = true;

        printf("  what was done\n    ");
        for (Outcome outcome = 0; outcome < _OUTCOME_MAX; outcome++)
                print_count(outcome_to_string(outcome), counts.n_outcomes[outcome], &first);
        for (RecordKind kind = RECORD_SETTLED + 1; kind < _RECORD_KIND_MAX; kind++)
                print_count(record_kind_to_string(kind), counts.n_kinds[kind], &first);
        puts(first ? "nothing that is kept" : "");
}

static int print_device(const Explanation *explanation, const Group *group) {
        const Snapshot *snapshot = &explanation->view.snapshot;
        _cleanup_free_ char *blocks = block_list_format(&group->blocks);
        _cleanup_free_ char *removable = group_removable_text(group);
        _cleanup_free_ char *remedy = group_remedy_text(group);
        char size[FORMAT_TEXT_MAX], node[FORMAT_TEXT_MAX], state[FORMAT_TEXT_MAX];
        const char *zones = group_zones_word(group);

        if (!blocks || !removable || !remedy)
                return -ENOMEM;

        puts(group->device->name);
        print_line("source", source_to_string(group->source));
        print_line("node", format_node(group->node, node));
        printf("  %-10s %s: memory%s\n", "size",
               format_size(group_count(group) * snapshot->block_size, size), blocks);
        group_format_state(group, state);
        printf("  %-10s %s%s%s\n", "state", state, zones ? ", zones " : "", zones ?: "");
        print_map(group->own_map);
        print_line("removable", removable);
        if (*remedy)
                print_line("", remedy);
        if (print_folds(explanation, group) < 0)
                return -ENOMEM;
        print_counts(explanation, group);
        return 0;
}

int explain_print(const Explanation *explanation, const Subject *subject) {
        return subject->block ? print_block(explanation, subject->block)
                              : print_device(explanation, subject->group);
}
