#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The grammar of a udev rule: KEY{attribute}OPERATOR"value", one behind the other. Pure.
 */
#include <stdbool.h>

/* The text is the line's. */
typedef struct UdevToken {
        char *key, *attribute, *value; /* "" without attribute */
        bool is_match, is_negated;     /* else it assigns; then is_negated: it takes away */
} UdevToken;

/*
 * Takes the next token off *line, which is changed. False: there is none, and *line is its end; or it
 * is what udev wouldn't understand.
 */
bool udev_take_token(char **line, UdevToken *ret);
