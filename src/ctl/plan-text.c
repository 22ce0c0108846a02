/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl/format.h"
#include "ctl/output.h"
#include "ctl/plan.h"
#include "ctl/words.h"

/* Neighbours in the order of the plan, which goes upwards or downwards. */
typedef struct Run {
        const Fate *fates;
        size_t n;
        bool down;
} Run;

static bool same_refusal(const Fate *a, const Fate *b) {
        if (a->hindrance != b->hindrance || a->has_refusal != b->has_refusal)
                return false;

        return !a->has_refusal ||
               (a->refusal.online == b->refusal.online && a->refusal.edge == b->refusal.edge);
}

static bool are_alike(const Fate *a, const Fate *b) {
        const Verdict *x = &a->verdict, *y = &b->verdict;

        return x->node == y->node && x->rule == y->rule && x->online == y->online &&
               x->budget.cause == y->budget.cause && a->online == b->online && a->zone == b->zone &&
               a->moved == b->moved && a->by_kernel == b->by_kernel &&
               a->is_online == b->is_online && same_refusal(a, b);
}

/* The run that begins at place i. */
static Run find_run(const Fates *fates, size_t i) {
        Run run = { .fates = &fates->fates[i], .n = 1 };

        while (i + run.n < fates->n) {
                const Fate *last = &fates->fates[i + run.n - 1], *next = last + 1;
                bool down = next->verdict.block + 1 == last->verdict.block;

                if (!down && next->verdict.block != last->verdict.block + 1)
                        break;
                if ((run.n > 1 && down != run.down) || !are_alike(last, next))
                        break;
                run.down = down;
                run.n++;
        }
        return run;
}

static const char *format_run(const Run *run, char text[FORMAT_TEXT_MAX]) {
        BlockIndex first = run->fates[0].verdict.block, last = run->fates[run->n - 1].verdict.block;

        return run->down ? format_blocks(last, first, text) : format_blocks(first, last, text);
}

static void print_words(unsigned indent, const char *text) {
        Words words = { .width = (unsigned)output_columns(), .indent = indent };

        words_put_all(&words, text);
        words_end(&words);
}

/* The text becomes free. 0 or -ENOMEM. */
static int print_and_free(unsigned indent, char *text) {
        _cleanup_free_ char *printable = text ? format_printable(text) : NULL;

        free(text);
        if (!printable)
                return -ENOMEM;

        print_words(indent, printable);
        return 0;
}

static char *rule_text(const Rule *rule) {
        char *text = NULL;
        int r;

        r = rule->file ? asprintf(&text, "rule '%s' (%s:%u)", rule->name, rule->file, rule->line)
                       : asprintf(&text, "rule '%s'", rule->name);
        return r < 0 ? NULL : text;
}

/* Where a plain "online" will be; the other words say so themselves. */
static const char *zone_text(const Fate *fate) {
        if (fate->online != ONLINE_DEFAULT)
                return "";

        switch (fate->zone) {
        case ZONE_KIND_KERNEL:
                return " (kernel)";
        case ZONE_KIND_MOVABLE:
                return " (movable)";
        default:
                return "";
        }
}

static void print_write(const Plan *plan, const Run *run, size_t number) {
        const Fate *fate = run->fates;
        char blocks[FORMAT_TEXT_MAX], size[FORMAT_TEXT_MAX];

        printf("%3zu. memory%s %s%s%s%s%s, node %d, %s\n", number, format_run(run, blocks),
               fate->moved ? "offline, then " : "", online_to_state_word(fate->online),
               zone_text(fate), fate->by_kernel ? " by the kernel itself" : "",
               run->n == 1 ? ""
               : run->down ? ", downwards"
                           : ", upwards",
               fate->verdict.node, format_size(run->n * plan->view.snapshot.block_size, size));
}

/* Its numbers are those with all of the run in mind. */
static void print_reason(const Run *run) {
        const BudgetReason *reason = &run->fates[run->n - 1].verdict.budget;
        char text[BUDGET_REASON_TEXT_MAX];

        if (reason->cause != BUDGET_NOT_ASKED)
                print_words(5, budget_reason_format(reason, text));
}

static int print_instead(const Plan *plan, const Run *run) {
        const Fate *fate = run->fates;
        _cleanup_free_ char *why = NULL;
        char *text = NULL;

        if (fate->hindrance == HINDRANCE_NONE)
                return 0;

        why = plan_explain(plan, fate);
        if (!why || asprintf(&text, "instead of %s: %s", online_to_state_word(fate->verdict.online),
                             why) < 0)
                return -ENOMEM;

        return print_and_free(5, text);
}

static int print_writes(const Plan *plan, const Fates *writes, size_t *number) {
        for (size_t i = 0; i < writes->n;) {
                Run run = find_run(writes, i);
                int r;

                print_write(plan, &run, ++*number);
                r = print_and_free(5, rule_text(run.fates->verdict.rule));
                if (r == 0)
                        r = print_instead(plan, &run);
                if (r < 0)
                        return r;
                print_reason(&run);
                i += run.n;
        }
        return 0;
}

static int print_left_run(const Plan *plan, const Run *run) {
        const Fate *fate = run->fates;
        const Verdict *verdict = &fate->verdict;
        _cleanup_free_ char *why = plan_explain(plan, fate), *rule = NULL;
        char blocks[FORMAT_TEXT_MAX], wish[FORMAT_TEXT_MAX] = "", *text = NULL;

        if (verdict->rule)
                rule = rule_text(verdict->rule);
        if (!why || (verdict->rule && !rule))
                return -ENOMEM;

        if (verdict->rule && verdict->online != ONLINE_LEAVE)
                (void)snprintf(wish, sizeof(wish), ", wanted \"%s\"",
                               online_to_string(verdict->online));
        if (asprintf(&text, "memory%s %s%s: %s%s%s", format_run(run, blocks),
                     fate->is_online ? "online" : "offline", wish, why, rule ? "; " : "",
                     rule ?: "") < 0)
                return -ENOMEM;

        return print_and_free(2, text);
}

static int print_left(const Plan *plan, const Fates *left) {
        if (left->n > 0)
                puts("Left as it is:");

        for (size_t i = 0; i < left->n;) {
                Run run = find_run(left, i);

                if (print_left_run(plan, &run) < 0)
                        return -ENOMEM;
                i += run.n;
        }
        return 0;
}

static int print_budget(const Plan *plan, const Stage *stage) {
        const BudgetReason *before = &stage->before, *after = &stage->after;
        char sizes[5][FORMAT_TEXT_MAX], *now = NULL, *text = NULL;
        int r;

        if (after->cause == BUDGET_NOT_ASKED)
                return 0;
        if (after->cause == BUDGET_UNKNOWN) {
                puts("Budget: can't be counted, so \"auto\" makes nothing movable");
                return 0;
        }

        r = asprintf(&now, "%s of %s movable", format_size(after->before, sizes[0]),
                     format_size(after->limit, sizes[1]));
        if (r < 0)
                return -ENOMEM;
        r = asprintf(&text, "Budget: %s%s%s%s%s%s (%" PRIu64 "%% of %s kernel memory)",
                     plan->view.snapshot.sources_hidden ? "about " : "",
                     stage->writes.n > 0 ? format_size(before->before, sizes[2]) : "",
                     stage->writes.n > 0 ? " of " : "",
                     stage->writes.n > 0 ? format_size(before->limit, sizes[3]) : "",
                     stage->writes.n > 0 ? " before, then " : "", now, after->ratio,
                     format_size(after->base, sizes[4]));
        free(now);
        return r < 0 ? -ENOMEM : print_and_free(0, text);
}

static void print_map(const Stage *stage) {
        char map[FORMAT_TEXT_MAX], rest[FORMAT_TEXT_MAX];

        printf("Memory map: %s", format_size(stage->map.bytes, map));
        if (stage->map.from_itself)
                printf(" of it, so that %s can be used\n",
                       format_size(stage->addition->size - stage->map.bytes, rest));
        else if (stage->map.free_known)
                printf(" of the %s that are free in kernel zones\n",
                       format_size(stage->map.free, rest));
        else
                printf(" of what is free in kernel zones, which isn't known\n");
}

static void print_heading(const Stage *stage) {
        char blocks[FORMAT_TEXT_MAX];

        if (stage->addition)
                printf("\nThen %s, as memory%s:\n", stage->addition->text,
                       format_blocks(stage->addition->first, stage->addition->last, blocks));
        else
                puts("Now:");
        if (stage->writes.n == 0)
                puts("  Nothing is written.");
}

static void print_notes(const Plan *plan) {
        for (size_t i = 0; i < plan->n_notes; i++) {
                const PlanNote *note = &plan->notes[i];
                Words words = { .width = (unsigned)output_columns() };

                if (i == 0)
                        (void)putchar('\n');
                if (note->warning) {
                        printf("%sWarning:%s", output_colour(COLOUR_WAITING), output_no_colour());
                        words.column = (unsigned)strlen("Warning:");
                }
                words_put_all(&words, note->text);
                words_end(&words);
        }
}

int plan_print(const Plan *plan) {
        size_t number = 0;

        for (size_t i = 0; i < plan->n_stages; i++) {
                const Stage *stage = &plan->stages[i];

                print_heading(stage);
                if (print_writes(plan, &stage->writes, &number) < 0 ||
                    print_left(plan, &stage->left) < 0 || print_budget(plan, stage) < 0)
                        return -ENOMEM;
                if (stage->addition)
                        print_map(stage);
        }

        print_notes(plan);
        return 0;
}
