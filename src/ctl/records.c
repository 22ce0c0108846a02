/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/records.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "ctl/kept.h"

/* Somebody else than memplugd may have written it. */
#define FILE_MAX ((size_t)16 * RECORD_FILE_MAX)

void records_done(Records *records) {
        free(records->old_text);
        free(records->text);
        free(records->records);
        *records = (Records){};
}

static int add_record(Records *records, const Record *record) {
        if (records->n_records == records->n_allocated) {
                size_t n = records->n_allocated ? records->n_allocated * 2 : 256;
                Record *all = reallocarray(records->records, n, sizeof(Record));

                if (!all)
                        return -ENOMEM;
                records->records = all;
                records->n_allocated = n;
        }

        records->records[records->n_records++] = *record;
        return 0;
}

/* Half a line, which a crash may leave, is passed over; so is the last one if it is being written. */
static int add_lines(Records *records, char *text) {
        char *line = text, *end;

        for (; (end = strchr(line, '\n')); line = end + 1) {
                Record record;

                *end = 0;
                if (record_parse(line, &record) == 0 && add_record(records, &record) < 0)
                        return -ENOMEM;
        }
        return 0;
}

static int load_file(const char *root, const char *name, Records *records, char **text) {
        int r = kept_read(root, name, FILE_MAX, text);

        if (r > 0 && add_lines(records, *text) < 0)
                return log_error_errno(-ENOMEM, "can't read what was done: %m");
        return r;
}

int records_load(const char *root, Records *ret) {
        _cleanup_(records_done) Records records = {};
        int r;

        r = load_file(root, RECORD_OLD_FILE, &records, &records.old_text);
        if (r >= 0)
                r = load_file(root, RECORD_FILE, &records, &records.text);
        if (r < 0)
                return r;

        *ret = records;
        records = (Records){};
        return 0;
}

void records_find_stuck(const Records *records, StuckBlocks *ret) {
        ret->n = 0;
        for (size_t i = 0; i < records->n_records; i++)
                stuck_blocks_note(ret, &records->records[i]);
}

/* "ENOMEM (Cannot allocate memory)"; one that has no name is its number. */
static void print_error(FILE *f, int error) {
        const char *name = strerrorname_np(-error);

        if (name)
                (void)fprintf(f, "%s (%s)", name, strerrordesc_np(-error));
        else
                (void)fprintf(f, "error %d", -error);
}

static void print_duration(FILE *f, const Record *record, const char *preposition) {
        if (record->written || record->duration > 0)
                (void)fprintf(f, " %s %.1f ms", preposition, (double)record->duration / 1000);
}

static void print_zones(FILE *f, const Record *record) {
        char text[VALID_ZONES_TEXT_MAX];

        if (record->zones.known)
                (void)fprintf(f, ", valid_zones '%s'", valid_zones_format(&record->zones, text));
}

/* By hand: who put it online that is isn't the question. */
static bool is_to_be_off(const Record *record) {
        return strcmp(record->wanted, "offline") == 0;
}

static void print_online(FILE *f, const Record *record) {
        static const char *const texts[] = {
                [ONLINER_NONE] = "online",
                [ONLINER_MEMPLUGD] = "put online by memplugd",
                [ONLINER_KERNEL] = "put online by the kernel's own setting",
                [ONLINER_OTHER] = "put online by somebody else",
                [ONLINER_UNKNOWN] = "it was online before; it isn't known who put it online",
        };

        (void)fputs(is_to_be_off(record) && record->onliner == ONLINER_UNKNOWN
                            ? "it is online"
                            : texts[record->onliner],
                    f);
        if (record->onliner == ONLINER_MEMPLUGD)
                print_duration(f, record, "in");
        if (record->zones.known && record->zones.n_zones > 0)
                (void)fprintf(f, ", zone %s", zone_to_string(record->zones.zones[0]));
        if (record->error < 0) {
                (void)fputs(", ", f);
                print_error(f, record->error);
                print_duration(f, record, "after");
        }
}

static void print_offline(FILE *f, const Record *record) {
        bool was_to_be_off = is_to_be_off(record);

        if (was_to_be_off && record->outcome == OUTCOME_DONE) {
                (void)fputs("taken offline", f);
                print_duration(f, record, "in");
        } else if (was_to_be_off && record->outcome == OUTCOME_ALREADY)
                (void)fputs("it was offline", f);
        else if (record->outcome == OUTCOME_GONE && record->error == 0)
                (void)fputs("it isn't there", f);
        else if (record->outcome == OUTCOME_CANCELLED && record->error == 0)
                (void)fputs("nothing more was tried", f);
        else if (record->error < 0) {
                if (!record->written)
                        (void)fputs("it can't be read: ", f);
                print_error(f, record->error);
                print_duration(f, record, "after");
        } else
                (void)fputs(record->written ? "written without effect" : "not tried", f);
        if (record->outcome != OUTCOME_GONE)
                print_zones(f, record);
}

static void print_settled(FILE *f, const Record *record) {
        (void)fprintf(f, "%s: ", outcome_to_string(record->outcome));
        if (record->onliner == ONLINER_NONE)
                print_offline(f, record);
        else
                print_online(f, record);
        if (record->n_writes > 1)
                (void)fprintf(f, ", %u writes", record->n_writes);
}

static void print_what(FILE *f, const Record *record) {
        if (record->kind == RECORD_LEFT)
                (void)fputs("left: left offline, as the rule says", f);
        else if (record->kind == RECORD_RELEASED)
                (void)fputs("released: taken offline by somebody else, and left alone since", f);
        else
                print_settled(f, record);
}

/* "movable was refused, EINVAL (Invalid argument): it would have to lie above memory32" */
static void print_why(FILE *f, const Record *record) {
        if (record->fell_back) {
                (void)fprintf(f, "%s was %s", record->wanted,
                              outcome_to_string(record->first_outcome));
                if (record->first_error < 0) {
                        (void)fputs(", ", f);
                        print_error(f, record->first_error);
                }
                (void)fputs(record->reason[0] ? ": " : "; or_else followed", f);
        }
        (void)fputs(record->reason, f);
}

/* What became released, no rule asked for. A name that stands in no file says itself what it is. */
static void print_wish(FILE *f, const Record *record) {
        bool has_file = record->file[0];

        if (record->kind == RECORD_RELEASED || !record->rule[0])
                return;
        if (record->kind == RECORD_SETTLED && has_file)
                (void)fprintf(f, "asked for %s %s", record->wanted,
                              record->asked ? "by hand, " : "");
        else if (record->kind == RECORD_SETTLED)
                (void)fprintf(f, "wanted %s, ", record->wanted);
        if (has_file)
                (void)fprintf(f, "by rule '%s' (%s:%u)", record->rule, record->file, record->line);
        else
                (void)fputs(record->rule, f);
}

static char *describe(const Record *record, void (*print)(FILE *f, const Record *record)) {
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return NULL;

        print(f, record);
        return fclose(f) == 0 ? format_printable(text) : NULL;
}

char *record_describe(const Record *record) {
        return describe(record, print_what);
}

char *record_describe_reason(const Record *record) {
        return describe(record, print_why);
}

char *record_describe_wish(const Record *record) {
        return describe(record, print_wish);
}

static json_object *text_or_null(const char *text) {
        return text && *text ? json_new_text(text) : NULL;
}

static void add_error(json_object *object, const char *key, const char *name_key, int error) {
        json_add(object, key, error < 0 ? json_new_number((uint64_t)-error) : NULL);
        json_add(object, name_key, error < 0 ? text_or_null(strerrorname_np(-error)) : NULL);
}

json_object *record_to_json(const Record *record) {
        const char *onliner = onliner_to_string(record->onliner);
        json_object *object = json_new_object();
        char zones[VALID_ZONES_TEXT_MAX];

        json_add(object, "time_usec", json_new_number(record->usec));
        json_add(object, "block", json_new_number(record->block));
        json_add(object, "outcome", json_new_text(record_word(record)));
        json_add(object, "asked_by_hand", json_new_bool(record->asked));
        json_add(object, "online_by",
                 record->onliner == ONLINER_NONE ? NULL : json_new_text(onliner));
        json_add(object, "wanted", text_or_null(record->wanted));
        json_add(object, "zone", json_new_text(zone_kind_to_string(record->zone)));
        json_add(object, "valid_zones",
                 record->zones.known ? json_new_text(valid_zones_format(&record->zones, zones))
                                     : NULL);
        add_error(object, "errno", "errno_name", record->error);
        json_add(object, "duration_usec", json_new_number(record->duration));
        json_add(object, "written", json_new_bool(record->written));
        json_add(object, "writes", json_new_number(record->n_writes));
        json_add(object, "first_outcome",
                 record->fell_back ? json_new_text(outcome_to_string(record->first_outcome))
                                   : NULL);
        add_error(object, "first_errno", "first_errno_name", record->first_error);
        json_add(object, "reason", text_or_null(record->reason));
        json_add(object, "rule", text_or_null(record->rule));
        json_add(object, "rule_file", text_or_null(record->file));
        json_add(object, "rule_line", record->line > 0 ? json_new_number(record->line) : NULL);
        return object;
}
