#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * UTF-8 (RFC 3629), for those who want nothing else: D-Bus and JSON.
 */
#include <stddef.h>

/* The length of the UTF-8 character that 'text' begins with; 0 if it isn't one. */
size_t utf8_length(const char *text);

/*
 * A copy of at most 'max' bytes, cut between characters, in which '?' stands for each byte that isn't
 * UTF-8. NULL: no memory.
 */
char *utf8_copy(const char *text, size_t max);
