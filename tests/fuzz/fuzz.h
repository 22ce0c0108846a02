#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the targets share: libFuzzer's entry, which each of them defines, and inputs as text and as
 * files. What must hold of any input is said by assert(), so a target begins with #undef NDEBUG.
 */
#include <stddef.h>
#include <stdint.h>

#include "../unit/fake-tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy that ends with NUL; the caller's. */
char *fuzz_text(const uint8_t *data, size_t size);

/* A tree that is made once, and removed with the process; and a descriptor of its root. */
FakeTree *fuzz_tree(void);
int fuzz_tree_fd(void);

/* Writes a file below the tree's root, whose directory is there. */
void fuzz_file(const char *path, const void *data, size_t size);

/* Takes the next line off the input, without its newline, ended by NUL: "" if there are no more. */
const char *fuzz_line(char **text);
