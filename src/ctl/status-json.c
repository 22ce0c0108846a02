/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/fold.h"
#include "ctl/groups.h"
#include "ctl/report.h"
#include "ctl/status-budget.h"
#include "ctl/status-daemon.h"
#include "ctl/status.h"
#include "rules/kernel-words.h"

static json_object *total_to_json(const Status *status, const NodeTotal *total, bool with_node) {
        json_object *object = json_new_object();

        if (with_node)
                json_add(object, "node",
                         total->node == NODE_UNKNOWN ? NULL
                                                     : json_new_number((uint64_t)total->node));
        shares_add_to_json(object, total->n_blocks, status->view.snapshot.block_size);
        return object;
}

static json_object *nodes_to_json(const Status *status) {
        json_object *array = json_new_array();

        for (size_t i = 0; i < status->totals.n_nodes; i++)
                json_append(array, total_to_json(status, &status->totals.nodes[i],
                                                 /* with_node= */ true));
        return array;
}

static json_object *troubles_to_json(const Status *status) {
        json_object *array = json_new_array();
        Fold fold;

        for (size_t i = 0; fold_next(&status->view, FOLD_ALIKE, &i, &fold);)
                if (fold.trouble != TROUBLE_NONE)
                        json_append(array, fold_to_json(&status->view, &fold));
        return array;
}

/* Null: new memory doesn't hold its own map. */
static json_object *own_map_to_json(const OwnMap *own) {
        json_object *object;

        if (own->block_bytes == 0)
                return NULL;

        object = json_new_object();
        json_add(object, "block_bytes", json_new_number(own->block_bytes));
        json_add(object, "large_devices", json_new_bool(own->large));
        return object;
}

void status_print_json(const Status *status) {
        _cleanup_(json_object_putp) json_object *object = json_new_object();
        const View *view = &status->view;
        _cleanup_free_ char *why = kernel_words_explain_auto(view->policy);

        json_add(object, "mode", json_new_text(mode_to_string(view->policy->mode)));
        json_add(object, "active_mode", json_new_text(mode_to_string(view->policy->active)));
        json_add(object, "active_mode_reason", json_new_text(why));
        json_add(object, "daemon", status_daemon_to_json(&status->daemon));
        json_add(object, "config",
                 report_to_json(&view->report, view->policy, view->config_is_valid));
        json_add(object, "auto_online_blocks",
                 view->auto_online[0] ? json_new_text(view->auto_online) : NULL);
        json_add(object, "auto_online_blocks_before",
                 view->taken_over[0] ? json_new_text(view->taken_over) : NULL);
        json_add(object, "own_map", own_map_to_json(&view->own_map));
        json_add(object, "budget", status_budget_to_json(status));
        json_add(object, "sources_hidden", json_new_bool(view->snapshot.sources_hidden));
        json_add(object, "block_size", json_new_number(view->snapshot.block_size));
        json_add(object, "nodes", nodes_to_json(status));
        json_add(object, "total",
                 total_to_json(status, &status->totals.all, /* with_node= */ false));
        json_add(object, "offline_blocks_wanted_online",
                 json_new_number(status->n_troubled[TROUBLE_OFFLINE]));
        json_add(object, "blocks_in_wrong_zone",
                 json_new_number(status->n_troubled[TROUBLE_WRONG_ZONE]));
        json_add(object, "troubles", troubles_to_json(status));
        json_print(object);
}
