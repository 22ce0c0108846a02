/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file of what became of blocks, line by line: anything may stand in it. What was read is written
 * and read again as the same.
 */
#undef NDEBUG
#include <assert.h>
#include <string.h>

#include "base/macro.h"
#include "fuzz.h"
#include "model/record.h"

static void check_line(char *line) {
        char first[RECORD_LINE_MAX], second[RECORD_LINE_MAX], copy[RECORD_LINE_MAX];
        Record record;
        int n;

        if (record_parse(line, &record) < 0)
                return;

        assert(record_word(&record));
        n = record_format(&record, first);
        assert(n > 0 && n < RECORD_LINE_MAX && first[n - 1] == '\n' && (int)strlen(first) == n);
        (void)strcpy(copy, first);
        copy[n - 1] = 0;
        assert(record_parse(copy, &record) == 0);
        assert(record_format(&record, second) == n && strcmp(first, second) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = fuzz_text(data, size);
        char *rest = text, *line;

        while ((line = strsep(&rest, "\n")))
                check_line(line);
        return 0;
}
