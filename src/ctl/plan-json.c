/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "ctl/json.h"
#include "ctl/plan.h"
#include "ctl/reason.h"

static json_object *text_or_null(bool known, const char *text) {
        return known ? json_new_text(text) : NULL;
}

static void add_rule(json_object *object, const Verdict *verdict) {
        const Rule *rule = verdict->rule;

        json_add(object, "wanted", text_or_null(rule, online_to_string(verdict->online)));
        json_add(object, "rule", rule ? json_new_text(rule->name) : NULL);
        json_add(object, "rule_file", rule ? json_new_text(rule->file) : NULL);
        json_add(object, "rule_line", rule && rule->file ? json_new_number(rule->line) : NULL);
}

static json_object *fate_to_json(const Plan *plan, const Fate *fate) {
        json_object *object = json_new_object();
        const Verdict *verdict = &fate->verdict;
        bool written = fate->online != ONLINE_LEAVE, hindered = fate->hindrance != HINDRANCE_NONE;
        _cleanup_free_ char *why = hindered ? plan_explain(plan, fate) : NULL;

        json_add(object, "block", json_new_number(verdict->block));
        json_add(object, "node",
                 verdict->node == NODE_UNKNOWN ? NULL : json_new_number((uint64_t)verdict->node));
        if (written) {
                json_add(object, "word", json_new_text(online_to_state_word(fate->online)));
                json_add(object, "moved", json_new_bool(fate->moved));
                json_add(object, "by", json_new_text(fate->by_kernel ? "kernel" : "memplugd"));
        } else
                json_add(object, "state", json_new_text(fate->is_online ? "online" : "offline"));
        json_add(object, "zone",
                 fate->zone >= 0 ? json_new_text(zone_kind_to_string(fate->zone)) : NULL);
        add_rule(object, verdict);
        json_add(object, "budget", reason_to_json_with_text(&verdict->budget));
        json_add(object, "hindrance", text_or_null(hindered, hindrance_to_string(fate->hindrance)));
        json_add(object, "why_not", json_new_text(why));
        return object;
}

/* Printed as they are made: there may be very many. */
static void print_fates(const Plan *plan, const char *key, const Fates *fates) {
        printf(",\n      \"%s\": [", key);
        for (size_t i = 0; i < fates->n; i++) {
                _cleanup_(json_object_putp) json_object *object =
                        fate_to_json(plan, &fates->fates[i]);

                printf("%s\n        ", i > 0 ? "," : "");
                json_print_line(object);
        }
        printf("%s]", fates->n > 0 ? "\n      " : "");
}

static json_object *addition_to_json(const Addition *addition) {
        json_object *object;

        if (!addition)
                return NULL;

        object = json_new_object();
        json_add(object, "text", json_new_text(addition->text));
        json_add(object, "source", json_new_text(source_to_string(addition->source)));
        json_add(object, "bytes", json_new_number(addition->size));
        json_add(object, "node", json_new_number((uint64_t)addition->node));
        json_add(object, "first_block", json_new_number(addition->first));
        json_add(object, "last_block", json_new_number(addition->last));
        return object;
}

static json_object *map_to_json(const Stage *stage) {
        const MemoryMap *map = &stage->map;
        json_object *object;

        if (!stage->addition)
                return NULL;

        object = json_new_object();
        json_add(object, "bytes", json_new_number(map->bytes));
        json_add(object, "from_itself", json_new_bool(map->from_itself));
        json_add(object, "kernel_free_bytes", map->free_known ? json_new_number(map->free) : NULL);
        json_add(object, "fits",
                 map->free_known || map->from_itself ? json_new_bool(map->fits) : NULL);
        return object;
}

#define STAGE_INDENT "      "

static void print_pair(const char *indent, const char *key, json_object *value) {
        _cleanup_(json_object_putp) json_object *object = value;

        printf("%s\"%s\": ", indent, key);
        if (object)
                json_print_line(object);
        else
                printf("null");
}

static void print_stage(const Plan *plan, const Stage *stage) {
        printf("\n    {\n");
        print_pair(STAGE_INDENT, "added", addition_to_json(stage->addition));
        printf(",\n");
        print_pair(STAGE_INDENT, "budget_before", reason_to_json(&stage->before));
        printf(",\n");
        print_pair(STAGE_INDENT, "budget_after", reason_to_json(&stage->after));
        printf(",\n");
        print_pair(STAGE_INDENT, "memory_map", map_to_json(stage));
        print_fates(plan, "writes", &stage->writes);
        print_fates(plan, "left", &stage->left);
        printf("\n    }");
}

static json_object *notes_to_json(const Plan *plan, bool warnings) {
        json_object *array = json_new_array();

        for (size_t i = 0; i < plan->n_notes; i++)
                if (plan->notes[i].warning == warnings)
                        json_append(array, json_new_text(plan->notes[i].text));
        return array;
}

static void print_line(const char *key, json_object *value) {
        print_pair("  ", key, value);
        printf(",\n");
}

void plan_print_json(const Plan *plan) {
        const View *view = &plan->view;

        printf("{\n");
        print_line("config_valid", json_new_bool(view->config_is_valid));
        print_line("mode", json_new_text(mode_to_string(view->policy->mode)));
        print_line("active_mode", json_new_text(mode_to_string(plan->facts.mode)));
        print_line("sources_hidden", json_new_bool(view->snapshot.sources_hidden));
        print_line("block_size", json_new_number(view->snapshot.block_size));
        print_line("zone_rule",
                   plan->rule < 0 ? NULL : json_new_text(zone_rule_to_string(plan->rule)));
        print_line("warnings", notes_to_json(plan, true));
        print_line("notes", notes_to_json(plan, false));
        printf("  \"stages\": [");
        for (size_t i = 0; i < plan->n_stages; i++) {
                printf("%s", i > 0 ? "," : "");
                print_stage(plan, &plan->stages[i]);
        }
        printf("\n  ]\n}\n");
}
