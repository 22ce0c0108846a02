#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Parts of lines that are made for each block, some ten times as fast as by printf(). As with stpcpy(3),
 * of which these are the companions, the caller has room for it, and the answer is where its NUL stands.
 */
#include <stdint.h>

/* Digits of the largest, and the NUL. */
#define TEXT_NUMBER_MAX 21

/* Decimal. */
char *text_put_number(char *end, uint64_t number);
