/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/macro.h"
#include "fake-tree.h"
#include "state/taken-over.h"
#include "suite.h"

#define AUTO SETTING_AUTO_ONLINE_BLOCKS
#define FILE_NAME "auto_online_blocks"

static FakeTree *tree;
static int fd = -EBADF;

static void begin(void) {
        tree = fake_tree_new();
        fd = open(tree->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(fd, 0);
}

static void end(void) {
        (void)close(fd);
        fake_tree_free(tree);
}

static bool exists(const char *name) {
        return faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

START_TEST(saves_and_loads) {
        TakenOver saved = {}, loaded;

        begin();
        ck_assert_int_eq(taken_over_load(fd, AUTO, &loaded), 0);
        ck_assert_int_eq(taken_over_save(fd, AUTO, "online", "offline", &saved), 0);
        ck_assert_str_eq(fake_read(tree, FILE_NAME), "online\noffline\n");
        ck_assert_int_eq(taken_over_load(fd, AUTO, &loaded), 1);
        ck_assert_str_eq(loaded.was, "online");
        ck_assert(taken_over_wrote(&loaded, "offline"));
        ck_assert(!taken_over_wrote(&loaded, "online"));
        ck_assert(!exists(FILE_NAME ".new"));
        ck_assert_int_eq(taken_over_load(fd, SETTING_ONLINE_POLICY, &loaded), 0);

        ck_assert_int_eq(taken_over_forget(fd, AUTO), 0);
        ck_assert(!exists(FILE_NAME));
        ck_assert_int_eq(taken_over_forget(fd, AUTO), 0);
        end();
}
END_TEST

/* Who comes after a crash finds its own "offline" in place, and mustn't take that for the kernel's. */
START_TEST(what_was_saved_is_never_overwritten) {
        TakenOver saved = {};

        begin();
        ck_assert_int_eq(taken_over_save(fd, AUTO, "online", "offline", &saved), 0);
        ck_assert_int_eq(taken_over_load(fd, AUTO, &saved), 1);
        ck_assert_int_eq(taken_over_save(fd, AUTO, "offline", "online_movable", &saved), 0);
        ck_assert_int_eq(taken_over_save(fd, AUTO, "online_kernel", "offline", &saved), 0);
        ck_assert_str_eq(fake_read(tree, FILE_NAME), "online\nonline_movable\noffline\n");
        ck_assert_str_eq(saved.was, "online");
        ck_assert(taken_over_wrote(&saved, "online_movable"));
        end();
}
END_TEST

START_TEST(of_too_many_words_the_oldest_goes) {
        TakenOver saved = {}, loaded;
        char word[SETTING_TEXT_MAX];

        begin();
        for (int i = 0; i < TAKEN_OVER_WORDS_MAX + 2; i++) {
                (void)snprintf(word, sizeof(word), "%d-of-thirty-one-characters-30", i % 10);
                ck_assert_int_eq(taken_over_save(fd, AUTO, "online", word, &saved), 0);
        }
        ck_assert_int_eq(taken_over_load(fd, AUTO, &loaded), 1);
        ck_assert_uint_eq(loaded.n_wrote, TAKEN_OVER_WORDS_MAX);
        ck_assert_str_eq(loaded.was, "online");
        ck_assert(taken_over_wrote(&loaded, word));
        ck_assert(!taken_over_wrote(&loaded, "0-of-thirty-one-characters-30"));

        /* What is written once more is the newest again: it is what the setting reads as. */
        (void)strcpy(word, loaded.wrote[0]);
        ck_assert_int_eq(taken_over_save(fd, AUTO, "online", word, &loaded), 0);
        ck_assert_uint_eq(loaded.n_wrote, TAKEN_OVER_WORDS_MAX);
        ck_assert_int_eq(taken_over_save(fd, AUTO, word, "another", &loaded), 0);
        ck_assert(taken_over_wrote(&loaded, word));
        end();
}
END_TEST

/* Whatever stands under the temporary name, even a link to another file, is in nobody's way. */
START_TEST(a_crash_before_the_rename_leaves_the_old_file) {
        TakenOver saved = {};
        char path[128];

        begin();
        fake_file(tree, FILE_NAME ".new", "onl");
        ck_assert_int_eq(taken_over_load(fd, AUTO, &saved), 0);
        ck_assert_int_eq(taken_over_save(fd, AUTO, "online", "offline", &saved), 0);

        fake_file(tree, FILE_NAME ".new", "garbage");
        ck_assert_int_eq(taken_over_load(fd, AUTO, &saved), 1);
        ck_assert_str_eq(saved.was, "online");

        fake_file(tree, "victim", "untouched");
        (void)snprintf(path, sizeof(path), "%s/victim", tree->root);
        ck_assert_int_eq(unlinkat(fd, FILE_NAME ".new", 0), 0);
        ck_assert_int_eq(symlinkat(path, fd, FILE_NAME ".new"), 0);
        ck_assert_int_eq(taken_over_save(fd, AUTO, "online", "online_movable", &saved), 0);
        ck_assert_str_eq(fake_read(tree, "victim"), "untouched");
        ck_assert_str_eq(fake_read(tree, FILE_NAME), "online\noffline\nonline_movable\n");
        end();
}
END_TEST

START_TEST(no_symlink_is_followed) {
        TakenOver saved = {};
        struct stat st;

        begin();
        fake_file(tree, "other", "online\noffline\n");
        ck_assert_int_eq(symlinkat("other", fd, FILE_NAME), 0);
        ck_assert_int_eq(taken_over_load(fd, AUTO, &saved), -EBADMSG);
        ck_assert_str_eq(saved.was, "");
        ck_assert_int_eq(fstatat(fd, FILE_NAME ".damaged", &st, AT_SYMLINK_NOFOLLOW), 0);
        ck_assert(S_ISLNK(st.st_mode));

        ck_assert_int_eq(symlinkat("other", fd, FILE_NAME), 0);
        ck_assert_int_eq(taken_over_save(fd, AUTO, "online_kernel", "offline", &saved), 0);
        ck_assert_str_eq(fake_read(tree, "other"), "online\noffline\n");
        ck_assert_str_eq(fake_read(tree, FILE_NAME), "online_kernel\noffline\n");
        end();
}
END_TEST

START_TEST(what_is_damaged_is_set_aside) {
        static const char *const rows[] = {
                "",
                "\n",
                "online",
                "online\noffline",
                "online\n\n",
                "on line\noffline\n",
                "online\t\n",
                "onl\xc3\xa4ne\n",
                "online\x7f\n",
                "0123456789abcdef0123456789abcdef\n",
                "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n",
        };
        TakenOver saved = {};

        begin();
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                fake_file(tree, FILE_NAME, rows[i]);
                ck_assert_msg(taken_over_load(fd, AUTO, &saved) == -EBADMSG, "row %zu", i);
                ck_assert_str_eq(saved.was, "");
                ck_assert(!exists(FILE_NAME));
                ck_assert_str_eq(fake_read(tree, FILE_NAME ".damaged"), rows[i]);
        }

        ck_assert_int_eq(mkdirat(fd, "auto_movable_ratio", 0755), 0);
        ck_assert_int_eq(taken_over_load(fd, SETTING_AUTO_MOVABLE_RATIO, &saved), -EBADMSG);
        ck_assert_int_eq(mkfifoat(fd, "online_policy", 0644), 0);
        ck_assert_int_eq(taken_over_load(fd, SETTING_ONLINE_POLICY, &saved), -EBADMSG);
        end();
}
END_TEST

START_TEST(nothing_is_saved_that_could_not_be_put_back) {
        TakenOver saved = {};

        begin();
        ck_assert_int_eq(taken_over_save(fd, AUTO, "", "offline", &saved), -EINVAL);
        ck_assert_int_eq(taken_over_save(fd, AUTO, "two words", "offline", &saved), -EINVAL);
        ck_assert(!exists(FILE_NAME));
        ck_assert_str_eq(saved.was, "");
        end();
}
END_TEST

TEST_PROGRAM("taken-over", saves_and_loads, what_was_saved_is_never_overwritten,
             of_too_many_words_the_oldest_goes, a_crash_before_the_rename_leaves_the_old_file,
             no_symlink_is_followed, what_is_damaged_is_set_aside,
             nothing_is_saved_that_could_not_be_put_back);
