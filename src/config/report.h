#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Collects what is to be told about a config, so that all of it is told at once.
 */
#include <stdbool.h>

#include "config/config.h"

/*
 * Who reads a config goes on after an error, to find the next one; so nothing here answers an
 * error, and whether memory ran out is asked once, at the end.
 */
typedef struct Reporter {
        ConfigReport *report;
        bool no_memory; /* something couldn't be told, or kept */
} Reporter;

/* 'file' NULL, 'line' 0: as in ConfigMessage. */
void config_report_add(Reporter *reporter, ConfigLevel level, const char *file, unsigned line,
                       const char *format, ...) _printf_(5, 6);

/* Notes that 'path' was read. */
void config_report_add_file(Reporter *reporter, const char *path);

/* Notes that the setting 'name' (which is kept as it is) was given at that line of the last file. */
void config_report_add_place(Reporter *reporter, const char *name, unsigned line);

/*
 * Brings the messages from 'first' on into the order of files and lines; those of one line stay as
 * they are. Of files that weren't read only one may be among them.
 */
void config_report_sort(Reporter *reporter, size_t first);

#define config_error(reporter, file, line, ...) \
        config_report_add(reporter, CONFIG_ERROR, file, line, __VA_ARGS__)
#define config_warning(reporter, file, line, ...) \
        config_report_add(reporter, CONFIG_WARNING, file, line, __VA_ARGS__)
