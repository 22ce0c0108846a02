/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl/bar.h"
#include "ctl/fold.h"
#include "ctl/format.h"
#include "ctl/output.h"
#include "ctl/report.h"
#include "ctl/status-budget.h"
#include "ctl/status-daemon.h"
#include "ctl/status.h"
#include "ctl/table.h"
#include "rules/kernel-words.h"

/* How many lines there may be about the budget (BUDGET_LINES_MAX at most), the map and the daemon. */
#define EXTRA_MAX 9

/* How much is shown of each part without --all, so that all of it fits one screen. */
typedef struct Room {
        size_t files, nodes, folds; /* lines; of folds: for each kind of trouble */
} Room;

/* What takes lines away from it: those about the budget and the map, and about the daemon. */
static Room find_room(size_t n_others, size_t n_daemon) {
        static const Room most = { .files = 2, .nodes = 7, .folds = 2 },
                          tight = { .files = 1, .nodes = 10, .folds = 1 };
        size_t n = n_others + n_daemon;
        Room room = n_daemon == 0 || n + 2 <= most.nodes ? most : tight;

        room.nodes = room.nodes > n ? room.nodes - n : 1;
        return room;
}

/* How many of 'n' things 'max' lines show, if the last line tells how many more there are. */
static size_t n_shown(size_t n, size_t max, bool all) {
        return all || n <= max ? n : max - 1;
}

static void print_rest(size_t n, size_t shown, const char *what) {
        if (n > shown)
                printf("        and %zu more %s%s (--all shows all)\n", n - shown, what,
                       format_plural(n - shown));
}

static void print_files(const ConfigReport *report, size_t max, bool all) {
        size_t n = report->n_files, shown = n_shown(n, max, all);

        if (n == 0)
                printf("Config: no config file\n");
        for (size_t i = 0; i < shown; i++) {
                _cleanup_free_ char *file = format_printable(report->files[i]);

                printf("%s%s\n", i == 0 ? "Config: " : "        ", file ?: "?");
        }
        print_rest(n, shown, "file");
}

static int print_errors(const ConfigReport *report, bool all) {
        printf("Config: %sbroken%s: %zu error%s; the built-in rules apply instead\n",
               output_colour(COLOUR_BAD), output_no_colour(), report->n_errors,
               format_plural(report->n_errors));

        for (size_t i = 0; i < report->n_messages; i++) {
                _cleanup_free_ char *text = NULL;

                if (report->messages[i].level != CONFIG_ERROR)
                        continue;
                text = report_format_message(&report->messages[i]);
                if (!text)
                        return -ENOMEM;
                printf("        %s\n", text);
                if (!all)
                        break;
        }

        if (!all)
                printf("        ('memplugctl check-config' tells all)\n");
        return 0;
}

static const char *mode_note(const Policy *policy) {
        switch (policy->mode) {
        case MODE_KERNEL:
                return " (the kernel onlines, as memplugd has it)";
        case MODE_AUTO:
                return policy->active == MODE_KERNEL ? " (kernel: it can do what the rules ask for)"
                                                     : " (uevent)";
        case MODE_OBSERVE:
                return " (decide and tell, write nothing)";
        default:
                return "";
        }
}

static int print_why_auto(const Policy *policy) {
        _cleanup_free_ char *why = NULL, *text = NULL;

        if (policy->mode != MODE_AUTO || policy->active != MODE_UEVENT)
                return 0;

        why = kernel_words_explain_auto(policy);
        text = why ? format_printable(why) : NULL;
        if (!text)
                return -ENOMEM;

        printf("        not kernel, %s\n", text);
        return 0;
}

static int print_config(const View *view, size_t max_files, bool all) {
        size_t n_rules = report_count_rules(view->policy), n_built_in;
        int r;

        if (view->config_is_valid)
                print_files(&view->report, max_files, all);
        else {
                r = print_errors(&view->report, all);
                if (r < 0)
                        return r;
        }

        n_built_in = view->policy->n_rules - n_rules;
        printf("Mode:   %s%s; ", mode_to_string(view->policy->mode), mode_note(view->policy));
        if (n_rules == 0)
                printf("built-in rules only\n");
        else
                printf("%zu rule%s, then %zu built-in\n", n_rules, format_plural(n_rules),
                       n_built_in);
        return print_why_auto(view->policy);
}

/* What it was: "; it was "online" before". */
static void print_setting(const View *view) {
        printf("        (auto_online_blocks is \"%s\"", view->auto_online);
        if (view->taken_over[0]) {
                _cleanup_free_ char *was = format_printable(view->taken_over);

                printf(", and \"%s\" without memplugd", was ?: "?");
        }
        printf(")");
}

static void print_kernel(const View *view) {
        const char *auto_online = view->auto_online;

        if (!auto_online[0]) {
                printf("Kernel: has no auto_online_blocks: new memory waits for a program\n");
                return;
        }
        if (strcmp(auto_online, "offline") == 0) {
                printf("Kernel: leaves new memory offline, for the rules to decide\n");
                print_setting(view);
                printf("\n");
                return;
        }
        if (view->policy->active == MODE_KERNEL) {
                printf("Kernel: onlines new memory itself\n");
                print_setting(view);
                printf("\n");
                return;
        }

        printf("Kernel: %sonlines new memory itself, before any program can%s\n",
               output_colour(COLOUR_WAITING), output_no_colour());
        print_setting(view);
        printf(": the rules come too late for it\n");
}

static void print_own_map(const OwnMap *own) {
        char size[FORMAT_TEXT_MAX];

        if (own->block_bytes > 0)
                printf("        (memmap_on_memory: DIMMs%s hold their own map, %s of %s)\n",
                       own->large ? "" : " of one block", format_size(own->block_bytes, size),
                       own->large ? "each block" : "it");
}

typedef enum Column {
        COLUMN_NODE,
        COLUMN_SHARES, /* one for each share that there is */
        COLUMN_BAR = COLUMN_SHARES + _SHARE_MAX,
        _COLUMN_MAX,
} Column;

typedef struct NodeTable {
        struct libscols_table *table;
        const Status *status;
        bool utf8;
        uint64_t n_most; /* blocks of the largest node */
} NodeTable;

/* UNKNOWN is shown only on machines that have such memory. */
static int new_node_table(NodeTable *nodes) {
        const Totals *totals = &nodes->status->totals;
        char headings[_SHARE_MAX][FORMAT_TEXT_MAX];
        TableColumn columns[_COLUMN_MAX] = {
                [COLUMN_NODE] = { "NODE", SCOLS_FL_RIGHT },
                [COLUMN_BAR] = { "SHARES", SCOLS_FL_TRUNC },
        };
        static const char *const names[_SHARE_MAX] = {
                [SHARE_KERNEL] = "KERNEL",
                [SHARE_MOVABLE] = "MOVABLE",
                [SHARE_UNKNOWN] = "UNKNOWN",
                [SHARE_OFFLINE] = "OFFLINE",
        };

        for (Share share = 0; share < _SHARE_MAX; share++) {
                (void)snprintf(headings[share], FORMAT_TEXT_MAX, "%s %s",
                               bar_symbol(share, nodes->utf8), names[share]);
                columns[COLUMN_SHARES + (int)share] =
                        (TableColumn){ headings[share], SCOLS_FL_RIGHT };
        }
        if (totals->all.n_blocks[SHARE_UNKNOWN] == 0)
                columns[COLUMN_SHARES + (int)SHARE_UNKNOWN].flags |= SCOLS_FL_HIDDEN;

        for (size_t i = 0; i < totals->n_nodes; i++)
                if (totals_sum(&totals->nodes[i]) > nodes->n_most)
                        nodes->n_most = totals_sum(&totals->nodes[i]);

        return table_new(columns, _COLUMN_MAX, /* headings= */ true, &nodes->table);
}

static int add_node_line(NodeTable *nodes, const char *name, const NodeTotal *total,
                         const char *bar) {
        struct libscols_line *line = scols_table_new_line(nodes->table, NULL);
        int r;

        if (!line)
                return -ENOMEM;

        r = scols_line_set_data(line, COLUMN_NODE, name);
        if (r < 0)
                return r;

        for (Share share = 0; share < _SHARE_MAX; share++) {
                uint64_t size = nodes->status->view.snapshot.block_size;
                char text[FORMAT_TEXT_MAX];

                r = scols_line_set_data(line, (size_t)COLUMN_SHARES + (size_t)share,
                                        format_size(total->n_blocks[share] * size, text));
                if (r < 0)
                        return r;
        }

        return scols_line_set_data(line, COLUMN_BAR, bar);
}

static int add_sum_line(NodeTable *nodes) {
        const NodeTotal *all = &nodes->status->totals.all;
        char size[FORMAT_TEXT_MAX], text[FORMAT_TEXT_MAX + 8];

        (void)format_size(totals_sum(all) * nodes->status->view.snapshot.block_size, size);
        (void)snprintf(text, sizeof(text), "%s in all", size);
        return add_node_line(nodes, "all", all, text);
}

static int fill_node_table(NodeTable *nodes, size_t shown) {
        const Totals *totals = &nodes->status->totals;

        for (size_t i = 0; i < shown; i++) {
                const NodeTotal *total = &totals->nodes[i];
                char name[FORMAT_TEXT_MAX], bar[BAR_TEXT_MAX];
                int r;

                r = add_node_line(nodes, format_node(total->node, name), total,
                                  bar_draw(total, nodes->n_most, nodes->utf8, bar));
                if (r < 0)
                        return r;
        }

        return totals->n_nodes == 1 ? 0 : add_sum_line(nodes);
}

static int print_nodes(const Status *status, size_t max, bool all) {
        _cleanup_(scols_unref_tablep) struct libscols_table *table = NULL;
        NodeTable nodes = { .status = status, .utf8 = output_is_utf8() };
        size_t n = status->totals.n_nodes, shown = n_shown(n, max, all);
        int r;

        r = new_node_table(&nodes);
        if (r < 0)
                return r;
        table = nodes.table;

        r = fill_node_table(&nodes, shown);
        if (r < 0)
                return r;

        r = scols_print_table(table);
        if (r < 0)
                return r;

        print_rest(n, shown, "node");
        return 0;
}

static int print_trouble_line(const Fold *fold) {
        _cleanup_free_ char *name = format_printable(fold->rule->name);
        char blocks[FORMAT_TEXT_MAX];

        if (!name)
                return -ENOMEM;

        printf("        memory%s: wanted \"%s\" by rule '%s'\n",
               format_blocks(fold->block->index, fold->last, blocks),
               online_to_string(fold->wanted), name);
        return 0;
}

static void print_trouble_heading(const Status *status, Trouble trouble) {
        uint64_t n = status->n_troubled[trouble];
        char size[FORMAT_TEXT_MAX];

        printf("%s%" PRIu64 " block%s (%s) %s ",
               output_colour(trouble == TROUBLE_OFFLINE ? COLOUR_WAITING : COLOUR_BAD), n,
               format_plural(n), format_size(n * status->view.snapshot.block_size, size),
               n == 1 ? "is" : "are");
        if (trouble == TROUBLE_OFFLINE)
                printf("offline although a rule wants %s online", n == 1 ? "it" : "them");
        else
                printf("in the wrong zone");
        printf("%s:\n", output_no_colour());
}

static int print_trouble(const Status *status, Trouble trouble, size_t max, bool all) {
        size_t n_folds = 0, shown, k = 0;
        Fold fold;

        if (status->n_troubled[trouble] == 0)
                return 0;
        print_trouble_heading(status, trouble);

        for (size_t i = 0; fold_next(&status->view, FOLD_TROUBLE, &i, &fold);)
                n_folds += fold.trouble == trouble;
        shown = n_shown(n_folds, max, all);

        for (size_t i = 0; k < shown && fold_next(&status->view, FOLD_TROUBLE, &i, &fold);) {
                if (fold.trouble != trouble)
                        continue;
                if (print_trouble_line(&fold) < 0)
                        return -ENOMEM;
                k++;
        }
        print_rest(n_folds, shown, "range");
        return 0;
}

static int print_troubles(const Status *status, size_t max, bool all) {
        int r;

        if (status->n_troubled[TROUBLE_OFFLINE] + status->n_troubled[TROUBLE_WRONG_ZONE] == 0)
                printf("Every block is as the rules want it.\n");

        r = print_trouble(status, TROUBLE_OFFLINE, max, all);
        if (r < 0)
                return r;

        return print_trouble(status, TROUBLE_WRONG_ZONE, max, all);
}

int status_print(const Status *status, bool all) {
        _cleanup_(daemon_lines_done) DaemonLines daemon = {};
        _cleanup_(budget_lines_done) BudgetLines budget = {};
        size_t n_daemon, n_others;
        Room room;
        int r;

        r = budget_lines_make(status, all, &budget);
        if (r >= 0)
                r = daemon_lines_make(status, all, &daemon);
        if (r < 0)
                return r;

        n_daemon = daemon.n;
        n_others = budget.n + (status->view.own_map.block_bytes > 0);
        if (!all && n_others + n_daemon > EXTRA_MAX)
                n_daemon = EXTRA_MAX - n_others;
        room = find_room(n_others, n_daemon);
        r = print_config(&status->view, room.files, all);
        if (r < 0)
                return r;
        for (size_t i = 0; i < n_daemon; i++)
                puts(daemon.lines[i]);
        print_kernel(&status->view);
        print_own_map(&status->view.own_map);
        for (size_t i = 0; i < budget.n; i++)
                puts(budget.lines[i]);

        printf("\n");
        r = print_nodes(status, room.nodes, all);
        if (r < 0)
                return r;

        printf("\n");
        return print_troubles(status, room.folds, all);
}
