/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * udev's rules, and lines of tmpfiles.d: what is found has its place in the file.
 */
#undef NDEBUG
#include <assert.h>
#include <string.h>

#include "base/macro.h"
#include "ctl/line-scan.h"
#include "ctl/udev-scan.h"
#include "fuzz.h"

static unsigned count_lines(const char *text) {
        unsigned n = 1;

        for (; *text; text++)
                n += *text == '\n';
        return n;
}

static void tell(void *userdata, const UdevFound *found) {
        const unsigned *n_lines = userdata;

        assert(found->line > 0 && found->line <= *n_lines);
        assert(found->truth == TRUTH_MAYBE || found->truth == TRUTH_YES);
        assert(strlen(found->key) > 0);
        (void)strlen(found->attribute);
        (void)strlen(found->value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = fuzz_text(data, size);
        unsigned n_lines = count_lines(text);

        assert(udev_scan(text, &(UdevFacts){ .arch = "x86-64" }, tell, &n_lines) == 0);
        (void)line_of_tmpfiles_onlines(text);
        (void)line_of_script_onlines(text);
        return 0;
}
