#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How far a mistyped word is from one that exists. */

/*
 * How many characters must be changed, put in or taken out to make one word out of the other;
 * UINT_MAX where one of them is too long for a name of ours.
 */
unsigned config_word_distance(const char *a, const char *b);
