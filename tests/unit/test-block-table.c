/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "fake-tree.h"
#include "state/block-table.h"
#include "suite.h"

static BlockTable *open_table(FakeTree *tree, const char *boot_id, bool expect_damaged) {
        _cleanup_close_ int fd = open(tree->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        BlockTable *table = NULL;
        bool damaged;

        ck_assert_int_ge(fd, 0);
        ck_assert_int_eq(block_table_open(fd, "blocks", boot_id, &table, &damaged), 0);
        ck_assert_int_eq(damaged, expect_damaged);
        return table;
}

static void expect_mark(const BlockTable *table, BlockIndex index, ino_t inode, BlockMark mark) {
        const BlockRecord *record = block_table_find(table, index);

        ck_assert_ptr_nonnull(record);
        ck_assert_uint_eq(record->inode, inode);
        ck_assert_int_eq(record->mark, mark);
}

static int set_mark(BlockTable *table, BlockIndex index, ino_t inode, BlockMark mark) {
        return block_table_set(table, &(BlockRecord){ .index = index,
                                                      .inode = inode,
                                                      .mark = mark,
                                                      .zone = ZONE_KIND_MOVABLE });
}
START_TEST(remembers_over_a_restart) {
        FakeTree *tree = fake_tree_new();
        BlockTable *table = open_table(tree, "boot-1", false);
        size_t n;

        ck_assert_int_eq(set_mark(table, 40, 400, BLOCK_MARK_ONLINE), 0);
        ck_assert_int_eq(set_mark(table, 32, 320, BLOCK_MARK_ONLINE), 0);
        ck_assert_int_eq(set_mark(table, 36, 360, BLOCK_MARK_ONLINE), 0);
        ck_assert_int_eq(set_mark(table, 36, 360, BLOCK_MARK_RELEASED), 0);
        ck_assert_int_eq(block_table_forget(table, 40), 0);
        ck_assert_int_eq(block_table_forget(table, 41), 0);
        block_table_free(table);

        table = open_table(tree, "boot-1", false);
        (void)block_table_records(table, &n);
        ck_assert_uint_eq(n, 2);
        expect_mark(table, 32, 320, BLOCK_MARK_ONLINE);
        expect_mark(table, 36, 360, BLOCK_MARK_RELEASED);
        ck_assert_ptr_null(block_table_find(table, 40));
        block_table_free(table);
        fake_tree_free(tree);
}
END_TEST

START_TEST(is_sorted_however_it_was_filled) {
        FakeTree *tree = fake_tree_new();
        BlockTable *table = open_table(tree, "boot-1", false);
        const BlockRecord *records;
        size_t n;

        for (BlockIndex i = 0; i < 1000; i++)
                ck_assert_int_eq(set_mark(table, i * 7919 % 1000, i, BLOCK_MARK_ONLINE), 0);
        records = block_table_records(table, &n);
        ck_assert_uint_eq(n, 1000);
        for (size_t i = 0; i < n; i++)
                ck_assert_uint_eq(records[i].index, i);
        block_table_free(table);
        fake_tree_free(tree);
}
END_TEST

START_TEST(another_boot_begins_anew) {
        FakeTree *tree = fake_tree_new();
        BlockTable *table = open_table(tree, "boot-1", false);
        size_t n;

        ck_assert_int_eq(set_mark(table, 32, 320, BLOCK_MARK_RELEASED), 0);
        block_table_free(table);
        table = open_table(tree, "boot-2", false);
        (void)block_table_records(table, &n);
        ck_assert_uint_eq(n, 0);
        block_table_free(table);
        fake_tree_free(tree);
}
END_TEST

static int read_table(FakeTree *tree, const char *boot_id, BlockTable **ret) {
        _cleanup_close_ int fd = open(tree->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        ck_assert_int_ge(fd, 0);
        return block_table_read(fd, "blocks", boot_id, ret);
}

/* Another process's file is read as it is, and left as it is. */
START_TEST(is_read_without_a_change) {
        static const char text[] = "memplugd-blocks 1 boot-1\nreleased 32 320\nonline 33 33";
        FakeTree *tree = fake_tree_new();
        BlockTable *table = NULL;
        size_t n;

        ck_assert_int_eq(read_table(tree, "boot-1", &table), -ENOENT);
        fake_file(tree, "blocks", "nonsense\n");
        ck_assert_int_eq(read_table(tree, "boot-1", &table), -EBADMSG);
        ck_assert_ptr_null(table);

        fake_file(tree, "blocks", text);
        ck_assert_int_eq(read_table(tree, "boot-1", &table), 0);
        expect_mark(table, 32, 320, BLOCK_MARK_RELEASED);
        (void)block_table_records(table, &n);
        ck_assert_uint_eq(n, 1);
        block_table_free(table);

        ck_assert_int_eq(read_table(tree, "boot-2", &table), 0);
        (void)block_table_records(table, &n);
        ck_assert_uint_eq(n, 0);
        block_table_free(table);

        ck_assert_str_eq(fake_read(tree, "blocks"), text);
        fake_tree_free(tree);
}
END_TEST

/* A crash in the middle of a line leaves the lines before it. */
START_TEST(half_a_last_line_is_passed_over) {
        FakeTree *tree = fake_tree_new();
        BlockTable *table;

        fake_file(tree, "blocks", "memplugd-blocks 1 boot-1\nreleased 32 320\nonline 33 33");
        table = open_table(tree, "boot-1", false);
        expect_mark(table, 32, 320, BLOCK_MARK_RELEASED);
        ck_assert_ptr_null(block_table_find(table, 33));

        /* … and isn't in the way of what is written next. */
        ck_assert_int_eq(set_mark(table, 34, 340, BLOCK_MARK_ONLINE), 0);
        block_table_free(table);
        table = open_table(tree, "boot-1", false);
        expect_mark(table, 34, 340, BLOCK_MARK_ONLINE);
        block_table_free(table);
        fake_tree_free(tree);
}
END_TEST

START_TEST(a_damaged_file_is_set_aside) {
        static const char *const texts[] = {
                "something else\n",
                "half a header",
                "memplugd-blocks 2 boot-1\n",
                "memplugd-blocks 1 boot-1\nfrozen 32 320\n",
                "memplugd-blocks 1 boot-1\nonline 32\n",
                "memplugd-blocks 1 boot-1\nonline -1 320\n",
                "memplugd-blocks 1 boot-1\nonline 32 99999999999999999999\n",
                "memplugd-blocks 1 boot-1\n\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                FakeTree *tree = fake_tree_new();
                BlockTable *table;
                size_t n;

                fake_file(tree, "blocks", texts[i]);
                table = open_table(tree, "boot-1", true);
                (void)block_table_records(table, &n);
                ck_assert_uint_eq(n, 0);
                ck_assert_str_eq(fake_read(tree, "blocks.damaged"), texts[i]);
                block_table_free(table);

                table = open_table(tree, "boot-1", false);
                block_table_free(table);
                fake_tree_free(tree);
        }
}
END_TEST

/* What is in the way of the new file is replaced, and never followed. */
START_TEST(no_symbolic_link_is_followed) {
        FakeTree *tree = fake_tree_new();
        char path[128], target[128];
        BlockTable *table;

        fake_file(tree, "precious", "keep me");
        (void)snprintf(path, sizeof(path), "%s/blocks.new", tree->root);
        (void)snprintf(target, sizeof(target), "%s/precious", tree->root);
        ck_assert_int_eq(symlink(target, path), 0);
        table = open_table(tree, "boot-1", false);
        block_table_free(table);
        ck_assert_str_eq(fake_read(tree, "precious"), "keep me");
        fake_tree_free(tree);
}
END_TEST

/* Blocks that come and go for weeks leave a file of the size of what is known now. */
START_TEST(the_file_stays_small) {
        FakeTree *tree = fake_tree_new();
        _cleanup_close_ int fd = open(tree->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        BlockTable *table = NULL;
        char path[128];
        struct stat st;
        bool damaged;

        ck_assert_int_eq(block_table_open(fd, "blocks", "boot-1", &table, &damaged), 0);
        ck_assert_int_eq(set_mark(table, 7, 70, BLOCK_MARK_RELEASED), 0);
        for (ino_t inode = 0; inode < 20000; inode++) {
                ck_assert_int_eq(set_mark(table, 32, inode, BLOCK_MARK_ONLINE), 0);
                ck_assert_int_eq(block_table_forget(table, 32), 0);
        }
        (void)snprintf(path, sizeof(path), "%s/blocks", tree->root);
        ck_assert_int_eq(stat(path, &st), 0);
        ck_assert_int_lt(st.st_size, 200 * 1024);
        block_table_free(table);

        table = open_table(tree, "boot-1", false);
        expect_mark(table, 7, 70, BLOCK_MARK_RELEASED);
        ck_assert_ptr_null(block_table_find(table, 32));
        block_table_free(table);
        fake_tree_free(tree);
}
END_TEST

/* Files don't grow beyond that any more, as on a full file system. */
static void set_file_limit(rlim_t limit) {
        struct rlimit limits;

        (void)signal(SIGXFSZ, SIG_IGN);
        ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limits), 0);
        limits.rlim_cur = limit;
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limits), 0);
}

/* What couldn't be kept while /run was full is kept as soon as there is room, and neither is damage. */
START_TEST(it_catches_up_when_there_is_room) {
        FakeTree *tree = fake_tree_new();
        _cleanup_close_ int fd = open(tree->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        BlockTable *table = NULL, *kept;
        bool damaged;

        ck_assert_int_eq(block_table_open(fd, "blocks", "boot-1", &table, &damaged), 0);
        ck_assert_int_eq(set_mark(table, 7, 70, BLOCK_MARK_ONLINE), 0);
        ck_assert_int_eq(set_mark(table, 8, 80, BLOCK_MARK_ONLINE), 0);

        /* The header's line, that of memory7, and half of that of memory8. */
        set_file_limit(60);
        ck_assert_int_lt(set_mark(table, 7, 70, BLOCK_MARK_RELEASED), 0);
        ck_assert_int_eq(set_mark(table, 9, 90, BLOCK_MARK_ONLINE), 0);
        ck_assert_int_eq(block_table_forget(table, 8), 0);
        ck_assert_int_eq(faccessat(fd, "blocks.new", F_OK, 0), -1);
        ck_assert_int_eq(block_table_read(fd, "blocks", "boot-1", &kept), 0);
        expect_mark(kept, 7, 70, BLOCK_MARK_ONLINE);
        expect_mark(kept, 8, 80, BLOCK_MARK_ONLINE);
        block_table_free(kept);

        set_file_limit(RLIM_INFINITY);
        ck_assert_int_eq(set_mark(table, 10, 100, BLOCK_MARK_ONLINE), 1);
        ck_assert_int_eq(set_mark(table, 11, 110, BLOCK_MARK_ONLINE), 0);
        block_table_free(table);

        table = open_table(tree, "boot-1", false);
        expect_mark(table, 7, 70, BLOCK_MARK_RELEASED);
        ck_assert_ptr_null(block_table_find(table, 8));
        expect_mark(table, 9, 90, BLOCK_MARK_ONLINE);
        expect_mark(table, 10, 100, BLOCK_MARK_ONLINE);
        expect_mark(table, 11, 110, BLOCK_MARK_ONLINE);
        block_table_free(table);
        fake_tree_free(tree);
}
END_TEST

/* The same of changes that are written together. */
START_TEST(it_catches_up_with_a_batch) {
        FakeTree *tree = fake_tree_new();
        _cleanup_close_ int fd = open(tree->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        BlockTable *table = NULL;
        bool damaged;

        ck_assert_int_eq(block_table_open(fd, "blocks", "boot-1", &table, &damaged), 0);
        /* One that is written as a whole. */
        block_table_begin(table);
        ck_assert_int_eq(set_mark(table, 7, 70, BLOCK_MARK_ONLINE), 0);
        ck_assert_int_eq(set_mark(table, 8, 80, BLOCK_MARK_ONLINE), 0);
        ck_assert_int_eq(block_table_commit(table), 0);
        ck_assert_ptr_nonnull(strstr(fake_read(tree, "blocks"), "\nonline 8 80 movable\n"));

        set_file_limit(70);
        block_table_begin(table);
        ck_assert_int_eq(set_mark(table, 7, 70, BLOCK_MARK_RELEASED), 0);
        ck_assert_int_eq(set_mark(table, 9, 90, BLOCK_MARK_ONLINE), 0);
        ck_assert_int_lt(block_table_commit(table), 0);

        set_file_limit(RLIM_INFINITY);
        ck_assert_int_eq(set_mark(table, 10, 100, BLOCK_MARK_ONLINE), 1);
        block_table_free(table);

        table = open_table(tree, "boot-1", false);
        expect_mark(table, 7, 70, BLOCK_MARK_RELEASED);
        expect_mark(table, 8, 80, BLOCK_MARK_ONLINE);
        expect_mark(table, 9, 90, BLOCK_MARK_ONLINE);
        expect_mark(table, 10, 100, BLOCK_MARK_ONLINE);
        block_table_free(table);
        fake_tree_free(tree);
}
END_TEST

/* Started while /run is full: what was known before is known, and kept. */
START_TEST(it_starts_without_room) {
        FakeTree *tree = fake_tree_new();
        _cleanup_close_ int fd = open(tree->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        BlockTable *table = open_table(tree, "boot-1", false);
        bool damaged;

        ck_assert_int_eq(set_mark(table, 7, 70, BLOCK_MARK_RELEASED), 0);
        block_table_free(table);

        set_file_limit(10);
        ck_assert_int_lt(block_table_open(fd, "blocks", "boot-1", &table, &damaged), 0);
        ck_assert(!damaged);
        expect_mark(table, 7, 70, BLOCK_MARK_RELEASED);
        ck_assert_int_eq(set_mark(table, 8, 80, BLOCK_MARK_ONLINE), 0);
        set_file_limit(RLIM_INFINITY);
        ck_assert_int_eq(set_mark(table, 9, 90, BLOCK_MARK_ONLINE), 1);
        block_table_free(table);

        table = open_table(tree, "boot-1", false);
        expect_mark(table, 7, 70, BLOCK_MARK_RELEASED);
        expect_mark(table, 8, 80, BLOCK_MARK_ONLINE);
        expect_mark(table, 9, 90, BLOCK_MARK_ONLINE);
        block_table_free(table);
        fake_tree_free(tree);
}
END_TEST

START_TEST(without_a_directory_it_lives_in_memory) {
        BlockTable *table;
        bool damaged;

        ck_assert_int_eq(block_table_open(-EBADF, "blocks", "boot-1", &table, &damaged), 0);
        ck_assert_int_eq(set_mark(table, 32, 320, BLOCK_MARK_ONLINE), 0);
        expect_mark(table, 32, 320, BLOCK_MARK_ONLINE);
        block_table_free(table);
}
END_TEST

TEST_PROGRAM("block-table", remembers_over_a_restart, is_sorted_however_it_was_filled,
             another_boot_begins_anew, is_read_without_a_change, half_a_last_line_is_passed_over,
             a_damaged_file_is_set_aside, no_symbolic_link_is_followed, the_file_stays_small,
             it_catches_up_when_there_is_room, it_catches_up_with_a_batch, it_starts_without_room,
             without_a_directory_it_lives_in_memory);
