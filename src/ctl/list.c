/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl list: the memory blocks, and what the config wants of them.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "ctl/fold.h"
#include "ctl/format.h"
#include "ctl/json.h"
#include "ctl/legend.h"
#include "ctl/output.h"
#include "ctl/report.h"
#include "ctl/table.h"
#include "ctl/totals.h"
#include "ctl/verb.h"

typedef enum Column {
        COLUMN_RANGE,
        COLUMN_SIZE,
        COLUMN_BLOCK,
        COLUMN_NODE,
        COLUMN_SOURCE,
        COLUMN_STATE,
        COLUMN_ZONES,
        COLUMN_WANTED,
        COLUMN_RULE,
        _COLUMN_MAX,
} Column;

static const TableColumn column_table[_COLUMN_MAX] = {
        [COLUMN_RANGE] = { "RANGE", 0 },
        [COLUMN_SIZE] = { "SIZE", SCOLS_FL_RIGHT },
        [COLUMN_BLOCK] = { "BLOCK", SCOLS_FL_RIGHT },
        [COLUMN_NODE] = { "NODE", SCOLS_FL_RIGHT },
        [COLUMN_SOURCE] = { "SOURCE", SCOLS_FL_TRUNC },
        [COLUMN_STATE] = { "STATE", 0 },
        [COLUMN_ZONES] = { "ZONES", 0 },
        [COLUMN_WANTED] = { "WANTED", 0 },
        [COLUMN_RULE] = { "RULE", SCOLS_FL_TRUNC },
};

static FoldBy fold_by(const Options *options) {
        return options_have(options, OPTION_ALL) ? FOLD_NOTHING : FOLD_ALIKE;
}

static uint64_t bytes_of(const View *view, uint64_t n_blocks) {
        return n_blocks * view->snapshot.block_size;
}

/* "movable", and a sign where that isn't so. */
static const char *wanted_text(const Fold *fold, char text[FORMAT_TEXT_MAX]) {
        (void)snprintf(text, FORMAT_TEXT_MAX, "%s%s",
                       fold->rule ? online_to_string(fold->wanted) : "-",
                       fold->trouble == TROUBLE_WRONG_ZONE ? " !" : "");
        return text;
}

static int colour_wanted(struct libscols_line *line, Trouble trouble) {
        Colour colour = trouble == TROUBLE_OFFLINE ? COLOUR_WAITING : COLOUR_BAD;

        if (trouble == TROUBLE_NONE || !output_has_colours())
                return 0;

        return scols_cell_set_color(scols_line_get_cell(line, COLUMN_WANTED),
                                    output_colour(colour));
}

static int add_line(struct libscols_table *table, const Options *options, const View *view,
                    const Fold *fold) {
        const Block *block = fold->block;
        char texts[_COLUMN_MAX][FORMAT_TEXT_MAX];
        struct libscols_line *line;
        int r = 0;

        line = scols_table_new_line(table, NULL);
        if (!line)
                return -ENOMEM;

        (void)format_addresses(block->index, fold->last, view->snapshot.block_size,
                               texts[COLUMN_RANGE]);
        (void)legend_size(options, bytes_of(view, fold_count(fold)), texts[COLUMN_SIZE]);
        (void)format_blocks(block->index, fold->last, texts[COLUMN_BLOCK]);
        (void)format_node(block->node, texts[COLUMN_NODE]);
        (void)format_source(&view->snapshot, block, texts[COLUMN_SOURCE]);
        (void)format_zones(block, texts[COLUMN_ZONES]);
        (void)wanted_text(fold, texts[COLUMN_WANTED]);

        for (Column column = 0; column < _COLUMN_MAX && r == 0; column++) {
                const char *text = texts[column];

                if (column == COLUMN_STATE)
                        text = block_state_to_string(block->state);
                else if (column == COLUMN_RULE)
                        text = fold->rule ? fold->rule->name : "-";
                r = scols_line_set_data(line, column, text);
        }
        if (r == 0)
                r = colour_wanted(line, fold->trouble);

        return r;
}

/* Of what "auto" decides now; of what is online it isn't known any more. */
static void print_reasons(const Options *options, const View *view) {
        bool first = true;
        Fold fold;

        for (size_t i = 0; fold_next(view, fold_by(options), &i, &fold);) {
                char blocks[FORMAT_TEXT_MAX], text[BUDGET_REASON_TEXT_MAX];

                if (fold.budget->cause == BUDGET_NOT_ASKED)
                        continue;
                if (first)
                        puts("\nWhat \"auto\" comes to now:");
                first = false;
                printf("  memory%s: %s (%s)\n", format_blocks(fold.block->index, fold.last, blocks),
                       online_to_string(fold.wanted), budget_reason_format(fold.budget, text));
        }
}

static int print_table(const Options *options, const View *view, const Totals *totals) {
        _cleanup_(scols_unref_tablep) struct libscols_table *table = NULL;
        Fold fold;
        int r;

        r = table_new(column_table, _COLUMN_MAX,
                      /* headings= */ !options_have(options, OPTION_NO_LEGEND), &table);
        if (r < 0)
                return r;

        for (size_t i = 0; fold_next(view, fold_by(options), &i, &fold);) {
                r = add_line(table, options, view, &fold);
                if (r < 0)
                        return r;
        }

        r = scols_print_table(table);
        if (r < 0)
                return r;

        legend_print(options, &view->snapshot, totals);
        if (!options_have(options, OPTION_NO_LEGEND))
                print_reasons(options, view);
        return 0;
}

/*
 * One line for each element, printed as it is made: a machine may have half a million blocks, and
 * a tree of them all would take a gigabyte.
 */
static void print_json(const Options *options, const View *view, const Totals *totals) {
        const char *separator = "";
        Fold fold;

        printf("{\n  \"config_valid\": %s,\n  \"sources_hidden\": %s,\n  \"block_size\": %" PRIu64
               ",\n  \"blocks\": [",
               view->config_is_valid ? "true" : "false",
               view->snapshot.sources_hidden ? "true" : "false", view->snapshot.block_size);
        for (size_t i = 0; fold_next(view, fold_by(options), &i, &fold); separator = ",") {
                _cleanup_(json_object_putp) json_object *object = fold_to_json(view, &fold);

                printf("%s\n    ", separator);
                json_print_line(object);
        }
        printf("\n  ],\n  \"online_bytes\": %" PRIu64 ",\n  \"offline_bytes\": %" PRIu64 "\n}\n",
               legend_online_bytes(&view->snapshot, totals),
               legend_offline_bytes(&view->snapshot, totals));
}

int list_run(const Options *options, int n_arguments, char **arguments) {
        _cleanup_(totals_done) Totals totals = {};
        _cleanup_(view_done) View view = {};
        int r;

        r = view_load(options, &view);
        if (r < 0)
                return EXIT_FAILURE;
        if (!view.config_is_valid)
                report_tell_broken(&view.report, "WANTED is");

        r = totals_count(&view.snapshot, &totals);
        if (r >= 0 && options_have(options, OPTION_JSON))
                print_json(options, &view, &totals);
        else if (r >= 0)
                r = print_table(options, &view, &totals);
        if (r < 0) {
                (void)log_error_errno(r, "can't make the list: %m");
                return EXIT_FAILURE;
        }

        return EXIT_SUCCESS;
}
