/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/record.h"

static const char *const record_kind_table[] = {
        [RECORD_SETTLED] = "settled",
        [RECORD_LEFT] = "left",
        [RECORD_RELEASED] = "released",
};
DEFINE_STRING_TABLE(record_kind, RecordKind);

static const char *const onliner_table[] = {
        [ONLINER_NONE] = "nobody", [ONLINER_MEMPLUGD] = "memplugd", [ONLINER_KERNEL] = "kernel",
        [ONLINER_OTHER] = "other", [ONLINER_UNKNOWN] = "unknown",
};
DEFINE_STRING_TABLE(onliner, Onliner);

const char *record_word(const Record *record) {
        return record->kind == RECORD_SETTLED ? outcome_to_string(record->outcome)
                                              : record_kind_to_string(record->kind);
}
