/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl explain: why a block or a device is as it is, and what was done with it. What is wanted
 * is judged anew, as list does; what was done is read from what memplugd kept.
 */
#include "ctl/explain.h"

#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "ctl/report.h"
#include "ctl/verb.h"
#include "ctl/what.h"

static void explanation_done(Explanation *explanation) {
        records_done(&explanation->records);
        groups_done(&explanation->groups);
        view_done(&explanation->view);
        daemon_state_done(&explanation->daemon);
}

uint64_t explain_write_since(const Explanation *explanation, const Block *block) {
        const DaemonState *daemon = &explanation->daemon;

        return daemon->presence == DAEMON_RUNS && daemon->current_block == block->index
                       ? daemon->current_since
                       : 0;
}

Fold explain_fold(const Explanation *explanation, const Block *block) {
        size_t i = (size_t)(block - explanation->view.snapshot.blocks);
        Fold fold = {};

        (void)fold_next(&explanation->view, FOLD_NOTHING, &i, &fold);
        return fold;
}

bool explain_next_fold(const Explanation *explanation, const Group *group, size_t *i, Fold *ret) {
        const Snapshot *snapshot = &explanation->view.snapshot;

        while (fold_next(&explanation->view, FOLD_ALIKE, i, ret))
                if (snapshot_device(snapshot, ret->block) == group->device)
                        return true;

        return false;
}

size_t explain_count_foreign(const Explanation *explanation, const Block *block) {
        size_t n = 0;

        for (size_t i = 0; i < explanation->records.n_records; i++) {
                const Record *record = &explanation->records.records[i];

                n += record->block == block->index && record->inode != 0 &&
                     !record_is_of(record, block);
        }
        return n;
}

ExplainCounts explain_count(const Explanation *explanation, const Group *group) {
        const Snapshot *snapshot = &explanation->view.snapshot;
        ExplainCounts counts = {};

        for (size_t i = 0; i < explanation->records.n_records; i++) {
                const Record *record = &explanation->records.records[i];
                const Block *block = snapshot_find(snapshot, record->block);

                if (!block || !record_is_of(record, block) ||
                    snapshot_device(snapshot, block) != group->device)
                        continue;
                if (record->kind == RECORD_SETTLED)
                        counts.n_outcomes[record->outcome]++;
                else
                        counts.n_kinds[record->kind]++;
        }
        return counts;
}

/* The next subject that a word means, from *i = 0 on: its device, or one block after the other. */
static bool next_subject(const Explanation *explanation, const What *what, size_t *i,
                         Subject *subject) {
        const Snapshot *snapshot = &explanation->view.snapshot;
        const Groups *groups = &explanation->groups;

        if (what->kind == WHAT_DEVICE) {
                const Device *device = &snapshot->devices[what->device - 1];

                while (*i < groups->n_groups && groups->groups[*i].device != device)
                        (*i)++;
                subject->group = *i < groups->n_groups ? &groups->groups[*i] : NULL;
                *i = groups->n_groups;
                return subject->group;
        }

        while (*i < snapshot->n_blocks && !what_has(what, &snapshot->blocks[*i]))
                (*i)++;
        if (*i >= snapshot->n_blocks)
                return false;

        subject->block = &snapshot->blocks[(*i)++];
        return true;
}

static int load(const Options *options, Explanation *explanation) {
        StuckBlocks stuck;
        int r;

        if (!options_have(options, OPTION_SYSROOT))
                daemon_state_ask(&explanation->daemon);
        explanation->now = clock_usec(CLOCK_REALTIME);

        r = view_load(options, &explanation->view);
        if (r >= 0)
                r = records_load(options_sysroot(options), &explanation->records);
        if (r < 0)
                return r;

        records_find_stuck(&explanation->records, &stuck);
        r = groups_gather(&explanation->view, &stuck, &explanation->groups);
        if (r < 0)
                return log_error_errno(r, "can't explain anything: %m");
        if (!explanation->view.config_is_valid)
                report_tell_broken(&explanation->view.report, "what is wanted is");
        return 0;
}

static int explain_word_as_text(const Explanation *explanation, const char *word, bool *first) {
        Subject subject = { .argument = word };
        size_t i = 0;
        What what;

        if (what_find(&explanation->view.snapshot, word, &what) < 0)
                return EXIT_FAILURE;

        while (next_subject(explanation, &what, &i, &subject)) {
                if (!*first)
                        (void)putchar('\n');
                *first = false;
                if (explain_print(explanation, &subject) < 0) {
                        (void)log_error_errno(-ENOMEM, "can't explain '%s': %m", word);
                        return EXIT_FAILURE;
                }
        }
        return EXIT_SUCCESS;
}

static int explain_word_as_json(const Explanation *explanation, const char *word,
                                json_object *array) {
        Subject subject = { .argument = word };
        size_t i = 0;
        What what;

        if (what_find(&explanation->view.snapshot, word, &what) < 0)
                return EXIT_FAILURE;

        while (next_subject(explanation, &what, &i, &subject))
                json_append(array, explain_to_json(explanation, &subject));
        return EXIT_SUCCESS;
}

static int explain_as_text(const Explanation *explanation, int n_arguments, char **arguments) {
        int status = EXIT_SUCCESS;
        bool first = true;

        for (int i = 0; i < n_arguments; i++)
                if (explain_word_as_text(explanation, arguments[i], &first) != EXIT_SUCCESS)
                        status = EXIT_FAILURE;
        return status;
}

static int explain_as_json(const Explanation *explanation, int n_arguments, char **arguments) {
        _cleanup_(json_object_putp) json_object *object = json_new_object();
        json_object *array = json_new_array();
        int status = EXIT_SUCCESS;

        for (int i = 0; i < n_arguments; i++)
                if (explain_word_as_json(explanation, arguments[i], array) != EXIT_SUCCESS)
                        status = EXIT_FAILURE;

        json_add(object, "sources_hidden",
                 json_new_bool(explanation->view.snapshot.sources_hidden));
        json_add(object, "config_valid", json_new_bool(explanation->view.config_is_valid));
        json_add(object, "block_size", json_new_number(explanation->view.snapshot.block_size));
        json_add(object, "explained", array);
        json_print(object);
        return status;
}

int explain_run(const Options *options, int n_arguments, char **arguments) {
        _cleanup_(explanation_done) Explanation explanation = {};

        if (n_arguments == 0) {
                log_error("explain needs a block (34, memory34), an address (0x110000000) or a "
                          "device");
                return EXIT_USAGE;
        }
        if (load(options, &explanation) < 0)
                return EXIT_FAILURE;

        return options_have(options, OPTION_JSON)
                       ? explain_as_json(&explanation, n_arguments, arguments)
                       : explain_as_text(&explanation, n_arguments, arguments);
}
