#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What memplugd did with blocks, as it kept that (model/record.h).
 */
#include "ctl/format.h"
#include "ctl/json.h"
#include "model/stuck-blocks.h"

typedef struct Records {
        char *old_text,
                *text; /* which the records' strings lie in; both NULL: there are no files */
        size_t n_records, n_allocated;
        Record *records; /* oldest first */
} Records;

/* Reads them below 'root'. 0, or a negative errno, which was told on standard error. */
int records_load(const char *root, Records *ret);

/* Frees what it holds, not itself. */
void records_done(Records *records);

/* What of it didn't go offline when that was tried last. */
void records_find_stuck(const Records *records, StuckBlocks *ret);

/* Whether it is of this very block, and not of one that was there before it. */
static inline bool record_is_of(const Record *record, const Block *block) {
        return record->block == block->index && record->inode == block->inode;
}

/*
 * For people, without control characters: what happened ("done: put online by memplugd in 1.5 ms, zone
 * Movable"); why, as far as that is kept; and what was asked for, by which rule. The last two may be
 * "". The caller's; NULL: no memory.
 */
char *record_describe(const Record *record);
char *record_describe_reason(const Record *record);
char *record_describe_wish(const Record *record);

json_object *record_to_json(const Record *record);
