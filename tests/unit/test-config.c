/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "config-loader.h"
#include "suite.h"

#define ETC "etc/memplugd/memplugd.conf"
#define ETC_D "etc/memplugd/memplugd.conf.d/"
#define RUN_D "run/memplugd/memplugd.conf.d/"
#define USR_D "usr/lib/memplugd/memplugd.conf.d/"

#define RULE(n, what) \
        "rules = ( { name = \"" n "\"; match = { node = \"" n "\"; }; online = \"" what "\"; } );\n"

#define ALL(what) "rules = ( { online = \"" what "\"; } );\n"

#define N_BUILT_IN 7

/* The rules' names in their order, of those that came from files. */
static const char *names(const Policy *policy) {
        static char text[1024];
        size_t n = 0;

        ck_assert_ptr_nonnull(policy);
        text[0] = 0;
        for (size_t i = 0; i < policy->n_rules && policy->rules[i].file; i++)
                n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", i > 0 ? " " : "",
                                      policy->rules[i].name);
        return text;
}

START_TEST(without_any_file_the_built_in_rules_decide) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(policy_unrefp) Policy *policy = load(tree, NULL);

        ck_assert_str_eq(told, "");
        ck_assert_int_eq(policy->mode, MODE_UEVENT);
        ck_assert_uint_eq(policy->n_rules, N_BUILT_IN);
        ck_assert_ptr_null(policy->rules[0].file);
        ck_assert(policy->take_over);
        fake_tree_free(tree);
}
END_TEST

START_TEST(a_file_that_is_named_must_exist) {
        FakeTree *tree = fake_tree_new();
        char path[128];

        (void)snprintf(path, sizeof(path), "%s/c", tree->root);
        ck_assert_ptr_null(load(tree, path));
        ck_assert_str_eq(told, "/c: can't be read: No such file or directory\n");
        fake_tree_free(tree);
}
END_TEST

START_TEST(a_named_file_is_read_alone) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(policy_unrefp) Policy *policy = NULL;

        fake_file(tree, ETC, "mode = 1;");
        fake_file(tree, ETC_D "1.conf", "mode = 1;");
        policy = load_text(tree, RULE("1", "movable"));
        ck_assert_str_eq(names(policy), "1");
        fake_tree_free(tree);
}
END_TEST

START_TEST(a_rule_is_read_whole) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(policy_unrefp) Policy *policy = NULL;
        const Rule *rule;

        policy = load_text(
                tree,
                "mode = \"observe\";\n\nrules = (\n  {\n    name = \"Speicher für später\";\n"
                "    match = { node = \"1-3,8\"; range = \"0x100000000-0x17fffffff\"; blocks = \"32-39\"; };\n"
                "    online = \"movable\"; or_else = \"kernel\"; },\n"
                "  { online = \"default\"; } )");
        ck_assert_str_eq(told, "");
        ck_assert_int_eq(policy->mode, MODE_OBSERVE);
        ck_assert_uint_eq(policy->n_rules, 2 + N_BUILT_IN);

        rule = &policy->rules[0];
        ck_assert_str_eq(rule->name, "Speicher für später");
        ck_assert_str_eq(rule->file + strlen(tree->root), "/c");
        ck_assert_uint_eq(rule->line, 4);
        ck_assert_int_eq(rule->online, ONLINE_MOVABLE);
        ck_assert_int_eq(rule->or_else, ONLINE_KERNEL);
        ck_assert(range_set_contains(rule->match.nodes, 8));
        ck_assert(!range_set_contains(rule->match.nodes, 4));
        ck_assert(range_set_contains_range(rule->match.addresses, 0x100000000, 0x17fffffff));
        ck_assert(!range_set_contains(rule->match.addresses, 0x180000000));
        ck_assert(range_set_contains_range(rule->match.blocks, 32, 39));
        ck_assert(!range_set_contains(rule->match.blocks, 40));

        rule = &policy->rules[1];
        ck_assert_uint_eq(rule->line, 8);
        ck_assert_int_eq(rule->online, ONLINE_DEFAULT);
        ck_assert_int_eq(rule->or_else, ONLINE_LEAVE);
        ck_assert_ptr_null(rule->match.nodes);
        ck_assert_ptr_null(rule->match.addresses);
        ck_assert_ptr_null(rule->match.blocks);
        fake_tree_free(tree);
}
END_TEST

START_TEST(what_a_rule_asks_of_devices_is_read) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(policy_unrefp) Policy *policy = NULL;
        const Match *match;

        policy = load_text(
                tree,
                "rules = ( { online = \"movable\"; match = { source = [ \"dimm\", \"virtio-mem\" ]; size_min = \"1G\"; cpuless = true; }; },\n"
                "{ online = \"movable\"; match = { source = \"boot\"; size_max = \"0\"; cpuless = false; }; },\n"
                "{ online = \"movable\"; } );");
        ck_assert_str_eq(told, "");
        match = &policy->rules[0].match;
        ck_assert_uint_eq(match->sources, SOURCE_BIT(SOURCE_DIMM) | SOURCE_BIT(SOURCE_VIRTIO_MEM));
        ck_assert(match->size_min.given && !match->size_max.given);
        ck_assert_uint_eq(match->size_min.bytes, 1 << 30);
        ck_assert_int_eq(match->cpuless, CPULESS_YES);

        match = &policy->rules[1].match;
        ck_assert_uint_eq(match->sources, SOURCE_BIT(SOURCE_BOOT));
        ck_assert(!match->size_min.given && match->size_max.given);
        ck_assert_uint_eq(match->size_max.bytes, 0);
        ck_assert_int_eq(match->cpuless, CPULESS_NO);
        ck_assert(match_is_empty(&policy->rules[2].match));
        fake_tree_free(tree);
}
END_TEST

START_TEST(the_settings_of_auto_have_their_defaults) {
        static const struct {
                const char *text;
                uint64_t ratio, kernel_min;
                bool numa_aware;
        } rows[] = {
                { "", 301, 0, false },
                { "movable_ratio = \"100%\"; numa_aware = true; kernel_min = \"4GiB\";", 100,
                  UINT64_C(4) << 30, true },
        };
        FakeTree *tree = fake_tree_new();

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(policy_unrefp) Policy *policy = load_text(tree, rows[i].text);

                ck_assert_str_eq(told, "");
                ck_assert_uint_eq(policy->movable_ratio, rows[i].ratio);
                ck_assert_uint_eq(policy->kernel_min, rows[i].kernel_min);
                ck_assert(policy->numa_aware == rows[i].numa_aware);
        }
        fake_tree_free(tree);
}
END_TEST

/* What a rule doesn't say depends on what it says. */
START_TEST(unit_and_or_else_have_their_defaults) {
        static const struct {
                const char *rule;
                Unit unit;
                Online or_else;
        } rows[] = {
                { "online = \"movable\";", UNIT_DEVICE, ONLINE_LEAVE },
                { "online = \"auto\";", UNIT_DEVICE, ONLINE_KERNEL },
                { "online = \"auto\"; or_else = \"leave\";", UNIT_DEVICE, ONLINE_LEAVE },
                { "match = { node = \"1\"; source = \"dimm\"; }; online = \"auto\";", UNIT_DEVICE,
                  ONLINE_KERNEL },
                { "match = { range = \"0-1\"; }; online = \"kernel\";", UNIT_BLOCK, ONLINE_LEAVE },
                { "online = \"kernel\"; match = { blocks = \"1\"; };", UNIT_BLOCK, ONLINE_LEAVE },
                { "match = { blocks = \"1\"; }; online = \"kernel\"; unit = \"device\";",
                  UNIT_DEVICE, ONLINE_LEAVE },
                { "online = \"kernel\"; unit = \"block\";", UNIT_BLOCK, ONLINE_LEAVE },
        };
        FakeTree *tree = fake_tree_new();
        char text[256];

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(policy_unrefp) Policy *policy = NULL;

                (void)snprintf(text, sizeof(text), "rules = ( { %s } );", rows[i].rule);
                policy = load_text(tree, text);
                ck_assert_str_eq(told, "");
                ck_assert_msg(policy->rules[0].unit == rows[i].unit, "row %zu", i);
                ck_assert_msg(policy->rules[0].or_else == rows[i].or_else, "row %zu", i);
        }
        fake_tree_free(tree);
}
END_TEST

START_TEST(rules_without_a_name_get_one) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(policy_unrefp) Policy *policy = NULL;
        char expected[256];

        policy = load_text(
                tree,
                "rules = ( { online = \"movable\"; match = { node = \"1\"; }; },\n{ online = \"kernel\"; } );");
        (void)snprintf(expected, sizeof(expected), "rule 1 of %s/c rule 2 of %s/c", tree->root,
                       tree->root);
        ck_assert_str_eq(names(policy), expected);
        fake_tree_free(tree);
}
END_TEST

START_TEST(drop_ins_come_in_the_order_of_their_names) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(policy_unrefp) Policy *policy = NULL;

        fake_file(
                tree, ETC,
                "rules = ( { name = \"0a\"; match = { node = \"0\"; }; online = \"movable\"; },\n"
                "{ name = \"0b\"; match = { node = \"9\"; }; online = \"movable\"; } );\nmode = \"uevent\";");
        fake_file(tree, USR_D "30-usr.conf", RULE("3", "kernel"));
        fake_file(tree, ETC_D "10-etc.conf", RULE("1", "kernel") "mode = \"observe\";");
        fake_file(tree, RUN_D "20-run.conf",
                  "rules = ( { name = \"2a\"; match = { node = \"2\"; }; online = \"movable\"; },\n"
                  "{ name = \"2b\"; match = { node = \"12\"; }; online = \"movable\"; } );");
        policy = load(tree, NULL);
        ck_assert_str_eq(told, "");
        ck_assert_str_eq(names(policy), "3 2a 2b 1 0a 0b");
        ck_assert_uint_eq(policy->n_rules, 6 + N_BUILT_IN);
        ck_assert_int_eq(policy->mode, MODE_OBSERVE);
        fake_tree_free(tree);
}
END_TEST

START_TEST(the_last_setting_of_a_scalar_wins) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(policy_unrefp) Policy *policy = NULL;

        fake_file(tree, ETC, "mode = \"observe\";");
        fake_file(tree, USR_D "90.conf", "mode = \"uevent\";");
        fake_file(tree, ETC_D "10.conf", "mode = \"observe\";");
        policy = load(tree, NULL);
        ck_assert_int_eq(policy->mode, MODE_UEVENT);
        fake_tree_free(tree);
}
END_TEST

START_TEST(auto_comes_to_a_mode_by_the_rules) {
        static const struct {
                const char *text;
                Mode mode, active;
                bool take_over;
        } rows[] = {
                { "", MODE_UEVENT, MODE_UEVENT, true },
                { "take_over = false;", MODE_UEVENT, MODE_UEVENT, false },
                { "mode = \"observe\";", MODE_OBSERVE, MODE_OBSERVE, true },
                { "mode = \"kernel\";" ALL("kernel-policy"), MODE_KERNEL, MODE_KERNEL, true },
                { "mode = \"auto\";", MODE_AUTO, MODE_UEVENT, true },
                { "mode = \"auto\";" ALL("kernel-policy"), MODE_AUTO, MODE_KERNEL, true },
                { "mode = \"auto\"; take_over = false;" ALL("kernel-policy"), MODE_AUTO,
                  MODE_UEVENT, false },
                { "mode = \"auto\";" RULE("1", "movable"), MODE_AUTO, MODE_UEVENT, true },
                { "mode = \"auto\";" RULE("1", "auto"), MODE_AUTO, MODE_UEVENT, true },
                { "mode = \"auto\"; rules = ( { online = \"movable\"; } );", MODE_AUTO, MODE_KERNEL,
                  true },
        };
        FakeTree *tree = fake_tree_new();

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(policy_unrefp) Policy *policy = load_text(tree, rows[i].text);

                ck_assert_ptr_nonnull(policy);
                ck_assert_int_eq(policy->mode, rows[i].mode);
                ck_assert_int_eq(policy->active, rows[i].active);
                ck_assert(policy->take_over == rows[i].take_over);
        }
        fake_tree_free(tree);
}
END_TEST

START_TEST(a_stronger_place_replaces_the_file_of_the_same_name) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(policy_unrefp) Policy *policy = NULL;
        char path[128];

        fake_file(tree, USR_D "a.conf", "usr is broken");
        fake_file(tree, RUN_D "a.conf", "run is broken");
        fake_file(tree, ETC_D "a.conf", RULE("1", "movable"));
        fake_file(tree, USR_D "b.conf", "usr is broken");
        fake_file(tree, RUN_D "b.conf", RULE("2", "movable"));
        fake_file(tree, USR_D "c.conf", RULE("3", "movable"));
        fake_file(tree, USR_D "d.conf", "usr is broken");
        fake_file(tree, RUN_D "d.conf", "");
        fake_file(tree, USR_D "e.conf", "usr is broken");
        (void)snprintf(path, sizeof(path), "%s/" ETC_D "e.conf", tree->root);
        ck_assert_int_eq(symlink("/dev/null", path), 0);
        policy = load(tree, NULL);
        ck_assert_str_eq(told, "");
        ck_assert_str_eq(names(policy), "3 2 1");
        fake_tree_free(tree);
}
END_TEST

START_TEST(a_drop_in_may_have_the_name_of_the_main_config) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(policy_unrefp) Policy *policy = NULL;

        fake_file(tree, ETC, RULE("1", "movable"));
        fake_file(tree, USR_D "memplugd.conf", RULE("3", "movable"));
        fake_file(tree, USR_D "0.conf", RULE("2", "movable"));
        policy = load(tree, NULL);
        ck_assert_str_eq(names(policy), "3 2 1");
        fake_tree_free(tree);
}
END_TEST

START_TEST(leftovers_of_editors_are_not_drop_ins) {
        static const char *const leftovers[] = { ".a.conf", "a.conf~",  "a.conf.rpmsave", "a",
                                                 ".conf",   "a.conf.d", "#a.conf#",       "aconf" };
        FakeTree *tree = fake_tree_new();
        _cleanup_(policy_unrefp) Policy *policy = NULL;
        char path[256];

        for (size_t i = 0; i < ELEMENTSOF(leftovers); i++) {
                (void)snprintf(path, sizeof(path), ETC_D "%s", leftovers[i]);
                fake_file(tree, path, "broken");
        }
        policy = load(tree, NULL);
        ck_assert_str_eq(told, "");
        ck_assert_uint_eq(policy->n_rules, N_BUILT_IN);
        fake_tree_free(tree);
}
END_TEST

START_TEST(shadowed_rules_are_told_with_both_places) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(policy_unrefp) Policy *policy = NULL;

        fake_file(tree, ETC, "\n\n\n\n" RULE("2", "movable") "mode = \"observe\";");
        fake_file(tree, ETC_D "a.conf",
                  "rules = (\n\n{ name = \"all\"; online = \"kernel\"; or_else = \"kernel\"; } );");
        policy = load(tree, NULL);
        ck_assert_ptr_nonnull(policy);
        ck_assert_str_eq(told, "(w) /" ETC ":5: '2' can never match: 'all' (/" ETC_D
                               "a.conf:3) comes before it and takes all that it could match\n"
                               "(w) /" ETC_D "a.conf:3: setting 'rules[0].or_else': has no effect "
                               "together with online = \"kernel\"\n");
        fake_tree_free(tree);
}
END_TEST

START_TEST(the_files_are_listed_in_their_order) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(config_report_done) ConfigReport report = {};
        _cleanup_(policy_unrefp) Policy *policy = NULL;
        char root[128];

        fake_file(tree, ETC, "");
        fake_file(tree, ETC_D "b.conf", "");
        fake_file(tree, USR_D "a.conf", "# a comment");
        (void)snprintf(root, sizeof(root), "%s//", tree->root);
        ck_assert_int_eq(config_load(root, NULL, &policy, &report), 0);
        ck_assert_uint_eq(report.n_files, 3);
        ck_assert_str_eq(report.files[0] + strlen(tree->root), "/" ETC);
        ck_assert_str_eq(report.files[1] + strlen(tree->root), "/" USR_D "a.conf");
        ck_assert_str_eq(report.files[2] + strlen(tree->root), "/" ETC_D "b.conf");
        fake_tree_free(tree);
}
END_TEST

#define SAMPLE "conf/memplugd.conf"

#define DEFAULT_RULES "conf/default-rules.conf"

/* A file as it is installed. */
static char *read_source(const char *name) {
        _cleanup_free_ char *path = NULL;
        const char *root = getenv("SOURCE_ROOT");
        char *text = NULL;
        size_t size;

        ck_assert_ptr_nonnull(root);
        ck_assert_int_gt(asprintf(&path, "%s/%s", root, name), 0);
        ck_assert_int_eq(read_file_at(AT_FDCWD, path, 1 << 20, &text, &size), 0);
        return text;
}

START_TEST(the_sample_config_changes_nothing) {
        FakeTree *tree = fake_tree_new();
        _cleanup_free_ char *text = read_source(SAMPLE);
        _cleanup_(policy_unrefp) Policy *policy = load_text(tree, text);

        ck_assert_str_eq(told, "");
        ck_assert_int_eq(policy->mode, MODE_UEVENT);
        ck_assert_uint_eq(policy->n_rules, N_BUILT_IN);
        ck_assert(policy->take_over);
        fake_tree_free(tree);
}
END_TEST

START_TEST(the_examples_of_the_sample_config_are_right) {
        FakeTree *tree = fake_tree_new();
        _cleanup_free_ char *text = read_source(SAMPLE);
        _cleanup_(policy_unrefp) Policy *policy = NULL;

        for (char *p = strstr(text, "\n//"); p; p = strstr(p, "\n//"))
                p[1] = p[2] = ' ';
        policy = load_text(tree, text);
        ck_assert_str_eq(told, "");
        ck_assert_int_eq(policy->mode, MODE_OBSERVE);
        ck_assert_uint_eq(policy->movable_ratio, MOVABLE_RATIO_DEFAULT);
        ck_assert_uint_eq(policy->kernel_min, UINT64_C(8) << 30);
        ck_assert(!policy->numa_aware);
        ck_assert_uint_eq(policy->n_rules, 9 + N_BUILT_IN);
        ck_assert_int_eq(policy->rules[0].online, ONLINE_MOVABLE);
        ck_assert_int_eq(policy->rules[0].or_else, ONLINE_KERNEL);
        ck_assert(!policy->rules[0].rezone);
        ck_assert(policy->rules[1].rezone);
        ck_assert_int_eq(policy->rules[4].match.cpuless, CPULESS_YES);
        ck_assert_uint_eq(policy->rules[5].match.sources, SOURCE_BIT(SOURCE_DIMM));
        ck_assert_int_eq(policy->rules[6].online, ONLINE_AUTO);
        ck_assert_int_eq(policy->rules[8].online, ONLINE_DEFAULT);
        fake_tree_free(tree);
}
END_TEST

START_TEST(the_file_of_default_rules_says_what_is_built_in) {
        FakeTree *tree = fake_tree_new();
        _cleanup_free_ char *text = read_source(DEFAULT_RULES);
        _cleanup_(policy_unrefp) Policy *policy = load_text(tree, text);
        _cleanup_(policy_unrefp) Policy *built_in = policy_new_default();

        ck_assert_str_eq(told, "");
        ck_assert_uint_eq(built_in->n_rules, N_BUILT_IN);
        ck_assert_uint_eq(policy->n_rules, 2 * N_BUILT_IN);
        for (size_t i = 0; i < N_BUILT_IN; i++) {
                const Rule *rule = &policy->rules[i], *other = &built_in->rules[i];
                Match match = rule->match;

                ck_assert_ptr_nonnull(rule->file);
                ck_assert_ptr_null(other->file);
                ck_assert_str_eq(rule->name, other->name);
                ck_assert_uint_eq(match.sources, other->match.sources);
                ck_assert_int_eq(rule->online, other->online);
                ck_assert_int_eq(rule->or_else, other->or_else);
                ck_assert_int_eq(rule->unit, other->unit);

                /* Nothing but sources is asked for; the last takes all. */
                match.sources = 0;
                ck_assert(match_is_empty(&match));
                ck_assert(match_is_empty(&other->match) == (i == N_BUILT_IN - 1));
        }
        fake_tree_free(tree);
}
END_TEST

TEST_PROGRAM("config", without_any_file_the_built_in_rules_decide, a_file_that_is_named_must_exist,
             a_named_file_is_read_alone, a_rule_is_read_whole, what_a_rule_asks_of_devices_is_read,
             the_settings_of_auto_have_their_defaults, unit_and_or_else_have_their_defaults,
             rules_without_a_name_get_one, drop_ins_come_in_the_order_of_their_names,
             the_last_setting_of_a_scalar_wins, auto_comes_to_a_mode_by_the_rules,
             a_stronger_place_replaces_the_file_of_the_same_name,
             a_drop_in_may_have_the_name_of_the_main_config, leftovers_of_editors_are_not_drop_ins,
             shadowed_rules_are_told_with_both_places, the_files_are_listed_in_their_order,
             the_sample_config_changes_nothing, the_examples_of_the_sample_config_are_right,
             the_file_of_default_rules_says_what_is_built_in);
