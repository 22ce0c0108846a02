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
#include "ctl/records.h"
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

static int add_line(struct libscols_table *table, const Options *options, const View *view,
                    const Group *group) {
        _cleanup_free_ char *blocks = block_list_format(&group->blocks);
        _cleanup_free_ char *removable = group_removable_text(group);
        char node[FORMAT_TEXT_MAX], size[FORMAT_TEXT_MAX], state[FORMAT_TEXT_MAX];
        struct libscols_line *line = scols_table_new_line(table, NULL);
        int r = 0;

        if (!blocks || !removable || !line)
                return -ENOMEM;

        group_format_state(group, state);
        const char *const texts[_COLUMN_MAX] = {
                [COLUMN_DEVICE] = group->device ? group->device->name : "-",
                [COLUMN_SOURCE] = source_to_string(group->source),
                [COLUMN_NODE] = format_node(group->node, node),
                [COLUMN_SIZE] =
                        legend_size(options, group_count(group) * view->snapshot.block_size, size),
                [COLUMN_BLOCKS] = blocks,
                [COLUMN_STATE] = state,
                [COLUMN_ZONES] = group_zones_word(group) ?: "-",
                [COLUMN_REMOVABLE] = removable,
        };
        for (Column column = 0; column < _COLUMN_MAX && r == 0; column++)
                r = scols_line_set_data(line, column, texts[column]);

        return r;
}

/* On a line, as many as there are. */
static void print_own_maps(const Devices *devices) {
        const Groups *groups = &devices->groups;
        char size[FORMAT_TEXT_MAX];
        bool first = true;

        for (size_t i = 0; i < groups->n_groups; i++) {
                const Group *group = &groups->groups[i];

                if (group->own_map == 0)
                        continue;
                if (first)
                        printf("\nThese hold their own memory map, %s of each block, and go only as "
                               "a whole:",
                               format_size(devices->view.own_map.block_bytes, size));
                printf(" %s", group->device->name);
                first = false;
        }
        if (!first)
                (void)putchar('\n');
}

/* What could be done about devices that can't go. */
static int print_remedies(const Groups *groups) {
        bool first = true;

        for (size_t i = 0; i < groups->n_groups; i++) {
                _cleanup_free_ char *remedy = group_remedy_text(&groups->groups[i]);

                if (!remedy)
                        return -ENOMEM;
                if (!*remedy)
                        continue;
                printf("%s%s: %s\n", first ? "\n" : "", groups->groups[i].device->name, remedy);
                first = false;
        }
        return 0;
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
        if (options_have(options, OPTION_NO_LEGEND))
                return 0;

        print_own_maps(devices);
        return print_remedies(&devices->groups);
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

/* 0, or a negative errno, which was told. */
static int load(const Options *options, Devices *devices) {
        _cleanup_(records_done) Records records = {};
        StuckBlocks stuck;
        int r;

        r = view_load_memory(options, &devices->view);
        if (r < 0)
                return r;

        /* Else it was told that what was tried isn't known; the rest is. */
        (void)records_load(options_sysroot(options), &records);
        records_find_stuck(&records, &stuck);
        r = totals_count(&devices->view.snapshot, &devices->totals);
        if (r >= 0)
                r = groups_gather(&devices->view, &stuck, &devices->groups);
        return r < 0 ? log_error_errno(r, "can't list the devices: %m") : 0;
}

int devices_run(const Options *options, int n_arguments, char **arguments) {
        _cleanup_(devices_done) Devices devices = {};
        int r = 0;

        if (load(options, &devices) < 0)
                return EXIT_FAILURE;

        if (options_have(options, OPTION_JSON))
                print_json(&devices);
        else
                r = print_table(options, &devices);
        if (r < 0) {
                (void)log_error_errno(r, "can't list the devices: %m");
                return EXIT_FAILURE;
        }

        return EXIT_SUCCESS;
}
