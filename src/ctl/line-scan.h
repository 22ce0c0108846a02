#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines of files of other programs' that write to the kernel's settings of hot-plug. Pure.
 */
#include <stdbool.h>

/*
 * Whether a line of tmpfiles.d(5) writes something other than "offline" to auto_online_blocks, or
 * "online…" to the state of blocks.
 */
bool line_of_tmpfiles_onlines(const char *line);

/* Whether a line of a script, or of a list of settings, seems to do so; comments don't. */
bool line_of_script_onlines(const char *line);
