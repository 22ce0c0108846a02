/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/status-budget.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/format.h"
#include "ctl/output.h"
#include "ctl/reason.h"

/* So that a line with a list of nodes isn't longer than 80 characters. */
#define NODES_TEXT_MAX 16

void budget_lines_done(BudgetLines *lines) {
        for (size_t i = 0; i < lines->n; i++)
                free(lines->lines[i]);
        *lines = (BudgetLines){};
}

_printf_(2, 3) static int add_line(BudgetLines *lines, const char *format, ...) {
        va_list list;
        int n;

        va_start(list, format);
        n = vasprintf(&lines->lines[lines->n], format, list);
        va_end(list);
        if (n < 0)
                return -ENOMEM;

        lines->n++;
        return 0;
}

static bool has_auto_rule(const View *view, int node) {
        for (size_t i = 0; i < view->snapshot.n_blocks; i++) {
                const Block *block = &view->snapshot.blocks[i];
                const Rule *rule = view_verdict_of(view, block)->rule;

                if (block->node == node && rule && rule->online == ONLINE_AUTO)
                        return true;
        }
        return false;
}

/* Whether there is memory for "auto" on it, and numa_aware never lets that become movable. */
static bool is_barred(const View *view, int node) {
        const Judgement *judgement = &view->judgement;

        if (!view->policy->numa_aware || node == NODE_UNKNOWN ||
            judgement->state.cause == BUDGET_NOT_ASKED || judgement->state.cause == BUDGET_UNKNOWN)
                return false;

        return !budget_node_has_base(&judgement->budget, node) && has_auto_rule(view, node);
}

char *status_budget_barred_nodes(const Status *status) {
        char *text = NULL;
        size_t size = 0;
        FILE *f = open_memstream(&text, &size);
        int first = -1, last = -1;

        if (!f)
                return NULL;

        for (size_t i = 0; i <= status->totals.n_nodes; i++) {
                int node = i < status->totals.n_nodes ? status->totals.nodes[i].node : NODE_UNKNOWN;
                char range[FORMAT_TEXT_MAX];

                if (!is_barred(&status->view, node))
                        node = NODE_UNKNOWN;
                if (first >= 0 && node - 1 != last) {
                        (void)fprintf(f, "%s,",
                                      format_blocks((uint64_t)first, (uint64_t)last, range));
                        first = -1;
                }
                if (node != NODE_UNKNOWN)
                        first = first < 0 ? node : first;
                last = node;
        }
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        if (size > 0)
                text[size - 1] = 0;
        return text;
}

/* Cuts the list behind a comma. */
static void shorten(char *text) {
        size_t n = NODES_TEXT_MAX - strlen("...");

        if (strlen(text) <= NODES_TEXT_MAX)
                return;

        while (n > 0 && text[n - 1] != ',')
                n--;
        (void)strcpy(text + n, "...");
}

static int add_barred_nodes(const Status *status, bool all, BudgetLines *lines) {
        _cleanup_free_ char *nodes = status_budget_barred_nodes(status);
        int r;

        if (!nodes)
                return -ENOMEM;
        if (!nodes[0])
                return 0;

        if (!all)
                shorten(nodes);
        r = add_line(lines, "        numa_aware: none on node%s %s (no boot memory); a rule can:",
                     format_plural(strspn(nodes, "0123456789") == strlen(nodes) ? 1 : 2), nodes);
        if (r < 0)
                return r;

        return add_line(lines, "        { match = { node = \"%s\"; }; online = \"movable\"; }",
                        nodes);
}

/* What is movable, and what may be. Without all addresses it may be that some is virtio-mem's. */
static int add_sum(const Status *status, const BudgetReason *state, BudgetLines *lines) {
        char before[FORMAT_TEXT_MAX], limit[FORMAT_TEXT_MAX], base[FORMAT_TEXT_MAX];

        return add_line(lines, "Budget: %s%s of %s movable (%" PRIu64 "%% of %s kernel memory)",
                        status->view.snapshot.sources_hidden ? "about " : "",
                        format_size(state->before, before), format_size(state->limit, limit),
                        state->ratio, format_size(state->base, base));
}

/* Nothing is over it, and yet that is too much, where virtio-mem needs all kernel memory. */
static int add_excess(const BudgetReason *state, BudgetLines *lines) {
        char excess[FORMAT_TEXT_MAX] = "";

        if (state->cause != BUDGET_OVER_RATIO)
                return 0;

        if (state->before > state->limit)
                (void)format_size(state->before - state->limit, excess);
        return add_line(lines, "        %sThat is %s%stoo much%s: \"auto\" makes no more movable",
                        output_colour(COLOUR_WAITING), excess, excess[0] ? " " : "",
                        output_no_colour());
}

static int add_virtio_mem(const BudgetReason *state, BudgetLines *lines) {
        char others[FORMAT_TEXT_MAX], needed[FORMAT_TEXT_MAX];

        if (state->others == 0)
                return 0;

        return add_line(lines,
                        "        besides %s of virtio-mem, for which %s kernel memory is kept",
                        format_size(state->others, others), format_size(state->needed, needed));
}

static int add_kernel_min(const BudgetReason *state, BudgetLines *lines) {
        char kernel[FORMAT_TEXT_MAX], kernel_min[FORMAT_TEXT_MAX];

        if (state->kernel >= state->kernel_min)
                return 0;

        return add_line(
                lines,
                "        kernel_min: %s of %s are in kernel zones, which \"auto\" fills first",
                format_size(state->kernel, kernel), format_size(state->kernel_min, kernel_min));
}

static int add_all(const Status *status, bool all, BudgetLines *lines) {
        const BudgetReason *state = &status->view.judgement.state;
        int r;

        if (state->cause == BUDGET_NOT_ASKED)
                return 0;
        if (state->cause == BUDGET_UNKNOWN)
                return add_line(lines,
                                "Budget: can't be counted, so \"auto\" makes nothing movable");

        r = add_sum(status, state, lines);
        if (r >= 0)
                r = add_excess(state, lines);
        if (r >= 0)
                r = add_virtio_mem(state, lines);
        if (r >= 0)
                r = add_kernel_min(state, lines);
        if (r >= 0)
                r = add_barred_nodes(status, all, lines);
        return r;
}

int budget_lines_make(const Status *status, bool all, BudgetLines *ret) {
        _cleanup_(budget_lines_done) BudgetLines lines = {};
        int r;

        r = add_all(status, all, &lines);
        if (r < 0)
                return r;

        *ret = lines;
        lines = (BudgetLines){};
        return 0;
}

json_object *status_budget_to_json(const Status *status) {
        json_object *object = reason_to_json(&status->view.judgement.state), *nodes;

        if (!object)
                return NULL;

        nodes = json_new_array();
        for (size_t i = 0; i < status->totals.n_nodes; i++)
                if (is_barred(&status->view, status->totals.nodes[i].node))
                        json_append(nodes, json_new_number((uint64_t)status->totals.nodes[i].node));
        json_add(object, "nodes_never_movable", nodes);
        return object;
}
