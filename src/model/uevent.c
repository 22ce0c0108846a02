/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/uevent.h"

static const char *const uevent_action_table[] = {
        [UEVENT_ADD] = "add",       [UEVENT_ONLINE] = "online", [UEVENT_OFFLINE] = "offline",
        [UEVENT_REMOVE] = "remove", [UEVENT_OTHER] = "other",
};
DEFINE_STRING_TABLE(uevent_action, UeventAction);
