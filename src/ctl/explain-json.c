/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/explain.h"

static json_object *records_of_block(const Explanation *explanation, const Block *block) {
        json_object *array = json_new_array();

        for (size_t i = 0; i < explanation->records.n_records; i++) {
                const Record *record = &explanation->records.records[i];

                if (record_is_of(record, block))
                        json_append(array, record_to_json(record));
        }
        return array;
}

static void add_block(json_object *object, const Explanation *explanation, const Block *block) {
        uint64_t since = explain_write_since(explanation, block);
        Fold fold = explain_fold(explanation, block);

        json_add(object, "write_since_usec", since > 0 ? json_new_number(since) : NULL);
        json_add(object, "block", fold_to_json(&explanation->view, &fold));
        json_add(object, "own_map_bytes",
                 json_new_number(own_map_of_block(&explanation->view.own_map,
                                                  &explanation->view.snapshot, block)));
        json_add(object, "records", records_of_block(explanation, block));
        json_add(object, "records_of_earlier_blocks",
                 json_new_number(explain_count_foreign(explanation, block)));
}

static json_object *counts_to_json(const ExplainCounts *counts) {
        json_object *object = json_new_object();

        for (Outcome outcome = 0; outcome < _OUTCOME_MAX; outcome++)
                json_add(object, outcome_to_string(outcome),
                         json_new_number(counts->n_outcomes[outcome]));
        for (RecordKind kind = RECORD_SETTLED + 1; kind < _RECORD_KIND_MAX; kind++)
                json_add(object, record_kind_to_string(kind),
                         json_new_number(counts->n_kinds[kind]));
        return object;
}

static void add_device(json_object *object, const Explanation *explanation, const Group *group) {
        const ExplainCounts counts = explain_count(explanation, group);
        json_object *array = json_new_array();
        Fold fold;

        for (size_t i = 0; explain_next_fold(explanation, group, &i, &fold);)
                json_append(array, fold_to_json(&explanation->view, &fold));

        json_add(object, "device", group_to_json(&explanation->view.snapshot, group));
        json_add(object, "blocks", array);
        json_add(object, "outcomes", counts_to_json(&counts));
}

json_object *explain_to_json(const Explanation *explanation, const Subject *subject) {
        json_object *object = json_new_object();

        json_add(object, "what", json_new_text(subject->argument));
        if (subject->block)
                add_block(object, explanation, subject->block);
        else
                add_device(object, explanation, subject->group);
        return object;
}
