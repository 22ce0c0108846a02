/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl show-config: the config in force, as a config file, and where each value comes from.
 */
#include <string.h>

#include "base/log.h"
#include "config/describe.h"
#include "ctl/format.h"
#include "ctl/report.h"
#include "ctl/verb.h"
#include "ctl/view.h"

/* The setting of a rule that holds others. */
#define MATCH "match"

/* As config_key_format(), of which half an answer would be a wrong one. */
static char *value_text(ConfigGroup group, size_t i, const void *values) {
        char *text = NULL;

        if (config_key_format(group, i, values, &text) < 0)
                abort();
        return text;
}

/* NULL: it has its default. What a broken config says counts for nothing. */
static const ConfigPlace *place_of(const View *view, const char *name) {
        return view->config_is_valid ? config_report_find_place(&view->report, name) : NULL;
}

/* As text */

/* Neither a line's end in a file's name nor anything else may lead out of the comment. */
static void print_place(const char *file, unsigned line) {
        _cleanup_free_ char *printable = file ? format_printable(file) : NULL;

        if (file)
                printf("// %s:%u\n", printable ?: "?", line);
        else
                printf("// built-in\n");
}

static void print_setting(const View *view, const char *name, const char *value) {
        const ConfigPlace *place = place_of(view, name);

        printf("%s = %s;  ", name, value);
        print_place(place ? place->file : NULL, place ? place->line : 0);
}

static void print_match(const Match *match, const char *indent) {
        const char *separator = "", *name;

        for (size_t i = 0; (name = config_key_name(CONFIG_GROUP_MATCH, i)); i++) {
                _cleanup_free_ char *value = value_text(CONFIG_GROUP_MATCH, i, match);

                if (!value)
                        continue;
                if (!*separator)
                        printf("%s" MATCH " = {", indent);
                printf(" %s = %s;", name, value);
                separator = indent;
        }
        if (*separator)
                printf(" };");
}

static void print_rule(const Rule *rule) {
        const char *indent = "  { ", *name;

        printf("  ");
        print_place(rule->file, rule->line);
        for (size_t i = 0; (name = config_key_name(CONFIG_GROUP_RULE, i)); i++) {
                _cleanup_free_ char *value = value_text(CONFIG_GROUP_RULE, i, rule);

                if (value)
                        printf("%s%s = %s;", indent, name, value);
                else if (strcmp(name, MATCH) == 0)
                        print_match(&rule->match, indent);
                else
                        continue;
                indent = "\n    ";
        }
        printf(" }");
}

static void print_text(const View *view) {
        const Policy *policy = view->policy;
        const char *name;

        for (size_t i = 0; (name = config_key_name(CONFIG_GROUP_POLICY, i)); i++) {
                _cleanup_free_ char *value = value_text(CONFIG_GROUP_POLICY, i, policy);

                if (value)
                        print_setting(view, name, value);
        }

        printf("\nrules = (\n");
        for (size_t i = 0; i < policy->n_rules; i++) {
                print_rule(&policy->rules[i]);
                printf("%s", i + 1 < policy->n_rules ? ",\n\n" : "\n");
        }
        printf(");\n");
}

/* As JSON */

/* A value as the config's files have it is JSON, too. */
static json_object *value_to_json(const char *value) {
        json_object *object = json_tokener_parse(value);

        if (!object)
                abort();
        return object;
}

static json_object *values_to_json(ConfigGroup group, const void *values) {
        json_object *object = json_new_object();
        const char *name;

        for (size_t i = 0; (name = config_key_name(group, i)); i++) {
                _cleanup_free_ char *value = value_text(group, i, values);

                if (value)
                        json_add(object, name, value_to_json(value));
        }
        return object;
}

static void add_place(json_object *object, const char *file, unsigned line) {
        json_add(object, "file", json_new_text(file));
        json_add(object, "line", file ? json_new_number(line) : NULL);
}

static json_object *rule_to_json(const Rule *rule) {
        json_object *object = values_to_json(CONFIG_GROUP_RULE, rule);

        json_add(object, MATCH, values_to_json(CONFIG_GROUP_MATCH, &rule->match));
        add_place(object, rule->file, rule->line);
        return object;
}

static json_object *settings_to_json(const View *view) {
        json_object *object = json_new_object();
        const char *name;

        for (size_t i = 0; (name = config_key_name(CONFIG_GROUP_POLICY, i)); i++) {
                _cleanup_free_ char *value = value_text(CONFIG_GROUP_POLICY, i, view->policy);
                const ConfigPlace *place = place_of(view, name);
                json_object *setting;

                if (!value)
                        continue;

                setting = json_new_object();
                json_add(setting, "value", value_to_json(value));
                add_place(setting, place ? place->file : NULL, place ? place->line : 0);
                json_add(object, name, setting);
        }
        return object;
}

static void print_json(const View *view) {
        _cleanup_(json_object_putp) json_object *object = json_new_object();
        json_object *rules = json_new_array();

        for (size_t i = 0; i < view->policy->n_rules; i++)
                json_append(rules, rule_to_json(&view->policy->rules[i]));

        json_add(object, "valid", json_new_bool(view->config_is_valid));
        json_add(object, "settings", settings_to_json(view));
        json_add(object, "rules", rules);
        json_print(object);
}

int show_config_run(const Options *options, int n_arguments, char **arguments) {
        _cleanup_(view_done) View view = {};
        int r;

        r = view_load_config(options, options->arguments[OPTION_CONFIG], &view);
        if (r < 0)
                return EXIT_FAILURE;

        if (!view.config_is_valid)
                report_tell_fallback(&view.report);
        if (options_have(options, OPTION_JSON))
                print_json(&view);
        else
                print_text(&view);

        return view.config_is_valid ? EXIT_SUCCESS : EXIT_FAILURE;
}
