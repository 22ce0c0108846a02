/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <stdbool.h>

#include "ctl/line-scan.h"
#include "suite.h"

#define SETTING "/sys/devices/system/memory/auto_online_blocks"

typedef struct Case {
        const char *line;
        bool onlines;
} Case;

START_TEST(tmpfiles) {
        static const Case cases[] = {
                { "", false },
                { "w", false },
                { "# w " SETTING " - - - - online", false },
                { "w " SETTING " - - - - online", true },
                { "w " SETTING " - - - - online_movable", true },
                { "w " SETTING " - - - - offline", false },
                { "w " SETTING " - - - -", false },
                { "w!\t" SETTING "\t-\t-\t-\t-\tonline", true },
                { "w+ \"" SETTING "\" \"\" - - - 'online'", true },
                { "w /sys/devices/system/memory/auto_online* - - - - online", true },
                { "w /sys/devices/system/memory/memory*/state - - - - online", true },
                { "w /sys/devices/system/memory/memory*/state - - - - offline", false },
                { "f " SETTING " - - - - online", false },
                { "w /sys/kernel/mm/ksm/run - - - - online", false },
                { "w \"" SETTING, false },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                ck_assert_msg(line_of_tmpfiles_onlines(cases[i].line) == cases[i].onlines, "%s",
                              cases[i].line);
}
END_TEST

START_TEST(scripts) {
        static const Case cases[] = {
                { "", false },
                { "echo online > " SETTING, true },
                { "  # echo online > " SETTING, false },
                { "; devices/system/memory/auto_online_blocks = online", false },
                { "devices/system/memory/auto_online_blocks = online", true },
                { "devices/system/memory/auto_online_blocks = offline", false },
                { "cat " SETTING, false },
                { "echo online_movable > /sys/devices/system/memory/memory40/state", true },
                { "echo offline > /sys/devices/system/memory/memory40/state", false },
                { "echo online", false },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                ck_assert_msg(line_of_script_onlines(cases[i].line) == cases[i].onlines, "%s",
                              cases[i].line);
}
END_TEST

TEST_PROGRAM("line-scan", tmpfiles, scripts);
