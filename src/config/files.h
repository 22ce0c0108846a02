#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which files make up the config: see config.h for places and order.
 */
#include "config/report.h"

typedef struct ConfigFile {
        char *path; /* as it is opened, and as messages have it */
        char *name; /* orders it: a drop-in's last part; empty for the main config */
} ConfigFile;

typedef struct ConfigFiles {
        size_t n_files;
        ConfigFile *files; /* in the order in which they are read */
} ConfigFiles;

/* Finds them below 'root'; a directory that can't be read is an error in the report. */
void config_files_find(const char *root, ConfigFiles *ret, Reporter *reporter);

/* Finds those that lie right in a directory; one that isn't there has none. */
void config_files_find_in(const char *directory, ConfigFiles *ret, Reporter *reporter);

/* Frees what it holds, not itself. */
void config_files_done(ConfigFiles *files);
