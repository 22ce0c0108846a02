#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's lines in the journal.
 */
#include "ctl/kernel-lines.h"

/*
 * Reads what the kernel said since then (CLOCK_REALTIME, µs), as far as the caller may read it: what he
 * may not is as if it weren't there. 'waits': it must have said something, which the journal may get
 * in a moment.
 */
void kernel_log_read(uint64_t since, bool waits, KernelLines *lines,
                     bool (*wants)(const void *userdata, BlockIndex block), const void *userdata);
