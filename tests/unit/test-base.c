/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/log.h"
#include "base/parse.h"
#include "base/range-set.h"
#include "base/search.h"
#include "base/string-table.h"
#include "base/text.h"
#include "base/utf8.h"
#include "fake-tree.h"
#include "suite.h"

typedef int (*ParseFunction)(const char *text, uint64_t *ret);

typedef struct ParseRow {
        const char *text;
        int r;
        uint64_t value;
} ParseRow;

#define UNTOUCHED 4711

static void check_parser(ParseFunction parse, const ParseRow *rows, size_t n_rows) {
        for (size_t i = 0; i < n_rows; i++) {
                uint64_t value = UNTOUCHED;
                int r = parse(rows[i].text, &value);

                ck_assert_msg(r == rows[i].r, "'%s': %d", rows[i].text, r);
                ck_assert_msg(value == (r < 0 ? UNTOUCHED : rows[i].value), "'%s': %" PRIu64,
                              rows[i].text, value);
        }
}

START_TEST(parses_whole_numbers) {
        static const ParseRow rows[] = {
                { "0", 0, 0 },
                { "007", 0, 7 },
                { "18446744073709551615", 0, UINT64_MAX },
                { "18446744073709551616", -ERANGE },
                { "18446744073709551620", -ERANGE },
                { "99999999999999999999999999", -ERANGE },
                { "0xffffffffffffffff", 0, UINT64_MAX },
                { "0XfF", 0, 255 },
                { "0x10000000000000000", -ERANGE },
                { "", -EINVAL },
                { "0x", -EINVAL },
                { "-1", -EINVAL },
                { "+1", -EINVAL },
                { " 1", -EINVAL },
                { "1 ", -EINVAL },
                { "1\n", -EINVAL },
                { "ff", -EINVAL },
                { "12a", -EINVAL },
                { "0x0x1", -EINVAL },
        };

        check_parser(parse_u64, rows, ELEMENTSOF(rows));
}
END_TEST

START_TEST(parses_hexadecimal_without_prefix) {
        static const ParseRow rows[] = {
                { "8000000", 0, 0x8000000 },
                { "FfFfFfFfFfFfFfFf", 0, UINT64_MAX },
                { "1ffffffffffffffff", -ERANGE },
                { "0x10", -EINVAL },
                { "g", -EINVAL },
                { "", -EINVAL },
        };

        check_parser(parse_hex, rows, ELEMENTSOF(rows));
}
END_TEST

START_TEST(parses_sizes) {
        static const ParseRow rows[] = {
                { "0", 0, 0 },
                { "4096", 0, 4096 },
                { "1B", 0, 1 },
                { "3K", 0, 3072 },
                { "512M", 0, UINT64_C(512) << 20 },
                { "64G", 0, UINT64_C(64) << 30 },
                { "2T", 0, UINT64_C(2) << 40 },
                { "1P", 0, UINT64_C(1) << 50 },
                { "15E", 0, UINT64_C(15) << 60 },
                { "16E", -ERANGE },
                { "18446744073709551616", -ERANGE },
                { "18014398509481984K", -ERANGE },
                { "18014398509481983K", 0, UINT64_MAX - 1023 },
                { "1KB", -EINVAL },
                { "1 K", -EINVAL },
                { "1k", -EINVAL },
                { "0x10M", -EINVAL },
                { "M", -EINVAL },
                { "1.5G", -EINVAL },
                { "-1G", -EINVAL },
                { "64GiB", 0, UINT64_C(64) << 30 },
                { "1KiB", 0, 1024 },
                { "16EiB", -ERANGE },
                { "1Ki", -EINVAL },
                { "1iB", -EINVAL },
                { "1BiB", -EINVAL },
                { "1BB", -EINVAL },
                { "1KB", -EINVAL },
                { "1KiBs", -EINVAL },
                { "", -EINVAL },
        };

        check_parser(parse_size, rows, ELEMENTSOF(rows));
}
END_TEST

START_TEST(parses_percentages) {
        static const ParseRow rows[] = {
                { "301%", 0, 301 }, { "0%", 0, 0 },   { "18446744073709551616%", -ERANGE },
                { "301", -EINVAL }, { "%", -EINVAL }, { "1%%", -EINVAL },
                { "1 %", -EINVAL },
        };

        check_parser(parse_percent, rows, ELEMENTSOF(rows));
}
END_TEST

static int parse_memory_suffix(const char *text, uint64_t *ret) {
        return parse_suffix(text, "memory", ret);
}

START_TEST(parses_the_number_behind_a_prefix) {
        static const ParseRow rows[] = {
                { "memory0", 0, 0 },
                { "memory34", 0, 34 },
                { "memory18446744073709551615", 0, UINT64_MAX },
                { "memory18446744073709551616", -ERANGE },
                { "memory034", -EINVAL },
                { "memory00", -EINVAL },
                { "memory0x10", -EINVAL },
                { "memory", -EINVAL },
                { "memory1a", -EINVAL },
                { "memory-1", -EINVAL },
                { "mem", -EINVAL },
                { "node1", -EINVAL },
        };

        check_parser(parse_memory_suffix, rows, ELEMENTSOF(rows));
}
END_TEST

static const char *format_ranges(const RangeSet *set) {
        static char text[512];
        size_t n = 0;

        text[0] = 0;
        for (size_t i = 0; i < set->n_ranges; i++)
                n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%" PRIu64 "-%" PRIu64,
                                      i > 0 ? " " : "", set->ranges[i].first, set->ranges[i].last);
        return text;
}

START_TEST(range_sets_are_sorted_and_joined) {
        static const struct {
                const char *text;
                int r;
                const char *ranges;
        } rows[] = {
                { "5", 0, "5-5" },
                { "1-3,8", 0, "1-3 8-8" },
                { " 1 - 3 ,\t8 ", 0, "1-3 8-8" },
                { "8,1-3", 0, "1-3 8-8" },
                { "1-3,4-5", 0, "1-5" },
                { "1-3,5", 0, "1-3 5-5" },
                { "4,5,1-3", 0, "1-5" },
                { "0x100000000-0x17fffffff", 0, "4294967296-6442450943" },
                { "0-18446744073709551615", 0, "0-18446744073709551615" },
                { "5-18446744073709551615,3", 0, "3-3 5-18446744073709551615" },
                { "18446744073709551615,5-18446744073709551614", 0, "5-18446744073709551615" },
                { "1-9,2-3", -EEXIST },
                { "1-5,20,3-9", -EEXIST },
                { "1-5,5", -EEXIST },
                { "7,7", -EEXIST },
                { "5-18446744073709551615,18446744073709551615", -EEXIST },
                { "0-18446744073709551615,0", -EEXIST },
                { "3-1", -ERANGE },
                { "18446744073709551616", -ERANGE },
                { "0-0x10000000000000000", -ERANGE },
                { "0000000000000000000000000000000000000000001", -ERANGE },
                { "", -EINVAL },
                { " ", -EINVAL },
                { ",", -EINVAL },
                { "1,", -EINVAL },
                { ",1", -EINVAL },
                { "1,,2", -EINVAL },
                { "-", -EINVAL },
                { "-1", -EINVAL },
                { "1-", -EINVAL },
                { "1--2", -EINVAL },
                { "1-2-3", -EINVAL },
                { "1 2", -EINVAL },
                { "1;2", -EINVAL },
                { "all", -EINVAL },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(range_set_freep) RangeSet *set = NULL;
                int r = range_set_parse(rows[i].text, &set);

                ck_assert_msg(r == rows[i].r, "'%s': %d", rows[i].text, r);
                if (r < 0)
                        ck_assert_ptr_null(set);
                else
                        ck_assert_str_eq(format_ranges(set), rows[i].ranges);
        }
}
END_TEST

START_TEST(range_sets_know_what_they_contain) {
        static const struct {
                uint64_t first, last;
                bool contained;
        } rows[] = {
                { 0, 0, false },          { 1, 1, true },
                { 3, 3, true },           { 4, 4, false },
                { 8, 8, true },           { 20, 30, true },
                { 19, 30, false },        { 20, 31, false },
                { 25, 26, true },         { 3, 8, false },
                { 1, 3, true },           { 0, UINT64_MAX, false },
                { 90, UINT64_MAX, true }, { UINT64_MAX, UINT64_MAX, true },
                { 89, 90, false },
        };
        _cleanup_(range_set_freep) RangeSet *set = NULL;

        ck_assert_int_eq(range_set_parse("1-3,8,20-30,90-18446744073709551615", &set), 0);
        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                ck_assert_msg(range_set_contains_range(set, rows[i].first, rows[i].last) ==
                                      rows[i].contained,
                              "%" PRIu64 "-%" PRIu64, rows[i].first, rows[i].last);
        ck_assert(range_set_contains(set, 2));
        ck_assert(!range_set_contains(set, 4));
}
END_TEST

START_TEST(range_sets_know_their_subsets) {
        static const struct {
                const char *sub, *set;
                bool is_subset;
        } rows[] = {
                { "1", "1", true },       { "1,3", "1-3", true },    { "1-3", "1,3", false },
                { "1-3", "1,2,3", true }, { "5-6,8", "1-10", true }, { "5-6,11", "1-10", false },
                { "1-10", "5-6", false },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(range_set_freep) RangeSet *sub = NULL, *set = NULL;

                ck_assert_int_eq(range_set_parse(rows[i].sub, &sub), 0);
                ck_assert_int_eq(range_set_parse(rows[i].set, &set), 0);
                ck_assert_msg(range_set_is_subset(sub, set) == rows[i].is_subset, "%s in %s",
                              rows[i].sub, rows[i].set);
        }
        ck_assert_ptr_null(range_set_free(NULL));
}
END_TEST

START_TEST(finds_words_in_tables_with_gaps) {
        static const char *const table[] = { "a", NULL, "c" };

        ck_assert_int_eq(string_table_find(table, 3, "a"), 0);
        ck_assert_int_eq(string_table_find(table, 3, "c"), 2);
        ck_assert_int_eq(string_table_find(table, 3, "b"), -EINVAL);
        ck_assert_int_eq(string_table_find(table, 3, ""), -EINVAL);
        ck_assert_int_eq(string_table_find(table, 3, NULL), -EINVAL);
}
END_TEST

START_TEST(log_levels_are_words_or_numbers) {
        static const char *const words[] = { "emerg",   "alert",  "crit", "err",
                                             "warning", "notice", "info", "debug" };
        static const char *const others[] = {
                "8", "-1", "", "warn", "Debug", "07x", "18446744073709551615", "4294967296"
        };

        for (int level = 0; level < (int)ELEMENTSOF(words); level++) {
                char number[16];

                (void)snprintf(number, sizeof(number), "%d", level);
                ck_assert_int_eq(log_level_from_string(words[level]), level);
                ck_assert_int_eq(log_level_from_string(number), level);
        }
        for (size_t i = 0; i < ELEMENTSOF(others); i++)
                ck_assert_msg(log_level_from_string(others[i]) == -EINVAL, "'%s'", others[i]);
}
END_TEST

static int n_sunk;
static bool sink_takes;

static bool sink(int level, const char *text, const LogMessage *message) {
        ck_assert_int_eq(level, LOG_WARNING);
        ck_assert_str_eq(text, "block 3");
        ck_assert_str_eq(message->id, "an ID");
        ck_assert_str_eq(message->fields[0].value, "3");
        n_sunk++;
        return sink_takes;
}

/* What stands in a file that was standard error meanwhile. */
static const char *log_into(const FakeTree *tree, const LogMessage *message, int level) {
        int saved = dup(STDERR_FILENO);
        char path[128];
        _cleanup_close_ int fd = -EBADF;
        char stream[64];
        static char text[64];
        struct stat st;
        ssize_t n;

        (void)snprintf(path, sizeof(path), "%s/log", tree->root);
        fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
        ck_assert_int_eq(fstat(fd, &st), 0);
        (void)snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
                       (unsigned long long)st.st_ino);
        ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
        log_open("base");
        log_message(message, level, "block %d", 3);
        (void)dup2(saved, STDERR_FILENO);
        (void)close(saved);

        n = pread(fd, text, sizeof(text) - 1, 0);
        ck_assert_int_ge(n, 0);
        text[n] = 0;
        return text;
}

/* Only lines that have an ID go to the sink, and what it doesn't take isn't lost. */
START_TEST(lines_with_an_id_go_to_the_sink) {
        const LogMessage message = { .id = "an ID", .fields = { { "BLOCK", "3" } } }, plain = {};
        FakeTree *tree = fake_tree_new();

        ck_assert_str_eq(log_into(tree, &message, LOG_WARNING), "<4>block 3\n");
        log_set_sink(sink);
        sink_takes = true;
        ck_assert_str_eq(log_into(tree, &message, LOG_WARNING), "");
        ck_assert_int_eq(n_sunk, 1);
        sink_takes = false;
        ck_assert_str_eq(log_into(tree, &message, LOG_WARNING), "<4>block 3\n");
        ck_assert_int_eq(n_sunk, 2);

        ck_assert_str_eq(log_into(tree, &plain, LOG_WARNING), "<4>block 3\n");
        ck_assert_str_eq(log_into(tree, NULL, LOG_WARNING), "<4>block 3\n");
        ck_assert_str_eq(log_into(tree, &message, LOG_DEBUG), "");
        ck_assert_int_eq(n_sunk, 2);

        /* Standard error is no journal any more. */
        log_open("base");
        log_message(&message, LOG_WARNING, "block %d", 3);
        ck_assert_int_eq(n_sunk, 2);
        log_set_sink(NULL);
        fake_tree_free(tree);
}
END_TEST

static int open_root(const FakeTree *tree) {
        int fd = open(tree->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        ck_assert_int_ge(fd, 0);
        return fd;
}

START_TEST(reads_attributes_up_to_their_room) {
        FakeTree *tree = fake_tree_new();
        _cleanup_close_ int root = open_root(tree);
        char text[8];

        fake_file(tree, "a", "online\n");
        ck_assert_int_eq(read_attribute_at(root, "a", text, sizeof(text)), 6);
        ck_assert_str_eq(text, "online");
        fake_file(tree, "a", "1234567");
        ck_assert_int_eq(read_attribute_at(root, "a", text, sizeof(text)), 7);
        fake_file(tree, "a", "12345678");
        ck_assert_int_eq(read_attribute_at(root, "a", text, sizeof(text)), -EMSGSIZE);
        fake_file(tree, "a", "");
        ck_assert_int_eq(read_attribute_at(root, "a", text, sizeof(text)), 0);
        ck_assert_str_eq(text, "");
        ck_assert_int_eq(read_attribute_at(root, "b", text, sizeof(text)), -ENOENT);
        fake_tree_free(tree);
}
END_TEST

START_TEST(reads_only_regular_files_that_arent_too_large) {
        FakeTree *tree = fake_tree_new();
        _cleanup_close_ int root = open_root(tree);
        _cleanup_free_ char *text = NULL, *other = NULL;
        size_t size = UNTOUCHED;

        fake_file(tree, "a", "12345678");
        ck_assert_int_eq(read_file_at(root, "a", 8, &text, &size), 0);
        ck_assert_str_eq(text, "12345678");
        ck_assert_uint_eq(size, 8);
        ck_assert_int_eq(read_file_at(root, "a", 7, &other, &size), -EFBIG);
        ck_assert_int_eq(read_file_at(root, ".", 8, &other, &size), -EISDIR);
        ck_assert_int_eq(mkfifoat(root, "fifo", 0600), 0);
        ck_assert_int_eq(read_file_at(root, "fifo", 8, &other, &size), -ENOTSUP);
        ck_assert_int_eq(read_file_at(root, "b", 8, &other, &size), -ENOENT);
        ck_assert_ptr_null(other);
        fake_tree_free(tree);
}
END_TEST

/* A file of /proc says it has no bytes; the end is where reading says so. */
START_TEST(reads_files_of_unknown_size) {
        static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 131072, 200000 };

        for (size_t i = 0; i < ELEMENTSOF(sizes); i++) {
                _cleanup_free_ char *text = NULL, *other = NULL;
                _cleanup_close_ int fd = memfd_create("test", MFD_CLOEXEC);
                size_t size;

                ck_assert_int_ge(fd, 0);
                for (size_t k = 0; k < sizes[i]; k++)
                        ck_assert_int_eq(write(fd, k % 3 ? "a" : "b", 1), 1);
                ck_assert_int_eq(read_unsized(fd, sizes[i], &text, &size), 0);
                ck_assert_uint_eq(size, sizes[i]);
                ck_assert_uint_eq(strlen(text), size);
                ck_assert(size == 0 || text[size - 1] == ((size - 1) % 3 ? 'a' : 'b'));
                if (size > 0)
                        ck_assert_int_eq(read_unsized(fd, size - 1, &other, &size), -EFBIG);
        }
}
END_TEST

START_TEST(copies_utf_8) {
        static const struct {
                const char *from, *wanted;
        } cases[] = {
                { "", "" },
                { "plain", "plain" },
                { "\xc3\xa4\xe2\x86\x92", "\xc3\xa4\xe2\x86\x92" },
                { "h\xc3", "h?" },
                { "\xff\x80x", "??x" },
                { "\xed\xa0\x80", "???" },      /* a surrogate */
                { "\xc0\xaf", "??" },           /* longer than need be */
                { "123456\xc3\xa4", "123456" }, /* no room for all of it */
                { "12345\xc3\xa4", "12345\xc3\xa4" },
                { "12345678", "1234567" },
                { "1234567\xff", "1234567" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char to[8];

                ck_assert_uint_eq(utf8_copy_into(to, sizeof(to), cases[i].from),
                                  strlen(cases[i].wanted));
                ck_assert_str_eq(to, cases[i].wanted);
        }
}
END_TEST

START_TEST(puts_numbers) {
        static const uint64_t numbers[] = { 0, 7, 10, 99, 100, 4711, UINT64_MAX };

        for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
                char text[TEXT_NUMBER_MAX], wanted[32];

                ck_assert_ptr_eq(text_put_number(text, numbers[i]), text + strlen(text));
                (void)snprintf(wanted, sizeof(wanted), "%" PRIu64, numbers[i]);
                ck_assert_str_eq(text, wanted);
        }
}
END_TEST

typedef struct Numbered {
        uint64_t number;
        char rest[16];
} Numbered;

/* For each number up to behind the last one, what a look at all of them finds. */
START_TEST(finds_where_a_number_is_or_would_be) {
        static const struct {
                size_t n;
                uint64_t numbers[8];
        } cases[] = {
                { 0, {} },
                { 1, { 0 } },
                { 1, { 5 } },
                { 4, { 3, 4, 5, 6 } },
                { 5, { 0, 1, 2, 7, 8 } },
                { 8, { 2, 4, 6, 8, 10, 12, 14, 16 } },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Numbered array[8] = {};

                for (size_t k = 0; k < cases[i].n; k++)
                        array[k].number = cases[i].numbers[k];
                for (uint64_t number = 0; number < 20; number++) {
                        size_t wanted = 0;

                        while (wanted < cases[i].n && array[wanted].number < number)
                                wanted++;
                        ck_assert_uint_eq(search_place(array, cases[i].n, sizeof(Numbered), number),
                                          wanted);
                }
        }
}
END_TEST

TEST_PROGRAM("base", parses_whole_numbers, parses_hexadecimal_without_prefix, parses_sizes,
             parses_percentages, parses_the_number_behind_a_prefix,
             range_sets_are_sorted_and_joined, range_sets_know_what_they_contain,
             range_sets_know_their_subsets, finds_words_in_tables_with_gaps,
             log_levels_are_words_or_numbers, lines_with_an_id_go_to_the_sink,
             reads_attributes_up_to_their_room, reads_only_regular_files_that_arent_too_large,
             reads_files_of_unknown_size, copies_utf_8, puts_numbers,
             finds_where_a_number_is_or_would_be);
