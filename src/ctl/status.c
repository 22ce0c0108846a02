/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl status: the config, the nodes, and what isn't as it should be, on one screen.
 */
#include "ctl/status.h"

#include "base/log.h"
#include "ctl/fold.h"
#include "ctl/verb.h"

static void status_done(Status *status) {
        view_done(&status->view);
        totals_done(&status->totals);
}

static int gather(const Options *options, Status *ret) {
        _cleanup_(status_done) Status status = {};
        Fold fold;
        int r;

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

        return status.view.config_is_valid ? EXIT_SUCCESS : EXIT_FAILURE;
}
