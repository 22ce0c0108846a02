/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl history: what memplugd did and told since the machine was booted, newest first.
 */
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/log.h"
#include "ctl/format.h"
#include "ctl/json.h"
#include "ctl/kept.h"
#include "ctl/output.h"
#include "ctl/verb.h"
#include "model/history.h"

/* Somebody else than memplugd may have written it. */
#define FILE_MAX ((size_t)16 * HISTORY_FILE_MAX)

typedef struct Entries {
        char *old_text, *text; /* which the entries' texts lie in */
        size_t n_entries, n_allocated;
        HistoryEntry *entries; /* oldest first */
} Entries;

static void entries_done(Entries *entries) {
        free(entries->old_text);
        free(entries->text);
        free(entries->entries);
}

static int add_entry(Entries *entries, const HistoryEntry *entry) {
        if (entries->n_entries == entries->n_allocated) {
                size_t n = entries->n_allocated ? entries->n_allocated * 2 : 256;
                HistoryEntry *all = reallocarray(entries->entries, n, sizeof(HistoryEntry));

                if (!all)
                        return -ENOMEM;
                entries->entries = all;
                entries->n_allocated = n;
        }

        entries->entries[entries->n_entries++] = *entry;
        return 0;
}

/* Half a line, which a crash may leave, is passed over; so is the last one if it is being written. */
static int add_lines(Entries *entries, char *text) {
        char *line = text, *end;

        for (; (end = strchr(line, '\n')); line = end + 1) {
                HistoryEntry entry;

                *end = 0;
                if (history_parse(line, &entry) == 0 && add_entry(entries, &entry) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int read_file(const char *root, const char *name, Entries *entries, char **text) {
        int r = kept_read(root, name, FILE_MAX, text);

        if (r > 0 && add_lines(entries, *text) < 0)
                return log_error_errno(-ENOMEM, "can't read the history: %m");
        return r;
}

static void print_entry(const HistoryEntry *entry) {
        _cleanup_free_ char *message = format_printable(entry->text);
        bool is_bad = entry->level <= LOG_WARNING;
        char time[FORMAT_TEXT_MAX];

        printf("%s  %s%s%s\n", format_time(entry->usec, time),
               is_bad ? output_colour(COLOUR_BAD) : "", message ?: "out of memory",
               is_bad ? output_no_colour() : "");
}

static json_object *entry_to_json(const HistoryEntry *entry) {
        json_object *object = json_new_object();

        json_add(object, "time_usec", json_new_number(entry->usec));
        json_add(object, "level", json_new_text(log_level_to_string(entry->level)));
        json_add(object, "message", json_new_text(entry->text));
        return object;
}

static void print_json(const Entries *entries) {
        _cleanup_(json_object_putp) json_object *object = json_new_object();
        json_object *array = json_new_array();

        for (size_t i = entries->n_entries; i > 0; i--)
                json_append(array, entry_to_json(&entries->entries[i - 1]));

        json_add(object, "history", array);
        json_print(object);
}

int history_run(const Options *options, int n_arguments, char **arguments) {
        const char *root = options_sysroot(options);
        _cleanup_(entries_done) Entries entries = {};
        int r;

        r = read_file(root, HISTORY_OLD_FILE, &entries, &entries.old_text);
        if (r >= 0)
                r = read_file(root, HISTORY_FILE, &entries, &entries.text);
        if (r < 0)
                return EXIT_FAILURE;

        if (options_have(options, OPTION_JSON)) {
                print_json(&entries);
                return EXIT_SUCCESS;
        }
        for (size_t i = entries.n_entries; i > 0; i--)
                print_entry(&entries.entries[i - 1]);
        if (entries.n_entries == 0)
                log_notice("nothing is known: memplugd hasn't run since this machine was booted");
        return EXIT_SUCCESS;
}
