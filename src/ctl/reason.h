#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Why "auto" came to what it came to, for programs.
 */
#include "ctl/json.h"
#include "rules/budget.h"

/* "fits", "over_ratio", "over_node", "below_min", "broken_unit", "unknown". */
DECLARE_STRING_TABLE(reason_cause, BudgetCause);

/*
 * An object with the cause and the numbers, null for those that weren't asked for. The caller's; NULL if
 * there is no "auto" in it.
 */
json_object *reason_to_json(const BudgetReason *reason);

/* The same, and in words as "text". */
json_object *reason_to_json_with_text(const BudgetReason *reason);
