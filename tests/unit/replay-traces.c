/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * replay-traces FILE|DIR …: holds the model of the kernel's zone rules against recorded answers of
 * real kernels (tests/traces/README.md), line by line, and prints the first line of each file where
 * they differ. The rule is the beginning of a file's name: boundary-1.jsonl.
 */
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/parse.h"
#include "plan/zone-model.h"

typedef struct Replay {
        const char *file;
        unsigned line;
        unsigned n_lines;
        ZoneModel *model;
        json_object *expected; /* block → [state, valid_zones, node], as the kernel last said it */
} Replay;

static bool differ(const Replay *replay, const char *what, const char *expected, const char *got) {
        printf("%s:%u: %s: the kernel says '%s', the model says '%s'\n", replay->file, replay->line,
               what, expected, got);
        return false;
}

/* Each block must read as the kernel said last: those that a line doesn't name haven't changed. */
static bool check_blocks(const Replay *replay) {
        json_object_object_foreach(replay->expected, name, reading) {
                const char *zones = json_object_get_string(json_object_array_get_idx(reading, 1));
                const char *state = json_object_get_string(json_object_array_get_idx(reading, 0));
                char text[VALID_ZONES_TEXT_MAX], expected[128], got[128];
                uint64_t index;
                Block block;

                if (parse_u64(name, &index) < 0 || !zone_model_read(replay->model, index, &block))
                        return differ(replay, name, "there", "not there");

                (void)snprintf(expected, sizeof(expected), "%s %s", state, zones);
                (void)snprintf(got, sizeof(got), "%s %s", block_state_to_string(block.state),
                               valid_zones_format(&block.valid_zones, text));
                if (strcmp(expected, got) != 0)
                        return differ(replay, name, expected, got);
        }
        return true;
}

/* Plugs the blocks that weren't there before. They come in the order of their numbers. */
static bool replay_add(Replay *replay, json_object *changed) {
        json_object_object_foreach(changed, name, reading) {
                uint64_t index;
                int node, r;

                if (json_object_object_get_ex(replay->expected, name, NULL))
                        continue;
                node = json_object_get_int(json_object_array_get_idx(reading, 2));
                r = parse_u64(name, &index);
                if (r == 0)
                        r = zone_model_add(replay->model, index, index, node);
                if (r < 0)
                        return differ(replay, name, "added", strerror(-r));
        }
        return true;
}

static bool replay_write(Replay *replay, json_object *step) {
        json_object *value = json_object_object_get(step, "value");
        StateWord word = state_word_from_string(json_object_get_string(value));
        BlockIndex index = json_object_get_uint64(json_object_object_get(step, "block"));
        int expected = json_object_get_int(json_object_object_get(step, "errno")), refusal = 0, got;

        /* What a model can't know: pages that could not be moved, and a write that took too long. */
        if (word == STATE_OFFLINE && (expected == EBUSY || expected == EINTR))
                refusal = -expected;

        got = zone_model_write(replay->model, index, word, refusal);
        if (got != -expected)
                return differ(replay, json_object_get_string(value), strerror(expected),
                              strerror(-got));
        return true;
}

static bool replay_line(Replay *replay, json_object *step) {
        json_object *changed = json_object_object_get(step, "changed");
        const char *op = json_object_get_string(json_object_object_get(step, "op"));
        bool fine;

        fine = strcmp(op, "add") == 0 ? replay_add(replay, changed) : replay_write(replay, step);
        if (!fine)
                return false;

        json_object_object_foreach(changed, name, reading) {
                (void)json_object_object_add(replay->expected, name, json_object_get(reading));
        }
        replay->n_lines++;
        return check_blocks(replay);
}

static bool replay_lines(Replay *replay, FILE *f) {
        char *text = NULL;
        size_t size = 0;
        bool fine = true;

        while (fine && getline(&text, &size, f) > 0) {
                json_object *step = json_tokener_parse(text);

                replay->line++;
                fine = step ? replay_line(replay, step)
                            : differ(replay, "line", "JSON", "not readable");
                json_object_put(step);
        }

        free(text);
        return fine;
}

static ZoneRule rule_of_file(const char *path) {
        const char *name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;

        for (ZoneRule rule = 0; rule < _ZONE_RULE_MAX; rule++) {
                const char *word = zone_rule_to_string(rule);

                if (strncmp(name, word, strlen(word)) == 0)
                        return rule;
        }
        return _ZONE_RULE_INVALID;
}

static bool replay_file(const char *path) {
        ZoneRule rule = rule_of_file(path);
        Replay replay = { .file = path };
        bool fine = false;
        FILE *f;

        f = fopen(path, "re");
        if (!f || rule < 0) {
                printf("%s: %s\n", path, f ? "no rule begins its name" : strerror(errno));
                return false;
        }

        replay.model = zone_model_new(rule);
        replay.expected = json_object_new_object();
        fine = replay_lines(&replay, f);
        if (fine)
                printf("%s: %u lines, all as the model says\n", path, replay.n_lines);

        zone_model_free(replay.model);
        json_object_put(replay.expected);
        (void)fclose(f);
        return fine && replay.n_lines > 0;
}

static bool replay_path(const char *path) {
        char pattern[4096];
        bool fine = true;
        struct stat st;
        glob_t found;

        if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
                return replay_file(path);

        (void)snprintf(pattern, sizeof(pattern), "%s/*.jsonl", path);
        if (glob(pattern, 0, NULL, &found) != 0) {
                printf("%s: no trace in it\n", path);
                return false;
        }
        for (size_t i = 0; i < found.gl_pathc; i++)
                fine = replay_file(found.gl_pathv[i]) && fine;
        globfree(&found);
        return fine;
}

int main(int argc, char *argv[]) {
        bool fine = argc > 1;

        for (int i = 1; i < argc; i++)
                fine = replay_path(argv[i]) && fine;
        return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}
