#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Standard output: what it can show, and whether all of it got there.
 */
#include <stdbool.h>
#include <stddef.h>

typedef enum Colour {
        COLOUR_BAD,     /* wrong, and somebody has to look */
        COLOUR_WAITING, /* not (yet) as it should be */
        COLOUR_KERNEL,  /* what is in kernel zones, and what is in Movable: neither is wrong */
        COLOUR_MOVABLE,
        _COLOUR_MAX,
} Colour;

/* Fills the places of standard input, output and error that are closed, so that writing fails. */
void output_open(void);

/* Whether it is a terminal on which one can go back and write over what was there. */
bool output_is_terminal(void);

/* How wide it is, in characters: what $COLUMNS says, else the terminal, else 80. */
size_t output_columns(void);

/* Whether it is a terminal that shows colours, be it behind a pager, and the user hasn't set $NO_COLOR. */
bool output_has_colours(void);

/* Whether the locale's characters are UTF-8's. */
bool output_is_utf8(void);

/* What switches to a colour, and back to none; "" where there are no colours. */
const char *output_colour(Colour colour);
const char *output_no_colour(void);

/*
 * Ends standard output. Answers the exit code: 'status', or 1 if something couldn't be written,
 * which is told unless it was a pipe that nobody reads any more.
 */
int output_finish(int status);
