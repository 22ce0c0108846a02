#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Long output goes through a pager: $PAGER, else less, else more, if one of them is there; only
 * where standard output is a terminal.
 */
#include <stdbool.h>
#include <stddef.h>

/* Starts it, and makes standard output lead to it. Where that can't be, all stays as it was. */
void pager_open(void);

/* After pager_open(): whether there is one, and what the terminal behind it is like. */
bool pager_is_open(void);
bool pager_has_terminal(void); /* one on which one can go back, and which may have colours */
size_t pager_columns(void);

/* Waits until the user has ended it. Standard output must be closed. */
void pager_close(void);
