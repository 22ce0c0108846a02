#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text that is broken between its words, so that no line is longer than there is room for.
 */

typedef struct Words {
        unsigned width;  /* of a line, in characters */
        unsigned gap;    /* blanks between two pieces; 0: one */
        unsigned indent; /* blanks before each line but one that has begun already */
        unsigned column; /* how much of this one is full */
} Words;

/* Prints a piece that isn't broken itself, after a gap or on a new line. */
void words_put(Words *words, const char *piece);

/* The same of each word of a text. */
void words_put_all(Words *words, const char *text);

/* Ends the line. */
void words_end(Words *words);
