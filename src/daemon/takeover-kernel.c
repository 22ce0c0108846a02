/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/takeover.h"
#include "sysfs/sysfs.h"

static int op_read(void *userdata, Setting setting, char text[SETTING_TEXT_MAX]) {
        return sysfs_read_setting(userdata, setting, text);
}

static int op_write(void *userdata, Setting setting, const char *text) {
        return sysfs_write_setting(userdata, setting, text);
}

const TakeoverOps takeover_kernel_ops = { .read = op_read, .write = op_write };
