#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text of settings to values. Each takes the setting's text and where to put the value, whose type
 * it names, and writes only on success. -EINVAL: no such value; -ERANGE: a range that ends before
 * it begins, or a number beyond 64 bits; -EEXIST: ranges that overlap; -ENOMEM.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Mode */
int config_parse_mode(const char *text, void *target);

/* Online */
int config_parse_online(const char *text, void *target);

/* Online, but only what can stand in for a zone that can't be had: movable, kernel, leave. */
int config_parse_or_else(const char *text, void *target);

/* RangeSet *, the caller's */
int config_parse_ranges(const char *text, void *target);

/* char *, the caller's; plain text, and not empty. */
int config_parse_name(const char *text, void *target);

/*
 * The names go to journal, terminal, D-Bus and JSON, which take it amiss if text isn't UTF-8 or has
 * control characters. Answers the length of the plain character at 'p', 0 if there is none.
 */
size_t config_plain_character(const char *p);
bool config_text_is_plain(const char *text);

/* A copy that is plain: the rest of it is shown as \xNN. The caller's; NULL: no memory. */
char *config_text_escape(const char *text);

/*
 * Values to text, as a file could have it, which is also how JSON has it. Each is given where the
 * value is, of the type above, and writes nothing for what needn't be given and wasn't.
 */
void config_format_mode(FILE *stream, const void *value);
void config_format_online(FILE *stream, const void *value);
void config_format_bool(FILE *stream, const void *value);
void config_format_name(FILE *stream, const void *value);

/* Of numbers (nodes, blocks) and of addresses. */
void config_format_ranges(FILE *stream, const void *value);
void config_format_addresses(FILE *stream, const void *value);
