/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <string.h>

#include "rules/kernel-words.h"
#include "suite.h"

/* A rule of a test; 'nodes' may be a source; NULL: it takes everything. */
typedef struct RuleText {
        const char *nodes;
        Online online, or_else;
        Unit unit;
} RuleText;

#define RULES_MAX 4

static void add_rule(Policy *policy, const RuleText *text) {
        Rule rule = {
                .name = strdup("test"),
                .file = strdup("test.conf"),
                .line = (unsigned)policy->n_rules + 1,
                .online = text->online,
                .or_else = text->or_else,
                .unit = text->unit,
        };

        if (text->nodes && source_from_string(text->nodes) >= 0)
                rule.match.sources = SOURCE_BIT(source_from_string(text->nodes));
        else if (text->nodes)
                ck_assert_int_eq(range_set_parse(text->nodes, &rule.match.nodes), 0);
        ck_assert_int_eq(policy_add_rule(policy, &rule), 0);
}

static Policy *make_policy(const RuleText *rules, size_t n) {
        Policy *policy = policy_new();

        ck_assert_ptr_nonnull(policy);
        for (size_t i = 0; i < n; i++)
                add_rule(policy, &rules[i]);
        ck_assert_int_eq(policy_add_defaults(policy), 0);
        return policy;
}

#define MOVABLE ONLINE_MOVABLE, ONLINE_LEAVE
#define KERNEL ONLINE_KERNEL, ONLINE_LEAVE
#define DEFAULT ONLINE_DEFAULT, ONLINE_LEAVE
#define LEAVE ONLINE_LEAVE, ONLINE_LEAVE
#define POLICY ONLINE_KERNEL_POLICY, ONLINE_LEAVE

START_TEST(all_rules_that_count_must_say_the_same) {
        static const struct {
                size_t n;
                RuleText rules[RULES_MAX];
                int in_the_way; /* -1: none */
                const char *word;
        } rows[] = {
                { 0, {}, 0, NULL },
                { 1, { { NULL, MOVABLE } }, -1, "online_movable" },
                { 1, { { NULL, KERNEL } }, -1, "online_kernel" },
                { 1, { { NULL, DEFAULT } }, -1, "online" },
                { 1, { { NULL, LEAVE } }, -1, "offline" },
                { 1, { { NULL, POLICY } }, -1, NULL },
                { 2, { { "1", POLICY }, { NULL, POLICY } }, -1, NULL },
                { 1, { { "1", POLICY } }, 0, NULL },
                { 1, { { "1", MOVABLE } }, 0, NULL },
                { 1, { { "1", LEAVE } }, 0, NULL },
                { 1, { { "dimm", MOVABLE } }, 0, NULL },
                { 2, { { "1", MOVABLE }, { NULL, MOVABLE } }, -1, "online_movable" },
                { 2, { { "1", KERNEL }, { NULL, MOVABLE } }, 0, NULL },
                { 3, { { "1", MOVABLE }, { "2", DEFAULT }, { NULL, MOVABLE } }, 1, NULL },
                { 3,
                  { { "1", MOVABLE }, { NULL, MOVABLE }, { "2", KERNEL } },
                  -1,
                  "online_movable" },
                { 2, { { NULL, LEAVE }, { NULL, MOVABLE } }, -1, "offline" },
                { 1, { { NULL, ONLINE_AUTO, ONLINE_KERNEL } }, -1, "online" },
                { 1, { { NULL, ONLINE_AUTO, ONLINE_LEAVE } }, -1, "online" },
                { 1, { { NULL, ONLINE_AUTO, ONLINE_MOVABLE } }, 0, NULL },
                { 1, { { NULL, ONLINE_AUTO, ONLINE_KERNEL, UNIT_BLOCK } }, 0, NULL },
                { 2, { { "1", MOVABLE }, { NULL, ONLINE_AUTO, ONLINE_KERNEL } }, 0, NULL },
                { 2,
                  { { "1", ONLINE_AUTO, ONLINE_KERNEL }, { NULL, ONLINE_AUTO, ONLINE_KERNEL } },
                  -1,
                  "online" },
                { 2, { { NULL, DEFAULT }, { NULL, ONLINE_AUTO, ONLINE_KERNEL } }, -1, "online" },
                /* or_else, where it can have an effect */
                { 1, { { NULL, ONLINE_MOVABLE, ONLINE_KERNEL } }, 0, NULL },
                { 1, { { NULL, ONLINE_MOVABLE, ONLINE_MOVABLE } }, -1, "online_movable" },
                { 1, { { NULL, ONLINE_DEFAULT, ONLINE_KERNEL } }, -1, "online" },
                { 1, { { NULL, ONLINE_LEAVE, ONLINE_KERNEL } }, -1, "offline" },
                { 1, { { "1", ONLINE_KERNEL_POLICY, ONLINE_KERNEL } }, 0, NULL },
                { 2, { { "1", ONLINE_KERNEL, ONLINE_MOVABLE }, { NULL, KERNEL } }, 0, NULL },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(policy_unrefp) Policy *policy = make_policy(rows[i].rules, rows[i].n);
                KernelWords words = policy_in_kernel_words(policy);

                ck_assert_msg(words.in_the_way == (rows[i].in_the_way < 0
                                                           ? NULL
                                                           : &policy->rules[rows[i].in_the_way]),
                              "row %zu", i);
                if (!words.in_the_way)
                        ck_assert_pstr_eq(online_to_kernel_word(words.online), rows[i].word);
        }
}
END_TEST

START_TEST(auto_says_what_is_in_the_way) {
        static const struct {
                RuleText rule;
                Mode mode, active;
                bool take_over;
                const char *text;
        } rows[] = {
                { { "1", MOVABLE },
                  MODE_AUTO,
                  MODE_UEVENT,
                  true,
                  "for 'test' (test.conf:1): it asks for \"movable\", the rest for "
                  "\"auto\"" },
                { { NULL, ONLINE_KERNEL, ONLINE_MOVABLE },
                  MODE_AUTO,
                  MODE_UEVENT,
                  true,
                  "for 'test' (test.conf:1): it has or_else = \"movable\"" },
                { { NULL, ONLINE_AUTO, ONLINE_MOVABLE },
                  MODE_AUTO,
                  MODE_UEVENT,
                  true,
                  "for 'test' (test.conf:1): it has or_else = \"movable\"" },
                { { NULL, ONLINE_AUTO, ONLINE_KERNEL, UNIT_BLOCK },
                  MODE_AUTO,
                  MODE_UEVENT,
                  true,
                  "for 'test' (test.conf:1): it asks for \"auto\" with unit = \"block\"" },
                { { NULL, MOVABLE }, MODE_AUTO, MODE_UEVENT, false, "take_over = false" },
                { { NULL, MOVABLE }, MODE_AUTO, MODE_KERNEL, true, NULL },
                { { "1", MOVABLE }, MODE_UEVENT, MODE_UEVENT, true, NULL },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(policy_unrefp) Policy *policy = make_policy(&rows[i].rule, 1);
                _cleanup_free_ char *text = NULL;

                policy->mode = rows[i].mode;
                policy->active = rows[i].active;
                policy->take_over = rows[i].take_over;
                text = kernel_words_explain_auto(policy);
                ck_assert_pstr_eq(text, rows[i].text);
        }
}
END_TEST

START_TEST(kernel_min_has_no_word) {
        const RuleText rule = { NULL, ONLINE_AUTO, ONLINE_KERNEL };
        _cleanup_(policy_unrefp) Policy *policy = make_policy(&rule, 1);
        _cleanup_free_ char *text = NULL;
        KernelWords words;

        policy->kernel_min = 1;
        words = policy_in_kernel_words(policy);
        ck_assert_ptr_eq(words.in_the_way, &policy->rules[0]);
        text = kernel_words_explain(&words);
        ck_assert_str_eq(text, "it asks for \"auto\" with a kernel_min");
}
END_TEST

START_TEST(auto_takes_all_the_settings) {
        static const struct {
                Online online;
                bool numa_aware;
                const char *texts[_SETTING_MAX];
        } rows[] = {
                { ONLINE_AUTO, false, { "online", "auto-movable", "250", "N" } },
                { ONLINE_AUTO, true, { "online", "auto-movable", "250", "Y" } },
                { ONLINE_DEFAULT, true, { "online", NULL, NULL, NULL } },
                { ONLINE_MOVABLE, true, { "online_movable", NULL, NULL, NULL } },
                { ONLINE_KERNEL_POLICY, true, { NULL, NULL, NULL, NULL } },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                const RuleText rule = { NULL, rows[i].online, ONLINE_LEAVE };
                _cleanup_(policy_unrefp) Policy *policy = make_policy(&rule, 1);
                KernelWords words = policy_in_kernel_words(policy);
                char text[SETTING_TEXT_MAX];

                policy->movable_ratio = 250;
                policy->numa_aware = rows[i].numa_aware;
                for (Setting setting = 0; setting < _SETTING_MAX; setting++)
                        ck_assert_pstr_eq(kernel_words_setting(&words, policy, setting, text),
                                          rows[i].texts[setting]);
        }
}
END_TEST

START_TEST(words_of_the_kernel) {
        static const struct {
                const char *word;
                Online online;
        } rows[] = {
                { "offline", ONLINE_LEAVE },
                { "online", ONLINE_DEFAULT },
                { "online_kernel", ONLINE_KERNEL },
                { "online_movable", ONLINE_MOVABLE },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                ck_assert_int_eq(online_from_kernel_word(rows[i].word), rows[i].online);
                ck_assert_str_eq(online_to_kernel_word(rows[i].online), rows[i].word);
        }

        ck_assert_int_eq(online_from_kernel_word("online_somewhere"), ONLINE_LEAVE);
        ck_assert_int_eq(online_from_kernel_word(""), ONLINE_LEAVE);
        ck_assert_int_eq(online_from_kernel_word(NULL), ONLINE_LEAVE);
        ck_assert_ptr_null(online_to_kernel_word(ONLINE_KERNEL_POLICY));
        ck_assert_ptr_null(online_to_kernel_word(_ONLINE_INVALID));
}
END_TEST

TEST_PROGRAM("kernel-words", all_rules_that_count_must_say_the_same, auto_says_what_is_in_the_way,
             kernel_min_has_no_word, auto_takes_all_the_settings, words_of_the_kernel);
