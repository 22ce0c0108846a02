#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files that memplugd keeps in /run/memplugd for who asks what it did.
 */
#include <stddef.h>

/*
 * Reads the file 'name' of at most 'max' bytes, below 'root'. 1: *ret is the caller's; 0: there is none;
 * or a negative errno, which was told on standard error.
 */
int kept_read(const char *root, const char *name, size_t max, char **ret);
