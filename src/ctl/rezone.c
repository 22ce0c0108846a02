/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl rezone: has memplugd move blocks that are online to the other zone, and tells what came of
 * each.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "bus/names.h"
#include "ctl/selection.h"
#include "ctl/task-call.h"
#include "ctl/verb.h"
#include "ctl/view.h"

typedef struct Arguments {
        const char *zone;
        uint64_t timeout; /* µs */
        bool force;
} Arguments;

static int append(const BlockCall *call, sd_bus_message *message) {
        const Arguments *arguments = call->arguments;
        int r;

        r = block_call_append_blocks(call, message);
        return r < 0 ? r
                     : sd_bus_message_append(message, "stb", arguments->zone, arguments->timeout,
                                             (int)arguments->force);
}

static int run(const Options *options, const Snapshot *snapshot, const bool *chosen,
               const Arguments *arguments) {
        _cleanup_(block_call_done) BlockCall call = {
                .method = BUS_METHOD_REZONE,
                .doing = "move that",
                .task = "rezone",
                .append = append,
                .arguments = arguments,
        };
        char as_asked[32];

        if (task_call_take(&call, snapshot, chosen) < 0)
                return EXIT_FAILURE;

        (void)snprintf(as_asked, sizeof(as_asked), "online in %s", arguments->zone);
        return task_call_run(&call, options, as_asked);
}

static int check_usage(const Options *options, int n_words, Arguments *arguments) {
        arguments->zone = options->arguments[OPTION_TO];
        if (n_words == 0) {
                log_error("rezone needs to be told what: blocks, devices, nodes");
                return EXIT_USAGE;
        }
        if (!arguments->zone) {
                log_error("rezone needs to be told where to: --to kernel, or --to movable");
                return EXIT_USAGE;
        }
        if (zone_kind_from_string(arguments->zone) < 0) {
                log_error("--to is kernel or movable, not '%s'", arguments->zone);
                return EXIT_USAGE;
        }
        return task_call_timeout(options, &arguments->timeout) < 0 ? EXIT_USAGE : 0;
}

int rezone_run(const Options *options, int n_arguments, char **arguments) {
        Arguments given = { .force = options_have(options, OPTION_FORCE) };
        _cleanup_free_ bool *chosen = NULL;
        _cleanup_(view_done) View view = {};
        int r;

        r = check_usage(options, n_arguments, &given);
        if (r != 0)
                return r;

        r = view_load_memory(options, &view);
        if (r >= 0)
                r = selection_make(&view.snapshot, n_arguments, arguments, BLOCK_ONLINE,
                                   /* amounts= */ false, &chosen);
        return r < 0 ? EXIT_FAILURE : run(options, &view.snapshot, chosen, &given);
}
