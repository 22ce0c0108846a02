/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/io.h"
#include "sysfs/sysfs-internal.h"

#define RELEASE_MAX 128

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

int sysfs_read_own_map(Sysfs *sysfs, const Snapshot *snapshot, OwnMap *ret) {
        _cleanup_(zoneinfo_done) Zoneinfo zoneinfo = {};
        char text[SETTING_TEXT_MAX], release[RELEASE_MAX];
        MemmapOnMemory setting;
        bool has_release;
        int r = -ENOENT;

        if (sysfs->parameter_fd >= 0)
                r = read_attribute_at(sysfs->parameter_fd, "memmap_on_memory", text, sizeof(text));
        if (r < 0 && r != -ENOENT)
                return r;

        setting = r < 0 ? MEMMAP_ON_MEMORY_NO : memmap_on_memory_from_string(text);
        if (setting <= MEMMAP_ON_MEMORY_NO) {
                *ret = (OwnMap){};
                return 0;
        }

        has_release = read_attribute_at(sysfs->root_fd, "proc/sys/kernel/osrelease", release,
                                        sizeof(release)) > 0;
        r = sysfs_read_zoneinfo(sysfs, &zoneinfo);
        if (r == -ENOMEM)
                return r;

        *ret = own_map_find(setting, has_release ? release : NULL, snapshot,
                            r < 0 ? NULL : &zoneinfo, (uint64_t)sysconf(_SC_PAGESIZE));
        return 0;
}
