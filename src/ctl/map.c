/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl map: the memory of each node as a picture.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/parse.h"
#include "ctl/bar.h"
#include "ctl/format.h"
#include "ctl/json.h"
#include "ctl/output.h"
#include "ctl/picture.h"
#include "ctl/verb.h"
#include "ctl/view.h"
#include "ctl/words.h"

/* Below that, there is no room for a picture. */
#define WIDTH_MIN 20
#define WIDTH_MAX 10000

/* A row has at least so many cells, even if then there is no room for the number before it. */
#define CELLS_MIN 4

/* What is drawn for what is no Share, and what all are called. */
static const struct {
        const char *utf8;
        const char *ascii;
        const char *name;
} sign_table[_CELL_MAX] = {
        [CELL_KERNEL] = { NULL, NULL, "kernel" },
        [CELL_MOVABLE] = { NULL, NULL, "movable" },
        [CELL_UNKNOWN] = { NULL, NULL, "zone unknown" },
        [CELL_OFFLINE] = { NULL, NULL, "offline" },
        [CELL_GOING_OFFLINE] = { "↓", "v", "going offline" },
        [CELL_MIXED] = { "▚", "%", "several of these" },
        [CELL_GAP] = { "…", "~", "gap" },
};

static const Share share_of_cell[_CELL_MAX] = {
        [CELL_KERNEL] = SHARE_KERNEL,
        [CELL_MOVABLE] = SHARE_MOVABLE,
        [CELL_UNKNOWN] = SHARE_UNKNOWN,
        [CELL_OFFLINE] = SHARE_OFFLINE,
};

typedef struct Map {
        Picture picture;
        uint64_t block_size;
        unsigned width;
        unsigned label; /* how wide the number before a row is; 0: there is none */
        bool utf8;
        bool seen[_CELL_MAX];
} Map;

static const char *sign_of(const Map *map, CellKind kind) {
        const char *sign = map->utf8 ? sign_table[kind].utf8 : sign_table[kind].ascii;

        return sign ?: bar_symbol(share_of_cell[kind], map->utf8);
}

/* What isn't online has none. */
static const char *colour_of(CellKind kind) {
        switch (kind) {
        case CELL_KERNEL:
                return output_colour(COLOUR_KERNEL);
        case CELL_MOVABLE:
                return output_colour(COLOUR_MOVABLE);
        case CELL_GOING_OFFLINE:
                return output_colour(COLOUR_WAITING);
        default:
                return "";
        }
}

/* Colours are changed only where they have to be. */
static void print_cells(Map *map, const CellKind *kinds, unsigned n) {
        const char *colour = "";

        for (unsigned i = 0; i < n; i++) {
                const char *next = colour_of(kinds[i]);

                map->seen[kinds[i]] = true;
                if (strcmp(next, colour) != 0)
                        printf("%s%s", *colour ? output_no_colour() : "", next);
                colour = next;
                (void)fputs(sign_of(map, kinds[i]), stdout);
        }
        printf("%s\n", *colour ? output_no_colour() : "");
}

static unsigned cells_of_row(const Map *map) {
        return map->label > 0 ? map->width - map->label - 1 : map->width;
}

/* The number before a row tells where it begins: a gap before that needs no sign. */
static int print_rows(Map *map, const PictureNode *node) {
        unsigned n_cells = cells_of_row(map), n = 0;
        _cleanup_free_ CellKind *kinds = calloc(n_cells, sizeof(CellKind));
        PicturePlace place = {};
        Cell cell;

        if (!kinds)
                return -ENOMEM;

        while (picture_next(&map->picture, node, &place, &cell)) {
                if (n == 0 && cell.kind == CELL_GAP)
                        continue;
                if (n == 0 && map->label > 0)
                        printf("%*" PRIu64 " ", (int)map->label, cell.first);
                kinds[n++] = cell.kind;
                if (n == n_cells) {
                        print_cells(map, kinds, n);
                        n = 0;
                }
        }
        if (n > 0)
                print_cells(map, kinds, n);
        return 0;
}

/* "Node 1: 4G kernel, 60G movable". */
static void print_heading(const Map *map, const PictureNode *node) {
        Words words = { .width = map->width };
        uint64_t n_blocks[_CELL_MAX] = {};
        char text[FORMAT_TEXT_MAX];
        size_t n_left = 0;

        for (size_t i = 0; i < node->n_blocks; i++)
                n_left += n_blocks[cell_of_block(node->blocks[i])]++ == 0;

        if (node->node == NODE_UNKNOWN)
                (void)strcpy(text, "No node yet:");
        else
                (void)snprintf(text, sizeof(text), "Node %d:", node->node);
        words_put(&words, text);
        for (CellKind kind = 0; kind < _CELL_MAX; kind++) {
                if (n_blocks[kind] == 0)
                        continue;
                words_put(&words, format_size(n_blocks[kind] * map->block_size, text));
                (void)snprintf(text, sizeof(text), "%s%s", sign_table[kind].name,
                               --n_left > 0 ? "," : "");
                words_put_all(&words, text);
        }
        words_end(&words);
}

static void print_scale(const Map *map) {
        Words words = { .width = map->width };
        char text[FORMAT_TEXT_MAX * 2], size[FORMAT_TEXT_MAX];
        uint64_t n = map->picture.scale;

        (void)format_size(n * map->block_size, size);
        if (n == 1)
                (void)snprintf(text, sizeof(text), "One character is a block (%s).", size);
        else
                (void)snprintf(text, sizeof(text), "One character is %" PRIu64 " blocks (%s).", n,
                               size);
        words_put_all(&words, text);
        words_end(&words);
}

/* What is usual, and what else was drawn. */
static void print_legend(const Map *map) {
        Words words = { .width = map->width, .gap = 2 };

        for (CellKind kind = 0; kind < _CELL_MAX; kind++) {
                char text[FORMAT_TEXT_MAX];

                if (kind != CELL_KERNEL && kind != CELL_MOVABLE && kind != CELL_OFFLINE &&
                    !map->seen[kind])
                        continue;
                (void)snprintf(text, sizeof(text), "%s %s", sign_of(map, kind),
                               sign_table[kind].name);
                words_put(&words, text);
        }
        words_end(&words);
}

static int print_map(Map *map) {
        const Picture *picture = &map->picture;

        if (picture->n_nodes == 0) {
                puts("No memory blocks.");
                return 0;
        }

        print_scale(map);
        for (size_t i = 0; i < picture->n_nodes; i++) {
                int r;

                (void)putchar('\n');
                print_heading(map, &picture->nodes[i]);
                r = print_rows(map, &picture->nodes[i]);
                if (r < 0)
                        return r;
        }
        (void)putchar('\n');
        print_legend(map);
        return 0;
}

/* Blocks from the i-th on that are alike and follow each other. Answers how many. */
static size_t run_length(const PictureNode *node, size_t i) {
        size_t n = 1;

        while (i + n < node->n_blocks &&
               node->blocks[i + n]->index == node->blocks[i + n - 1]->index + 1 &&
               cell_of_block(node->blocks[i + n]) == cell_of_block(node->blocks[i]))
                n++;
        return n;
}

static void print_runs(const Map *map, const PictureNode *node) {
        for (size_t i = 0, n; i < node->n_blocks; i += n) {
                _cleanup_(json_object_putp) json_object *object = json_new_object();
                const Block *first = node->blocks[i];

                n = run_length(node, i);
                json_add(object, "first_block", json_new_number(first->index));
                json_add(object, "last_block", json_new_number(first->index + n - 1));
                json_add(object, "bytes", json_new_number(n * map->block_size));
                json_add(object, "state", json_new_text(cell_kind_to_string(cell_of_block(first))));
                printf("%s\n        ", i > 0 ? "," : "");
                json_print_line(object);
        }
}

/* Printed as it is made: see list. */
static void print_json(const Map *map) {
        const Picture *picture = &map->picture;

        printf("{\n  \"block_size\": %" PRIu64 ",\n  \"nodes\": [", map->block_size);
        for (size_t i = 0; i < picture->n_nodes; i++) {
                const PictureNode *node = &picture->nodes[i];

                printf("%s\n    {\n      \"node\": ", i > 0 ? "," : "");
                if (node->node == NODE_UNKNOWN)
                        printf("null");
                else
                        printf("%d", node->node);
                printf(",\n      \"runs\": [");
                print_runs(map, node);
                printf("\n      ]\n    }");
        }
        printf("\n  ]\n}\n");
}

/* As wide as the highest number of a block, if there is room for a picture besides. */
static unsigned label_width(const Snapshot *snapshot, unsigned width) {
        char text[FORMAT_TEXT_MAX];
        unsigned n;

        if (snapshot->n_blocks == 0)
                return 0;

        n = (unsigned)snprintf(text, sizeof(text), "%" PRIu64,
                               snapshot->blocks[snapshot->n_blocks - 1].index);
        return n + 1 + CELLS_MIN <= width ? n : 0;
}

/* 0, or -EINVAL: --width is no width, which was told. */
static int find_width(const Options *options, unsigned *ret) {
        const char *text = options->arguments[OPTION_WIDTH];
        uint64_t width = output_columns();

        if (!text) {
                width = width < WIDTH_MIN ? WIDTH_MIN : width;
                *ret = width > WIDTH_MAX ? WIDTH_MAX : (unsigned)width;
                return 0;
        }
        if (parse_u64(text, &width) < 0 || width < WIDTH_MIN || width > WIDTH_MAX) {
                log_error("--width is a number from %d to %d, not '%s'", WIDTH_MIN, WIDTH_MAX,
                          text);
                return -EINVAL;
        }

        *ret = (unsigned)width;
        return 0;
}

static int show(const Options *options, const View *view, unsigned width) {
        Map map = { .block_size = view->snapshot.block_size,
                    .width = width,
                    .utf8 = output_is_utf8(),
                    .label = label_width(&view->snapshot, width) };
        int r;

        r = picture_make(&view->snapshot, &map.picture);
        if (r < 0)
                return r;

        if (options_have(options, OPTION_JSON))
                print_json(&map);
        else {
                picture_fit(&map.picture, cells_of_row(&map));
                r = print_map(&map);
        }
        picture_done(&map.picture);
        return r;
}

int map_run(const Options *options, int n_arguments, char **arguments) {
        _cleanup_(view_done) View view = {};
        unsigned width;
        int r;

        if (find_width(options, &width) < 0)
                return EXIT_USAGE;

        r = view_load_memory(options, &view);
        if (r < 0)
                return EXIT_FAILURE;

        r = show(options, &view, width);
        if (r < 0) {
                (void)log_error_errno(r, "can't draw the map: %m");
                return EXIT_FAILURE;
        }

        return EXIT_SUCCESS;
}
