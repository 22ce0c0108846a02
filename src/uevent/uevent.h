#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's own events about memory blocks, as they come: not udevd's, so that neither its rules
 * nor its queue stand in between.
 */
#include "base/macro.h"
#include "model/uevent.h"

typedef struct UeventMonitor UeventMonitor;

/*
 * Listens from now on. The socket's buffer is made large (128 MiB, about 160,000 events) if that is
 * allowed (CAP_NET_ADMIN); else it holds some 256 events, and more of them at once are lost: see
 * -ENOBUFS below. 0 or a negative errno.
 */
int uevent_monitor_new(UeventMonitor **ret);

/*
 * The same with a socket that is bound already, as systemd holds it for a service: what was told while
 * nobody listened waits in it. Takes 'fd', also when it fails. -EINVAL: it isn't such a socket.
 */
int uevent_monitor_adopt(int fd, UeventMonitor **ret);
UeventMonitor *uevent_monitor_free(UeventMonitor *monitor);
DEFINE_CLEANUP(UeventMonitor *, uevent_monitor_free)

/* Readable when there is an event. */
int uevent_monitor_fd(const UeventMonitor *monitor);

/*
 * Takes the next event, without waiting. 1: *ret is it; 0: there is none; -ENOBUFS: some were lost,
 * and the blocks must be read anew; others: the socket is broken.
 */
int uevent_monitor_read(UeventMonitor *monitor, Uevent *ret);
