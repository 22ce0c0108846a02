/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/task-call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/parse.h"
#include "bus/names.h"
#include "ctl/format.h"
#include "ctl/kernel-log.h"
#include "ctl/output.h"
#include "model/outcome.h"

#define USEC_PER_SECOND UINT64_C(1000000)

int task_call_timeout(const Options *options, uint64_t *ret) {
        const char *text = options->arguments[OPTION_TIMEOUT];
        uint64_t seconds;

        if (!text) {
                *ret = 0;
                return 0;
        }
        if (parse_suffix(text, "", &seconds) < 0 || seconds == 0 ||
            seconds > BUS_TIMEOUT_MAX / USEC_PER_SECOND) {
                log_error("--timeout is a number of seconds from 1 to %" PRIu64 ", not '%s'",
                          BUS_TIMEOUT_MAX / USEC_PER_SECOND, text);
                return -EINVAL;
        }

        *ret = seconds * USEC_PER_SECOND;
        return 0;
}

int task_call_take(BlockCall *call, const Snapshot *snapshot, const bool *chosen) {
        for (size_t i = 0; i < snapshot->n_blocks; i++)
                if (chosen[i] && block_results_add(&call->results, snapshot->blocks[i].index) < 0)
                        return log_error_errno(-ENOMEM, "can't list the blocks: %m");

        call->block_size = snapshot->block_size;
        return 0;
}

typedef struct Report {
        const BlockCall *call;
        KernelLines lines;
} Report;

static void report_done(Report *report) {
        kernel_lines_done(&report->lines);
}

/* A block that stayed for a reason of its own. */
static bool has_stayed(const BlockResult *result) {
        return result->is_settled && !block_result_is_good(result) && result->error > 0;
}

/* The kernel tried, which it tells of. */
static bool is_busy(const BlockResult *result) {
        return has_stayed(result) &&
               (result->error == EBUSY || result->error == EINTR || result->error == ETIMEDOUT);
}

static int compare(const void *a, const void *b) {
        const BlockResult *x = a, *y = b;

        return (x->index > y->index) - (x->index < y->index);
}

static bool wants(const void *userdata, BlockIndex block) {
        const BlockResults *results = userdata;
        const BlockResult key = { .index = block };
        const BlockResult *result =
                bsearch(&key, results->all, results->n, sizeof(BlockResult), compare);

        return result && has_stayed(result);
}

static void read_kernel(Report *report) {
        const BlockResults *results = &report->call->results;
        long page_size = sysconf(_SC_PAGESIZE);
        bool any = false, busy = false;

        for (size_t i = 0; i < results->n; i++) {
                any |= has_stayed(&results->all[i]);
                busy |= is_busy(&results->all[i]);
        }
        if (!any || page_size <= 0 || report->call->block_size == 0)
                return;

        report->lines.block_size = report->call->block_size;
        report->lines.page_size = (uint64_t)page_size;
        kernel_log_read(report->call->begun, /* waits= */ busy, &report->lines, wants, results);
}

static void print_lines(const KernelLines *lines, BlockIndex first, BlockIndex last) {
        for (size_t i = 0; i < lines->n; i++) {
                const KernelLine *line = &lines->lines[i];

                if (line->block < first || line->block > last)
                        continue;
                printf("  kernel: ");
                if (last > first)
                        printf("memory%" PRIu64 ": ", line->block);
                printf("%s\n", line->text);
        }
}

static bool is_cancelled(const BlockResult *result) {
        return result->is_settled &&
               strcmp(result->word, outcome_to_string(OUTCOME_CANCELLED)) == 0;
}

static void print_summary(const BlockCall *call, const char *as_asked) {
        size_t n = block_results_count(&call->results), n_all = call->results.n, n_cancelled = 0;

        if (n == n_all || call->left)
                return;

        printf("%zu of %zu block%s %s %s", n, n_all, format_plural(n_all), n == 1 ? "is" : "are",
               as_asked);
        for (size_t i = 0; i < n_all; i++)
                n_cancelled += is_cancelled(&call->results.all[i]);
        if (n_cancelled > 0)
                printf("; what is cancelled was put back, or not touched, since %s",
                       call->given_up ? "it was given up" : "another block stayed");
        printf(".\n");
}

static void print(const Report *report, const char *as_asked) {
        const BlockResults *results = &report->call->results;

        for (size_t i = 0; results->n_settled > 0 && i < results->n;) {
                const BlockResult *first = &results->all[i],
                                  *last = block_results_find_last(results, &i);

                block_result_print_range(first, last);
                print_lines(&report->lines, first->index, last->index);
        }
        print_summary(report->call, as_asked);
}

static json_object *lines_to_json(const KernelLines *lines, BlockIndex first, BlockIndex last) {
        json_object *array = json_new_array();

        for (size_t i = 0; i < lines->n; i++) {
                const KernelLine *line = &lines->lines[i];
                json_object *object;

                if (line->block < first || line->block > last)
                        continue;
                object = json_new_object();
                json_add(object, "block", json_new_number(line->block));
                json_add(object, "text", json_new_text(line->text));
                json_append(array, object);
        }
        return array;
}

static void print_json(const Report *report) {
        _cleanup_(json_object_putp) json_object *object = json_new_object();
        const BlockResults *results = &report->call->results;
        json_object *array = json_new_array();

        json_add(object, "asked_blocks", json_new_number(results->n));
        json_add(object, "done_blocks", json_new_number(block_results_count(results)));
        json_add(object, "given_up", json_new_bool(report->call->given_up));
        json_add(object, "waited_for_all", json_new_bool(!report->call->left));
        for (size_t i = 0; i < results->n;) {
                const BlockResult *first = &results->all[i],
                                  *last = block_results_find_last(results, &i);
                json_object *range = block_result_range_to_json(first, last);

                json_add(range, "kernel_lines",
                         lines_to_json(&report->lines, first->index, last->index));
                json_append(array, range);
        }
        json_add(object, "results", array);
        json_print(object);
}

int task_call_run(BlockCall *call, const Options *options, const char *as_asked) {
        _cleanup_(report_done) Report report = { .call = call };
        int r;

        if (call->results.n == 0) {
                log_notice("there is nothing to do: no block of that is online");
                return EXIT_SUCCESS;
        }

        r = block_call_make(call, options);
        if (r != 0)
                return r;

        if (!call->left)
                read_kernel(&report);
        if (options_have(options, OPTION_JSON))
                print_json(&report);
        else if (call->exit_code == 0 || call->results.n_settled > 0)
                print(&report, as_asked);
        return block_call_exit_code(call);
}
