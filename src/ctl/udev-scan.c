/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/udev-scan.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "ctl/udev-token.h"

/* A block that stands for any: the rules can't tell it from others but by its number. */
#define BLOCK_NAME "memory32"
#define BLOCK_PATH "/devices/system/memory/" BLOCK_NAME

typedef struct Label {
        char *name;
        Truth reached; /* by jumps so far; TRUTH_NO once it came */
} Label;

typedef struct Scan {
        const UdevFacts *facts;
        UdevTell tell;
        void *userdata;
        const char *rest; /* of the text, behind this rule */
        Truth reached;    /* whether udev comes to the next rule */
        size_t n_labels;
        Label *labels; /* that were jumped to */
} Scan;

/* A rule as it is read, token by token. */
typedef struct Rule {
        unsigned line;
        Truth truth; /* of its conditions */
        bool acts;
        UdevFound found;
        const char *jump, *label;
} Rule;

static Truth lesser(Truth a, Truth b) {
        return a < b ? a : b;
}

static Truth greater(Truth a, Truth b) {
        return a > b ? a : b;
}

/* Conditions */

/* "a|b*": whether one of the patterns matches. */
static bool matches(const char *patterns, const char *text) {
        for (;;) {
                size_t n = strcspn(patterns, "|");
                char pattern[UDEV_TEXT_MAX];

                if (n < sizeof(pattern)) {
                        *(char *)mempcpy(pattern, patterns, n) = 0;
                        if (fnmatch(pattern, text, 0) == 0)
                                return true;
                }
                if (!patterns[n])
                        return false;
                patterns += n + 1;
        }
}

static Truth truth_of(bool holds) {
        return holds ? TRUTH_YES : TRUTH_NO;
}

/* A pattern may be about other blocks than the one that stands for all. */
static Truth match_block(const char *patterns, const char *name) {
        if (matches(patterns, name))
                return TRUTH_YES;

        return strstr(patterns, "memory") ? TRUTH_MAYBE : TRUTH_NO;
}

/* What comes after "add" may be meant as well. */
static Truth match_action(const char *patterns) {
        if (matches(patterns, "add"))
                return TRUTH_YES;

        return matches(patterns, "online") || matches(patterns, "offline") ||
                               matches(patterns, "change")
                       ? TRUTH_MAYBE
                       : TRUTH_NO;
}

static Truth match_attribute(const Scan *scan, const char *attribute, const char *patterns) {
        const UdevFacts *facts = scan->facts;
        char text[UDEV_TEXT_MAX];

        if (strcmp(attribute, "state") == 0)
                return truth_of(matches(patterns, "offline"));
        if (!facts->read_attribute || !facts->read_attribute(facts->userdata, attribute, text))
                return TRUTH_MAYBE;

        return truth_of(matches(patterns, text));
}

static Truth match_constant(const Scan *scan, const char *name, const char *patterns) {
        if (strcmp(name, "arch") == 0 && scan->facts->arch)
                return truth_of(matches(patterns, scan->facts->arch));

        return TRUTH_MAYBE;
}

static Truth match(const Scan *scan, const UdevToken *token) {
        const char *key = token->key, *patterns = token->value;

        if (strcmp(key, "SUBSYSTEM") == 0)
                return truth_of(matches(patterns, "memory"));
        if (strcmp(key, "ACTION") == 0)
                return match_action(patterns);
        if (strcmp(key, "KERNEL") == 0)
                return match_block(patterns, BLOCK_NAME);
        if (strcmp(key, "DEVPATH") == 0)
                return match_block(patterns, BLOCK_PATH);
        if (strcmp(key, "ATTR") == 0 || strcmp(key, "ATTRS") == 0)
                return match_attribute(scan, token->attribute, patterns);
        if (strcmp(key, "CONST") == 0)
                return match_constant(scan, token->attribute, patterns);
        if (strcmp(key, "TEST") == 0 && matches("state|valid_zones", patterns))
                return TRUTH_YES;

        return TRUTH_MAYBE;
}

static Truth negated(Truth truth) {
        return truth == TRUTH_MAYBE ? TRUTH_MAYBE : truth_of(truth == TRUTH_NO);
}

/* What is done */

static bool starts_with(const char *text, const char *start) {
        return strncmp(text, start, strlen(start)) == 0;
}

/* "state" of "../memory33/state" or of "[memory/memory33]state". */
static const char *last_part(const char *attribute) {
        const char *part = attribute;

        for (; *attribute; attribute++)
                if (*attribute == '/' || *attribute == ']')
                        part = attribute + 1;
        return part;
}

/* ATTR{state}="online_movable", also of another block, or with a value that is put in by udev. */
static bool writes_online(const char *attribute, const char *value) {
        const char *name = last_part(attribute);

        if (strcmp(name, "state") == 0)
                return starts_with(value, "online") || strpbrk(value, "$%");
        if (strcmp(name, "auto_online_blocks") == 0)
                return starts_with(value, "online");

        return strcmp(name, "online") == 0 && (*value == '1' || *value == 'y');
}

static bool command_onlines(const char *value) {
        if (strstr(value, "chmem"))
                return strstr(value, " -e") || strstr(value, "--enable");

        return strstr(value, "online") && (strstr(value, "state") || strstr(value, "memory"));
}

/* What a command, or a unit that is pulled in, is for. False: none of ours. */
static bool command_acts(const char *value, UdevAct *ret) {
        if (strstr(value, "daxctl") || strstr(value, "daxdev-reconfigure"))
                *ret = UDEV_DAXCTL;
        else if (strstr(value, "kdump"))
                *ret = UDEV_KDUMP;
        else if (command_onlines(value))
                *ret = UDEV_RUNS;
        else
                return false;

        return true;
}

static bool token_acts(const UdevToken *token, UdevAct *ret) {
        const char *key = token->key;

        if (strcmp(key, "PROGRAM") == 0 || strcmp(key, "IMPORT") == 0)
                return command_acts(token->value, ret);
        if (token->is_match || token->is_negated)
                return false;
        if (strcmp(key, "RUN") == 0 ||
            (strcmp(key, "ENV") == 0 && strcmp(token->attribute, "SYSTEMD_WANTS") == 0))
                return command_acts(token->value, ret);

        *ret = UDEV_ONLINES;
        return strcmp(key, "ATTR") == 0 && writes_online(token->attribute, token->value);
}

static void note_act(Rule *rule, const UdevToken *token) {
        UdevAct act;

        if (rule->acts || !token_acts(token, &act))
                return;

        rule->acts = true;
        rule->found = (UdevFound){
                .act = act,
                .line = rule->line,
                .key = token->key,
                .attribute = token->attribute,
                .value = token->value,
        };
}

/* A rule whose device is no memory block can still have daxctl put memory online. */
static void tell_act(Scan *scan, Rule *rule) {
        Truth truth = lesser(scan->reached, rule->truth);

        if (!rule->acts)
                return;
        if (rule->found.act == UDEV_DAXCTL)
                truth = TRUTH_MAYBE;
        else if (rule->found.act == UDEV_RUNS || strpbrk(rule->found.value, "$%"))
                truth = lesser(truth, TRUTH_MAYBE);
        if (truth == TRUTH_NO)
                return;

        rule->found.truth = truth;
        scan->tell(scan->userdata, &rule->found);
}

/* Jumps */

static Label *find_label(Scan *scan, const char *name) {
        for (size_t i = 0; i < scan->n_labels; i++)
                if (strcmp(scan->labels[i].name, name) == 0)
                        return &scan->labels[i];

        return NULL;
}

static int add_label(Scan *scan, const char *name, Truth reached) {
        Label *labels = reallocarray(scan->labels, scan->n_labels + 1, sizeof(Label));

        if (!labels)
                return -ENOMEM;
        scan->labels = labels;

        labels[scan->n_labels] = (Label){ .name = strdup(name), .reached = reached };
        if (!labels[scan->n_labels].name)
                return -ENOMEM;
        scan->n_labels++;
        return 0;
}

/* LABEL="NAME" in what is still to come, be it in a comment. */
static bool has_label(const char *text, const char *name) {
        size_t n = strlen(name);

        while ((text = strstr(text, "LABEL"))) {
                text += strlen("LABEL");
                text += strspn(text, " \t=\"");
                if (strncmp(text, name, n) == 0 && text[n] == '"')
                        return true;
        }
        return false;
}

/* udev jumps only forward; a jump to nowhere it passes over. */
static int jump(Scan *scan, const Rule *rule) {
        Truth reached = lesser(scan->reached, rule->truth);
        Label *label = find_label(scan, rule->jump);

        if (!has_label(scan->rest, rule->jump))
                return 0;

        scan->reached = lesser(scan->reached, negated(rule->truth));
        if (!label)
                return add_label(scan, rule->jump, reached);

        label->reached = greater(label->reached, reached);
        return 0;
}

/* Where nobody is on the way to another label, all that were let loose have come to this one. */
static void arrive(Scan *scan, const char *name) {
        Label *label = find_label(scan, name);

        if (!label)
                return;

        scan->reached = greater(scan->reached, label->reached);
        label->reached = TRUTH_NO;
        for (size_t i = 0; i < scan->n_labels; i++)
                if (scan->labels[i].reached != TRUTH_NO)
                        return;
        scan->reached = TRUTH_YES;
}

/* Rules */

static void take_into_rule(const Scan *scan, const UdevToken *token, Rule *rule) {
        note_act(rule, token);
        if (strcmp(token->key, "LABEL") == 0)
                rule->label = token->value;
        else if (strcmp(token->key, "GOTO") == 0)
                rule->jump = token->value;
        else if (token->is_match) {
                Truth truth = match(scan, token);

                rule->truth = lesser(rule->truth, token->is_negated ? negated(truth) : truth);
        }
}

/* A line that udev doesn't understand to its end it passes over, and so is it here. */
static int scan_line(Scan *scan, char *line, unsigned number) {
        Rule rule = { .line = number, .truth = TRUTH_YES };
        UdevToken token;

        while (udev_take_token(&line, &token))
                take_into_rule(scan, &token, &rule);
        if (*line)
                return 0;

        if (rule.label)
                arrive(scan, rule.label);
        tell_act(scan, &rule);
        return rule.jump ? jump(scan, &rule) : 0;
}

/*
 * Takes the next rule off *text into 'line', which has room for all of it: a backslash at the end of a
 * line continues it, comments in between don't end it. Answers how many lines of the file that were.
 */
static unsigned take_line(const char **text, char *line, unsigned *ret_first) {
        unsigned n_lines = 0;
        bool goes_on = true;

        *ret_first = 0;
        while (goes_on && **text) {
                size_t n = strcspn(*text, "\n"), blanks = strspn(*text, " \t");
                bool is_comment = (*text)[blanks] == '#';

                goes_on = is_comment ? *ret_first > 0 : n > 0 && (*text)[n - 1] == '\\';
                if (!is_comment) {
                        *ret_first = *ret_first ?: n_lines + 1;
                        line = mempcpy(line, *text, goes_on ? n - 1 : n);
                }
                *text += n + ((*text)[n] == '\n');
                n_lines++;
        }
        *line = 0;
        return n_lines;
}

int udev_scan(const char *text, const UdevFacts *facts, UdevTell tell, void *userdata) {
        Scan scan = { .facts = facts, .tell = tell, .userdata = userdata, .reached = TRUTH_YES };
        _cleanup_free_ char *line = malloc(strlen(text) + 1);
        unsigned number = 0, first;
        int r = line ? 0 : -ENOMEM;

        while (r >= 0 && *text) {
                unsigned n = take_line(&text, line, &first);

                scan.rest = text;
                if (first > 0)
                        r = scan_line(&scan, line, number + first);
                number += n;
        }

        for (size_t i = 0; i < scan.n_labels; i++)
                free(scan.labels[i].name);
        free(scan.labels);
        return r;
}
