/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <stdio.h>
#include <string.h>

#include "config-loader.h"
#include "suite.h"

typedef struct Row {
        const char *text;
        const char *messages;
} Row;

static void check_rows(const Row *rows, size_t n_rows) {
        FakeTree *tree = fake_tree_new();

        for (size_t i = 0; i < n_rows; i++) {
                (void)policy_unref(load_text(tree, rows[i].text));
                ck_assert_msg(strcmp(told, rows[i].messages) == 0,
                              "of: %s\nexpected: %s\ntold:     %s", rows[i].text, rows[i].messages,
                              told);
        }
        fake_tree_free(tree);
}

#define MODES "\"uevent\", \"kernel\", \"auto\" or \"observe\""

START_TEST(syntax_errors_have_their_line) {
        static const Row rows[] = {
                { "mode = uevent;", "/c:1: syntax error\n" },
                { "\n\nmode == \"uevent\";\nmode = ;\n", "/c:3: syntax error\n" },
                { "mode = \"uevent\";\n\nmode = \"observe\";\n",
                  "/c:3: syntax error: duplicate setting name\n" },
                { "rules = (\n{ online = \"leave\";\n\n online = \"leave\"; });",
                  "/c:4: syntax error: duplicate setting name\n" },
                { "rules = (\n{ online = \"leave\"; }\n",
                  "/c:2: syntax error: the file ends too early\n" },
                { "rules = (", "/c:1: syntax error: the file ends too early\n" },
                { "rules = [ 1,\n\"a\" ];",
                  "/c:2: syntax error: mismatched element type in array\n" },
                { "x = 1;\nmode = \"uevent;\nrules = ();\n",
                  "/c:2: the string that begins here doesn't end on its line\n" },
                { "mode = \"uevent\n\";",
                  "/c:1: the string that begins here doesn't end on its line\n" },
                { "mode = \"uevent",
                  "/c:1: the string that begins here doesn't end on its line\n" },
                { "mode = \"a\\\\\\\";",
                  "/c:1: the string that begins here doesn't end on its line\n" },
                { "\n/* one\ntwo\n*/\n/* three\nmode = 5;\n",
                  "/c:5: the comment that begins here has no end\n" },
                { "mode = \"a\\x00\";", "/c:1: a string can't hold a NUL character\n" },
                { "mode = \"\\\\x00\";",
                  "/c:1: setting 'mode': expected " MODES ", got \"\\x00\"\n" },
        };

        check_rows(rows, ELEMENTSOF(rows));
}
END_TEST

#define NO_INCLUDE "'@include' isn't allowed: drop-ins in memplugd.conf.d do that\n"

START_TEST(include_is_refused_by_name) {
        static const Row rows[] = {
                { "@include \"/etc/passwd\"\n", "/c:1: " NO_INCLUDE },
                { "mode = \"x\";\n\t @include \"/\"\nmode = 1;\n", "/c:2: " NO_INCLUDE },
                { "@include", "/c:1: " NO_INCLUDE },
                { "/* */ @include \"/\"\n", "/c:1: " NO_INCLUDE },
                { "mode = ;\n@include \"/\"\n", "/c:1: syntax error\n" },
                { "rules = (\n@include \"/\"\n);", "/c:2: " NO_INCLUDE },
                { "# @include \"/\"\n/*\n@include \"/\"\n*/\n// @include \"/\"", "" },
                { "mode = \"@include\";",
                  "/c:1: setting 'mode': expected " MODES ", got \"@include\"\n" },
        };

        check_rows(rows, ELEMENTSOF(rows));
}
END_TEST

#define ONLINES "\"movable\", \"kernel\", \"default\", \"kernel-policy\", \"auto\" or \"leave\""
#define OR_ELSES "\"movable\", \"kernel\" or \"leave\""

START_TEST(the_type_is_checked_before_the_value) {
        static const Row rows[] = {
                { "mode = 3;", "/c:1: setting 'mode': expected " MODES ", got a number\n" },
                { "mode = 5000000000;",
                  "/c:1: setting 'mode': expected " MODES ", got a number\n" },
                { "mode = 5000000000L;",
                  "/c:1: setting 'mode': expected " MODES ", got a number\n" },
                { "mode = 1.5;", "/c:1: setting 'mode': expected " MODES ", got a number\n" },
                { "mode = true;", "/c:1: setting 'mode': expected " MODES ", got a boolean\n" },
                { "take_over = \"no\";",
                  "/c:1: setting 'take_over': expected true or false, got a string\n" },
                { "take_over = 0;",
                  "/c:1: setting 'take_over': expected true or false, got a number\n" },
                { "mode = [ \"uevent\" ];",
                  "/c:1: setting 'mode': expected " MODES ", got an array [ … ]\n" },
                { "rules = [ ];",
                  "/c:1: setting 'rules': expected a list of groups ( { … }, { … } ), got an array [ … ]\n" },
                { "rules = { online = \"leave\"; };",
                  "/c:1: setting 'rules': expected a list of groups ( { … }, { … } ), got a group { … }\n" },
                { "rules = \"leave\";",
                  "/c:1: setting 'rules': expected a list of groups ( { … }, { … } ), got a string\n" },
                { "rules = ( { online = \"leave\"; },\n \"leave\",\n ( ) );",
                  "/c:2: setting 'rules[1]': expected a rule, which is a group { … }, got a string\n"
                  "/c:3: setting 'rules[2]': expected a rule, which is a group { … }, got a list ( … )\n" },
                { "rules = ( { online = 1; or_else = 2; name = 3; match = 4; } );",
                  "/c:1: setting 'rules[0].online': expected " ONLINES ", got a number\n"
                  "/c:1: setting 'rules[0].or_else': expected " OR_ELSES ", got a number\n"
                  "/c:1: setting 'rules[0].name': expected a text of UTF-8 without control characters, got a number\n"
                  "/c:1: setting 'rules[0].match': expected a group { … }, got a number\n" },
                { "rules = ( { online = \"leave\"; match = { node = 1; range = 4294967296; blocks = [ 1 ]; }; } );",
                  "/c:1: setting 'rules[0].match.node': expected a list of nodes such as \"1-3,8\", got a number\n"
                  "/c:1: setting 'rules[0].match.range': expected a list of addresses such as \"0x100000000-0x17fffffff\", got a number\n"
                  "/c:1: setting 'rules[0].match.blocks': expected a list of blocks such as \"32-39\", got an array [ … ]\n" },
                { "rules = ( { online = \"leave\"; match = ( ); } );",
                  "/c:1: setting 'rules[0].match': expected a group { … }, got a list ( … )\n" },
        };

        check_rows(rows, ELEMENTSOF(rows));
}
END_TEST

START_TEST(wrong_values_are_quoted) {
        static const Row rows[] = {
                { "mode = \"Uevent\";",
                  "/c:1: setting 'mode': expected " MODES ", got \"Uevent\"\n" },
                { "mode = \"\";", "/c:1: setting 'mode': expected " MODES ", got \"\"\n" },
                { "mode = \"a\\x1b[31m\\n\";",
                  "/c:1: setting 'mode': expected " MODES ", got \"a\\x1b[31m\\x0a\"\n" },
                { "rules = ( { online = \"offline\"; } );",
                  "/c:1: setting 'rules[0].online': expected " ONLINES ", got \"offline\"\n" },
                { "rules = ( { online = \"movable\"; or_else = \"default\"; } );",
                  "/c:1: setting 'rules[0].or_else': expected " OR_ELSES ", got \"default\"\n" },
                { "rules = ( { online = \"movable\"; or_else = \"auto\"; } );",
                  "/c:1: setting 'rules[0].or_else': expected " OR_ELSES ", got \"auto\"\n" },
                { "rules = ( { online = \"leave\"; name = \"\"; },\n{ online = \"leave\"; name = \"a\\x0ab\"; },\n"
                  "{ online = \"leave\"; name = \"\\xc3\"; },\n{ online = \"leave\"; name = \"\\xc2\\x85\"; } );",
                  "/c:1: setting 'rules[0].name': expected a text of UTF-8 without control characters, got \"\"\n"
                  "/c:2: setting 'rules[1].name': expected a text of UTF-8 without control characters, got \"a\\x0ab\"\n"
                  "/c:3: setting 'rules[2].name': expected a text of UTF-8 without control characters, got \"\\xc3\"\n"
                  "/c:4: setting 'rules[3].name': expected a text of UTF-8 without control characters, got \"\\xc2\\x85\"\n" },
                { "rules = ( { online = \"leave\"; match = {\nnode = \"x\";\nrange = \"0x2-0x1\";\nblocks = \"0-18446744073709551616\"; }; } );",
                  "/c:2: setting 'rules[0].match.node': expected a list of nodes such as \"1-3,8\", got \"x\"\n"
                  "/c:3: setting 'rules[0].match.range': expected a list of addresses such as \"0x100000000-0x17fffffff\", got \"0x2-0x1\", which ends before it begins or goes beyond 64 bits\n"
                  "/c:4: setting 'rules[0].match.blocks': expected a list of blocks such as \"32-39\", got \"0-18446744073709551616\", which ends before it begins or goes beyond 64 bits\n" },
                { "rules = ( { online = \"leave\"; match = {\nnode = \"1-3,2\"; }; } );",
                  "/c:2: setting 'rules[0].match.node': expected a list of nodes such as \"1-3,8\", got \"1-3,2\", whose ranges overlap\n" },
                { "mode = \"0123456789012345678901234567890123456789012345678901234567890123456789\";",
                  "/c:1: setting 'mode': expected " MODES
                  ", got \"0123456789012345678901234567890123456789012345678901234567890123\"…\n" },
                { "mode = \"012345678901234567890123456789012345678901234567890123456789012\xc3\xa4\";",
                  "/c:1: setting 'mode': expected " MODES
                  ", got \"012345678901234567890123456789012345678901234567890123456789012\"…\n" },
        };

        check_rows(rows, ELEMENTSOF(rows));
}
END_TEST

START_TEST(unknown_and_missing_settings_are_errors) {
        static const Row rows[] = {
                { "mod = \"uevent\";",
                  "/c:1: setting 'mod': no such setting; did you mean 'mode'?\n" },
                { "rule = ( );", "/c:1: setting 'rule': no such setting; did you mean 'rules'?\n" },
                { "speed = 1;",
                  "/c:1: setting 'speed': no such setting; expected one of 'mode', 'take_over', 'rules', 'movable_ratio', 'numa_aware', 'kernel_min'\n" },
                { "a-very-long-name-that-none-of-ours-comes-near-to = 1;",
                  "/c:1: setting 'a-very-long-name-that-none-of-ours-comes-near-to': no such setting; expected one of 'mode', 'take_over', 'rules', 'movable_ratio', 'numa_aware', 'kernel_min'\n" },
                { "Mode = \"uevent\";",
                  "/c:1: setting 'Mode': no such setting; did you mean 'mode'?\n" },
                { "rules = ( { onlin = \"leave\"; } );",
                  "/c:1: setting 'rules[0]': 'online' is missing; expected " ONLINES "\n"
                  "/c:1: setting 'rules[0].onlin': no such setting; did you mean 'online'?\n" },
                { "rules = (\n{ }, {\nname = \"x\"; } );",
                  "/c:2: setting 'rules[0]': 'online' is missing; expected " ONLINES "\n"
                  "/c:2: setting 'rules[1]': 'online' is missing; expected " ONLINES "\n" },
                { "rules = ( { online = \"leave\"; match = { zone = \"1\"; nodes = \"1\"; }; } );",
                  "/c:1: setting 'rules[0].match.zone': no such setting; did you mean 'node'?\n"
                  "/c:1: setting 'rules[0].match.nodes': no such setting; did you mean 'node'?\n" },
                { "rules = ( { online = \"leave\"; match = { speeds = \"1\"; }; } );",
                  "/c:1: setting 'rules[0].match.speeds': no such setting; expected one of 'node', 'range', 'blocks', 'source', 'size_min', 'size_max', 'cpuless'\n" },
        };

        check_rows(rows, ELEMENTSOF(rows));
}
END_TEST

#define SOURCES                                                                                   \
        "sources such as [ \"dimm\", \"virtio-mem\" ], out of boot, dimm, virtio-mem, dax, xen, " \
        "hyperv, s390-standby, dlpar, probe and unknown"
#define MATCH(what) "rules = ( { online = \"movable\"; match = { " what " }; } );"
#define AT_MATCH "/c:1: setting 'rules[0].match."

START_TEST(source_size_and_cpuless_are_checked) {
        static const Row rows[] = {
                { MATCH("source = \"dimm\";"), "" },
                { MATCH("source = [ \"dimm\", \"virtio-mem\" ];"), "" },
                { MATCH("source = [ ];"), AT_MATCH "source': expected " SOURCES ", got none\n" },
                { MATCH("source = \"DIMM\";"),
                  AT_MATCH "source': expected " SOURCES ", got \"DIMM\"\n" },
                { MATCH("source = [ \"dimm\",\n\"cxl\", \"boot\", \"\" ];"),
                  "/c:2: setting 'rules[0].match.source[1]': expected " SOURCES ", got \"cxl\"\n"
                  "/c:2: setting 'rules[0].match.source[3]': expected " SOURCES ", got \"\"\n" },
                { MATCH("source = 1;"), AT_MATCH "source': expected " SOURCES ", got a number\n" },
                { MATCH("source = [ 1, 2 ];"),
                  AT_MATCH "source[0]': expected " SOURCES ", got a number\n" AT_MATCH
                           "source[1]': expected " SOURCES ", got a number\n" },
                { MATCH("source = ( \"dimm\" );"),
                  AT_MATCH "source': expected " SOURCES ", got a list ( … )\n" },
                { MATCH("source = { };"),
                  AT_MATCH "source': expected " SOURCES ", got a group { … }\n" },
                { MATCH("size_min = \"1G\"; size_max = \"1024MiB\";"), "" },
                { MATCH("size_min = 1;"),
                  AT_MATCH "size_min': expected a size such as \"64G\", got a number\n" },
                { MATCH("size_max = \"-1G\";"),
                  AT_MATCH "size_max': expected a size such as \"64G\", got \"-1G\"\n" },
                { MATCH("size_max = \"1.5G\";"),
                  AT_MATCH "size_max': expected a size such as \"64G\", got \"1.5G\"\n" },
                { MATCH("size_max = \"16E\";"), AT_MATCH
                  "size_max': expected a size such as \"64G\", got \"16E\", which is too large\n" },
                { MATCH("size_min = \"2G\";\nsize_max = \"1G\";"),
                  "/c:2: setting 'rules[0].match.size_max': less than size_min: no device is of such a size\n" },
                { MATCH("cpuless = false;"), "" },
                { MATCH("cpuless = \"yes\";"),
                  AT_MATCH "cpuless': expected true or false, got a string\n" },
        };

        check_rows(rows, ELEMENTSOF(rows));
}
END_TEST

#define RATIO_WARNING                                                                             \
        "setting 'movable_ratio': the map that the kernel keeps of so much movable memory takes " \
        "all of its own\n"
#define VIRTIO_WARNING                                                                          \
        "setting 'rules[0].online': a virtio-mem device whose memory nobody puts online stops " \
        "growing after a few blocks\n"

START_TEST(the_settings_of_auto_are_checked) {
        static const Row rows[] = {
                { "movable_ratio = \"0%\"; numa_aware = true; kernel_min = \"0\";", "" },
                { "movable_ratio = \"6299%\";", "" },
                { "movable_ratio = \"6300%\";", "(w) /c:1: " RATIO_WARNING },
                { "movable_ratio = \"2147483648%\";",
                  "/c:1: setting 'movable_ratio': expected percents such as \"301%\", got \"2147483648%\", which is too large\n" },
                { "movable_ratio = \"99999999999999999999%\";",
                  "/c:1: setting 'movable_ratio': expected percents such as \"301%\", got \"99999999999999999999%\", which is too large\n" },
                { "movable_ratio = \"301\";",
                  "/c:1: setting 'movable_ratio': expected percents such as \"301%\", got \"301\"\n" },
                { "movable_ratio = \"-1%\";",
                  "/c:1: setting 'movable_ratio': expected percents such as \"301%\", got \"-1%\"\n" },
                { "movable_ratio = 301;",
                  "/c:1: setting 'movable_ratio': expected percents such as \"301%\", got a number\n" },
                { "numa_aware = \"yes\";",
                  "/c:1: setting 'numa_aware': expected true or false, got a string\n" },
                { "kernel_min = 4;",
                  "/c:1: setting 'kernel_min': expected a size such as \"64G\", got a number\n" },
                { "kernel_min = \"-4G\";",
                  "/c:1: setting 'kernel_min': expected a size such as \"64G\", got \"-4G\"\n" },
                { "kernel_min = \"16E\";",
                  "/c:1: setting 'kernel_min': expected a size such as \"64G\", got \"16E\", which is too large\n" },
                { "kernel_min = \"50%\";",
                  "/c:1: setting 'kernel_min': expected a size such as \"64G\", got \"50%\"\n" },
                { "rules = ( { online = \"auto\"; unit = \"block\"; or_else = \"leave\"; } );",
                  "" },
                { "rules = ( { online = \"auto\"; unit = \"dimm\"; } );",
                  "/c:1: setting 'rules[0].unit': expected \"device\" or \"block\", got \"dimm\"\n" },
                { "rules = ( { online = \"leave\";\nmatch = { source = [ \"dimm\", \"virtio-mem\" ]; }; } );",
                  "(w) /c:1: " VIRTIO_WARNING },
                { "rules = ( { online = \"leave\"; match = { source = \"dimm\"; }; } );", "" },
        };

        check_rows(rows, ELEMENTSOF(rows));
}
END_TEST

START_TEST(rezone_is_true_or_false) {
        static const Row rows[] = {
                { "rules = ( { online = \"movable\"; rezone = \"yes\"; } );",
                  "/c:1: setting 'rules[0].rezone': expected true or false, got a string\n" },
        };

        check_rows(rows, ELEMENTSOF(rows));
}
END_TEST

START_TEST(what_can_have_no_effect_is_a_warning) {
        static const Row rows[] = {
                { "rules = ( { online = \"movable\";\nor_else = \"movable\"; } );",
                  "(w) /c:2: setting 'rules[0].or_else': has no effect together with online = \"movable\"\n" },
                { "rules = ( { online = \"default\";\nrezone = true; } );",
                  "(w) /c:2: setting 'rules[0].rezone': has no effect together with online = \"default\"\n" },
                { "rules = ( { online = \"leave\"; or_else = \"kernel\"; } );",
                  "(w) /c:1: setting 'rules[0].or_else': has no effect together with online = \"leave\"\n" },
                { "rules = ( { online = \"default\"; or_else = \"leave\"; } );",
                  "(w) /c:1: setting 'rules[0].or_else': has no effect together with online = \"default\"\n" },
                { "rules = ( { online = \"movable\"; or_else = \"kernel\"; } );", "" },
                { "rules = ( { online = \"movable\"; or_else = \"leave\"; } );", "" },
                { "rules = ( { online = \"kernel\"; match = { }; },\n{ name = \"b\"; online = \"leave\"; match = { node = \"1\"; }; } );",
                  "(w) /c:2: 'b' can never match: 'rule 1 of /c' (/c:1) comes before it and takes all that it could match\n" },
                { "rules = ( { online = \"kernel\"; match = { node = \"1\"; }; },\n{ online = \"kernel\"; match = { node = \"1\"; };\nor_else = \"kernel\"; } );",
                  "(w) /c:2: 'rule 2 of /c' can never match: 'rule 1 of /c' (/c:1) comes before it and takes all that it could match\n"
                  "(w) /c:3: setting 'rules[1].or_else': has no effect together with online = \"kernel\"\n" },
        };

        check_rows(rows, ELEMENTSOF(rows));
}
END_TEST

START_TEST(errors_of_one_file_come_all_at_once_in_order) {
        static const Row rows[] = {
                { "speed = 1;\nrules = (\n  { match = {\n      node = 3;\n      blocks = \"-\"; };\n    or_else = \"x\"; },\n"
                  "  { online = \"leave\";\n    or_else = \"leave\";\n    unit = 1; } );\nmode = \"no\";",
                  "/c:1: setting 'speed': no such setting; expected one of 'mode', 'take_over', 'rules', 'movable_ratio', 'numa_aware', 'kernel_min'\n"
                  "/c:3: setting 'rules[0]': 'online' is missing; expected " ONLINES "\n"
                  "/c:4: setting 'rules[0].match.node': expected a list of nodes such as \"1-3,8\", got a number\n"
                  "/c:5: setting 'rules[0].match.blocks': expected a list of blocks such as \"32-39\", got \"-\"\n"
                  "/c:6: setting 'rules[0].or_else': expected " OR_ELSES ", got \"x\"\n"
                  "(w) /c:8: setting 'rules[1].or_else': has no effect together with online = \"leave\"\n"
                  "/c:9: setting 'rules[1].unit': expected \"device\" or \"block\", got a number\n"
                  "/c:10: setting 'mode': expected " MODES ", got \"no\"\n" },
        };

        check_rows(rows, ELEMENTSOF(rows));
}
END_TEST

#define ONE_WORD "mode = \"kernel\" has one word for all memory, and "

/* The rule that is in the way is named with its place, in whichever file it stands. */
START_TEST(mode_kernel_is_refused_with_the_rule_in_the_way) {
        static const Row rows[] = {
                { "mode = \"kernel\";",
                  "mode = \"kernel\" has one word for all memory, and the built-in rules, which follow as long as no rule takes everything, can't be said in it: 'built-in: standby and DLPAR memory': it asks for \"leave\", the rest for \"auto\"\n" },
                { "mode = \"kernel\";\nrules = ( { online = \"movable\"; } );", "" },
                { "mode = \"kernel\";\nrules = ( { match = { node = \"1\"; }; online = \"kernel-policy\"; }, { online = \"kernel-policy\"; } );",
                  "" },
                { "mode = \"kernel\";\nrules = (\n{ name = \"a\"; match = { node = \"1\"; }; online = \"movable\"; } );",
                  "/c:3: " ONE_WORD "'a' can't be said in it: it asks for "
                  "\"movable\", the rest for \"auto\"\n" },
                { "rules = ( { match = { node = \"1\"; }; online = \"movable\"; },\n"
                  "{ name = \"b\"; match = { node = \"2\"; }; online = \"leave\"; },\n"
                  "{ online = \"movable\"; } );\nmode = \"kernel\";",
                  "/c:2: " ONE_WORD "'b' can't be said in it: it asks for \"leave\", "
                  "the rest for \"movable\"\n" },
                { "mode = \"kernel\";\nrules = ( { name = \"c\"; online = \"movable\"; or_else = \"kernel\"; } );",
                  "/c:2: " ONE_WORD "'c' can't be said in it: it has or_else = \"kernel\"\n" },
                { "mode = \"kernel\";\nrules = ( { name = \"d\"; online = \"auto\"; } );", "" },
                { "mode = \"kernel\"; kernel_min = \"1G\";\nrules = ( { name = \"d\"; online = \"auto\"; } );",
                  "/c:2: " ONE_WORD
                  "'d' can't be said in it: it asks for \"auto\" with a kernel_min\n" },
                { "mode = \"kernel\";\ntake_over = false; rules = ( { online = \"default\"; } );",
                  "mode = \"kernel\" needs take_over = true: it has the kernel's own setting say "
                  "what the rules do\n" },
                { "mode = \"auto\";\nrules = ( { match = { node = \"1\"; }; online = \"movable\"; } );",
                  "" },
        };

        check_rows(rows, ELEMENTSOF(rows));
}
END_TEST

TEST_PROGRAM("config-errors", syntax_errors_have_their_line, include_is_refused_by_name,
             the_type_is_checked_before_the_value, wrong_values_are_quoted,
             unknown_and_missing_settings_are_errors, source_size_and_cpuless_are_checked,
             the_settings_of_auto_are_checked, rezone_is_true_or_false,
             what_can_have_no_effect_is_a_warning, errors_of_one_file_come_all_at_once_in_order,
             mode_kernel_is_refused_with_the_rule_in_the_way);
