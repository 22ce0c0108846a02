#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of explain share: all that is known, and what of it was asked about.
 */
#include "ctl/daemon-state.h"
#include "ctl/fold.h"
#include "ctl/groups.h"
#include "ctl/records.h"

typedef struct Explanation {
        View view;
        Groups groups;
        Records records;
        DaemonState daemon; /* not asked with --sysroot */
        uint64_t now;       /* CLOCK_REALTIME, µs */
} Explanation;

/* What an argument means: one of the two. */
typedef struct Subject {
        const char *argument;
        const Block *block;
        const Group *group;
} Subject;

/* Both print what is known of it. 0 or -ENOMEM. */
int explain_print(const Explanation *explanation, const Subject *subject);
json_object *explain_to_json(const Explanation *explanation, const Subject *subject);

/* When memplugd began the write to the block that is under way (CLOCK_REALTIME, µs); 0: there is none. */
uint64_t explain_write_since(const Explanation *explanation, const Block *block);

/* A block as a fold of its own. */
Fold explain_fold(const Explanation *explanation, const Block *block);

/* The next blocks of a device that are alike: as fold_next(), from *i = 0 on. */
bool explain_next_fold(const Explanation *explanation, const Group *group, size_t *i, Fold *ret);

/* How many records there are of the block's number, but of another one that was there before. */
size_t explain_count_foreign(const Explanation *explanation, const Block *block);

/* What became of the device's blocks that are there now: places are those of ExplainWord. */
typedef struct ExplainCounts {
        size_t n_outcomes[_OUTCOME_MAX];
        size_t n_kinds[_RECORD_KIND_MAX]; /* but RECORD_SETTLED */
} ExplainCounts;

ExplainCounts explain_count(const Explanation *explanation, const Group *group);
