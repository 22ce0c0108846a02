#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A config in the words of its files: for each group of settings their names, and each value as
 * text. The tables behind it are those by which the files are read.
 */
#include <stddef.h>

typedef enum ConfigGroup {
        CONFIG_GROUP_POLICY, /* of a Policy */
        CONFIG_GROUP_RULE,   /* of a Rule */
        CONFIG_GROUP_MATCH,  /* of a Match */
        _CONFIG_GROUP_MAX,
} ConfigGroup;

/* The name of the group's setting number 'i'; NULL: there are no more. */
const char *config_key_name(ConfigGroup group, size_t i);

/*
 * Writes the setting's value as a file could have it, which is JSON as well: "true", "\"1-3,8\"".
 * 'values' is what the group stands for. *ret is the caller's; NULL: it isn't given, or it is a
 * group or a list of them, or not there yet. 0 or -ENOMEM.
 */
int config_key_format(ConfigGroup group, size_t i, const void *values, char **ret);
