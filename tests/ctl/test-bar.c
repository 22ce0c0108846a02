/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <string.h>

#include "ctl/bar.h"
#include "suite.h"

START_TEST(bars) {
        static const struct {
                uint64_t kernel, movable, unknown, offline, most;
                const char *text;
        } cases[] = {
                { 32, 0, 0, 0, 32, "################################" },
                { 16, 8, 4, 4, 32, "################========????...." },
                { 8, 8, 0, 0, 32, "########========" },
                { 1000000, 1, 0, 1, 1000002, "##############################=." },
                { 1, 0, 0, 0, 1000000, "#" },
                { 1, 1, 1, 1, 1000000, "#=?." },
                { 0, 0, 0, 0, 5, "" },
                { UINT64_C(1) << 58, UINT64_C(1) << 57, 0, 0, UINT64_C(3) << 57,
                  "#####################===========" },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                NodeTotal total = { .n_blocks = {
                                            [SHARE_KERNEL] = cases[i].kernel,
                                            [SHARE_MOVABLE] = cases[i].movable,
                                            [SHARE_UNKNOWN] = cases[i].unknown,
                                            [SHARE_OFFLINE] = cases[i].offline,
                                    } };
                char text[BAR_TEXT_MAX];

                ck_assert_str_eq(bar_draw(&total, cases[i].most, /* utf8= */ false, text),
                                 cases[i].text);
        }
}
END_TEST

/* Whatever the shares: no more characters than there is room for, and none is missing. */
START_TEST(bars_fit) {
        for (uint64_t kernel = 0; kernel < 40; kernel++)
                for (uint64_t movable = 0; movable < 40; movable++)
                        for (uint64_t most = kernel + movable + 1; most < 120; most += 7) {
                                NodeTotal total = { .n_blocks = { kernel, movable, 0, 1 } };
                                char text[BAR_TEXT_MAX];

                                (void)bar_draw(&total, most, /* utf8= */ false, text);
                                ck_assert_uint_le(strlen(text), BAR_WIDTH);
                                ck_assert_int_eq(kernel > 0, strchr(text, '#') != NULL);
                                ck_assert_int_eq(movable > 0, strchr(text, '=') != NULL);
                                ck_assert_ptr_nonnull(strchr(text, '.'));
                        }
}
END_TEST

TEST_PROGRAM("bar", bars, bars_fit);
