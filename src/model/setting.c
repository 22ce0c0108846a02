/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/setting.h"

static const char *const setting_table[] = {
        [SETTING_AUTO_ONLINE_BLOCKS] = "auto_online_blocks",
        [SETTING_ONLINE_POLICY] = "online_policy",
        [SETTING_AUTO_MOVABLE_RATIO] = "auto_movable_ratio",
        [SETTING_AUTO_MOVABLE_NUMA_AWARE] = "auto_movable_numa_aware",
};
DEFINE_STRING_TABLE(setting, Setting);
