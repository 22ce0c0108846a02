/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/record.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/macro.h"
#include "base/parse.h"
#include "base/text.h"

/* Bytes that a string may have in a line; all of them and the numbers fit. */
#define FILE_TEXT_MAX 512
#define RULE_TEXT_MAX 320
#define REASON_TEXT_MAX 640
#define WORD_TEXT_MAX 32

static const char *const record_kind_table[] = {
        [RECORD_SETTLED] = "settled",
        [RECORD_LEFT] = "left",
        [RECORD_RELEASED] = "released",
};
DEFINE_STRING_TABLE(record_kind, RecordKind);

static const char *const onliner_table[] = {
        [ONLINER_NONE] = "nobody", [ONLINER_MEMPLUGD] = "memplugd", [ONLINER_KERNEL] = "kernel",
        [ONLINER_OTHER] = "other", [ONLINER_UNKNOWN] = "unknown",
};
DEFINE_STRING_TABLE(onliner, Onliner);

const char *record_word(const Record *record) {
        return record->kind == RECORD_SETTLED ? outcome_to_string(record->outcome)
                                              : record_kind_to_string(record->kind);
}

static unsigned number_of_error(int error) {
        return error < 0 ? 0U - (unsigned)error : 0;
}

/* Cuts it, but no character of UTF-8 in two. */
static size_t fitting_length(const char *text, size_t max) {
        size_t n = strnlen(text, max);

        if (n == max)
                while (n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80)
                        n--;
        return n;
}

static char *add_number(char *end, uint64_t number) {
        return stpcpy(text_put_number(end, number), " ");
}

/* NULL and "" are none. */
static char *add_word(char *end, const char *word) {
        size_t n = word ? strnlen(word, WORD_TEXT_MAX) : 0;

        return stpcpy(n > 0 ? mempcpy(end, word, n) : stpcpy(end, "-"), " ");
}

static char *add_field(char *end, const char *text, size_t max) {
        size_t n = fitting_length(text, max);

        for (size_t i = 0; i < n; i++)
                *end++ = text[i] == '\t' || text[i] == '\n' ? ' ' : text[i];
        *end++ = '\t';
        return end;
}

int record_format(const Record *record, char line[RECORD_LINE_MAX]) {
        const bool settled = record->kind == RECORD_SETTLED;
        char zones[VALID_ZONES_TEXT_MAX], *end = line;

        end = add_number(end, record->usec);
        end = add_number(end, record->block);
        end = add_number(end, (uint64_t)record->inode);
        end = add_word(end, record_kind_to_string(record->kind));
        end = add_word(end, record->asked ? "asked" : NULL);
        end = add_word(end, settled ? outcome_to_string(record->outcome) : NULL);
        end = add_word(end, onliner_to_string(record->onliner));
        end = add_word(end, record->wanted);
        end = add_word(end, zone_kind_to_string(record->zone));
        end = add_number(end, number_of_error(record->error));
        end = add_number(end, record->duration);
        end = add_word(end, record->written ? "written" : NULL);
        end = add_number(end, record->n_writes);
        end = add_word(end, record->fell_back ? outcome_to_string(record->first_outcome) : NULL);
        end = add_number(end, number_of_error(record->first_error));
        end = stpcpy(text_put_number(end, record->line), "\t");
        end = add_field(end, valid_zones_format(&record->zones, zones), VALID_ZONES_TEXT_MAX);
        end = add_field(end, record->file, FILE_TEXT_MAX);
        end = add_field(end, record->rule, RULE_TEXT_MAX);
        end = add_field(end, record->reason, REASON_TEXT_MAX);
        end = stpcpy(end, ".\n");
        return (int)(end - line);
}

/* What the numbers and words of a line are taken from, one after the other. */
typedef struct Reader {
        char *rest; /* NULL: behind the last */
        bool failed;
} Reader;

static const char *read_word(Reader *reader) {
        const char *word = strsep(&reader->rest, " ");

        if (!word || !*word)
                reader->failed = true;
        return word ?: "";
}

static uint64_t read_number(Reader *reader, uint64_t max) {
        uint64_t number = 0;

        if (parse_u64(read_word(reader), &number) < 0 || number > max) {
                reader->failed = true;
                return 0;
        }
        return number;
}

static int read_error(Reader *reader) {
        return -(int)read_number(reader, /* max= */ 4095);
}

/* One of two words; "-" means no. */
static bool read_flag(Reader *reader, const char *yes) {
        const char *word = read_word(reader);

        if (strcmp(word, yes) != 0 && strcmp(word, "-") != 0)
                reader->failed = true;
        return strcmp(word, yes) == 0;
}

/* One of the words of a table, which 'from_word' answered; < 0: none of them. */
static int read_value(Reader *reader, int value) {
        if (value < 0)
                reader->failed = true;
        return value;
}

/* The same, or "-"; then false, and *ret is left alone. */
static bool read_outcome(Reader *reader, Outcome *ret) {
        const char *word = read_word(reader);

        if (strcmp(word, "-") == 0)
                return false;

        *ret = (Outcome)read_value(reader, (int)outcome_from_string(word));
        return !reader->failed;
}

static ZoneKind read_zone(Reader *reader) {
        const char *word = read_word(reader);

        if (strcmp(word, "-") == 0)
                return _ZONE_KIND_INVALID;

        return (ZoneKind)read_value(reader, (int)zone_kind_from_string(word));
}

static const char *read_wanted(Reader *reader) {
        const char *word = read_word(reader);

        if (strlen(word) > WORD_TEXT_MAX)
                reader->failed = true;
        return strcmp(word, "-") == 0 ? "" : word;
}

static Record read_words(Reader *reader) {
        Record record = { .usec = read_number(reader, UINT64_MAX) };

        record.block = read_number(reader, UINT64_MAX);
        record.inode = read_number(reader, UINT64_MAX);
        record.kind =
                (RecordKind)read_value(reader, (int)record_kind_from_string(read_word(reader)));
        record.asked = read_flag(reader, "asked");
        if (read_outcome(reader, &record.outcome) != (record.kind == RECORD_SETTLED))
                reader->failed = true;
        record.onliner = (Onliner)read_value(reader, (int)onliner_from_string(read_word(reader)));
        record.wanted = read_wanted(reader);
        record.zone = read_zone(reader);
        record.error = read_error(reader);
        record.duration = read_number(reader, UINT64_MAX);
        record.written = read_flag(reader, "written");
        record.n_writes = (unsigned)read_number(reader, UINT_MAX);
        record.fell_back = read_outcome(reader, &record.first_outcome);
        record.first_error = read_error(reader);
        record.line = (unsigned)read_number(reader, UINT_MAX);
        return record;
}

static bool read_zones(const char *text, ValidZones *ret) {
        return text && (strcmp(text, "?") == 0 || valid_zones_parse(text, ret) == 0);
}

int record_parse(char *line, Record *ret) {
        Reader reader = { .rest = strsep(&line, "\t") };
        const char *zones = strsep(&line, "\t"), *file = strsep(&line, "\t"),
                   *rule = strsep(&line, "\t"), *reason = strsep(&line, "\t");
        Record record;

        if (!line || strcmp(line, ".") != 0 || strlen(file) > FILE_TEXT_MAX ||
            strlen(rule) > RULE_TEXT_MAX || strlen(reason) > REASON_TEXT_MAX)
                return -EBADMSG;

        record = read_words(&reader);
        if (reader.failed || reader.rest || !read_zones(zones, &record.zones))
                return -EBADMSG;

        record.file = file;
        record.rule = rule;
        record.reason = reason;
        *ret = record;
        return 0;
}
