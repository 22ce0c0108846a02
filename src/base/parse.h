#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text to numbers, strictly: the whole text is the number, without sign, blanks or rest, and what
 * doesn't fit is -ERANGE, never something else. Anything that isn't a number at all is -EINVAL.
 * The result is written only on success.
 */
#include <stdint.h>

/* Decimal, or hexadecimal with 0x. */
int parse_u64(const char *text, uint64_t *ret);

/* Hexadecimal without prefix, as in block_size_bytes. */
int parse_hex(const char *text, uint64_t *ret);

/*
 * "0", "4096", "512M", "64GiB": bytes, with the units B K M G T P E, each 1024 of the one before; all
 * but B may be written with iB.
 */
int parse_size(const char *text, uint64_t *ret);

/* "301%": whole percents. */
int parse_percent(const char *text, uint64_t *ret);

/* The number behind 'prefix', as 34 in "memory34": decimal, no leading zeros; -EINVAL otherwise. */
int parse_suffix(const char *text, const char *prefix, uint64_t *ret);
