/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl offline: has memplugd take blocks offline, or an amount of memory, and tells what came of
 * each.
 */
#include <stdlib.h>

#include "base/log.h"
#include "bus/names.h"
#include "ctl/offline-show.h"
#include "ctl/selection.h"
#include "ctl/task-call.h"
#include "ctl/verb.h"
#include "ctl/view.h"

typedef struct Arguments {
        uint64_t timeout; /* µs */
        bool keep_partial;
} Arguments;

static int append(const BlockCall *call, sd_bus_message *message) {
        const Arguments *arguments = call->arguments;
        int r;

        r = block_call_append_blocks(call, message);
        return r < 0 ? r
                     : sd_bus_message_append(message, "tb", arguments->timeout,
                                             (int)arguments->keep_partial);
}

static int run(const Options *options, const Snapshot *snapshot, const bool *chosen,
               const Arguments *arguments) {
        _cleanup_(block_call_done) BlockCall call = {
                .method = BUS_METHOD_OFFLINE,
                .doing = "take that offline",
                .task = "offline",
                .append = append,
                .arguments = arguments,
        };

        if (task_call_take(&call, snapshot, chosen) < 0)
                return EXIT_FAILURE;
        return task_call_run(&call, options, "offline");
}

static int show(const Options *options, const Snapshot *snapshot, const bool *chosen) {
        int r;

        r = offline_show(options, snapshot, chosen);
        if (r >= 0)
                return EXIT_SUCCESS;

        (void)log_error_errno(r, "can't show the blocks: %m");
        return EXIT_FAILURE;
}

int offline_run(const Options *options, int n_arguments, char **arguments) {
        Arguments given = { .keep_partial = options_have(options, OPTION_KEEP_PARTIAL) };
        bool dry_run = options_have(options, OPTION_DRY_RUN);
        _cleanup_free_ bool *chosen = NULL;
        _cleanup_(view_done) View view = {};
        int r;

        if (n_arguments == 0) {
                log_error("offline needs to be told what: blocks, devices, nodes, or an amount");
                return EXIT_USAGE;
        }
        if (options_have(options, OPTION_SYSROOT) && !dry_run) {
                log_error("offline takes --sysroot with --dry-run only");
                return EXIT_USAGE;
        }
        if (task_call_timeout(options, &given.timeout) < 0)
                return EXIT_USAGE;

        r = view_load_memory(options, &view);
        if (r >= 0)
                r = selection_make(&view.snapshot, n_arguments, arguments, BLOCK_ONLINE,
                                   /* amounts= */ true, &chosen);
        if (r < 0)
                return EXIT_FAILURE;

        return dry_run ? show(options, &view.snapshot, chosen)
                       : run(options, &view.snapshot, chosen, &given);
}
