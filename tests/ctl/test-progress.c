/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <string.h>

#include "base/macro.h"
#include "ctl/progress.h"
#include "suite.h"

#define SECOND UINT64_C(1000000)
#define SIZE (UINT64_C(128) << 20)

START_TEST(lines) {
        static const struct {
                Progress progress;
                uint64_t now;
                size_t columns;
                const char *text;
        } cases[] = {
                { { 0, 512, SIZE, 0 },
                  9 * SECOND,
                  80,
                  "[........................] 0 of 512 blocks" },
                { { 128, 512, SIZE, SECOND },
                  5 * SECOND,
                  80,
                  "[######..................] 128 of 512 blocks, 4G/s, 12 s left" },
                { { 512, 512, SIZE, 0 },
                  10 * SECOND,
                  80,
                  "[########################] 512 of 512 blocks, 6.4G/s, 0 s left" },
                { { 128, 512, 0, 0 },
                  4 * SECOND,
                  80,
                  "[######..................] 128 of 512 blocks, 32.0/s, 12 s left" },
                /* Too soon for a rate, too narrow for a bar, for anything. */
                { { 1, 2, SIZE, 0 }, 1, 80, "[############............] 1 of 2 blocks" },
                { { 1, 1, SIZE, 0 }, 1, 30, "1 of 1 block" },
                { { 128, 512, SIZE, 0 }, SECOND, 5, "128 o" },
                { { 128, 512, SIZE, 0 }, SECOND, 0, "" },
                { { 0, 0, SIZE, 0 }, SECOND, 80, "0 of 0 blocks" },
                /* A clock that went back, and a machine of the future. */
                { { 1, 2, SIZE, 5 }, 1, 80, "[############............] 1 of 2 blocks" },
                { { UINT64_C(1) << 32, UINT64_C(1) << 33, UINT64_C(2) << 30, 0 },
                  SECOND * 100000,
                  80,
                  "[############............] 4294967296 of 8589934592 blocks, 83.9T/s, 27 h left" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char text[PROGRESS_TEXT_MAX];

                ck_assert_str_eq(progress_format(&cases[i].progress, cases[i].now, cases[i].columns,
                                                 /* utf8= */ false, text),
                                 cases[i].text);
        }
}
END_TEST

TEST_PROGRAM("progress", lines);
