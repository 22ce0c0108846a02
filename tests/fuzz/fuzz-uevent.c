/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Datagrams of the kernel's netlink socket: nothing is read beyond their end, and what is taken for a
 * memory block's is whole.
 */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "model/uevent.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Uevent uevent = { .action = _UEVENT_ACTION_INVALID };
        char *datagram = malloc(size ?: 1);
        int r;

        assert(datagram);
        memcpy(datagram, data, size);
        r = uevent_parse(datagram, size, &uevent);
        assert(r == 0 || r == 1 || r == -EBADMSG);
        assert((r == 1) == (uevent.action >= 0 && uevent.action < _UEVENT_ACTION_MAX));
        free(datagram);
        return 0;
}
