/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/uevent.h"
#include "suite.h"

/* A datagram is written with '|' for the NUL behind each field. */
START_TEST(datagrams) {
        static const struct {
                const char *text;
                int result;
                Uevent uevent;
        } cases[] = {
                /* As 6.1 sends it. */
                { "add@/devices/system/memory/memory32|ACTION=add|"
                  "DEVPATH=/devices/system/memory/memory32|SUBSYSTEM=memory|SEQNUM=1432|",
                  1,
                  { UEVENT_ADD, 32 } },
                { "offline@/devices/system/memory/memory524287|ACTION=offline|"
                  "DEVPATH=/devices/system/memory/memory524287|SUBSYSTEM=memory|SEQNUM=9|",
                  1,
                  { UEVENT_OFFLINE, 524287 } },
                { "online@/x|SUBSYSTEM=memory|DEVPATH=/x/memory0|ACTION=online|",
                  1,
                  { UEVENT_ONLINE, 0 } },
                { "remove@/x|ACTION=remove|DEVPATH=/x/memory1|SUBSYSTEM=memory|",
                  1,
                  { UEVENT_REMOVE, 1 } },
                /* By udevadm trigger: with more keys. */
                { "change@/x|ACTION=change|DEVPATH=/x/memory1|SUBSYSTEM=memory|"
                  "SYNTH_UUID=0|SEQNUM=7|",
                  1,
                  { UEVENT_OTHER, 1 } },
                { "add@/x|ACTION=add|DEVPATH=/x/memory34|SUBSYSTEM=memory||A|",
                  1,
                  { UEVENT_ADD, 34 } },

                { "add@/x|ACTION=add|DEVPATH=/devices/memory34|SUBSYSTEM=block|", 0, {} },
                { "add@/x|ACTION=add|DEVPATH=/devices/system/node/node1|SUBSYSTEM=node|", 0, {} },
                { "add@/x|ACTION=add|DEVPATH=/x/memory|SUBSYSTEM=memory|", 0, {} },
                { "add@/x|ACTION=add|DEVPATH=/x/memory034|SUBSYSTEM=memory|", 0, {} },
                { "add@/x|ACTION=add|DEVPATH=/x/memory3x|SUBSYSTEM=memory|", 0, {} },
                { "add@/x|ACTION=add|DEVPATH=/x/memory18446744073709551616|SUBSYSTEM=memory|",
                  0,
                  {} },
                { "add@/x|ACTION=add|DEVPATH=memory34|SUBSYSTEM=memory|", 0, {} },
                { "add@/x|ACTION=add|DEVPATH=/x/memory34|SUBSYSTEM=memoryx|", 0, {} },

                { "", -EBADMSG, {} },
                { "|", -EBADMSG, {} },
                { "libudev|", -EBADMSG, {} },
                { "add@/x", -EBADMSG, {} },
                { "add@/x|ACTION=add|DEVPATH=/x/memory34|SUBSYSTEM=memory", -EBADMSG, {} },
                { "add@/x|ACTION=add|SUBSYSTEM=memory|", -EBADMSG, {} },
                { "add@/x|ACTION=add|DEVPATH=/x/memory34|", -EBADMSG, {} },
                { "add@/x|DEVPATH=/x/memory34|SUBSYSTEM=memory|", -EBADMSG, {} },
                { "add/x|ACTION=add|DEVPATH=/x/memory34|SUBSYSTEM=memory|", -EBADMSG, {} },
                { "add@/x|XACTION=add|DEVPATH=/x/memory34|SUBSYSTEM=memory|", -EBADMSG, {} },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                Uevent uevent = {};
                size_t n = strlen(cases[i].text);
                char *datagram = malloc(n + 1);

                ck_assert_ptr_nonnull(datagram);
                for (size_t k = 0; k < n; k++)
                        datagram[k] = (char)(cases[i].text[k] == '|' ? 0 : cases[i].text[k]);

                ck_assert_msg(uevent_parse(datagram, n, &uevent) == cases[i].result, "'%s'",
                              cases[i].text);
                ck_assert_msg(uevent.action == cases[i].uevent.action, "'%s'", cases[i].text);
                ck_assert_msg(uevent.block == cases[i].uevent.block, "'%s'", cases[i].text);
                free(datagram);
        }
}
END_TEST

TEST_PROGRAM("uevent", datagrams);
