#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the config came to: told to people, or as JSON.
 */
#include <stdio.h>

#include "config/config.h"
#include "ctl/json.h"

/* The rules of 'policy' that come from files; the others are built in. */
size_t report_count_rules(const Policy *policy);

/* Writes "FILE:LINE: error: TEXT", without control characters. NULL: no memory. */
char *report_format_message(const ConfigMessage *message);

/* Tells all of these messages on standard error, one a line. */
void report_tell(const ConfigReport *report);

/* The first message that is an error; NULL if there is none. */
const ConfigMessage *report_first_error(const ConfigReport *report);

/* Tells on standard error that 'what' ("WANTED is") isn't by the config: it is broken, which must be known. */
void report_tell_broken(const ConfigReport *report, const char *what);

/* The same of what is shown instead, which is what memplugd would start with. */
void report_tell_fallback(const ConfigReport *report);

/* The caller's. 'policy' is the one in force, be it the built-in rules alone. */
json_object *report_to_json(const ConfigReport *report, const Policy *policy, bool valid);
