/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "uevent/uevent.h"

#include <errno.h>
#include <libudev.h>
#include <poll.h>

#include "base/parse.h"

#define BUFFER_SIZE (128 * 1024 * 1024)

struct UeventMonitor {
        struct udev *udev;
        struct udev_monitor *monitor;
};

int uevent_monitor_new(UeventMonitor **ret) {
        _cleanup_(uevent_monitor_freep) UeventMonitor *monitor = NULL;
        int r;

        monitor = calloc(1, sizeof(UeventMonitor));
        if (!monitor)
                return -ENOMEM;

        monitor->udev = udev_new();
        if (!monitor->udev)
                return -ENOMEM;

        monitor->monitor = udev_monitor_new_from_netlink(monitor->udev, "kernel");
        if (!monitor->monitor)
                return errno > 0 ? -errno : -ENOMEM;

        r = udev_monitor_filter_add_match_subsystem_devtype(monitor->monitor, "memory", NULL);
        if (r < 0)
                return r;

        (void)uevent_monitor_set_buffer(monitor, BUFFER_SIZE);

        r = udev_monitor_enable_receiving(monitor->monitor);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(monitor);
        return 0;
}

UeventMonitor *uevent_monitor_free(UeventMonitor *monitor) {
        if (!monitor)
                return NULL;

        udev_monitor_unref(monitor->monitor);
        udev_unref(monitor->udev);
        free(monitor);
        return NULL;
}

int uevent_monitor_fd(const UeventMonitor *monitor) {
        return udev_monitor_get_fd(monitor->monitor);
}

/* False: not about a block. */
static bool uevent_of_device(struct udev_device *device, Uevent *ret) {
        const char *action = udev_device_get_action(device);
        const char *name = udev_device_get_sysname(device);
        Uevent uevent;

        if (!name || parse_suffix(name, "memory", &uevent.block) < 0)
                return false;

        uevent.action = uevent_action_from_string(action);
        if (uevent.action < 0)
                uevent.action = UEVENT_OTHER;

        *ret = uevent;
        return true;
}

/*
 * libudev answers NULL both for an error, whose errno it leaves, and for a message that it drops;
 * so whether there is more to come is asked of the socket.
 */
static bool is_readable(const UeventMonitor *monitor) {
        struct pollfd fd = { .fd = uevent_monitor_fd(monitor), .events = POLLIN };

        return poll(&fd, 1, 0) > 0;
}

int uevent_monitor_read(UeventMonitor *monitor, Uevent *ret) {
        while (is_readable(monitor)) {
                struct udev_device *device;
                bool ours;

                errno = 0;
                device = udev_monitor_receive_device(monitor->monitor);
                if (!device) {
                        if (errno == ENOBUFS)
                                return -ENOBUFS;
                        if (errno == EBADF || errno == ENOTSOCK)
                                return -errno;
                        continue;
                }

                ours = uevent_of_device(device, ret);
                udev_device_unref(device);
                if (ours)
                        return 1;
        }
        return 0;
}

int uevent_monitor_set_buffer(UeventMonitor *monitor, int size) {
        int r = udev_monitor_set_receive_buffer_size(monitor->monitor, size);

        return r < 0 ? r : 0;
}
