#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Enums and their words: both directions out of one table. An enum that has one ends with
 * _X_MAX and _X_INVALID = -EINVAL, and its from_string() answers _X_INVALID for an unknown word.
 */
#include <stddef.h>
#include <sys/types.h>

/* The place of 'word' in 'table', or -EINVAL. 'word' may be NULL; so may places of the table. */
ssize_t string_table_find(const char *const *table, size_t n, const char *word);

#define DECLARE_STRING_TABLE(name, type)          \
        const char *name##_to_string(type value); \
        type name##_from_string(const char *word)

/* to_string() answers NULL for a value outside of the table. */
#define DEFINE_STRING_TABLE(name, type)                                                       \
        const char *name##_to_string(type value) {                                            \
                if ((int)value < 0 || (size_t)value >= sizeof(name##_table) / sizeof(char *)) \
                        return NULL;                                                          \
                return name##_table[value];                                                   \
        }                                                                                     \
        type name##_from_string(const char *word) {                                           \
                return (type)string_table_find(name##_table,                                  \
                                               sizeof(name##_table) / sizeof(char *), word);  \
        }                                                                                     \
        struct name##_table_swallows_the_semicolon
