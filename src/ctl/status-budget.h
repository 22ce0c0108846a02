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
