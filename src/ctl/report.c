/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/report.h"

#include "base/log.h"
#include "ctl/format.h"
#include "ctl/verb.h"

static const char *level_to_string(ConfigLevel level) {
        return level == CONFIG_ERROR ? "error" : "warning";
}

size_t report_count_rules(const Policy *policy) {
        size_t n = 0;

        for (size_t i = 0; i < policy->n_rules; i++)
                n += policy->rules[i].file != NULL;

        return n;
}

char *report_format_message(const ConfigMessage *message) {
        _cleanup_free_ char *text = NULL;
        const char *level = level_to_string(message->level);
        int r;

        if (!message->file)
                r = asprintf(&text, "%s: %s", level, message->text);
        else if (message->line == 0)
                r = asprintf(&text, "%s: %s: %s", message->file, level, message->text);
        else
                r = asprintf(&text, "%s:%u: %s: %s", message->file, message->line, level,
                             message->text);
        if (r < 0) {
                text = NULL;
                return NULL;
        }

        return format_printable(text);
}

void report_tell(const ConfigReport *report) {
        for (size_t i = 0; i < report->n_messages; i++) {
                _cleanup_free_ char *text = report_format_message(&report->messages[i]);

                (void)fprintf(stderr, "%s\n", text ?: "out of memory");
        }
}

const ConfigMessage *report_first_error(const ConfigReport *report) {
        for (size_t i = 0; i < report->n_messages; i++)
                if (report->messages[i].level == CONFIG_ERROR)
                        return &report->messages[i];

        return NULL;
}

static json_object *message_to_json(const ConfigMessage *message) {
        json_object *object = json_new_object();

        json_add(object, "level", json_new_text(level_to_string(message->level)));
        json_add(object, "file", json_new_text(message->file));
        json_add(object, "line", message->line > 0 ? json_new_number(message->line) : NULL);
        json_add(object, "text", json_new_text(message->text));
        return object;
}

json_object *report_to_json(const ConfigReport *report, const Policy *policy, bool valid) {
        json_object *object = json_new_object(), *files = json_new_array(),
                    *messages = json_new_array();
        size_t n_rules = report_count_rules(policy);

        for (size_t i = 0; i < report->n_files; i++)
                json_append(files, json_new_text(report->files[i]));
        for (size_t i = 0; i < report->n_messages; i++)
                json_append(messages, message_to_json(&report->messages[i]));

        json_add(object, "valid", json_new_bool(valid));
        json_add(object, "files", files);
        json_add(object, "rules", json_new_number(n_rules));
        json_add(object, "built_in_rules", json_new_number(policy->n_rules - n_rules));
        json_add(object, "errors", json_new_number(report->n_errors));
        json_add(object, "warnings", json_new_number(report->n_messages - report->n_errors));
        json_add(object, "messages", messages);
        return object;
}

void report_tell_broken(const ConfigReport *report, const char *what) {
        const ConfigMessage *error = report_first_error(report);
        _cleanup_free_ char *text = error ? report_format_message(error) : NULL;

        log_error("the config is broken, %s by the built-in rules alone ('" CTL_NAME
                  " check-config' tells all): %s",
                  what, text ?: "out of memory");
}

void report_tell_fallback(const ConfigReport *report) {
        const ConfigMessage *error = report_first_error(report);
        _cleanup_free_ char *text = error ? report_format_message(error) : NULL;

        log_error("the config is broken, and this is what memplugd would start with ('" CTL_NAME
                  " check-config' tells all): %s",
                  text ?: "out of memory");
}
