/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <getopt.h>
#include <stdio.h>

#include "base/log.h"
#include "daemon/dry-pass.h"
#include "daemon/journal.h"
#include "daemon/manager.h"
#include "daemon/put-back.h"

enum { EXIT_USAGE = 2 };

static const char *arg_config;
static bool arg_service, arg_put_back;

static void print_help(void) {
        printf("memplugd [OPTION…]\n\n"
               "Puts hot-plugged memory online, as /etc/memplugd/memplugd.conf says.\n\n"
               "  -c, --config=FILE      read this config alone, not the usual files\n"
               "      --put-back         put back what a memplugd left of the kernel's settings\n"
               "      --service          leave that to memplugd-put-back.service at the end\n"
               "      --log-level=LEVEL  debug, info, notice, warning, err, … (default: info)\n"
               "  -h, --help             print this\n"
               "      --version          print the version\n\n"
               "See memplugd(8) and memplugd.conf(5).\n");
}

/* Answers 0 to stop here with success, 1 to go on, or -EINVAL, which has been told. */
static int parse_argv(int argc, char *argv[]) {
        enum { ARG_LOG_LEVEL = 0x100, ARG_PUT_BACK, ARG_SERVICE, ARG_VERSION };
        static const struct option options[] = {
                { "config", required_argument, NULL, 'c' },
                { "log-level", required_argument, NULL, ARG_LOG_LEVEL },
                { "put-back", no_argument, NULL, ARG_PUT_BACK },
                { "service", no_argument, NULL, ARG_SERVICE },
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, ARG_VERSION },
                { NULL, 0, NULL, 0 },
        };
        int c, level;

        while ((c = getopt_long(argc, argv, "c:h", options, NULL)) >= 0)
                switch (c) {
                case 'c':
                        arg_config = optarg;
                        break;
                case ARG_LOG_LEVEL:
                        level = log_level_from_string(optarg);
                        if (level < 0)
                                return log_error_errno(level, "Unknown log level '%s'.", optarg);
                        (void)log_set_level(level);
                        break;
                case ARG_PUT_BACK:
                        arg_put_back = true;
                        break;
                case ARG_SERVICE:
                        arg_service = true;
                        break;
                case 'h':
                        print_help();
                        return 0;
                case ARG_VERSION:
                        printf("memplugd " MEMPLUGD_VERSION "\n");
                        return 0;
                default:
                        return -EINVAL;
                }

        if (optind < argc)
                return log_error_errno(-EINVAL, "Unknown argument '%s'.", argv[optind]);
        return 1;
}

int main(int argc, char *argv[]) {
        Manager *manager;
        int r;

        log_open("memplugd");
        r = parse_argv(argc, argv);
        if (r <= 0)
                return r < 0 ? EXIT_USAGE : EXIT_SUCCESS;

        if (arg_put_back)
                return put_back_run() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;

        memory_lock();
        dry_pass();
        log_set_sink(journal_send);
        r = manager_new(arg_config, arg_service, &manager);
        if (r < 0)
                return EXIT_FAILURE;

        r = manager_run(manager);
        if (manager_is_stuck(manager))
                _exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);

        manager_free(manager);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
