/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * replay PATH…: gives a fuzz target each file, or each file of a directory, once. What libFuzzer's
 * own main() does too; but this needs no clang.
 */
#undef NDEBUG
#include <assert.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/macro.h"
#include "fuzz.h"

#define INPUT_MAX (16 * 1024 * 1024)

static void replay_file(int dir_fd, const char *name) {
        _cleanup_free_ char *text = NULL;
        uint8_t *exact;
        size_t size;

        assert(read_file_at(dir_fd, name, INPUT_MAX, &text, &size) == 0);
        /* So that a sanitizer sees a step beyond its end. */
        exact = malloc(size ?: 1);
        assert(exact);
        memcpy(exact, text, size);
        printf("%s\n", name);
        (void)fflush(stdout);
        assert(LLVMFuzzerTestOneInput(exact, size) == 0);
        free(exact);
}

static unsigned replay(const char *path) {
        _cleanup_(closedirp) DIR *dir = opendir(path);
        struct dirent *entry;
        unsigned n = 0;

        if (!dir) {
                replay_file(AT_FDCWD, path);
                return 1;
        }

        while ((entry = readdir(dir)))
                if (entry->d_name[0] != '.') {
                        replay_file(dirfd(dir), entry->d_name);
                        n++;
                }
        return n;
}

int main(int argc, char **argv) {
        unsigned n = 0;

        for (int i = 1; i < argc; i++)
                n += replay(argv[i]);

        printf("%u inputs\n", n);
        return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
