/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include "fuzz.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"

static FakeTree *tree;

char *fuzz_text(const uint8_t *data, size_t size) {
        char *text = malloc(size + 1);

        assert(text);
        *(char *)mempcpy(text, data, size) = 0;
        return text;
}

static void remove_tree(void) {
        fake_tree_free(tree);
}

FakeTree *fuzz_tree(void) {
        if (!tree) {
                tree = fake_tree_new();
                assert(atexit(remove_tree) == 0);
        }
        return tree;
}

int fuzz_tree_fd(void) {
        static int fd = -EBADF;

        if (fd < 0)
                fd = open(fuzz_tree()->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert(fd >= 0);
        return fd;
}

void fuzz_file(const char *path, const void *data, size_t size) {
        _cleanup_close_ int fd = -EBADF;

        fd = openat(fuzz_tree_fd(), path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        assert(fd >= 0);
        assert(write(fd, data, size) == (ssize_t)size);
}

const char *fuzz_line(char **text) {
        return *text ? strsep(text, "\n") : "";
}
