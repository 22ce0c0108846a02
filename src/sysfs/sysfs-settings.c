/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/io.h"
#include "sysfs/sysfs-internal.h"

static int setting_dir(const Sysfs *sysfs, Setting setting) {
        return setting == SETTING_AUTO_ONLINE_BLOCKS ? sysfs->memory_fd : sysfs->parameter_fd;
}

int sysfs_read_setting(Sysfs *sysfs, Setting setting, char text[SETTING_TEXT_MAX]) {
        int dir_fd = setting_dir(sysfs, setting);

        if (dir_fd < 0)
                return -ENOENT;

        return read_attribute_at(dir_fd, setting_to_string(setting), text, SETTING_TEXT_MAX);
}

int sysfs_write_setting(Sysfs *sysfs, Setting setting, const char *text) {
        int dir_fd = setting_dir(sysfs, setting);

        if (dir_fd < 0)
                return -ENOENT;

        return write_attribute_at(dir_fd, setting_to_string(setting), text);
}

int sysfs_read_memmap_on_memory(Sysfs *sysfs, bool *ret) {
        char text[SETTING_TEXT_MAX];
        int r = -ENOENT;

        if (sysfs->parameter_fd >= 0)
                r = read_attribute_at(sysfs->parameter_fd, "memmap_on_memory", text, sizeof(text));
        if (r < 0 && r != -ENOENT)
                return r;

        /* "Y", "N", and since 6.6 "force", which takes it even where that wastes some. */
        *ret = r > 0 && (strcmp(text, "Y") == 0 || strcmp(text, "force") == 0);
        return 0;
}
