/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "ctl/kernel-lines.h"
#include "suite.h"

/* Blocks of 128M and pages of 4K: a block has 0x8000 pages, so block 33 begins at page 0x108000. */
#define BLOCK_SIZE (UINT64_C(128) << 20)
#define PAGE_SIZE UINT64_C(4096)

/* Those from the one on that 'userdata' points to. */
static bool wants(const void *userdata, BlockIndex block) {
        return block >= *(const BlockIndex *)userdata;
}

static void begin(KernelLines *lines) {
        *lines = (KernelLines){ .block_size = BLOCK_SIZE, .page_size = PAGE_SIZE };
}

static void add(KernelLines *lines, const char *text) {
        static const BlockIndex first = 32;

        ck_assert_int_eq(kernel_lines_add(lines, text, wants, &first), 0);
}

/* What each line is about; -1: nothing that is wanted. As kernels from 4.9 to 6.12 print them. */
START_TEST(kinds) {
        static const struct {
                const char *text;
                int block;
        } cases[] = {
                { "memory offlining [mem 0x108000000-0x10fffffff] failed", 33 },
                { "memory offlining [mem 0x108000000-0x10fffffff] failed due to signal backoff",
                  33 },
                { "memory offlining [mem 0x18b580000000-0x18b5ffffffff] failed", 202416 },
                { "migrating pfn 10a3f5 failed ret:1", 33 },
                { "failed to isolate pfn 10ffff", 33 },
                { "removing pfn 110000 from LRU failed", 34 },
                { "page:000000005d2a6d1c refcount:2 mapcount:1 mapping:00000000db1cd08e "
                  "index:0x7f3b2fc00 pfn:0x10a3f5",
                  33 },
                { "page: refcount:1 mapcount:0 mapping:0000000000000000 index:0x0 pfn:0x108000",
                  33 },
                { "page dumped because: unmovable page", 33 },
                /* It went on about that page once. */
                { "page dumped because: unmovable page", -1 },
                /* A block that isn't wanted, and what goes on about it. */
                { "migrating pfn 1000 failed ret:1", -1 },
                { "page dumped because: migration failure", -1 },
                /* A kernel that doesn't name the page. */
                { "page:ffffea22a646bd00 count:255 mapcount:252 mapping:ffff88ff926c9f38 index:0x3",
                  -1 },
                { "page dumped because: isolation failed", -1 },
                /* Other things. */
                { "Offlined Pages 32768", -1 },
                { "ACPI: SRAT: Node 1 PXM 1 [mem 0x108000000-0x10fffffff] hotplug", -1 },
                { "memory offlining [mem x-y] failed", -1 },
                { "pfn", -1 },
                { "pfn ", -1 },
                { "pfn:0x", -1 },
                { "xpfn 10a3f5", -1 },
                { "the pfns and pfn:zz, but pfn 10a3f5", 33 },
                { "pfn 112233445566778899", -1 },
                { "pfn ffffffffffffffff", -1 },
                { "flags: 0x17ffffc0000001(locked|node=0|zone=2|lastcpupid=0x1fffff)", -1 },
                { "", -1 },
        };
        KernelLines lines;

        begin(&lines);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                for (size_t k = 0; k < lines.n; k++)
                        free(lines.lines[k].text);
                lines.n = 0;
                add(&lines, cases[i].text);
                ck_assert_msg(lines.n == (cases[i].block >= 0), "'%s'", cases[i].text);
                if (lines.n == 0)
                        continue;
                ck_assert_str_eq(lines.lines[0].text, cases[i].text);
                ck_assert_uint_eq(lines.lines[0].block, (BlockIndex)cases[i].block);
        }
        kernel_lines_done(&lines);
}
END_TEST

static void expect(const KernelLines *lines, size_t i, BlockIndex block, const char *text) {
        ck_assert_uint_lt(i, lines->n);
        ck_assert_uint_eq(lines->lines[i].block, block);
        ck_assert_str_eq(lines->lines[i].text, text);
}

/* The last three of a block, each once, where it stood last. */
START_TEST(few_of_each) {
        KernelLines lines;

        begin(&lines);
        add(&lines, "migrating pfn 108001 failed ret:1");
        add(&lines, "migrating pfn 110001 failed ret:1");
        add(&lines, "migrating pfn 108002 failed ret:1");
        add(&lines, "migrating pfn 108003 failed ret:1");
        add(&lines, "migrating pfn 108002 failed ret:1");
        ck_assert_uint_eq(lines.n, 4);
        add(&lines, "migrating pfn 108004 failed ret:\033[31m1");
        ck_assert_uint_eq(lines.n, 4);
        expect(&lines, 0, 34, "migrating pfn 110001 failed ret:1");
        expect(&lines, 1, 33, "migrating pfn 108003 failed ret:1");
        expect(&lines, 2, 33, "migrating pfn 108002 failed ret:1");
        expect(&lines, 3, 33, "migrating pfn 108004 failed ret:?[31m1");
        kernel_lines_done(&lines);
}
END_TEST

START_TEST(few_in_all) {
        KernelLines lines;
        char text[64];

        begin(&lines);
        for (uint64_t i = 0; i < KERNEL_LINES_MAX + 10; i++) {
                (void)snprintf(text, sizeof(text), "migrating pfn %" PRIx64 " failed ret:1",
                               (100 + i) * 0x8000);
                add(&lines, text);
        }
        ck_assert_uint_eq(lines.n, KERNEL_LINES_MAX);
        ck_assert_uint_eq(lines.lines[0].block, 110);
        kernel_lines_done(&lines);
}
END_TEST

TEST_PROGRAM("kernel-lines", kinds, few_of_each, few_in_all);
