/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>

#include "base/macro.h"
#include "ctl/what.h"
#include "suite.h"

#define BLOCK_SIZE (UINT64_C(128) << 20)

/* Blocks 0 to 3 of the boot, 32 to 35 of a DIMM on node 1, with a gap behind 33: 34 isn't there. */
static void make(Snapshot *ret) {
        static const BlockIndex indices[] = { 0, 1, 2, 3, 32, 33, 35 };
        const Device dimm = { .source = SOURCE_DIMM, .name = "PNP0C80:00" };
        Snapshot snapshot = { .block_size = BLOCK_SIZE };
        uint32_t device = snapshot_add_device(&snapshot, &dimm);

        for (size_t i = 0; i < ELEMENTSOF(indices); i++) {
                bool hot = indices[i] >= 32;
                const Block block = {
                        .index = indices[i],
                        .node = hot,
                        .device = hot ? device : 0,
                };

                ck_assert_int_eq(snapshot_add(&snapshot, &block), 0);
        }
        snapshot_sort(&snapshot);
        *ret = snapshot;
}

START_TEST(words) {
        static const struct {
                const char *word;
                int r;
                WhatKind kind;
                size_t n;
        } cases[] = {
                { "33", 0, WHAT_BLOCKS, 1 },
                { "memory33", 0, WHAT_BLOCKS, 1 },
                { "3-32", 0, WHAT_BLOCKS, 2 },
                { "memory33-40", 0, WHAT_BLOCKS, 2 },
                { "0x107ffffff", 0, WHAT_ADDRESS, 1 },
                { "PNP0C80:00", 0, WHAT_DEVICE, 3 },
                { "node1", 0, WHAT_NODE, 3 },
                { "node0", 0, WHAT_NODE, 4 },
                { "34", -ENOENT },
                { "0x110000000", -ENOENT },
                { "node2", -ENOENT },
                { "node99999999999", -ERANGE },
                { "PNP0C80:01", -EINVAL },
                { "33-32", -ERANGE },
                { "-33", -EINVAL },
                { "33-", -EINVAL },
                { "0x20-0x21", -EINVAL },
                { "18446744073709551616", -ERANGE },
                { "memory", -EINVAL },
                { "", -EINVAL },
        };
        Snapshot snapshot;

        make(&snapshot);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                What what;
                size_t n = 0;

                ck_assert_msg(what_find(&snapshot, cases[i].word, &what) == cases[i].r, "%s",
                              cases[i].word);
                if (cases[i].r < 0)
                        continue;

                ck_assert_msg(what.kind == cases[i].kind, "%s", cases[i].word);
                for (size_t k = 0; k < snapshot.n_blocks; k++)
                        n += what_has(&what, &snapshot.blocks[k]);
                ck_assert_msg(n == cases[i].n, "%s: %zu", cases[i].word, n);
        }
        snapshot_done(&snapshot);
}
END_TEST

TEST_PROGRAM("what", words);
