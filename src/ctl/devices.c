/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl devices: what is plugged and unplugged as one, and all the memory besides.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "ctl/groups.h"
#include "ctl/json.h"
#include "ctl/legend.h"
#include "ctl/table.h"
#include "ctl/verb.h"
#include "ctl/view.h"

typedef struct Devices {
        View view;
        Totals totals;
        Groups groups;
} Devices;

typedef enum Column {
        COLUMN_DEVICE,
        COLUMN_SOURCE,
        COLUMN_NODE,
        COLUMN_SIZE,
        COLUMN_BLOCKS,
        COLUMN_STATE,
        COLUMN_ZONES,
        COLUMN_REMOVABLE,
        _COLUMN_MAX,
} Column;

static const TableColumn column_table[_COLUMN_MAX] = {
        [COLUMN_DEVICE] = { "DEVICE", 0 },
        [COLUMN_SOURCE] = { "SOURCE", 0 },
        [COLUMN_NODE] = { "NODE", SCOLS_FL_RIGHT },
        [COLUMN_SIZE] = { "SIZE", SCOLS_FL_RIGHT },
        [COLUMN_BLOCKS] = { "BLOCKS", 0 },
        [COLUMN_STATE] = { "STATE", 0 },
        [COLUMN_ZONES] = { "ZONES", 0 },
        [COLUMN_REMOVABLE] = { "REMOVABLE", SCOLS_FL_TRUNC },
};

static void devices_done(Devices *devices) {
        groups_done(&devices->groups);
        totals_done(&devices->totals);
        view_done(&devices->view);
}

/* "32-39,41". The caller's; NULL: no memory. */
static char *blocks_text(const BlockList *list) {
        char *text = NULL;
        size_t size = 0;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return NULL;

        for (size_t i = 0; i < list->n_ranges; i++) {
                char range[FORMAT_TEXT_MAX];

                (void)fprintf(f, "%s%s", i > 0 ? "," : "",
                              format_blocks(list->ranges[i].first, list->ranges[i].last, range));
        }
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}

/* "online", "offline", "6 of 8 online"; and what the kernel calls the device's state itself. */
static void format_state(const Group *group, char text[FORMAT_TEXT_MAX]) {
        uint64_t n = group_count(group), n_online = n - group->n_blocks[SHARE_OFFLINE];
        const char *own = group->device ? group->device->state : "";
        int k = 0;

        if (n_online > 0 && n_online < n)
                k = snprintf(text, FORMAT_TEXT_MAX, "%" PRIu64 " of %" PRIu64 " ", n_online, n);
        (void)snprintf(text + k, FORMAT_TEXT_MAX - (size_t)k, "%s%s%s%s",
                       n_online > 0 ? "online" : "offline", *own ? " (" : "", own, *own ? ")" : "");
}

/* Where that of it is which is online. NULL: nowhere, or the kernel doesn't tell. */
static const char *zones_word(const Group *group) {
        bool kernel = group->n_blocks[SHARE_KERNEL] > 0;
        bool movable = group->n_blocks[SHARE_MOVABLE] > 0;

        if (kernel && movable)
                return "mixed";

        return kernel ? "kernel" : movable ? "movable" : NULL;
}

/* The caller's; NULL: no memory. */
static char *removable_text(const Group *group) {
        static const char *const words[] = {
                [REMOVABLE_YES] = "yes",
                [REMOVABLE_UNKNOWN] = "unknown",
                [REMOVABLE_NOTHING] = "-",
        };
        Removable removable = group_removable(group);
        _cleanup_free_ char *blocks = NULL;
        uint64_t n = block_list_count(&group->kernel);
        char *text;

        if (removable != REMOVABLE_NO)
                return strdup(words[removable]);

        blocks = blocks_text(&group->kernel);
        if (!blocks || asprintf(&text, "no, %" PRIu64 " block%s in the kernel zone: %s", n,
                                format_plural(n), blocks) < 0)
                return NULL;

        return text;
}

static int add_line(struct libscols_table *table, const Options *options, const View *view,
                    const Group *group) {
        _cleanup_free_ char *blocks = blocks_text(&group->blocks);
        _cleanup_free_ char *removable = removable_text(group);
        char node[FORMAT_TEXT_MAX], size[FORMAT_TEXT_MAX], state[FORMAT_TEXT_MAX];
        struct libscols_line *line = scols_table_new_line(table, NULL);
        int r = 0;

        if (!blocks || !removable || !line)
                return -ENOMEM;

        format_state(group, state);
        const char *const texts[_COLUMN_MAX] = {
                [COLUMN_DEVICE] = group->device ? group->device->name : "-",
                [COLUMN_SOURCE] = source_to_string(group->source),
                [COLUMN_NODE] = format_node(group->node, node),
                [COLUMN_SIZE] =
                        legend_size(options, group_count(group) * view->snapshot.block_size, size),
                [COLUMN_BLOCKS] = blocks,
                [COLUMN_STATE] = state,
                [COLUMN_ZONES] = zones_word(group) ?: "-",
                [COLUMN_REMOVABLE] = removable,
        };
        for (Column column = 0; column < _COLUMN_MAX && r == 0; column++)
                r = scols_line_set_data(line, column, texts[column]);

        return r;
}

static int print_table(const Options *options, const Devices *devices) {
        _cleanup_(scols_unref_tablep) struct libscols_table *table = NULL;
        int r;

        r = table_new(column_table, _COLUMN_MAX,
                      /* headings= */ !options_have(options, OPTION_NO_LEGEND), &table);
        if (r < 0)
                return r;

        for (size_t i = 0; i < devices->groups.n_groups; i++) {
                r = add_line(table, options, &devices->view, &devices->groups.groups[i]);
                if (r < 0)
                        return r;
        }

        r = scols_print_table(table);
        if (r < 0)
                return r;

        legend_print(options, &devices->view.snapshot, &devices->totals);
        return 0;
}

static json_object *blocks_to_json(const BlockList *list) {
        json_object *array = json_new_array();

        for (size_t i = 0; i < list->n_ranges; i++) {
                json_object *range = json_new_object();

                json_add(range, "first_block", json_new_number(list->ranges[i].first));
                json_add(range, "last_block", json_new_number(list->ranges[i].last));
                json_append(array, range);
        }
        return array;
}

static json_object *removable_to_json(const Group *group) {
        Removable removable = group_removable(group);

        if (removable == REMOVABLE_UNKNOWN || removable == REMOVABLE_NOTHING)
                return NULL;

        return json_new_bool(removable == REMOVABLE_YES);
}

static json_object *group_to_json(const Snapshot *snapshot, const Group *group) {
        const Device *device = group->device;
        json_object *object = json_new_object();
        const char *zones = zones_word(group);

        json_add(object, "device", device ? json_new_text(device->name) : NULL);
        json_add(object, "source",
                 group->source == SOURCE_UNKNOWN ? NULL
                                                 : json_new_text(source_to_string(group->source)));
        json_add(object, "hot_added", json_new_bool(group->hot_added));
        json_add(object, "node",
                 group->node == NODE_UNKNOWN ? NULL : json_new_number((uint64_t)group->node));
        json_add(object, "bytes", json_new_number(group_count(group) * snapshot->block_size));
        json_add(object, "blocks", blocks_to_json(&group->blocks));
        shares_add_to_json(object, group->n_blocks, snapshot->block_size);
        json_add(object, "zones", zones ? json_new_text(zones) : NULL);
        json_add(object, "removable", removable_to_json(group));
        json_add(object, "kernel_blocks", blocks_to_json(&group->kernel));
        json_add(object, "device_state",
                 device && device->state[0] ? json_new_text(device->state) : NULL);
        return object;
}

static void print_json(const Devices *devices) {
        const Snapshot *snapshot = &devices->view.snapshot;
        _cleanup_(json_object_putp) json_object *object = json_new_object();
        json_object *array = json_new_array();

        for (size_t i = 0; i < devices->groups.n_groups; i++)
                json_append(array, group_to_json(snapshot, &devices->groups.groups[i]));

        json_add(object, "sources_hidden", json_new_bool(snapshot->sources_hidden));
        json_add(object, "block_size", json_new_number(snapshot->block_size));
        json_add(object, "devices", array);
        json_add(object, "online_bytes",
                 json_new_number(legend_online_bytes(snapshot, &devices->totals)));
        json_add(object, "offline_bytes",
                 json_new_number(legend_offline_bytes(snapshot, &devices->totals)));
        json_print(object);
}

int devices_run(const Options *options, int n_arguments, char **arguments) {
        _cleanup_(devices_done) Devices devices = {};
        int r;

        r = view_load_memory(options, &devices.view);
        if (r < 0)
                return EXIT_FAILURE;

        r = totals_count(&devices.view.snapshot, &devices.totals);
        if (r >= 0)
                r = groups_gather(&devices.view.snapshot, &devices.groups);
        if (r >= 0 && options_have(options, OPTION_JSON))
                print_json(&devices);
        else if (r >= 0)
                r = print_table(options, &devices);
        if (r < 0) {
                (void)log_error_errno(r, "can't list the devices: %m");
                return EXIT_FAILURE;
        }

        return EXIT_SUCCESS;
}
