/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl: shows the memory blocks, and what memplugd's config wants of them.
 */
#include <locale.h>
#include <stdio.h>

#include "base/log.h"
#include "ctl/output.h"
#include "ctl/pager.h"
#include "ctl/verb.h"

static int run_verb(const Verb *verb, const Options *options, int n_arguments, char **arguments) {
        const char *unwanted = options_first_unwanted(options, verb->options);

        if (unwanted) {
                log_error("%s takes no --%s", verb->name, unwanted);
                return EXIT_USAGE;
        }
        if (n_arguments > verb->max_arguments) {
                log_error("too many arguments for %s: '%s'", verb->name,
                          arguments[verb->max_arguments]);
                return EXIT_USAGE;
        }

        if (verb->is_long && !options_have(options, OPTION_NO_PAGER) &&
            !options_have(options, OPTION_JSON))
                pager_open();
        return verb->run(options, n_arguments, arguments);
}

static int run(int argc, char **argv) {
        const Verb *verb;
        Options options;
        int first;

        first = options_parse(argc, argv, &options);
        if (first < 0)
                return EXIT_USAGE;

        if (options_have(&options, OPTION_HELP)) {
                verb_print_help();
                return EXIT_SUCCESS;
        }
        if (options_have(&options, OPTION_VERSION)) {
                puts(CTL_NAME " " MEMPLUGD_VERSION);
                return EXIT_SUCCESS;
        }
        if (first >= argc)
                return run_verb(verb_find("status"), &options, 0, NULL);

        verb = verb_find(argv[first]);
        if (!verb) {
                log_error("there is no verb '%s'; '" CTL_NAME " --help' lists them", argv[first]);
                return EXIT_USAGE;
        }

        return run_verb(verb, &options, argc - first - 1, argv + first + 1);
}

int main(int argc, char **argv) {
        int status;

        output_open();
        (void)setlocale(LC_ALL, "");
        log_open(CTL_NAME);

        status = output_finish(run(argc, argv));
        pager_close();
        return status;
}
