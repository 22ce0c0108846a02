#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * JSON by json-c, with what it leaves to its users: text that isn't UTF-8 is made so, and running
 * out of memory aborts the program, since half an answer would be a wrong one.
 */
#include <stdbool.h>
#include <stdint.h>

#include <json-c/json.h>

#include "base/macro.h"

DEFINE_CLEANUP(json_object *, json_object_put)

json_object *json_new_object(void);
json_object *json_new_array(void);
json_object *json_new_number(uint64_t value);
json_object *json_new_bool(bool value);

/* null for NULL. Each byte that isn't UTF-8 becomes U+FFFD. */
json_object *json_new_text(const char *text);

/* Hands 'value' over to the object or array; NULL is null. 'key' must live as long as they. */
void json_add(json_object *object, const char *key, json_object *value);
void json_append(json_object *array, json_object *value);

/* Prints it on standard output, on many lines with a newline at the end, or on one without. */
void json_print(json_object *value);
void json_print_line(json_object *value);
