#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon's one owner: config, kernel, events, worker and what is remembered.
 */
#include <stdbool.h>

#include "base/macro.h"

#define MANAGER_RUN_DIR "/run/memplugd"

typedef struct Manager Manager;

/*
 * Opens all there is to open, and says on the log what can't be. 'config_file': a file to read
 * instead of the usual ones, or NULL. 'is_service': what was changed of the kernel's settings is put
 * back by the unit memplugd-put-back.service, not at the end. 0 or a negative errno, which has been
 * told.
 */
int manager_new(const char *config_file, bool is_service, Manager **ret);
Manager *manager_free(Manager *manager);
DEFINE_CLEANUP(Manager *, manager_free)

/*
 * Tells systemd that it is ready, and only then begins to write: works until SIGTERM or SIGINT.
 * 0 or a negative errno, which has been told.
 */
int manager_run(Manager *manager);

/*
 * Whether a write still waits in the kernel. Its thread can't be joined, so the process must end
 * with _exit(), and the kernel ends the write as soon as it can.
 */
bool manager_is_stuck(const Manager *manager);
