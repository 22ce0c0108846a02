/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/offline-show.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/format.h"
#include "ctl/json.h"
#include "ctl/table.h"

typedef enum Column {
        COLUMN_BLOCKS,
        COLUMN_SIZE,
        COLUMN_NODE,
        COLUMN_SOURCE,
        COLUMN_ZONE,
        COLUMN_DEVICE,
        _COLUMN_MAX,
} Column;

static const TableColumn column_table[_COLUMN_MAX] = {
        [COLUMN_BLOCKS] = { "BLOCKS", 0 },
        [COLUMN_SIZE] = { "SIZE", SCOLS_FL_RIGHT },
        [COLUMN_NODE] = { "NODE", SCOLS_FL_RIGHT },
        [COLUMN_SOURCE] = { "SOURCE", 0 },
        [COLUMN_ZONE] = { "ZONE", 0 },
        [COLUMN_DEVICE] = { "DEVICE THEN", 0 },
};

typedef struct Show {
        const Snapshot *snapshot;
        const bool *chosen;
        bool *is_left; /* for each device, by its number: something of it stays online */
} Show;

/* Neighbours that are chosen and alike. */
typedef struct Run {
        const Block *first;
        uint64_t n;
} Run;

static bool is_like(const Block *a, const Block *b) {
        return a->node == b->node && a->source == b->source && a->device == b->device &&
               a->state == b->state && block_zone_kind(a) == block_zone_kind(b);
}

static bool next_run(const Show *show, size_t *i, Run *ret) {
        const Block *blocks = show->snapshot->blocks;
        size_t n = show->snapshot->n_blocks;

        while (*i < n && !show->chosen[*i])
                ++*i;
        if (*i == n)
                return false;

        *ret = (Run){ .first = &blocks[*i], .n = 1 };
        while (++*i < n && show->chosen[*i] && blocks[*i].index == blocks[*i - 1].index + 1 &&
               is_like(&blocks[*i], ret->first))
                ret->n++;
        return true;
}

static int find_left(Show *show) {
        const Snapshot *snapshot = show->snapshot;

        show->is_left = calloc(snapshot->n_devices + 1, sizeof(bool));
        if (!show->is_left)
                return -ENOMEM;

        for (size_t i = 0; i < snapshot->n_blocks; i++)
                if (!show->chosen[i] && snapshot->blocks[i].state != BLOCK_OFFLINE)
                        show->is_left[snapshot->blocks[i].device] = true;
        return 0;
}

/* What the device of that is then. */
static const char *then(const Show *show, const Block *block) {
        if (block->device == 0)
                return "-";

        return show->is_left[block->device] ? "partly offline" : "all offline";
}

static int add_line(struct libscols_table *table, const Show *show, const Run *run) {
        const Block *block = run->first;
        struct libscols_line *line = scols_table_new_line(table, NULL);
        char blocks[FORMAT_TEXT_MAX], size[FORMAT_TEXT_MAX], node[FORMAT_TEXT_MAX],
                source[FORMAT_TEXT_MAX], zone[FORMAT_TEXT_MAX];
        int r = 0;

        if (!line)
                return -ENOMEM;

        const char *const texts[_COLUMN_MAX] = {
                [COLUMN_BLOCKS] = format_blocks(block->index, block->index + run->n - 1, blocks),
                [COLUMN_SIZE] = format_size(run->n * show->snapshot->block_size, size),
                [COLUMN_NODE] = format_node(block->node, node),
                [COLUMN_SOURCE] = format_source(show->snapshot, block, source),
                [COLUMN_ZONE] =
                        block->state == BLOCK_OFFLINE ? "offline" : format_zones(block, zone),
                [COLUMN_DEVICE] = then(show, block),
        };
        for (Column column = 0; column < _COLUMN_MAX && r == 0; column++)
                r = scols_line_set_data(line, column, texts[column]);
        return r;
}

static int print_table(const Show *show) {
        _cleanup_(scols_unref_tablep) struct libscols_table *table = NULL;
        char size[FORMAT_TEXT_MAX];
        uint64_t n = 0;
        Run run;
        int r;

        r = table_new(column_table, _COLUMN_MAX, /* headings= */ true, &table);
        for (size_t i = 0; r >= 0 && next_run(show, &i, &run);) {
                r = add_line(table, show, &run);
                n += run.n;
        }
        if (r >= 0)
                r = scols_print_table(table);
        if (r < 0)
                return r;

        printf("\n%s in %" PRIu64 " block%s; nothing was touched.\n",
               format_size(n * show->snapshot->block_size, size), n, format_plural(n));
        return 0;
}

static json_object *run_to_json(const Show *show, const Run *run) {
        const Device *device = snapshot_device(show->snapshot, run->first);
        json_object *object = json_new_object();
        const Block *block = run->first;

        json_add(object, "first_block", json_new_number(block->index));
        json_add(object, "last_block", json_new_number(block->index + run->n - 1));
        json_add(object, "bytes", json_new_number(run->n * show->snapshot->block_size));
        json_add(object, "node",
                 block->node == NODE_UNKNOWN ? NULL : json_new_number((uint64_t)block->node));
        json_add(object, "source",
                 block->source == SOURCE_UNKNOWN ? NULL
                                                 : json_new_text(source_to_string(block->source)));
        json_add(object, "device", json_new_text(device ? device->name : NULL));
        json_add(object, "zone", json_new_text(zone_kind_to_string(block_zone_kind(block))));
        json_add(object, "all_of_device",
                 device ? json_new_bool(!show->is_left[block->device]) : NULL);
        return object;
}

static void print_json(const Show *show) {
        _cleanup_(json_object_putp) json_object *object = json_new_object();
        json_object *array = json_new_array();
        uint64_t n = 0;
        Run run;

        for (size_t i = 0; next_run(show, &i, &run);) {
                json_append(array, run_to_json(show, &run));
                n += run.n;
        }
        json_add(object, "dry_run", json_new_bool(true));
        json_add(object, "block_size", json_new_number(show->snapshot->block_size));
        json_add(object, "asked_blocks", json_new_number(n));
        json_add(object, "ranges", array);
        json_print(object);
}

int offline_show(const Options *options, const Snapshot *snapshot, const bool *chosen) {
        Show show = { .snapshot = snapshot, .chosen = chosen };
        int r;

        r = find_left(&show);
        if (r >= 0 && options_have(options, OPTION_JSON))
                print_json(&show);
        else if (r >= 0)
                r = print_table(&show);
        free(show.is_left);
        return r;
}
