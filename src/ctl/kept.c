/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/kept.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/io.h"
#include "base/log.h"

#define RUN_DIR "/run/memplugd/"

int kept_read(const char *root, const char *name, size_t max, char **ret) {
        _cleanup_free_ char *path = NULL;
        size_t size;
        int r;

        if (asprintf(&path, "%s" RUN_DIR "%s", root, name) < 0) {
                path = NULL;
                return log_error_errno(-ENOMEM, "can't read what memplugd did: %m");
        }

        r = read_file_at(AT_FDCWD, path, max, ret, &size);
        if (r == -ENOENT)
                return 0;
        return r < 0 ? log_error_errno(r, "can't read '%s': %m", path) : 1;
}
