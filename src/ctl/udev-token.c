/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/udev-token.h"

#include <ctype.h>
#include <string.h>

#include "base/macro.h"

static char *skip_separators(char *p) {
        while (*p == ',' || isspace((unsigned char)*p))
                p++;
        return p;
}

/* Takes the key, and what stands in braces behind it. NULL: that isn't one. */
static char *take_key(char *p, UdevToken *token) {
        static char nothing[] = "";

        token->key = p;
        token->attribute = nothing;
        while (isupper((unsigned char)*p) || *p == '_')
                p++;
        if (p == token->key)
                return NULL;

        if (*p == '{') {
                *p++ = 0;
                token->attribute = p;
                p = strchr(p, '}');
                if (!p)
                        return NULL;
                *p++ = 0;
        }
        return p;
}

/* Takes the operator; what stands before it is ended by it. NULL: that isn't one. */
static char *take_operator(char *p, UdevToken *token) {
        static const struct {
                const char *text;
                bool is_match, is_negated;
        } operators[] = {
                { "==", true, false }, { "!=", true, true },   { "+=", false, false },
                { "-=", false, true }, { ":=", false, false }, { "=", false, false },
        };
        char *end = p;

        p += strspn(p, " \t");
        for (size_t i = 0; i < ELEMENTSOF(operators); i++) {
                size_t n = strlen(operators[i].text);

                if (strncmp(p, operators[i].text, n) != 0)
                        continue;
                token->is_match = operators[i].is_match;
                token->is_negated = operators[i].is_negated;
                *end = 0;
                return p + n;
        }
        return NULL;
}

/* Takes the text in quotation marks, of which a backslash keeps one. NULL: there is none. */
static char *take_value(char *p, UdevToken *token) {
        char *to;

        p += strspn(p, " \t");
        if ((*p == 'e' || *p == 'i') && p[1] == '"')
                p++;
        if (*p++ != '"')
                return NULL;

        token->value = to = p;
        for (; *p && *p != '"'; p++) {
                if (*p == '\\' && p[1] == '"')
                        p++;
                *to++ = *p;
        }
        if (*p != '"')
                return NULL;
        *to = 0;
        return p + 1;
}

bool udev_take_token(char **line, UdevToken *ret) {
        char *p = *line = skip_separators(*line);

        p = *p ? take_key(p, ret) : NULL;
        p = p ? take_operator(p, ret) : NULL;
        p = p ? take_value(p, ret) : NULL;
        if (!p)
                return false;

        *line = p;
        return true;
}
