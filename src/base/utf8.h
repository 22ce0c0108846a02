#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text that goes to others, who take it amiss if it isn't UTF-8.
 */
#include <stddef.h>

/* The length of the UTF-8 character that 'text' begins with; 0 if it isn't one (RFC 3629). */
size_t utf8_length(const char *text);

/*
 * Copies as much of a text as fits into to[0 … size), in whole characters and with its NUL; each byte
 * that isn't UTF-8 becomes '?'. Answers the length of the copy. 'size' isn't 0.
 */
size_t utf8_copy_into(char *to, size_t size, const char *from);

/* The same into memory of its own, of at most 'max' bytes without the NUL; the caller's. NULL: none. */
char *utf8_copy(const char *text, size_t max);
