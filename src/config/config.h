#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The config files: /etc/memplugd/memplugd.conf, then the drop-ins memplugd.conf.d/NAME.conf of
 * /usr/lib/memplugd, /run/memplugd and /etc/memplugd, read in the order of their names; a file of
 * the same name in a stronger place (etc before run before usr/lib) replaces the weaker one. Of a
 * scalar the last setting wins; the rules of a later file come before those of an earlier one. The
 * built-in rules always follow. A file that is a symlink to /dev/null counts as empty.
 */
#include "rules/policy.h"

typedef enum ConfigLevel {
        CONFIG_WARNING, /* told, and the config is taken */
        CONFIG_ERROR,   /* the config is refused whole */
} ConfigLevel;

/* One thing that is wrong, at its place. */
typedef struct ConfigMessage {
        ConfigLevel level;
        char *file;    /* NULL: about no single file */
        unsigned line; /* 0: about the file as a whole */
        char *text;    /* what was found and what was expected, without file and line; printable */
} ConfigMessage;

/* Where a setting of one value, such as 'mode', was given last. */
typedef struct ConfigPlace {
        const char *name; /* the setting's */
        const char *file; /* one of the report's */
        unsigned line;
} ConfigPlace;

/* All that there is to tell about a config, in the order of files and lines. */
typedef struct ConfigReport {
        size_t n_messages;
        ConfigMessage *messages;
        size_t n_errors;
        size_t n_files; /* files that were read */
        char **files;   /* their paths, as in messages, in the order in which they were read */
        size_t n_places;
        ConfigPlace *places; /* of a refused config: as far as it was read */
} ConfigReport;

/* Frees what it holds, not itself. */
void config_report_done(ConfigReport *report);

/* Where the setting of that name was given; NULL: nowhere, it has its default. */
const ConfigPlace *config_report_find_place(const ConfigReport *report, const char *name);

/* Writes "FILE:LINE: TEXT", "FILE: TEXT" or "TEXT". The result is the caller's; NULL: no memory. */
char *config_message_format(const ConfigMessage *message);

/*
 * Loads the config below 'root' ("/" or a test's tree); with 'file', that file alone instead, whose
 * path is taken as it is and must exist. No file at all in the usual places is no error.
 *
 * 0: *ret is the policy, the caller's reference; the report may have warnings. -EINVAL: the report
 * has errors, and *ret isn't written. Any other negative errno: it couldn't be told (-ENOMEM). The
 * report is valid in each case, and the caller ends it with config_report_done().
 */
int config_load(const char *root, const char *file, Policy **ret, ConfigReport *ret_report);

/*
 * The same of the files that are named, as if the later ones were drop-ins. One that is a directory
 * stands for the files *.conf in it, in the order of their names, and then for those of the
 * memplugd.conf.d in it.
 */
int config_load_paths(char *const *paths, size_t n_paths, Policy **ret, ConfigReport *ret_report);
