#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A node's memory as a bar of characters.
 */
#include "ctl/totals.h"

/* The character for each share: the locale's, or plain ASCII. */
const char *bar_symbol(Share share, bool utf8);

#define BAR_WIDTH 32
#define BAR_TEXT_MAX (BAR_WIDTH * 4 + 1)

/*
 * Draws 'total' to a scale by which 'n_most' blocks are BAR_WIDTH characters long. What there is
 * at all gets at least one character, as long as there is room. Answers 'text'.
 */
const char *bar_draw(const NodeTotal *total, uint64_t n_most, bool utf8, char text[BAR_TEXT_MAX]);
