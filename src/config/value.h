#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Text of settings to values. Each takes the setting's text and where to put the value, whose type
 * it names, and writes only on success. -EINVAL: no such value; -ERANGE: a range that ends before
 * it begins, or a number beyond what can be; -EEXIST: ranges that overlap; -ENOMEM.
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

/* uint64_t, bytes */
int config_parse_size(const char *text, void *target);

/* uint64_t, percents, and at most MOVABLE_RATIO_MAX */
int config_parse_ratio(const char *text, void *target);

/* Unit */
int config_parse_unit(const char *text, void *target);

/* SizeBound */
int config_parse_size_bound(const char *text, void *target);

/* Adds the bit of a source to an uint32_t. */
int config_parse_source(const char *text, void *target);

/* char *, the caller's; plain text, and not empty. */
int config_parse_name(const char *text, void *target);

/*
 * The names go to journal, terminal, D-Bus and JSON, which take it amiss if text isn't UTF-8 or has
 * control characters. Answers the length of the plain character at 'text', 0 if there is none.
 */
size_t config_plain_character(const char *text);
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

void config_format_size(FILE *stream, const void *value);
void config_format_size_bound(FILE *stream, const void *value);
void config_format_ratio(FILE *stream, const void *value);
void config_format_unit(FILE *stream, const void *value);
void config_format_sources(FILE *stream, const void *value);
void config_format_cpuless(FILE *stream, const void *value);

/* Of numbers (nodes, blocks) and of addresses. */
void config_format_ranges(FILE *stream, const void *value);
void config_format_addresses(FILE *stream, const void *value);
