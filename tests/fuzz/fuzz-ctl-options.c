/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl's command line: each line of the input is a word of it.
 */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "base/macro.h"
#include "ctl/options.h"
#include "fuzz.h"

#define WORDS_MAX 64

static int split(char *text, char *argv[WORDS_MAX + 1]) {
        int argc = 0;

        while (text && argc < WORDS_MAX)
                argv[argc++] = strsep(&text, "\n");
        argv[argc] = NULL;
        return argc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = fuzz_text(data, size);
        char *argv[WORDS_MAX + 1];
        int argc = split(text, argv), first;
        Options options;

        /* For glibc: begin anew, and don't tell. */
        optind = 0;
        opterr = 0;
        first = options_parse(argc, argv, &options);
        assert(first == -EINVAL || (first >= 1 && first <= argc));
        if (first < 0)
                return 0;

        for (OptionId id = 0; id < _OPTION_MAX; id++)
                assert(!options.arguments[id] || options_have(&options, id));
        assert((options.n_repeated > 0) == options_have(&options, OPTION_ADD));
        assert(options.n_repeated == 0 ||
               options.repeated[options.n_repeated - 1] == options.arguments[OPTION_ADD]);
        assert(options_sysroot(&options));
        assert((options_first_unwanted(&options, 0) != NULL) == (options.given != 0));
        assert(!options_first_unwanted(&options, options.given));
        return 0;
}
