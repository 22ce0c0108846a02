/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/kernel-log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-journal.h>

#include "base/clock.h"
#include "base/macro.h"

/* The journal gets the kernel's lines a moment after they were said; nobody waits longer for one. */
#define WAIT_USEC UINT64_C(2000000)

/* Of a kernel that says very much meanwhile. */
#define ENTRIES_MAX 20000

static int open_journal(uint64_t since, sd_journal **ret) {
        _cleanup_(sd_journal_closep) sd_journal *journal = NULL;
        int r;

        /* Who may read nothing of it needn't wait for more. */
        r = sd_journal_open(&journal, SD_JOURNAL_LOCAL_ONLY | SD_JOURNAL_SYSTEM);
        if (r >= 0 && sd_journal_has_runtime_files(journal) <= 0 &&
            sd_journal_has_persistent_files(journal) <= 0)
                r = -ENOENT;
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

void kernel_log_read(uint64_t since, bool waits, KernelLines *lines,
                     bool (*wants)(const void *userdata, BlockIndex block), const void *userdata) {
        _cleanup_(sd_journal_closep) sd_journal *journal = NULL;
        uint64_t ends;

        if (open_journal(since, &journal) < 0)
                return;

        /* Each line that the journal gets ends a wait, and the first one ends at once. */
        ends = clock_usec(CLOCK_MONOTONIC) + (waits ? WAIT_USEC : 0);
        while (read_entries(journal, lines, wants, userdata) >= 0 && lines->n == 0) {
                uint64_t now = clock_usec(CLOCK_MONOTONIC);

                if (now >= ends || sd_journal_wait(journal, ends - now) < 0)
                        break;
        }
}
