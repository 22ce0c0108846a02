/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "model/iomem.h"
#include "suite.h"

/* As root saw it on 6.1, with lines of other machines in between. */
static const char real_text[] = "00000000-00000fff : Reserved\n"
                                "00001000-0009fbff : System RAM\n"
                                "00100000-7fffffff : System RAM\n"
                                "  01000000-01e01d31 : Kernel code\n"
                                "80000000-9fffffff : Persistent Memory (legacy)\n"
                                "  80000000-809fffff : namespace0.0\n"
                                "  88000000-9fffffff : dax0.0\n"
                                "    88000000-9fffffff : System RAM (kmem)\n"
                                "c0000000-febfffff : PCI Bus 0000:00\n"
                                "  febf4000-febf7fff : 0000:00:02.0\n"
                                "    febf4000-febf7fff : virtio-pci-modern\n"
                                "fed00000-fed003ff : HPET 0\n"
                                "  fed00000-fed003ff : PNP0103:00 [odd \"name\", 100%]\n"
                                "100000000-11fffffff : System RAM\n"
                                "120000000-15fffffff : System RAM\n"
                                "160000000-1dfffffff : virtio2\n"
                                "  160000000-17fffffff : System RAM (virtio_mem)\n"
                                "  190000000-197ffffff : System RAM (virtio_mem)\n"
                                "1000000000-1fffffffff : CXL Window 0\n"
                                "  1000000000-1fffffffff : region0\n"
                                "    1000000000-1fffffffff : dax1.0\n"
                                "      1000000000-1fffffffff : System RAM (kmem)\n"
                                "fd00000000-ffffffffff : Reserved\n";

#define GIB (UINT64_C(1) << 30)

static void expect_range(const Iomem *iomem, uint64_t address, Source source, const char *device,
                         uint64_t size) {
        const IomemRange *range = iomem_find(iomem, address, address + (128 << 20) - 1);

        ck_assert_ptr_nonnull(range);
        ck_assert_int_eq(range->source, source);
        ck_assert_str_eq(range->device, device);
        ck_assert_uint_eq(iomem_device_size(iomem, range), size);
}

START_TEST(drivers_memory_is_found) {
        _cleanup_(iomem_done) Iomem iomem = {};

        ck_assert_int_eq(iomem_parse(real_text, &iomem), 0);
        ck_assert(!iomem.hidden);
        ck_assert_uint_eq(iomem.n_ranges, 4);
        expect_range(&iomem, 0x88000000, SOURCE_DAX, "dax0.0", 0x18000000);
        expect_range(&iomem, 0x160000000, SOURCE_VIRTIO_MEM, "virtio2", 0x28000000);
        expect_range(&iomem, 0x190000000, SOURCE_VIRTIO_MEM, "virtio2", 0x28000000);
        expect_range(&iomem, 0x1000000000, SOURCE_DAX, "dax1.0", 64 * GIB);
}
END_TEST

START_TEST(other_memory_is_not) {
        static const uint64_t addresses[] = {
                0,           0x08000000,   0x80000000,        0xa0000000,
                0x120000000, 0x180000000,  0x198000000,       0xfd00000000,
                0xff8000000, 0x2000000000, 0xfffffffff8000000
        };
        _cleanup_(iomem_done) Iomem iomem = {};

        ck_assert_int_eq(iomem_parse(real_text, &iomem), 0);
        for (size_t i = 0; i < ELEMENTSOF(addresses); i++)
                ck_assert_ptr_null(iomem_find(&iomem, addresses[i], addresses[i] + 0x7ffffff));
}
END_TEST

START_TEST(before_5_8_the_parent_alone_tells) {
        _cleanup_(iomem_done) Iomem iomem = {};

        ck_assert_int_eq(iomem_parse("100000000-13fffffff : dax0.0\n"
                                     "  100000000-13fffffff : System RAM\n"
                                     "140000000-17fffffff : virtio0\n"
                                     "  140000000-17fffffff : System RAM\n"
                                     "180000000-1bfffffff : daxter\n"
                                     "  180000000-1bfffffff : System RAM\n",
                                     &iomem),
                         0);
        ck_assert_uint_eq(iomem.n_ranges, 2);
        expect_range(&iomem, 0x100000000, SOURCE_DAX, "dax0.0", GIB);
        expect_range(&iomem, 0x140000000, SOURCE_VIRTIO_MEM, "virtio0", GIB);
}
END_TEST

START_TEST(a_range_without_a_device_has_a_source) {
        _cleanup_(iomem_done) Iomem iomem = {};

        ck_assert_int_eq(iomem_parse("100000000-13fffffff : System RAM (virtio_mem)\n"
                                     "140000000-17fffffff : a name with blanks\n"
                                     "  140000000-17fffffff : System RAM (kmem)\n",
                                     &iomem),
                         0);
        expect_range(&iomem, 0x100000000, SOURCE_VIRTIO_MEM, "", GIB);
        expect_range(&iomem, 0x140000000, SOURCE_DAX, "", GIB);
}
END_TEST

START_TEST(hidden_if_drivers_memory_has_no_address) {
        static const struct {
                const char *text;
                bool hidden;
        } rows[] = {
                { "00000000-00000000 : virtio2\n  00000000-00000000 : System RAM (virtio_mem)\n",
                  true },
                /* Nothing that matters is hidden there. */
                { "00000000-00000000 : System RAM\n00000000-00000000 : System RAM\n", false },
                { "", false },
                { real_text, false },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(iomem_done) Iomem iomem = {};

                ck_assert_int_eq(iomem_parse(rows[i].text, &iomem), 0);
                ck_assert_int_eq(iomem.hidden, rows[i].hidden);
        }
}
END_TEST

START_TEST(garbage_is_skipped) {
        static const char *const rows[] = {
                "\n\n\n",
                "100000000",
                "100000000-",
                "100000000-13fffffff",
                "100000000-13fffffff :",
                "100000000-13fffffff : ",
                "100000000-13fffffff: System RAM (kmem)\n",
                "100000000 - 13fffffff : System RAM (kmem)\n",
                "0x100000000-0x13fffffff : System RAM (kmem)\n",
                "13fffffff-100000000 : System RAM (kmem)\n",
                "10000000000000000-1ffffffffffffffff : System RAM (kmem)\n",
                "100000000-13fffffff : System RAM (kmem) \n",
                "100000000-13fffffff : System RAM (kmem",
                "                                    100000000-13fffffff : System RAM (kmem)\n",
                "-1-2 : System RAM (kmem)\n",
                ": System RAM (kmem)\n",
                "\x80\xff\x01 : \x1b[31m\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(iomem_done) Iomem iomem = {};

                ck_assert_int_eq(iomem_parse(rows[i], &iomem), 0);
                ck_assert_msg(iomem.n_ranges == 0, "%s", rows[i]);
        }
}
END_TEST

START_TEST(parents_end_where_the_indentation_says) {
        _cleanup_(iomem_done) Iomem iomem = {};

        ck_assert_int_eq(iomem_parse("100000000-1ffffffff : region0\n"
                                     "  100000000-17fffffff : dax0.0\n"
                                     "200000000-23fffffff : other\n"
                                     "    200000000-23fffffff : System RAM (kmem)\n"
                                     "240000000-27fffffff : "
                                     "a-name-that-no-device-can-have-for-it-is-too-long\n"
                                     "  240000000-27fffffff : System RAM (kmem)\n"
                                     "280000000-2bfffffff : \x1b[31m\n"
                                     "  280000000-2bfffffff : System RAM (kmem)\n",
                                     &iomem),
                         0);
        expect_range(&iomem, 0x200000000, SOURCE_DAX, "", GIB);
        expect_range(&iomem, 0x240000000, SOURCE_DAX, "", GIB);
        expect_range(&iomem, 0x280000000, SOURCE_DAX, "", GIB);
}
END_TEST

/* Each beginning of a real text, and each with one byte of it changed: nothing must break. */
START_TEST(damaged_text_does_no_harm) {
        for (size_t i = 0; i + 1 < sizeof(real_text); i++) {
                _cleanup_(iomem_done) Iomem cut = {}, changed = {};
                _cleanup_free_ char *text = strndup(real_text, i);

                ck_assert_ptr_nonnull(text);
                ck_assert_int_eq(iomem_parse(text, &cut), 0);
                ck_assert_uint_le(cut.n_ranges, 4);
                free(text);

                text = strdup(real_text);
                ck_assert_ptr_nonnull(text);
                text[i] = (char)(text[i] ^ (1 << i % 7));
                ck_assert_int_eq(iomem_parse(text, &changed), 0);
                for (uint64_t address = 0; address < 0x200000000; address += 128 << 20)
                        (void)iomem_find(&changed, address, address + 0x7ffffff);
        }
}
END_TEST

START_TEST(many_ranges) {
        static const char line[] = "  %lx00000-%lxfffff : System RAM (virtio_mem)\n";
        _cleanup_(iomem_done) Iomem iomem = {};
        static char text[1000 * sizeof(line) * 2];
        char *end = stpcpy(text, "1000000000-ffffffffff : virtio7\n");

        /* From the highest to the lowest. */
        for (unsigned long i = 1999; i >= 1000; i--)
                end += sprintf(end, line, i * 2, i * 2);
        ck_assert_int_eq(iomem_parse(text, &iomem), 0);
        ck_assert_uint_eq(iomem.n_ranges, 1000);
        for (uint64_t i = 1000; i < 2000; i++) {
                const IomemRange *range = iomem_find(&iomem, i << 21, (i << 21) + 1);

                ck_assert_ptr_nonnull(range);
                ck_assert_uint_eq(range->first, i << 21);
                ck_assert_ptr_null(
                        iomem_find(&iomem, (i << 21) + (1 << 20), (i << 21) + (2 << 20) - 1));
        }
        ck_assert_uint_eq(iomem_device_size(&iomem, iomem.ranges), UINT64_C(1000) << 20);
}
END_TEST

TEST_PROGRAM("iomem", drivers_memory_is_found, other_memory_is_not,
             before_5_8_the_parent_alone_tells, a_range_without_a_device_has_a_source,
             hidden_if_drivers_memory_has_no_address, garbage_is_skipped,
             parents_end_where_the_indentation_says, damaged_text_does_no_harm, many_ranges);
