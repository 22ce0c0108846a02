#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel tells of a block: that it was added, came online, went offline, was removed. A
 * failed write tells nothing, and an "add" may also be an old one that udevadm(8) asked for again.
 */
#include <stddef.h>

#include "model/block.h"

typedef enum UeventAction {
        UEVENT_ADD,
        UEVENT_ONLINE,
        UEVENT_OFFLINE,
        UEVENT_REMOVE,
        UEVENT_OTHER, /* such as "change": of no meaning here */
        _UEVENT_ACTION_MAX,
        _UEVENT_ACTION_INVALID = -22, /* -EINVAL */
} UeventAction;

DECLARE_STRING_TABLE(uevent_action, UeventAction);

typedef struct Uevent {
        UeventAction action;
        BlockIndex block;
} Uevent;

/*
 * Reads a datagram of the kernel's netlink socket: "ACTION@DEVPATH", then KEY=value, each with a NUL
 * behind it. 1: *ret is it; 0: it is whole, and not about a memory block; -EBADMSG: it is none.
 */
int uevent_parse(const char *datagram, size_t size, Uevent *ret);
