/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/task.h"

static const char *const task_kind_table[] = {
        [TASK_OFFLINE] = "offline",
        [TASK_REZONE] = "rezone",
        [TASK_UNPLUG] = "unplug",
};
DEFINE_STRING_TABLE(task_kind, TaskKind);
