#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The budget of "auto" in status.
 */
#include "ctl/json.h"
#include "ctl/status.h"

#define BUDGET_LINES_MAX 6

typedef struct BudgetLines {
        size_t n; /* none without "auto" */
        char *lines[BUDGET_LINES_MAX];
} BudgetLines;

/* Of at most 80 characters each, unless 'all'. 0 or -ENOMEM. The caller ends *ret. */
int budget_lines_make(const Status *status, bool all, BudgetLines *ret);
void budget_lines_done(BudgetLines *lines);

/* An object; NULL without "auto". The caller's. */
json_object *status_budget_to_json(const Status *status);

/*
 * The nodes that have memory for "auto", and never get movable memory from it because of numa_aware:
 * "1-3,8"; "" if there is none. The caller's; NULL: no memory.
 */
char *status_budget_barred_nodes(const Status *status);
