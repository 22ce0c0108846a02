#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A root directory of plain files, laid out like the kernel's and ours, in a temporary place. It
 * has no behaviour: what is written to a file just stands there. Anything that fails aborts the test.
 */
#include <stdint.h>

typedef struct FakeTree {
        char root[64];
} FakeTree;

/* Makes a tree with /sys/devices/system/memory and /sys/devices/system/node, and 128 MiB blocks. */
FakeTree *fake_tree_new(void);

/* Removes it from the disk, too. */
void fake_tree_free(FakeTree *tree);

/*
 * Adds memoryN. 'valid_zones' NULL: without that file. 'node' negative: not linked to a node;
 * otherwise linked both ways. May be called again for a block, to change it or to link it.
 */
void fake_block(FakeTree *tree, uint64_t index, const char *state, const char *valid_zones,
                int node);
void fake_blocks(FakeTree *tree, uint64_t first, uint64_t last, const char *state,
                 const char *valid_zones, int node);

/*
 * Gives blocks of the tree an ACPI memory device, "PNP0C80:01" or the like, with links both ways.
 * To be called once for a device.
 */
void fake_dimm(FakeTree *tree, const char *name, uint64_t first, uint64_t last);

/* Writes a file below the root, with the directories that lead to it. */
void fake_file(FakeTree *tree, const char *path, const char *text);
void fake_remove(FakeTree *tree, const char *path);

/* The text of a file below the root, in a static buffer. */
const char *fake_read(FakeTree *tree, const char *path);
