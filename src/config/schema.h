#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which settings there are, of which types and values: one table per group. Adding a setting, or
 * making one real that is refused as not there yet, is a line there.
 */
#include <libconfig.h>

#include "config/report.h"

/* What the files said so far. */
typedef struct ConfigDraft {
        Policy *policy; /* all but the rules */
        size_t n_rules;
        Rule *rules; /* in the order of reading; a file's rules have its path in Rule.file */
} ConfigDraft;

/* Frees the rules and the policy. */
void config_draft_done(ConfigDraft *draft);

/* Reads the settings of 'file', which libconfig has parsed, and tells what is wrong with them. */
void config_schema_read(const config_setting_t *root, const char *file, ConfigDraft *draft,
                        Reporter *reporter);
