/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl status: the config, the nodes, and what isn't as it should be, on one screen.
 */
#include "ctl/status.h"

#include "base/clock.h"
#include "base/log.h"
#include "ctl/fold.h"
#include "ctl/verb.h"

static void status_done(Status *status) {
        view_done(&status->view);
        totals_done(&status->totals);
        daemon_state_done(&status->daemon);
}

static int gather(const Options *options, Status *ret) {
        _cleanup_(status_done) Status status = {};
        Fold fold;
        int r;

        if (!options_have(options, OPTION_SYSROOT))
                daemon_state_ask(&status.daemon);
        status.now = clock_usec(CLOCK_REALTIME);

        r = view_load(options, &status.view);
        if (r < 0)
                return r;

        r = totals_count(&status.view.snapshot, &status.totals);
        if (r < 0)
                return log_error_errno(r, "can't count the memory blocks: %m");

        for (size_t i = 0; fold_next(&status.view, FOLD_TROUBLE, &i, &fold);)
                status.n_troubled[fold.trouble] += fold_count(&fold);

        *ret = status;
        status = (Status){};
        return 0;
}

/* Offline is wrong unless somebody is about to decide. */
static bool has_trouble(const Status *status) {
        if (status->n_troubled[TROUBLE_WRONG_ZONE] > 0)
                return true;

        return status->n_troubled[TROUBLE_OFFLINE] > 0 && status->daemon.open == 0 &&
               status->daemon.n_holds == 0;
}

/* A copy of a machine has no health: there, only the config is judged. */
static int find_exit_code(const Status *status) {
        bool config_is_valid = status->view.config_is_valid && status->daemon.config_errors == 0;

        switch (status->daemon.presence) {
        case DAEMON_NOT_ASKED:
                return config_is_valid ? EXIT_SUCCESS : EXIT_FAILURE;
        case DAEMON_NO_BUS:
        case DAEMON_ABSENT:
                return EXIT_NO_DAEMON;
        case DAEMON_RUNS:
                return config_is_valid && !has_trouble(status) ? EXIT_SUCCESS : EXIT_FAILURE;
        default:
                return EXIT_FAILURE;
        }
}

int status_run(const Options *options, int n_arguments, char **arguments) {
        _cleanup_(status_done) Status status = {};
        int r;

        r = gather(options, &status);
        if (r < 0)
                return EXIT_FAILURE;

        if (options_have(options, OPTION_JSON))
                status_print_json(&status);
        else {
                r = status_print(&status, options_have(options, OPTION_ALL));
                if (r < 0) {
                        (void)log_error_errno(r, "can't show the status: %m");
                        return EXIT_FAILURE;
                }
        }

        return find_exit_code(&status);
}
