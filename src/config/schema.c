/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config/schema.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config/describe.h"
#include "config/suggest.h"
#include "config/value.h"

#define MODE_EXPECTED "\"uevent\", \"kernel\", \"auto\" or \"observe\""
#define ONLINE_EXPECTED \
        "\"movable\", \"kernel\", \"default\", \"kernel-policy\", \"auto\" or \"leave\""
#define OR_ELSE_EXPECTED "\"movable\", \"kernel\" or \"leave\""
#define SOURCE_EXPECTED                                                                           \
        "sources such as [ \"dimm\", \"virtio-mem\" ], out of boot, dimm, virtio-mem, dax, xen, " \
        "hyperv, s390-standby, dlpar, probe and unknown"
#define RATIO_IMPOSSIBLE 6300 /* percents */
#define SIZE_EXPECTED "a size such as \"64G\""

/* What is being read, and for whom. */
typedef struct Reader {
        const char *file;
        ConfigDraft *draft;
        Reporter *reporter;
} Reader;

/* One setting that a group may have. Tables of them end with one without name. */
typedef struct Key {
        const char *name;
        int type; /* CONFIG_TYPE_…; CONFIG_TYPE_NONE: 'read' sees to it */
        const char *expected;
        size_t offset; /* of the value in what the group is read into */
        int (*parse)(const char *text, void *value); /* of a string: see value.h */
        void (*read)(Reader *reader, const config_setting_t *setting,
                     void *value);                       /* of the rest */
        void (*format)(FILE *stream, const void *value); /* see value.h; not of what holds others */
} Key;

/* The setting's name from the file's top on, as in "rules[1].match.node". */
static void write_path(FILE *stream, const config_setting_t *setting) {
        const config_setting_t *parent = config_setting_parent(setting);

        if (!parent)
                return;

        write_path(stream, parent);
        if (config_setting_name(setting))
                (void)fprintf(stream, "%s%s", config_setting_is_root(parent) ? "" : ".",
                              config_setting_name(setting));
        else
                (void)fprintf(stream, "[%d]", config_setting_index(setting));
}

static void tell(Reader *reader, ConfigLevel level, const config_setting_t *setting,
                 const char *format, ...) _printf_(4, 5);

static void tell(Reader *reader, ConfigLevel level, const config_setting_t *setting,
                 const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);
        va_list ap;

        if (!stream) {
                reader->reporter->no_memory = true;
                return;
        }

        (void)fputs("setting '", stream);
        write_path(stream, setting);
        (void)fputs("': ", stream);
        va_start(ap, format);
        (void)vfprintf(stream, format, ap);
        va_end(ap);

        if (fclose(stream) != 0)
                reader->reporter->no_memory = true;
        else
                config_report_add(reader->reporter, level, reader->file,
                                  config_setting_source_line(setting), "%s", text);
}

static const char *type_name(const config_setting_t *setting) {
        switch (config_setting_type(setting)) {
        case CONFIG_TYPE_GROUP:
                return "a group { … }";
        case CONFIG_TYPE_LIST:
                return "a list ( … )";
        case CONFIG_TYPE_ARRAY:
                return "an array [ … ]";
        case CONFIG_TYPE_STRING:
                return "a string";
        case CONFIG_TYPE_BOOL:
                return "a boolean";
        default:
                return "a number";
        }
}

/* As much of a value as a message should quote, in bytes; whole characters. */
static int quotable(const char *text) {
        size_t n = strnlen(text, 64);

        if (text[n])
                while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
                        n--;
        return (int)n;
}

/* What is wrong with a value that is of the right form. */
static const char *problem_of(const Key *key, int r) {
        switch (r) {
        case -ERANGE:
                return key->parse == config_parse_ranges
                               ? ", which ends before it begins or goes beyond 64 bits"
                               : ", which is too large";
        case -EEXIST:
                return ", whose ranges overlap";
        default:
                return "";
        }
}

static void read_string(Reader *reader, const config_setting_t *setting, const Key *key,
                        void *value) {
        const char *text = config_setting_get_string(setting);
        int n = quotable(text);
        int r;

        r = key->parse(text, value);
        if (r == -ENOMEM)
                reader->reporter->no_memory = true;
        else if (r < 0)
                tell(reader, CONFIG_ERROR, setting, "expected %s, got \"%.*s\"%s%s", key->expected,
                     n, text, text[n] ? "…" : "", problem_of(key, r));
}

static const Key *find_key(const Key *keys, const char *name) {
        for (; keys->name; keys++)
                if (strcmp(keys->name, name) == 0)
                        return keys;

        return NULL;
}

static void tell_unknown(Reader *reader, const config_setting_t *setting, const Key *keys) {
        const char *best = NULL;
        unsigned least = UINT_MAX;
        char known[256];
        size_t n = 0;

        for (; keys->name; keys++) {
                unsigned distance = config_word_distance(config_setting_name(setting), keys->name);

                if (distance < least && distance * 2 <= strlen(keys->name)) {
                        least = distance;
                        best = keys->name;
                }
                n += (size_t)snprintf(known + n, sizeof(known) - n, "%s'%s'", n > 0 ? ", " : "",
                                      keys->name);
        }

        if (best)
                tell(reader, CONFIG_ERROR, setting, "no such setting; did you mean '%s'?", best);
        else
                tell(reader, CONFIG_ERROR, setting, "no such setting; expected one of %s", known);
}

static void read_setting(Reader *reader, const config_setting_t *setting, const Key *key,
                         void *value) {
        if (key->type != CONFIG_TYPE_NONE && config_setting_type(setting) != key->type)
                tell(reader, CONFIG_ERROR, setting, "expected %s, got %s", key->expected,
                     type_name(setting));
        else if (key->read)
                key->read(reader, setting, value);
        else
                read_string(reader, setting, key, value);
}

static void read_group(Reader *reader, const config_setting_t *group, const Key *keys,
                       void *values) {
        for (int i = 0; i < config_setting_length(group); i++) {
                const config_setting_t *setting = config_setting_get_elem(group, (unsigned)i);
                const Key *key = find_key(keys, config_setting_name(setting));

                if (key)
                        read_setting(reader, setting, key, (char *)values + key->offset);
                else
                        tell_unknown(reader, setting, keys);
        }
}

static void read_bool(Reader *reader, const config_setting_t *setting, void *value) {
        (void)reader;
        *(bool *)value = config_setting_get_bool(setting);
}

/* An array of names, or one alone. */
static void read_sources(Reader *reader, const config_setting_t *setting, void *value) {
        static const Key source = { .expected = SOURCE_EXPECTED, .parse = config_parse_source };
        int type = config_setting_type(setting);

        if (type == CONFIG_TYPE_STRING)
                read_string(reader, setting, &source, value);
        else if (type != CONFIG_TYPE_ARRAY)
                tell(reader, CONFIG_ERROR, setting, "expected " SOURCE_EXPECTED ", got %s",
                     type_name(setting));
        else if (config_setting_length(setting) == 0)
                tell(reader, CONFIG_ERROR, setting, "expected " SOURCE_EXPECTED ", got none");

        for (int i = 0; type == CONFIG_TYPE_ARRAY && i < config_setting_length(setting); i++) {
                const config_setting_t *name = config_setting_get_elem(setting, (unsigned)i);

                if (config_setting_type(name) == CONFIG_TYPE_STRING)
                        read_string(reader, name, &source, value);
                else
                        tell(reader, CONFIG_ERROR, name, "expected " SOURCE_EXPECTED ", got %s",
                             type_name(name));
        }
}

static void read_cpuless(Reader *reader, const config_setting_t *setting, void *value) {
        (void)reader;
        *(Cpuless *)value = config_setting_get_bool(setting) ? CPULESS_YES : CPULESS_NO;
}

static const Key match_keys[] = {
        { "node", CONFIG_TYPE_STRING, "a list of nodes such as \"1-3,8\"", offsetof(Match, nodes),
          .parse = config_parse_ranges, .format = config_format_ranges },
        { "range", CONFIG_TYPE_STRING, "a list of addresses such as \"0x100000000-0x17fffffff\"",
          offsetof(Match, addresses), .parse = config_parse_ranges,
          .format = config_format_addresses },
        { "blocks", CONFIG_TYPE_STRING, "a list of blocks such as \"32-39\"",
          offsetof(Match, blocks), .parse = config_parse_ranges, .format = config_format_ranges },
        { "source", CONFIG_TYPE_NONE, .offset = offsetof(Match, sources), .read = read_sources,
          .format = config_format_sources },
        { "size_min", CONFIG_TYPE_STRING, SIZE_EXPECTED, offsetof(Match, size_min),
          .parse = config_parse_size_bound, .format = config_format_size_bound },
        { "size_max", CONFIG_TYPE_STRING, SIZE_EXPECTED, offsetof(Match, size_max),
          .parse = config_parse_size_bound, .format = config_format_size_bound },
        { "cpuless", CONFIG_TYPE_BOOL, "true or false", offsetof(Match, cpuless),
          .read = read_cpuless, .format = config_format_cpuless },
        {},
};

static void read_match(Reader *reader, const config_setting_t *setting, void *value) {
        const Match *match = value;

        read_group(reader, setting, match_keys, value);
        if (match->size_min.given && match->size_max.given &&
            match->size_min.bytes > match->size_max.bytes)
                tell(reader, CONFIG_ERROR, config_setting_get_member(setting, "size_max"),
                     "less than size_min: no device is of such a size");
}

static const Key rule_keys[] = {
        { "name", CONFIG_TYPE_STRING, "a text of UTF-8 without control characters",
          offsetof(Rule, name), .parse = config_parse_name, .format = config_format_name },
        { "match", CONFIG_TYPE_GROUP, "a group { … }", offsetof(Rule, match), .read = read_match },
        { "online", CONFIG_TYPE_STRING, ONLINE_EXPECTED, offsetof(Rule, online),
          .parse = config_parse_online, .format = config_format_online },
        { "or_else", CONFIG_TYPE_STRING, OR_ELSE_EXPECTED, offsetof(Rule, or_else),
          .parse = config_parse_or_else, .format = config_format_online },
        { "rezone", CONFIG_TYPE_BOOL, "true or false", offsetof(Rule, rezone), .read = read_bool,
          .format = config_format_bool },
        { "unit", CONFIG_TYPE_STRING, "\"device\" or \"block\"", offsetof(Rule, unit),
          .parse = config_parse_unit, .format = config_format_unit },
        {},
};

static void check_or_else(Reader *reader, const config_setting_t *setting, const Rule *rule) {
        const config_setting_t *or_else = config_setting_get_member(setting, "or_else");

        if (!or_else)
                return;
        if (rule->online == ONLINE_DEFAULT || rule->online == ONLINE_LEAVE ||
            rule->online == rule->or_else)
                tell(reader, CONFIG_WARNING, or_else, "has no effect together with online = \"%s\"",
                     online_to_string(rule->online));
}

/* The file's path may hold anything, a name may not. */
static char *default_name(Reader *reader, const config_setting_t *setting) {
        _cleanup_free_ char *file = config_text_escape(reader->file);
        char *name;

        if (!file || asprintf(&name, "rule %d of %s", config_setting_index(setting) + 1, file) < 0)
                return NULL;

        return name;
}

/* Only these two name a zone that can be the wrong one. */
static void check_rezone(Reader *reader, const config_setting_t *setting, const Rule *rule) {
        if (rule->rezone && rule->online != ONLINE_MOVABLE && rule->online != ONLINE_KERNEL)
                tell(reader, CONFIG_WARNING, config_setting_get_member(setting, "rezone"),
                     "has no effect together with online = \"%s\"", online_to_string(rule->online));
}

/* It waits for its blocks to come online before it adds more. */
static void check_virtio_mem(Reader *reader, const config_setting_t *setting, const Rule *rule) {
        if (rule->online == ONLINE_LEAVE && rule->match.sources & SOURCE_BIT(SOURCE_VIRTIO_MEM))
                tell(reader, CONFIG_WARNING, config_setting_get_member(setting, "online"),
                     "a virtio-mem device whose memory nobody puts online stops growing after a "
                     "few blocks");
}

/* What isn't given depends on what is. */
static void complete_rule(Rule *rule) {
        if (rule->or_else < 0)
                rule->or_else = rule->online == ONLINE_AUTO ? ONLINE_KERNEL : ONLINE_LEAVE;
        if (rule->unit < 0)
                rule->unit = rule->match.addresses || rule->match.blocks ? UNIT_BLOCK : UNIT_DEVICE;
}

/* Gives the rule, which it takes over, what the file needn't say, and puts it to the others. */
static void add_rule(Reader *reader, Rule *rule, const config_setting_t *setting) {
        ConfigDraft *draft = reader->draft;
        Rule *rules;

        rule->line = config_setting_source_line(setting);
        rule->file = strdup(reader->file);
        if (!rule->name)
                rule->name = default_name(reader, setting);

        rules = reallocarray(draft->rules, draft->n_rules + 1, sizeof(Rule));
        if (rules)
                draft->rules = rules;
        if (!rules || !rule->file || !rule->name) {
                reader->reporter->no_memory = true;
                rule_done(rule);
                return;
        }
        draft->rules[draft->n_rules++] = *rule;
}

static void read_rule(Reader *reader, const config_setting_t *setting) {
        Rule rule = { .online = _ONLINE_INVALID,
                      .or_else = _ONLINE_INVALID,
                      .unit = _UNIT_INVALID };

        if (!config_setting_is_group(setting)) {
                tell(reader, CONFIG_ERROR, setting,
                     "expected a rule, which is a group { … }, got %s", type_name(setting));
                return;
        }
        if (!config_setting_get_member(setting, "online"))
                tell(reader, CONFIG_ERROR, setting,
                     "'online' is missing; expected " ONLINE_EXPECTED);

        read_group(reader, setting, rule_keys, &rule);
        if (rule.online < 0) {
                rule_done(&rule);
                return;
        }
        complete_rule(&rule);
        check_or_else(reader, setting, &rule);
        check_rezone(reader, setting, &rule);
        check_virtio_mem(reader, setting, &rule);
        add_rule(reader, &rule, setting);
}

static void read_rules(Reader *reader, const config_setting_t *setting, void *value) {
        for (int i = 0; i < config_setting_length(setting); i++)
                read_rule(reader, config_setting_get_elem(setting, (unsigned)i));
}

static const Key policy_keys[] = {
        { "mode", CONFIG_TYPE_STRING, MODE_EXPECTED, offsetof(Policy, mode),
          .parse = config_parse_mode, .format = config_format_mode },
        { "take_over", CONFIG_TYPE_BOOL, "true or false", offsetof(Policy, take_over),
          .read = read_bool, .format = config_format_bool },
        { "rules", CONFIG_TYPE_LIST, "a list of groups ( { … }, { … } )", .read = read_rules },
        { "movable_ratio", CONFIG_TYPE_STRING, "percents such as \"301%\"",
          offsetof(Policy, movable_ratio), .parse = config_parse_ratio,
          .format = config_format_ratio },
        { "numa_aware", CONFIG_TYPE_BOOL, "true or false", offsetof(Policy, numa_aware),
          .read = read_bool, .format = config_format_bool },
        { "kernel_min", CONFIG_TYPE_STRING, SIZE_EXPECTED, offsetof(Policy, kernel_min),
          .parse = config_parse_size, .format = config_format_size },
        {},
};

/* The kernel keeps a map of all memory, 1/64 of it, and in kernel zones only. */
static void check_ratio(Reader *reader, const config_setting_t *root) {
        const config_setting_t *ratio = config_setting_get_member(root, "movable_ratio");

        if (ratio && reader->draft->policy->movable_ratio >= RATIO_IMPOSSIBLE)
                tell(reader, CONFIG_WARNING, ratio,
                     "the map that the kernel keeps of so much movable memory takes all of its "
                     "own");
}

/* Of the rules each knows its place itself. */
static void note_places(Reader *reader, const config_setting_t *root) {
        for (const Key *key = policy_keys; key->name; key++) {
                const config_setting_t *setting = config_setting_get_member(root, key->name);

                if (setting && key->format)
                        config_report_add_place(reader->reporter, key->name,
                                                config_setting_source_line(setting));
        }
}

void config_schema_read(const config_setting_t *root, const char *file, ConfigDraft *draft,
                        Reporter *reporter) {
        Reader reader = { .file = file, .draft = draft, .reporter = reporter };

        read_group(&reader, root, policy_keys, draft->policy);
        check_ratio(&reader, root);
        note_places(&reader, root);
}

static const Key *const group_table[_CONFIG_GROUP_MAX] = {
        [CONFIG_GROUP_POLICY] = policy_keys,
        [CONFIG_GROUP_RULE] = rule_keys,
        [CONFIG_GROUP_MATCH] = match_keys,
};

const char *config_key_name(ConfigGroup group, size_t i) {
        return group_table[group][i].name;
}

int config_key_format(ConfigGroup group, size_t i, const void *values, char **ret) {
        const Key *key = &group_table[group][i];
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *stream = open_memstream(&text, &size);

        /* A new setting must not be missing from what show-config shows. */
        assert(key->format || key->type == CONFIG_TYPE_GROUP || key->type == CONFIG_TYPE_LIST);
        if (!stream)
                return -ENOMEM;

        if (key->format)
                key->format(stream, (const char *)values + key->offset);
        if (fclose(stream) != 0)
                return -ENOMEM;

        *ret = *text ? TAKE_PTR(text) : NULL;
        return 0;
}

void config_draft_done(ConfigDraft *draft) {
        for (size_t i = 0; i < draft->n_rules; i++)
                rule_done(&draft->rules[i]);
        free(draft->rules);
        draft->rules = NULL;
        draft->n_rules = 0;
        draft->policy = policy_unref(draft->policy);
}
