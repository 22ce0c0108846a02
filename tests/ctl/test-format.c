/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include "base/macro.h"
#include "ctl/format.h"
#include "suite.h"

START_TEST(sizes) {
        static const struct {
                uint64_t bytes;
                const char *text;
        } cases[] = {
                { 0, "0B" },
                { 1023, "1023B" },
                { 1024, "1K" },
                { 1536, "1.5K" },
                { UINT64_C(128) << 20, "128M" },
                { UINT64_C(1408) << 20, "1.4G" },
                { UINT64_C(1536) << 20, "1.5G" },
                { (UINT64_C(1) << 30) + (UINT64_C(51) << 20), "1G" },
                { (UINT64_C(1) << 30) + (UINT64_C(52) << 20), "1.1G" },
                { (UINT64_C(2) << 40) - 1, "2T" },
                { (UINT64_C(2) << 40) - (UINT64_C(128) << 20), "2T" },
                { UINT64_C(1) << 50, "1P" },
                { UINT64_MAX, "16E" },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                char text[FORMAT_TEXT_MAX];

                ck_assert_str_eq(format_size(cases[i].bytes, text), cases[i].text);
        }
}
END_TEST

START_TEST(places) {
        char text[FORMAT_TEXT_MAX];

        ck_assert_str_eq(format_bytes(UINT64_MAX, text), "18446744073709551615");
        ck_assert_str_eq(format_blocks(7, 7, text), "7");
        ck_assert_str_eq(format_blocks(32, 39, text), "32-39");
        ck_assert_str_eq(format_blocks(UINT64_MAX - 1, UINT64_MAX, text),
                         "18446744073709551614-18446744073709551615");
        ck_assert_str_eq(format_addresses(32, 39, UINT64_C(128) << 20, text),
                         "0x0100000000-0x013fffffff");
        ck_assert_str_eq(
                format_addresses(UINT64_MAX >> 27, UINT64_MAX >> 27, UINT64_C(1) << 27, text),
                "0xfffffffff8000000-0xffffffffffffffff");
        ck_assert_str_eq(format_node(3, text), "3");
        ck_assert_str_eq(format_node(NODE_UNKNOWN, text), "-");
}
END_TEST

START_TEST(zones) {
        static const struct {
                BlockState state;
                const char *valid_zones; /* NULL: unknown */
                const char *text;
        } cases[] = {
                { BLOCK_OFFLINE, "Normal Movable", "Normal Movable" },
                { BLOCK_ONLINE, "Normal Movable", "Normal" },
                { BLOCK_GOING_OFFLINE, "Movable Normal", "Movable" },
                { BLOCK_ONLINE, "none", "none" },
                { BLOCK_OFFLINE, "none", "none" },
                { BLOCK_ONLINE, NULL, "-" },
                { BLOCK_OFFLINE, NULL, "-" },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                Block block = { .state = cases[i].state };
                char text[FORMAT_TEXT_MAX];

                if (cases[i].valid_zones)
                        ck_assert_int_eq(
                                valid_zones_parse(cases[i].valid_zones, &block.valid_zones), 0);
                ck_assert_str_eq(format_zones(&block, text), cases[i].text);
        }
}
END_TEST

START_TEST(control_characters_are_not_printed) {
        _cleanup_free_ char *text = format_printable("a\033[31m\n\x7f Größe \xc2\x9b"
                                                     "31m \xc2\xa0");

        ck_assert_str_eq(text, "a?[31m?? Größe ??31m \xc2\xa0");
}
END_TEST

TEST_PROGRAM("format", sizes, places, zones, control_characters_are_not_printed);
