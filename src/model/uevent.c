/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/uevent.h"

#include <errno.h>
#include <string.h>

#include "base/parse.h"

static const char *const uevent_action_table[] = {
        [UEVENT_ADD] = "add",       [UEVENT_ONLINE] = "online", [UEVENT_OFFLINE] = "offline",
        [UEVENT_REMOVE] = "remove", [UEVENT_OTHER] = "other",
};
DEFINE_STRING_TABLE(uevent_action, UeventAction);

/* The value of a key of a datagram whose last byte is NUL; NULL: it hasn't that key. */
static const char *find_value(const char *datagram, size_t size, const char *key) {
        size_t n = strlen(key);

        for (const char *field = datagram; field < datagram + size; field += strlen(field) + 1)
                if (strncmp(field, key, n) == 0 && field[n] == '=')
                        return field + n + 1;

        return NULL;
}

int uevent_parse(const char *datagram, size_t size, Uevent *ret) {
        const char *action, *path, *subsystem, *name;
        Uevent uevent;

        if (size == 0 || datagram[size - 1] != 0 || !strchr(datagram, '@'))
                return -EBADMSG;

        action = find_value(datagram, size, "ACTION");
        path = find_value(datagram, size, "DEVPATH");
        subsystem = find_value(datagram, size, "SUBSYSTEM");
        if (!action || !path || !subsystem)
                return -EBADMSG;

        name = strrchr(path, '/');
        if (strcmp(subsystem, "memory") != 0 || !name ||
            parse_suffix(name + 1, "memory", &uevent.block) < 0)
                return 0;

        uevent.action = uevent_action_from_string(action);
        if (uevent.action < 0)
                uevent.action = UEVENT_OTHER;

        *ret = uevent;
        return 1;
}
