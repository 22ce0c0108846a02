/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl check-config: all that is wrong with the config.
 */
#include "ctl/doubts.h"
#include "ctl/format.h"
#include "ctl/report.h"
#include "ctl/verb.h"
#include "ctl/view.h"

static void print_json(const View *view) {
        _cleanup_(json_object_putp) json_object *object =
                report_to_json(&view->report, view->policy, view->config_is_valid);

        json_print(object);
}

static void print_summary(const View *view) {
        const ConfigReport *report = &view->report;
        size_t n_rules = report_count_rules(view->policy),
               n_warnings = report->n_messages - report->n_errors;

        if (!view->config_is_valid) {
                printf("%zu error%s, %zu warning%s\n", report->n_errors,
                       format_plural(report->n_errors), n_warnings, format_plural(n_warnings));
                return;
        }

        printf("OK: ");
        if (report->n_files == 0)
                printf("no config file, the built-in rules apply");
        else
                printf("%zu rule%s from ", n_rules, format_plural(n_rules));
        for (size_t i = 0; i < report->n_files; i++) {
                _cleanup_free_ char *file = format_printable(report->files[i]);

                printf("%s%s", i > 0 ? ", " : "", file ?: "?");
        }
        if (n_warnings > 0)
                printf("; %zu warning%s", n_warnings, format_plural(n_warnings));
        printf("\n");
}

/* The config of this machine, or that of the tree, is held against the machine, too. */
static int load(const Options *options, int n_paths, char **paths, View *ret) {
        bool is_live = n_paths == 0 || options_have(options, OPTION_SYSROOT);
        int r;

        if (n_paths > 0)
                r = view_load_config_paths(paths, (size_t)n_paths, ret);
        else
                r = view_load_config(options, NULL, ret);
        if (r < 0 || !ret->config_is_valid || !is_live)
                return r;

        return doubts_add(options, ret);
}

static bool is_good(const Options *options, const View *view) {
        if (options_have(options, OPTION_STRICT))
                return view->report.n_messages == 0;

        return view->config_is_valid;
}

int check_config_run(const Options *options, int n_arguments, char **arguments) {
        _cleanup_(view_done) View view = {};
        int r;

        r = load(options, n_arguments, arguments, &view);
        if (r < 0)
                return EXIT_FAILURE;

        if (options_have(options, OPTION_JSON))
                print_json(&view);
        else {
                report_tell(&view.report);
                print_summary(&view);
        }

        return is_good(options, &view) ? EXIT_SUCCESS : EXIT_FAILURE;
}
