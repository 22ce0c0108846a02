/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/json.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static json_object *checked(json_object *value) {
        if (!value)
                abort();
        return value;
}

json_object *json_new_object(void) {
        return checked(json_object_new_object());
}

json_object *json_new_array(void) {
        return checked(json_object_new_array());
}

json_object *json_new_number(uint64_t value) {
        return checked(json_object_new_uint64(value));
}

json_object *json_new_bool(bool value) {
        return checked(json_object_new_boolean(value));
}

json_object *json_new_text(const char *text) {
        static const char replacement[] = "\xef\xbf\xbd";
        _cleanup_free_ char *copy = NULL;
        char *end;

        if (!text)
                return NULL;

        end = copy = malloc(strlen(text) * strlen(replacement) + 1);
        if (!copy)
                abort();

        for (const char *p = text; *p;) {
                size_t n = utf8_length(p);

                if (n > 0)
                        end = mempcpy(end, p, n);
                else
                        end = stpcpy(end, replacement);
                p += n ?: 1;
        }
        *end = 0;

        return checked(json_object_new_string(copy));
}

void json_add(json_object *object, const char *key, json_object *value) {
        if (json_object_object_add_ex(object, key, value,
                                      JSON_C_OBJECT_ADD_KEY_IS_NEW |
                                              JSON_C_OBJECT_ADD_CONSTANT_KEY) < 0)
                abort();
}

void json_append(json_object *array, json_object *value) {
        if (json_object_array_add(array, value) < 0)
                abort();
}

static void print(json_object *value, int flags) {
        const char *text =
                json_object_to_json_string_ext(value, flags | JSON_C_TO_STRING_NOSLASHESCAPE);

        if (!text)
                abort();
        (void)fputs(text, stdout);
}

void json_print(json_object *value) {
        print(value, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
        (void)putchar('\n');
}

void json_print_line(json_object *value) {
        print(value, JSON_C_TO_STRING_SPACED);
}
