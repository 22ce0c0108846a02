/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "fake-tree.h"
#include "state/history.h"
#include "suite.h"

#define NUMBERS "17 34 5 settled - done memplugd movable movable 0 1500 written 1 - 0 12"
#define TEXTS "\tMovable\t/etc/x.conf\trule\treason\t."

static const Record whole = {
        .usec = 17,
        .block = 34,
        .inode = 5,
        .outcome = OUTCOME_DONE,
        .onliner = ONLINER_MEMPLUGD,
        .wanted = "movable",
        .zone = ZONE_KIND_MOVABLE,
        .zones = { .known = true, .n_zones = 1, .zones = { ZONE_MOVABLE } },
        .duration = 1500,
        .written = true,
        .n_writes = 1,
        .reason = "reason",
        .rule = "rule",
        .file = "/etc/x.conf",
        .line = 12,
};

static void expect_same(const Record *a, const Record *b) {
        ck_assert_uint_eq(a->usec, b->usec);
        ck_assert_uint_eq(a->block, b->block);
        ck_assert_uint_eq(a->inode, b->inode);
        ck_assert_int_eq(a->kind, b->kind);
        ck_assert_int_eq(a->asked, b->asked);
        ck_assert_int_eq(a->outcome, b->outcome);
        ck_assert_int_eq(a->onliner, b->onliner);
        ck_assert_str_eq(a->wanted, b->wanted);
        ck_assert_int_eq(a->zone, b->zone);
        ck_assert_mem_eq(&a->zones, &b->zones, sizeof(ValidZones));
        ck_assert_int_eq(a->error, b->error);
        ck_assert_uint_eq(a->duration, b->duration);
        ck_assert_int_eq(a->written, b->written);
        ck_assert_uint_eq(a->n_writes, b->n_writes);
        ck_assert_int_eq(a->fell_back, b->fell_back);
        ck_assert_int_eq(a->first_outcome, b->first_outcome);
        ck_assert_int_eq(a->first_error, b->first_error);
        ck_assert_str_eq(a->reason, b->reason);
        ck_assert_str_eq(a->rule, b->rule);
        ck_assert_str_eq(a->file, b->file);
        ck_assert_uint_eq(a->line, b->line);
}

static void expect_round_trip(const Record *record) {
        char line[RECORD_LINE_MAX];
        Record again;
        int n = record_format(record, line);

        ck_assert_int_eq(n, (int)strlen(line));
        ck_assert_int_eq(line[n - 1], '\n');
        line[n - 1] = 0;
        ck_assert_int_eq(record_parse(line, &again), 0);
        expect_same(record, &again);
}

START_TEST(it_is_read_as_it_was_written) {
        char line[RECORD_LINE_MAX];
        Record record = whole;

        (void)record_format(&record, line);
        ck_assert_str_eq(line, NUMBERS TEXTS "\n");
        expect_round_trip(&record);

        for (Outcome outcome = 0; outcome < _OUTCOME_MAX; outcome++) {
                record.outcome = outcome;
                record.onliner = (Onliner)(outcome % _ONLINER_MAX);
                record.fell_back = outcome % 2;
                record.first_outcome = record.fell_back ? OUTCOME_REFUSED : (Outcome)0;
                record.first_error = record.fell_back ? -EINVAL : 0;
                expect_round_trip(&record);
        }
}
END_TEST

START_TEST(all_of_it_may_be_missing) {
        Record record = {
                .zone = _ZONE_KIND_INVALID, .wanted = "", .reason = "", .rule = "", .file = ""
        };

        for (RecordKind kind = 0; kind < _RECORD_KIND_MAX; kind++) {
                record.kind = kind;
                expect_round_trip(&record);
        }
        record.zones.known = true;
        expect_round_trip(&record);
}
END_TEST

START_TEST(all_of_it_may_be_as_large_as_can_be) {
        Record record = {
                .usec = UINT64_MAX,
                .block = UINT64_MAX,
                .inode = (ino_t)UINT64_MAX,
                .asked = true,
                .outcome = OUTCOME_WRONG_ZONE,
                .onliner = ONLINER_MEMPLUGD,
                .wanted = "kernel-policy",
                .zone = ZONE_KIND_MOVABLE,
                .zones = { true, VALID_ZONES_MAX, { 4, 4, 4, 4, 4, 4 } },
                .error = -4095,
                .duration = UINT64_MAX,
                .written = true,
                .n_writes = UINT_MAX,
                .fell_back = true,
                .first_outcome = OUTCOME_WRONG_ZONE,
                .first_error = -4095,
                .reason = "",
                .rule = "",
                .file = "",
                .line = UINT_MAX,
        };
        char line[RECORD_LINE_MAX], text[4 * RECORD_LINE_MAX];
        Record again;

        expect_round_trip(&record);

        /* "ä": 2 bytes, of which none is left alone. */
        for (size_t i = 0; i < sizeof(text); i++)
                text[i] = i % 2 ? '\xa4' : '\xc3';
        text[sizeof(text) - 1] = 0;
        record.reason = record.rule = record.file = text + 1;
        ck_assert_int_lt(record_format(&record, line), RECORD_LINE_MAX);
        *strchr(line, '\n') = 0;
        ck_assert_int_eq(record_parse(line, &again), 0);
        ck_assert_uint_gt(strlen(again.reason), 600);
        ck_assert_int_eq(again.reason[strlen(again.reason) - 1], '\xa4');
}
END_TEST

START_TEST(what_would_end_a_field_does_not) {
        Record record = whole, again;
        char line[RECORD_LINE_MAX];

        record.rule = "a\tb\nc";
        (void)record_format(&record, line);
        *strchr(line, '\n') = 0;
        ck_assert_int_eq(record_parse(line, &again), 0);
        ck_assert_str_eq(again.rule, "a b c");
}
END_TEST

START_TEST(half_a_line_is_none) {
        char line[RECORD_LINE_MAX];
        Record record;

        for (size_t n = 0; n < strlen(NUMBERS TEXTS); n++) {
                (void)strcpy(line, NUMBERS TEXTS);
                line[n] = 0;
                ck_assert_int_eq(record_parse(line, &record), -EBADMSG);
        }
        (void)strcpy(line, NUMBERS TEXTS);
        ck_assert_int_eq(record_parse(line, &record), 0);
}
END_TEST

START_TEST(what_is_no_line_is_refused) {
        static const char *const lines[] = {
                NUMBERS TEXTS "\t.",
                NUMBERS " 1" TEXTS,
                "x34 5 settled - done memplugd movable movable 0 1500 written 1 - 0 12" TEXTS,
                "17 -34 5 settled - done memplugd movable movable 0 1500 written 1 - 0 12" TEXTS,
                "17 34 5 put - done memplugd movable movable 0 1500 written 1 - 0 12" TEXTS,
                "17 34 5 settled ? done memplugd movable movable 0 1500 written 1 - 0 12" TEXTS,
                "17 34 5 settled - - memplugd movable movable 0 1500 written 1 - 0 12" TEXTS,
                "17 34 5 left - done memplugd movable movable 0 1500 written 1 - 0 12" TEXTS,
                "17 34 5 settled - did memplugd movable movable 0 1500 written 1 - 0 12" TEXTS,
                "17 34 5 settled - done me movable movable 0 1500 written 1 - 0 12" TEXTS,
                "17 34 5 settled - done memplugd movable Movable 0 1500 written 1 - 0 12" TEXTS,
                "17 34 5 settled - done memplugd movable movable 4096 1500 written 1 - 0 12" TEXTS,
                "17 34 5 settled - done memplugd movable movable -1 1500 written 1 - 0 12" TEXTS,
                "17 34 5 settled - done memplugd movable movable 0 1500 written 1 x 0 12" TEXTS,
                "17 34 5 settled - done memplugd movable movable 0 1500 written 1 - 0 " TEXTS,
                NUMBERS "\t\t/etc/x.conf\trule\treason\t.",
        };

        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                char line[RECORD_LINE_MAX];
                Record record;

                (void)strcpy(line, lines[i]);
                ck_assert_msg(record_parse(line, &record) == -EBADMSG, "%s", lines[i]);
        }
}
END_TEST

START_TEST(they_are_kept_in_a_file) {
        FakeTree *tree = fake_tree_new();
        _cleanup_free_ char *text = NULL;
        size_t size;
        LogFile *records;
        int dir_fd = open(tree->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        ck_assert_int_ge(dir_fd, 0);
        for (unsigned i = 0; i < 2; i++) {
                ck_assert_int_eq(records_open(dir_fd, &records), 0);
                (void)records_add(records, &whole);
                log_file_close(records);
        }
        ck_assert_int_eq(read_file_at(dir_fd, RECORD_FILE, RECORD_FILE_MAX, &text, &size), 0);
        ck_assert_str_eq(text, NUMBERS TEXTS "\n" NUMBERS TEXTS "\n");
        (void)close(dir_fd);
        fake_tree_free(tree);
}
END_TEST

TEST_PROGRAM("record", it_is_read_as_it_was_written, all_of_it_may_be_missing,
             all_of_it_may_be_as_large_as_can_be, what_would_end_a_field_does_not,
             half_a_line_is_none, what_is_no_line_is_refused, they_are_kept_in_a_file);
