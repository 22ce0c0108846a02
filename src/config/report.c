/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/value.h"

static void message_done(ConfigMessage *message) {
        free(message->file);
        free(message->text);
        *message = (ConfigMessage){};
}

void config_report_done(ConfigReport *report) {
        for (size_t i = 0; i < report->n_messages; i++)
                message_done(&report->messages[i]);
        for (size_t i = 0; i < report->n_files; i++)
                free(report->files[i]);
        free(report->messages);
        free(report->files);
        free(report->places);
        *report = (ConfigReport){};
}

/* Takes over what 'message' points to. */
static void append(Reporter *reporter, ConfigMessage *message) {
        ConfigReport *report = reporter->report;
        ConfigMessage *messages;

        messages = reallocarray(report->messages, report->n_messages + 1, sizeof(ConfigMessage));
        if (!messages) {
                reporter->no_memory = true;
                message_done(message);
                return;
        }

        report->messages = messages;
        report->messages[report->n_messages++] = *message;
        report->n_errors += message->level == CONFIG_ERROR;
}

void config_report_add(Reporter *reporter, ConfigLevel level, const char *file, unsigned line,
                       const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        ConfigMessage message = { .level = level, .line = line };
        va_list ap;
        int r;

        va_start(ap, format);
        r = vasprintf(&text, format, ap);
        va_end(ap);
        if (r < 0)
                text = NULL; /* what vasprintf() leaves there then, nobody knows */

        message.file = file ? strdup(file) : NULL;
        message.text = text ? config_text_escape(text) : NULL;
        if (!message.text || (file && !message.file)) {
                reporter->no_memory = true;
                message_done(&message);
                return;
        }
        append(reporter, &message);
}

void config_report_add_file(Reporter *reporter, const char *path) {
        ConfigReport *report = reporter->report;
        char *copy = strdup(path), **files;

        files = reallocarray(report->files, report->n_files + 1, sizeof(char *));
        if (files)
                report->files = files;
        if (!files || !copy) {
                reporter->no_memory = true;
                free(copy);
                return;
        }
        report->files[report->n_files++] = copy;
}

static ConfigPlace *find_place(const ConfigReport *report, const char *name) {
        for (size_t i = 0; i < report->n_places; i++)
                if (strcmp(report->places[i].name, name) == 0)
                        return &report->places[i];

        return NULL;
}

const ConfigPlace *config_report_find_place(const ConfigReport *report, const char *name) {
        return find_place(report, name);
}

void config_report_add_place(Reporter *reporter, const char *name, unsigned line) {
        ConfigReport *report = reporter->report;
        ConfigPlace *place = find_place(report, name), *places;

        /* Without a file there was no memory to note it, and all comes to nothing. */
        if (report->n_files == 0)
                return;

        if (!place) {
                places = reallocarray(report->places, report->n_places + 1, sizeof(ConfigPlace));
                if (!places) {
                        reporter->no_memory = true;
                        return;
                }
                report->places = places;
                place = &places[report->n_places++];
        }
        *place = (ConfigPlace){ name, report->files[report->n_files - 1], line };
}

/* The place of the file among those that were read. */
static size_t rank(const ConfigReport *report, const ConfigMessage *message) {
        size_t i = 0;

        while (i < report->n_files && strcmp(report->files[i], message->file ?: "") != 0)
                i++;
        return i;
}

static bool belongs_before(const ConfigReport *report, const ConfigMessage *a,
                           const ConfigMessage *b) {
        size_t rank_a = rank(report, a), rank_b = rank(report, b);

        return rank_a != rank_b ? rank_a < rank_b : a->line < b->line;
}

/* By insertion: that is stable, and quick where nearly all is in order already, as here. */
void config_report_sort(Reporter *reporter, size_t first) {
        ConfigReport *report = reporter->report;

        for (size_t i = first + 1; i < report->n_messages; i++) {
                ConfigMessage message = report->messages[i];
                size_t k = i;

                for (; k > first && belongs_before(report, &message, &report->messages[k - 1]); k--)
                        report->messages[k] = report->messages[k - 1];
                report->messages[k] = message;
        }
}

char *config_message_format(const ConfigMessage *message) {
        _cleanup_free_ char *text = NULL;
        int r;

        if (message->file && message->line > 0)
                r = asprintf(&text, "%s:%u: %s", message->file, message->line, message->text);
        else
                r = asprintf(&text, "%s%s%s", message->file ?: "", message->file ? ": " : "",
                             message->text);
        if (r < 0) {
                text = NULL;
                return NULL;
        }

        return config_text_escape(text);
}
