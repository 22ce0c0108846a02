/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "uevent/uevent.h"

#include <errno.h>
#include <fcntl.h>
#include <libudev.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/parse.h"

#define BUFFER_SIZE (128 * 1024 * 1024)

/* The kernel's own limit is 2 KiB of keys (UEVENT_BUFFER_SIZE), behind a path. */
#define DATAGRAM_MAX (8 * 1024)

/* The kernel's events are sent to this group of netlink's; udevd's go to 2. */
#define GROUP_KERNEL 1

struct UeventMonitor {
        struct udev *udev;
        struct udev_monitor *monitor; /* NULL: there is a socket instead */
        int fd;
};

int uevent_monitor_new(UeventMonitor **ret) {
        _cleanup_(uevent_monitor_freep) UeventMonitor *monitor = NULL;
        int r;

        monitor = calloc(1, sizeof(UeventMonitor));
        if (!monitor)
                return -ENOMEM;

        monitor->fd = -EBADF;
        monitor->udev = udev_new();
        if (!monitor->udev)
                return -ENOMEM;

        monitor->monitor = udev_monitor_new_from_netlink(monitor->udev, "kernel");
        if (!monitor->monitor)
                return errno > 0 ? -errno : -ENOMEM;

        r = udev_monitor_filter_add_match_subsystem_devtype(monitor->monitor, "memory", NULL);
        if (r < 0)
                return r;

        (void)udev_monitor_set_receive_buffer_size(monitor->monitor, BUFFER_SIZE);

        r = udev_monitor_enable_receiving(monitor->monitor);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(monitor);
        return 0;
}

static int check_socket(int fd) {
        struct sockaddr_nl address = {};
        socklen_t size = sizeof(address);
        int protocol;

        if (getsockname(fd, (struct sockaddr *)&address, &size) < 0)
                return -errno;
        if (address.nl_family != AF_NETLINK || !(address.nl_groups & GROUP_KERNEL))
                return -EINVAL;

        size = sizeof(protocol);
        if (getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) < 0)
                return -errno;
        return protocol == NETLINK_KOBJECT_UEVENT ? 0 : -EINVAL;
}

int uevent_monitor_adopt(int fd, UeventMonitor **ret) {
        _cleanup_close_ int socket_fd = fd;
        UeventMonitor *monitor;
        int r;

        r = check_socket(socket_fd);
        if (r < 0)
                return r;

        monitor = calloc(1, sizeof(UeventMonitor));
        if (!monitor)
                return -ENOMEM;

        monitor->fd = TAKE_FD(socket_fd);
        *ret = monitor;
        return 0;
}

UeventMonitor *uevent_monitor_free(UeventMonitor *monitor) {
        if (!monitor)
                return NULL;

        udev_monitor_unref(monitor->monitor);
        udev_unref(monitor->udev);
        closep(&monitor->fd);
        free(monitor);
        return NULL;
}

int uevent_monitor_fd(const UeventMonitor *monitor) {
        return monitor->monitor ? udev_monitor_get_fd(monitor->monitor) : monitor->fd;
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

/* Anybody with the right may send to the group: what isn't the kernel's is passed over. */
static int read_socket(int fd, Uevent *ret) {
        for (;;) {
                char datagram[DATAGRAM_MAX];
                struct sockaddr_nl sender = {};
                struct iovec buffer = { .iov_base = datagram, .iov_len = sizeof(datagram) };
                struct msghdr message = { .msg_name = &sender,
                                          .msg_namelen = sizeof(sender),
                                          .msg_iov = &buffer,
                                          .msg_iovlen = 1 };
                ssize_t size;

                size = recvmsg(fd, &message, MSG_DONTWAIT);
                if (size < 0 && errno == EINTR)
                        continue;
                if (size < 0)
                        return errno == EAGAIN ? 0 : -errno;
                if (sender.nl_pid != 0 || (message.msg_flags & MSG_TRUNC))
                        continue;
                if (uevent_parse(datagram, (size_t)size, ret) > 0)
                        return 1;
        }
}

int uevent_monitor_read(UeventMonitor *monitor, Uevent *ret) {
        if (!monitor->monitor)
                return read_socket(monitor->fd, ret);

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
