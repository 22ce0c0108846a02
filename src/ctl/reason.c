/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/reason.h"

static const char *const reason_cause_table[] = {
        [BUDGET_NOT_ASKED] = "not_asked",   [BUDGET_FITS] = "fits",
        [BUDGET_OVER_RATIO] = "over_ratio", [BUDGET_OVER_NODE] = "over_node",
        [BUDGET_BELOW_MIN] = "below_min",   [BUDGET_BROKEN_UNIT] = "broken_unit",
        [BUDGET_UNKNOWN] = "unknown",
};
DEFINE_STRING_TABLE(reason_cause, BudgetCause);

static void add_number(json_object *object, const char *key, bool known, uint64_t number) {
        json_add(object, key, known ? json_new_number(number) : NULL);
}

json_object *reason_to_json(const BudgetReason *reason) {
        bool counted = reason->cause != BUDGET_UNKNOWN, held_against_ratio;
        json_object *object;

        if (reason->cause == BUDGET_NOT_ASKED)
                return NULL;

        held_against_ratio =
                counted && reason->cause != BUDGET_BELOW_MIN && reason->cause != BUDGET_BROKEN_UNIT;
        object = json_new_object();
        json_add(object, "cause", json_new_text(reason_cause_to_string(reason->cause)));
        json_add(object, "on_node",
                 reason->node < 0 ? NULL : json_new_number((uint64_t)reason->node));
        add_number(object, "movable_before", held_against_ratio, reason->before);
        add_number(object, "movable_after", held_against_ratio, reason->after);
        add_number(object, "movable_limit", held_against_ratio, reason->limit);
        add_number(object, "kernel_base", held_against_ratio, reason->base);
        add_number(object, "others_movable", held_against_ratio, reason->others);
        add_number(object, "others_needed", held_against_ratio, reason->needed);
        add_number(object, "kernel_in_all", counted, reason->kernel);
        add_number(object, "kernel_min", counted, reason->kernel_min);
        add_number(object, "ratio_percent", counted, reason->ratio);
        return object;
}

json_object *reason_to_json_with_text(const BudgetReason *reason) {
        json_object *object = reason_to_json(reason);
        char text[BUDGET_REASON_TEXT_MAX];

        if (object)
                json_add(object, "text", json_new_text(budget_reason_format(reason, text)));
        return object;
}
