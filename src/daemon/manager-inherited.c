/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What systemd opens for the service, which so needs neither capabilities nor a network.
 */
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "base/log.h"
#include "daemon/manager-internal.h"

/*
 * /proc/iomem shows its addresses to whom has CAP_SYS_ADMIN when it is opened. A service has it as its
 * standard input.
 */
void manager_take_iomem(Manager *manager) {
        struct statfs fs;
        int fd;

        if (!manager->is_service || fstatfs(STDIN_FILENO, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
                return;

        fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
        if (fd >= 0)
                sysfs_take_iomem(manager->sysfs, fd);
}

/*
 * The socket outlives a restart of the service: what the kernel told meanwhile waits in it. Without it,
 * memplugd listens by itself, if the sandbox lets it.
 */
int manager_listen(Manager *manager) {
        int r;

        if (!manager->is_service || sd_listen_fds(/* unset_environment= */ 1) < 1)
                return uevent_monitor_new(&manager->monitor);

        r = uevent_monitor_adopt(SD_LISTEN_FDS_START, &manager->monitor);
        if (r < 0) {
                (void)log_warning_errno(r, "What systemd passed is no socket of the kernel's "
                                           "events, ignoring: %m");
                return uevent_monitor_new(&manager->monitor);
        }
        return 0;
}
