/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where in these sources a line comes from is nothing for the journal. */
#define SD_JOURNAL_SUPPRESS_LOCATION

#include "daemon/journal.h"

#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

/* Longer values are cut off. */
#define FIELD_TEXT_MAX 512

/* The priority, the text, and the ID come first. */
#define PARTS_MAX (3 + LOG_FIELDS_MAX)

typedef struct Entry {
        int n_parts;
        struct iovec parts[PARTS_MAX];
} Entry;

/* 'field', of 'size' bytes, becomes "NAME=VALUE". */
static void add(Entry *entry, const char *name, const char *value, char *field, size_t size) {
        int n = snprintf(field, size, "%s=%s", name, value);

        if (n < 0)
                return;
        entry->parts[entry->n_parts++] = (struct iovec){
                .iov_base = field,
                .iov_len = (size_t)n < size ? (size_t)n : size - 1,
        };
}

bool journal_send(int level, const char *text, const LogMessage *message) {
        char priority[32], whole_text[LOG_TEXT_MAX + 16], id[64],
                fields[LOG_FIELDS_MAX][FIELD_TEXT_MAX];
        Entry entry = {};
        char number[16];

        (void)snprintf(number, sizeof(number), "%d", level);
        add(&entry, "PRIORITY", number, priority, sizeof(priority));
        add(&entry, "MESSAGE", text, whole_text, sizeof(whole_text));
        add(&entry, "MESSAGE_ID", message->id, id, sizeof(id));
        for (size_t i = 0; i < LOG_FIELDS_MAX && message->fields[i].name; i++)
                add(&entry, message->fields[i].name, message->fields[i].value, fields[i],
                    FIELD_TEXT_MAX);

        return sd_journal_sendv(entry.parts, entry.n_parts) >= 0;
}
