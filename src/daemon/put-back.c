/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/put-back.h"

#include <errno.h>
#include <fcntl.h>

#include "base/log.h"
#include "daemon/manager.h"
#include "daemon/takeover.h"
#include "sysfs/sysfs.h"

int put_back_run(void) {
        _cleanup_(sysfs_closep) Sysfs *sysfs = NULL;
        _cleanup_close_ int run_fd = -EBADF;
        int r;

        run_fd = open(MANAGER_RUN_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (run_fd < 0 && errno == ENOENT)
                return 0;
        if (run_fd < 0)
                return log_error_errno(-errno, "Failed to open " MANAGER_RUN_DIR ": %m");

        r = sysfs_open("/", &sysfs);
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return log_error_errno(r, "Failed to open /sys/devices/system/memory: %m");

        return takeover_put_back(&takeover_kernel_ops, sysfs, run_fd);
}
