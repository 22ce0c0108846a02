/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/kernel-log.h"

#include <stdlib.h>
#include <string.h>

#include <systemd/sd-journal.h>

#include "base/macro.h"

/* The journal gets the kernel's lines a moment after they were said; nobody waits longer for one. */
#define WAIT_USEC UINT64_C(300000)

/* Of a kernel that says very much meanwhile. */
#define ENTRIES_MAX 20000

static int open_journal(uint64_t since, sd_journal **ret) {
        _cleanup_(sd_journal_closep) sd_journal *journal = NULL;
        int r;

        r = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY);
        if (r >= 0)
                r = sd_journal_add_match(journal, "_TRANSPORT=kernel", 0);
        if (r >= 0)
                r = sd_journal_seek_realtime_usec(journal, since);
        if (r >= 0)
                *ret = TAKE_PTR(journal);
        return r;
}

static int read_entry(sd_journal *journal, KernelLines *lines,
                      bool (*wants)(const void *userdata, BlockIndex block), const void *userdata) {
        _cleanup_free_ char *text = NULL;
        const void *data;
        size_t size;

        /* "MESSAGE=" is in front. */
        if (sd_journal_get_data(journal, "MESSAGE", &data, &size) < 0 || size < 8)
                return 0;

        text = strndup((const char *)data + 8, size - 8);
        return text ? kernel_lines_add(lines, text, wants, userdata) : -1;
}

/* What can be read by now. */
static int read_entries(sd_journal *journal, KernelLines *lines,
                        bool (*wants)(const void *userdata, BlockIndex block),
                        const void *userdata) {
        int r = 0;

        for (size_t n = 0; n < ENTRIES_MAX && r >= 0; n++) {
                r = sd_journal_next(journal);
                if (r == 0)
                        break;
                if (r > 0)
                        r = read_entry(journal, lines, wants, userdata);
        }
        return r;
}

void kernel_log_read(uint64_t since, KernelLines *lines,
                     bool (*wants)(const void *userdata, BlockIndex block), const void *userdata) {
        _cleanup_(sd_journal_closep) sd_journal *journal = NULL;

        if (open_journal(since, &journal) < 0)
                return;

        if (read_entries(journal, lines, wants, userdata) >= 0 && lines->n == 0 &&
            sd_journal_wait(journal, WAIT_USEC) > 0)
                (void)read_entries(journal, lines, wants, userdata);
}
