/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config-loader.h"
#include "config/suggest.h"
#include "suite.h"

#define ETC "etc/memplugd/memplugd.conf"
#define ETC_D "etc/memplugd/memplugd.conf.d/"
#define RUN_D "run/memplugd/memplugd.conf.d/"
#define USR_D "usr/lib/memplugd/memplugd.conf.d/"

/* "x = ((…((" or "x = ((…(())…))" with 'n' brackets. */
static char *nested(unsigned n, bool closed) {
        char *text = malloc(2 * n + 16), *p = text;

        p += sprintf(p, "x = ");
        memset(p, '(', n);
        memset(p + n, ')', n);
        (void)strcpy(p + (closed ? 2 * n : n), ";");
        return text;
}

START_TEST(deep_nesting_is_an_error) {
        static const unsigned depths[] = { 33, 1000, 4000, 20000, 500000 };
        FakeTree *tree = fake_tree_new();
        _cleanup_free_ char *allowed = nested(32, /* closed= */ true);

        for (size_t i = 0; i < ELEMENTSOF(depths); i++)
                for (int closed = 0; closed < 2; closed++) {
                        _cleanup_free_ char *text = nested(depths[i], closed);

                        ck_assert_ptr_null(load_text(tree, text));
                        ck_assert_str_eq(told, "/c:1: nested more than 32 deep\n");
                }

        ck_assert_ptr_null(load_text(tree, allowed));
        ck_assert_str_eq(
                told,
                "/c:1: setting 'x': no such setting; expected one of 'mode', 'take_over', 'rules', 'movable_ratio', 'numa_aware', 'kernel_min'\n");
        fake_tree_free(tree);
}
END_TEST

/* libconfig alone would be busy with these for minutes. */
START_TEST(very_many_settings_are_an_error) {
        FakeTree *tree = fake_tree_new();
        _cleanup_free_ char *text = malloc(1 << 20);
        char *p = text;

        for (unsigned i = 0; i < 80000; i++)
                p += sprintf(p, "a%x=1;\n", i);
        ck_assert_ptr_null(load_text(tree, text));
        ck_assert_str_eq(told,
                         "/c:10001: more than 10000 settings and list elements in one file\n");

        p = text + sprintf(text, "rules=(");
        for (unsigned i = 0; i < 500000; i++)
                p += sprintf(p, "1,");
        ck_assert_ptr_null(load_text(tree, text));
        ck_assert_str_eq(told, "/c:1: more than 10000 settings and list elements in one file\n");
        fake_tree_free(tree);
}
END_TEST

START_TEST(what_is_no_readable_text_is_an_error) {
        FakeTree *tree = fake_tree_new();
        _cleanup_close_ int root = open(tree->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        static char large[(1 << 20) + 2];
        int fd;

        fake_file(tree, ETC_D "10-directory.conf/x", "");
        ck_assert_int_eq(mkfifoat(root, ETC_D "20-fifo.conf", 0600), 0);
        ck_assert_int_eq(symlinkat("/dev/zero", root, ETC_D "30-device.conf"), 0);
        ck_assert_int_eq(symlinkat("40-loop.conf", root, ETC_D "40-loop.conf"), 0);
        ck_assert_int_eq(symlinkat("nothing", root, ETC_D "50-dangling.conf"), 0);
        ck_assert_int_eq(symlinkat("nothing", root, ETC), 0);
        memset(large, '#', sizeof(large) - 1);
        fake_file(tree, ETC_D "60-large.conf", large);
        large[sizeof(large) - 2] = 0;
        fake_file(tree, ETC_D "61-not-too-large.conf", large);
        fd = openat(root, ETC_D "70-nul.conf", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        ck_assert_int_eq(write(fd, "\n# \0\nspeed = 1;\n", 16), 16);
        ck_assert_int_eq(close(fd), 0);
        fake_file(tree, ETC_D "80-\x1b\n.conf", "");
        fake_file(tree, "run/memplugd/memplugd.conf.d", "");

        ck_assert_ptr_null(load(tree, NULL));
        ck_assert_str_eq(
                told, "/" ETC_D "80-\\x1b\\x0a.conf: its name isn't plain text of UTF-8\n"
                      "/run/memplugd/memplugd.conf.d: can't be read: Not a directory\n"
                      "/" ETC ": can't be read: No such file or directory\n"
                      "/" ETC_D "10-directory.conf: expected a regular file, got a directory\n"
                      "/" ETC_D "20-fifo.conf: expected a regular file\n"
                      "/" ETC_D "30-device.conf: expected a regular file\n"
                      "/" ETC_D "40-loop.conf: can't be read: Too many levels of symbolic links\n"
                      "/" ETC_D "50-dangling.conf: can't be read: No such file or directory\n"
                      "/" ETC_D "60-large.conf: larger than 1 MiB\n"
                      "/" ETC_D "70-nul.conf:2: a NUL byte, which no text has\n");
        fake_tree_free(tree);
}
END_TEST

/* For root nothing is unreadable, so root becomes somebody else for a moment. */
START_TEST(what_may_not_be_read_is_an_error) {
        FakeTree *tree = fake_tree_new();
        bool is_root = geteuid() == 0;
        char path[128];

        fake_file(tree, ETC, "mode = \"observe\";");
        fake_file(tree, ETC_D "a.conf", "");
        ck_assert_int_eq(chmod(tree->root, 0755), 0);
        (void)snprintf(path, sizeof(path), "%s/" ETC, tree->root);
        ck_assert_int_eq(chmod(path, 0), 0);
        (void)snprintf(path, sizeof(path), "%s/" ETC_D, tree->root);
        ck_assert_int_eq(chmod(path, 0), 0);

        ck_assert(!is_root || seteuid(65534) == 0);
        ck_assert_ptr_null(load(tree, NULL));
        ck_assert(!is_root || seteuid(0) == 0);
        ck_assert_int_eq(chmod(path, 0755), 0);
        ck_assert_str_eq(told, "/etc/memplugd/memplugd.conf.d: can't be read: Permission denied\n"
                               "/" ETC ": can't be read: Permission denied\n");
        fake_tree_free(tree);
}
END_TEST

START_TEST(errors_of_all_files_come_at_once) {
        FakeTree *tree = fake_tree_new();

        fake_file(tree, ETC, "mode = 1;\nspeed = 2;\n");
        fake_file(tree, ETC_D "10.conf", "\nmode = ;\nmode = ;\n");
        fake_file(tree, USR_D "20.conf", "numa_aware = 1;\n");
        fake_file(tree, ETC_D "30.conf", "mode = \"observe\";\n");
        ck_assert_ptr_null(load(tree, NULL));
        ck_assert_str_eq(
                told,
                "/" ETC
                ":1: setting 'mode': expected \"uevent\", \"kernel\", \"auto\" or \"observe\", got a number\n"
                "/" ETC
                ":2: setting 'speed': no such setting; expected one of 'mode', 'take_over', 'rules', 'movable_ratio', 'numa_aware', 'kernel_min'\n"
                "/" ETC_D "10.conf:2: syntax error\n"
                "/" USR_D
                "20.conf:1: setting 'numa_aware': expected true or false, got a number\n");
        fake_tree_free(tree);
}
END_TEST

START_TEST(messages_may_lack_a_place) {
        static char file[] = "/a", plain[] = "b", odd[] = "b\x7f\t";
        static const struct {
                ConfigMessage message;
                const char *text;
        } rows[] = {
                { { .file = file, .line = 3, .text = plain }, "/a:3: b" },
                { { .file = file, .text = plain }, "/a: b" },
                { { .text = odd }, "b\\x7f\\x09" },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_free_ char *text = config_message_format(&rows[i].message);

                ck_assert_str_eq(text, rows[i].text);
        }
}
END_TEST

START_TEST(words_have_distances) {
        ck_assert_uint_eq(config_word_distance("mode", "mode"), 0);
        ck_assert_uint_eq(config_word_distance("mod", "mode"), 1);
        ck_assert_uint_eq(config_word_distance("moode", "mode"), 1);
        ck_assert_uint_eq(config_word_distance("made", "mode"), 1);
        ck_assert_uint_eq(config_word_distance("", "mode"), 4);
        ck_assert_uint_eq(config_word_distance("kitten", "sitting"), 3);
}
END_TEST

TEST_PROGRAM("config-files", deep_nesting_is_an_error, very_many_settings_are_an_error,
             what_is_no_readable_text_is_an_error, what_may_not_be_read_is_an_error,
             errors_of_all_files_come_at_once, messages_may_lack_a_place, words_have_distances);
