/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/outcome.h"

static const char *const outcome_table[] = {
        [OUTCOME_DONE] = "done",
        [OUTCOME_ALREADY] = "already",
        [OUTCOME_WRONG_ZONE] = "wrong-zone",
        [OUTCOME_REFUSED] = "refused",
        [OUTCOME_BUSY] = "busy",
        [OUTCOME_NO_MEMORY] = "no-memory",
        [OUTCOME_VETOED] = "vetoed",
        [OUTCOME_POISONED] = "poisoned",
        [OUTCOME_GONE] = "gone",
        [OUTCOME_CANCELLED] = "cancelled",
};
DEFINE_STRING_TABLE(outcome, Outcome);
