/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <stdio.h>
#include <string.h>

#include "ctl/udev-scan.h"
#include "suite.h"

#define TEXT_MAX 512

static const char *const act_names[] = {
        [UDEV_ONLINES] = "onlines",
        [UDEV_RUNS] = "runs",
        [UDEV_KDUMP] = "kdump",
        [UDEV_DAXCTL] = "daxctl",
};

/* Adds "LINE:ACT " to a text; "?" behind what may be. */
static void tell(void *userdata, const UdevFound *found) {
        char *text = userdata;
        size_t n = strlen(text);

        ck_assert_int_ne(found->truth, TRUTH_NO);
        (void)snprintf(text + n, TEXT_MAX - n, "%u:%s%s ", found->line, act_names[found->act],
                       found->truth == TRUTH_MAYBE ? "?" : "");
}

static bool read_attribute(void *userdata, const char *attribute, char text[UDEV_TEXT_MAX]) {
        (void)userdata;
        if (strcmp(attribute, "[dmi/id]sys_vendor") == 0)
                (void)strcpy(text, "ACME");
        else if (strcmp(attribute, "auto_online_blocks") == 0)
                (void)strcpy(text, "offline");
        else
                return false;

        return true;
}

static const UdevFacts facts = { .arch = "x86-64", .read_attribute = read_attribute };

static void expect(const char *rules, const char *expected) {
        char text[TEXT_MAX] = "";

        ck_assert_int_eq(udev_scan(rules, &facts, tell, text), 0);
        ck_assert_msg(strcmp(text, expected) == 0, "of:\n%s\nfound: '%s', expected: '%s'", rules,
                      text, expected);
}

typedef struct Case {
        const char *rules, *expected;
} Case;

#define MEMORY "SUBSYSTEM==\"memory\", ACTION==\"add\", "
#define ONLINE "ATTR{state}=\"online\"\n"

START_TEST(single_rules) {
        static const Case cases[] = {
                { "", "" },
                { MEMORY ONLINE, "1:onlines " },
                { MEMORY "ATTR{state}==\"offline\", ATTR{state}=\"online_movable\"", "1:onlines " },
                { MEMORY "ATTR{state}!=\"online\", " ONLINE, "1:onlines " },
                { MEMORY "ATTR{state}==\"online\"\n", "" },
                { MEMORY "ATTR{state}=\"offline\"\n", "" },
                { MEMORY "ATTR{online}=\"1\"\n", "1:onlines " },
                { MEMORY "ATTR{online}=\"0\"\n", "" },
                { MEMORY "ATTR{../memory33/state}=\"online\"\n", "1:onlines " },
                { MEMORY "ATTR{../auto_online_blocks}=\"online\"\n", "1:onlines " },
                { MEMORY "ATTR{[memory/memory3]state}=\"online\"\n", "1:onlines " },
                { MEMORY "ATTR{state}=\"$env{WISH}\"\n", "1:onlines? " },
                { MEMORY "ATTR{removable}=\"online\"\n", "" },
                { "SUBSYSTEM==\"cpu\", ACTION==\"add\", ATTR{online}=\"1\"\n", "" },
                { "SUBSYSTEM==\"cpu|memory\", ATTR{online}=\"1\"\n", "1:onlines " },
                { "SUBSYSTEM!=\"memory\", ATTR{online}=\"1\"\n", "" },
                { "SUBSYSTEM==\"memory\", ACTION==\"remove\", " ONLINE, "" },
                { "SUBSYSTEM==\"memory\", ACTION!=\"remove\", " ONLINE, "1:onlines " },
                { "SUBSYSTEM==\"memory\", ACTION==\"offline\", " ONLINE, "1:onlines? " },
                { "KERNEL==\"memory[0-9]*\", " ONLINE, "1:onlines " },
                { "KERNEL==\"memory7\", " ONLINE, "1:onlines? " },
                { "KERNEL==\"sda*\", " ONLINE, "" },
                { "DEVPATH==\"/devices/system/memory/memory*\", " ONLINE, "1:onlines " },
                { MEMORY "TEST==\"state\", " ONLINE, "1:onlines " },
                { MEMORY "TEST==\"node1\", " ONLINE, "1:onlines? " },
                { MEMORY "PROGRAM==\"/bin/true\", " ONLINE, "1:onlines? " },
                { MEMORY "CONST{arch}==\"x86-64\", " ONLINE, "1:onlines " },
                { MEMORY "CONST{arch}==\"s390x\", " ONLINE, "" },
                { MEMORY "CONST{virt}==\"kvm\", " ONLINE, "1:onlines? " },
                { MEMORY "ATTR{[dmi/id]sys_vendor}==\"ACME\", " ONLINE, "1:onlines " },
                { MEMORY "ATTR{[dmi/id]sys_vendor}==\"Other\", " ONLINE, "" },
                { MEMORY "ATTR{[dmi/id]bios}==\"Other\", " ONLINE, "1:onlines? " },
                { MEMORY "ATTRS{auto_online_blocks}==\"online\", " ONLINE, "" },
                { MEMORY "RUN+=\"/bin/sh -c 'echo online > /sys$devpath/state'\"", "1:runs? " },
                { MEMORY "RUN{program}+=\"chmem --enable 1g\"", "1:runs? " },
                { MEMORY "RUN+=\"chmem --disable 1g\"", "" },
                { MEMORY "RUN+=\"/usr/bin/logger memory\"", "" },
                { MEMORY "IMPORT{program}=\"online-some memory\"", "1:runs? " },
                { MEMORY "RUN+=\"systemctl try-restart kdump.service\"", "1:kdump " },
                { "SUBSYSTEM==\"dax\", ENV{SYSTEMD_WANTS}=\"daxdev-reconfigure@x.service\"",
                  "1:daxctl? " },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                expect(cases[i].rules, cases[i].expected);
}
END_TEST

/* What the grammar allows, and what udev passes over. */
START_TEST(lines) {
        static const Case cases[] = {
                { "# " MEMORY ONLINE, "" },
                { "\n\n# a comment\n  \t" MEMORY ONLINE, "4:onlines " },
                { "SUBSYSTEM==\"memory\", \\\n  ACTION==\"add\", \\\n  " ONLINE MEMORY ONLINE,
                  "1:onlines 4:onlines " },
                { "SUBSYSTEM==\"memory\", \\\n# in between\n  " ONLINE, "1:onlines " },
                { "SUBSYSTEM==\"memory\", \\", "" },
                { "\\\n\\\n" MEMORY ONLINE, "1:onlines " },
                { "SUBSYSTEM == \"memory\" ACTION==\"add\",,ATTR{state} = \"online\"\r\n",
                  "1:onlines " },
                { "SUBSYSTEM==\"memory\", ATTR{state}=e\"online\"\n", "1:onlines " },
                { "SUBSYSTEM==\"memory\", ENV{a}=\"\\\"x\", " ONLINE, "1:onlines " },
                { "SUBSYSTEM==\"memory\", ATTR{state=\"online\"\n" MEMORY ONLINE, "2:onlines " },
                { "SUBSYSTEM==\"memory\", ATTR{state}=\"online\n" MEMORY ONLINE, "2:onlines " },
                { MEMORY "ATTR{state}=\"online\", and more\n", "" },
                { MEMORY "ATTR{state}-=\"online\"\n", "" },
                { "=\"\"\n{}\n\"\n,\n\\\n" MEMORY ONLINE, "5:onlines " },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                expect(cases[i].rules, cases[i].expected);
}
END_TEST

START_TEST(jumps) {
        static const Case cases[] = {
                /* As a distribution of servers has it: the line that acts has no condition itself. */
                { "SUBSYSTEM!=\"memory\", GOTO=\"end\"\n"
                  "ACTION!=\"add\", GOTO=\"end\"\n"
                  "CONST{arch}==\"s390*\", GOTO=\"end\"\n"
                  "ENV{wish}=\"online\"\n"
                  "CONST{virt}==\"none\", ENV{wish}=\"online_movable\"\n"
                  "ATTR{state}==\"offline\", ATTR{state}=\"$env{wish}\"\n"
                  "LABEL=\"end\"\n",
                  "6:onlines? " },
                { "SUBSYSTEM==\"memory\", GOTO=\"end\"\n" ONLINE "LABEL=\"end\"\n", "" },
                /* For guests of certain hypervisors alone, and this machine is none. */
                { "ATTR{[dmi/id]sys_vendor}==\"Other\", GOTO=\"apply\"\n"
                  "GOTO=\"end\"\n"
                  "LABEL=\"apply\"\n" MEMORY ONLINE "LABEL=\"end\"\n",
                  "" },
                { "ATTR{[dmi/id]sys_vendor}==\"ACME\", GOTO=\"apply\"\n"
                  "GOTO=\"end\"\n"
                  "LABEL=\"apply\"\n" MEMORY ONLINE "LABEL=\"end\"\n",
                  "4:onlines " },
                { "PROGRAM==\"x\", GOTO=\"apply\"\n"
                  "GOTO=\"end\"\n"
                  "LABEL=\"apply\"\n" MEMORY ONLINE "LABEL=\"end\"\n" MEMORY ONLINE,
                  "4:onlines? 6:onlines " },
                { "SUBSYSTEM==\"memory\", ACTION==\"online\", GOTO=\"reload\"\n"
                  "SUBSYSTEM==\"memory\", ACTION==\"offline\", GOTO=\"reload\"\n"
                  "GOTO=\"end\"\n"
                  "LABEL=\"reload\"\n"
                  "RUN+=\"/usr/lib/kdump-reload\"\n"
                  "LABEL=\"end\"\n",
                  "5:kdump? " },
                { "GOTO=\"nowhere\"\n" MEMORY ONLINE, "2:onlines " },
                { "LABEL=\"back\"\n" MEMORY ONLINE "GOTO=\"back\"\n" MEMORY ONLINE,
                  "2:onlines 4:onlines " },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
                expect(cases[i].rules, cases[i].expected);
}
END_TEST

/* Without any fact. */
START_TEST(nothing_known) {
        char text[TEXT_MAX] = "";

        ck_assert_int_eq(udev_scan(MEMORY "CONST{arch}==\"x86-64\", " ONLINE MEMORY
                                          "ATTR{[dmi/id]sys_vendor}==\"ACME\", " ONLINE,
                                   &(UdevFacts){}, tell, text),
                         0);
        ck_assert_str_eq(text, "1:onlines? 2:onlines? ");
}
END_TEST

TEST_PROGRAM("udev-scan", single_rules, lines, jumps, nothing_known);
