#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How wide text is on a terminal, in columns.
 */
#include <stddef.h>

/* Shortens 'text' in place to 'columns' at most; then it ends with "...". */
void width_cut(char *text, size_t columns);
