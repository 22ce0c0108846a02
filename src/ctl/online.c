/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl online: has memplugd put blocks online by hand, and tells what came of each.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "bus/names.h"
#include "ctl/block-call.h"
#include "ctl/format.h"
#include "ctl/selection.h"
#include "ctl/verb.h"
#include "ctl/view.h"

static int append(const BlockCall *call, sd_bus_message *message) {
        int r;

        r = block_call_append_blocks(call, message);
        return r < 0 ? r : sd_bus_message_append(message, "s", call->arguments);
}

/* All blocks of what was named; of a node those that are offline. */
static int find_blocks(const Snapshot *snapshot, int n_words, char **words, BlockResults *results) {
        _cleanup_free_ bool *chosen = NULL;
        int r;

        r = selection_make(snapshot, n_words, words, BLOCK_OFFLINE, /* amounts= */ false, &chosen);
        for (size_t i = 0; i < snapshot->n_blocks && r >= 0; i++)
                if (chosen[i] && block_results_add(results, snapshot->blocks[i].index) < 0)
                        r = log_error_errno(-ENOMEM, "can't list the blocks: %m");
        return r;
}

static void print_json(const BlockCall *call) {
        _cleanup_(json_object_putp) json_object *object = json_new_object();
        json_object *array = json_new_array();

        json_add(object, "asked_blocks", json_new_number(call->results.n));
        json_add(object, "online_blocks", json_new_number(block_results_count(&call->results)));
        json_add(object, "waited_for_all", json_new_bool(!call->left));
        for (size_t i = 0; i < call->results.n;) {
                const BlockResult *first = &call->results.all[i];

                json_append(array, block_result_range_to_json(
                                           first, block_results_find_last(&call->results, &i)));
        }
        json_add(object, "results", array);
        json_print(object);
}

static void print(const BlockCall *call) {
        size_t n = block_results_count(&call->results), n_all = call->results.n;

        for (size_t i = 0; call->results.n_settled > 0 && i < n_all;) {
                const BlockResult *first = &call->results.all[i];

                block_result_print_range(first, block_results_find_last(&call->results, &i));
        }
        if (n < n_all)
                printf("%zu of %zu block%s %s online as asked for.\n", n, n_all,
                       format_plural(n_all), n == 1 ? "is" : "are");
}

static int run(const Options *options, BlockCall *call) {
        int r;

        r = block_call_make(call, options);
        if (r != 0)
                return r;

        if (options_have(options, OPTION_JSON))
                print_json(call);
        else if (call->exit_code == 0 || call->results.n_settled > 0)
                print(call);
        return block_call_exit_code(call);
}

static int check_usage(int n_arguments, const char *zone) {
        static const char *const zones[] = { BUS_ZONE_MOVABLE, BUS_ZONE_KERNEL, BUS_ZONE_DEFAULT };

        if (n_arguments == 0) {
                log_error("online needs to be told what: blocks, devices, nodes");
                return EXIT_USAGE;
        }
        if (zone && string_table_find(zones, ELEMENTSOF(zones), zone) < 0) {
                log_error("--zone is movable, kernel or default, not '%s'", zone);
                return EXIT_USAGE;
        }
        return 0;
}

int online_run(const Options *options, int n_arguments, char **arguments) {
        const char *zone = options->arguments[OPTION_ZONE];
        _cleanup_(block_call_done) BlockCall call = {
                .method = BUS_METHOD_ONLINE,
                .doing = "put that online",
                .append = append,
                .arguments = zone ?: BUS_ZONE_BY_RULES,
        };
        _cleanup_(view_done) View view = {};
        int r;

        r = check_usage(n_arguments, zone);
        if (r != 0)
                return r;

        r = view_load_memory(options, &view);
        if (r >= 0)
                r = find_blocks(&view.snapshot, n_arguments, arguments, &call.results);
        if (r < 0)
                return EXIT_FAILURE;

        if (call.results.n == 0) {
                log_notice("there is nothing to do: no block of that is offline");
                return EXIT_SUCCESS;
        }
        call.block_size = view.snapshot.block_size;
        return run(options, &call);
}
