/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl explain: why a block or a device is as it is, and what was done with it. What is wanted
 * is judged anew, as list does; what was done is read from what memplugd kept.
 */
#include "ctl/explain.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/parse.h"
#include "ctl/report.h"
#include "ctl/verb.h"

static void explanation_done(Explanation *explanation) {
        records_done(&explanation->records);
        groups_done(&explanation->groups);
        view_done(&explanation->view);
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

static bool is_number(const char *word) {
        return word[0] && word[strspn(word, "0123456789")] == 0;
}

static bool is_address(const char *word) {
        return word[0] == '0' && (word[1] == 'x' || word[1] == 'X');
}

static int find_block(const Snapshot *snapshot, const char *word, BlockIndex index,
                      Subject *subject) {
        subject->block = snapshot_find(snapshot, index);
        if (subject->block)
                return 0;

        log_error("there is no memory%" PRIu64 ": '%s' is no block of this machine", index, word);
        return -ENOENT;
}

static int find_address(const Snapshot *snapshot, const char *word, uint64_t address,
                        Subject *subject) {
        subject->block = snapshot_find(snapshot, address / snapshot->block_size);
        if (subject->block)
                return 0;

        log_error("no memory block has the address %s", word);
        return -ENOENT;
}

static int find_device(const Groups *groups, const char *word, Subject *subject) {
        for (size_t i = 0; i < groups->n_groups; i++) {
                const Group *group = &groups->groups[i];

                if (group->device && strcmp(group->device->name, word) == 0) {
                        subject->group = group;
                        return 0;
                }
        }

        log_error(
                "'%s' is no block (34, memory34), no address (0x110000000), and no device that has "
                "memory here ('" CTL_NAME " devices' lists them)",
                word);
        return -ENOENT;
}

/* -ENOENT: there is no such thing, which was told. */
static int find_subject(const Explanation *explanation, const char *word, Subject *ret) {
        const Snapshot *snapshot = &explanation->view.snapshot;
        uint64_t number;

        *ret = (Subject){ .argument = word };
        if (parse_suffix(word, "memory", &number) == 0)
                return find_block(snapshot, word, number, ret);
        if (is_number(word) && parse_u64(word, &number) == 0)
                return find_block(snapshot, word, number, ret);
        if (is_address(word) && parse_u64(word, &number) == 0)
                return find_address(snapshot, word, number, ret);

        return find_device(&explanation->groups, word, ret);
}

static int load(const Options *options, Explanation *explanation) {
        int r;

        r = view_load(options, &explanation->view);
        if (r >= 0)
                r = records_load(options_sysroot(options), &explanation->records);
        if (r < 0)
                return r;

        r = groups_gather(&explanation->view.snapshot, &explanation->groups);
        if (r < 0)
                return log_error_errno(r, "can't explain anything: %m");
        if (!explanation->view.config_is_valid)
                report_tell_broken(&explanation->view.report, "what is wanted is");
        return 0;
}

static int explain_as_text(const Explanation *explanation, int n_arguments, char **arguments) {
        bool first = true;
        int status = EXIT_SUCCESS;

        for (int i = 0; i < n_arguments; i++) {
                Subject subject;

                if (find_subject(explanation, arguments[i], &subject) < 0) {
                        status = EXIT_FAILURE;
                        continue;
                }
                if (!first)
                        (void)putchar('\n');
                first = false;
                if (explain_print(explanation, &subject) < 0) {
                        (void)log_error_errno(-ENOMEM, "can't explain '%s': %m", arguments[i]);
                        return EXIT_FAILURE;
                }
        }
        return status;
}

static int explain_as_json(const Explanation *explanation, int n_arguments, char **arguments) {
        _cleanup_(json_object_putp) json_object *object = json_new_object();
        json_object *array = json_new_array();
        int status = EXIT_SUCCESS;

        for (int i = 0; i < n_arguments; i++) {
                Subject subject;

                if (find_subject(explanation, arguments[i], &subject) < 0)
                        status = EXIT_FAILURE;
                else
                        json_append(array, explain_to_json(explanation, &subject));
        }

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
