/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config/scan.h"

#include <string.h>

#define STRINGIFY_VALUE(x) #x
#define STRINGIFY(x) STRINGIFY_VALUE(x)

typedef struct Scanner {
        const char *p;
        unsigned line;
        unsigned depth;
        unsigned n_settings; /* and elements of lists */
} Scanner;

/* Each of these takes one token, and answers what is wrong with it, or NULL. */

static const char *scan_line_comment(Scanner *scanner) {
        scanner->p += strcspn(scanner->p, "\n");
        return NULL;
}

static const char *scan_comment(Scanner *scanner) {
        const char *end = strstr(scanner->p + 2, "*/");

        if (!end)
                return "the comment that begins here has no end";

        for (; scanner->p < end; scanner->p++)
                scanner->line += *scanner->p == '\n';
        scanner->p += 2;
        return NULL;
}

static const char *scan_string(Scanner *scanner) {
        const char *p = scanner->p + 1;

        while (*p != '"') {
                if (*p == 0 || *p == '\n')
                        return "the string that begins here doesn't end on its line";
                if (strncmp(p, "\\x00", 4) == 0 || strncmp(p, "\\X00", 4) == 0)
                        return "a string can't hold a NUL character";

                /* libconfig takes a backslash before any other character as itself. */
                p += p[0] == '\\' && (p[1] == '"' || p[1] == '\\') ? 2 : 1;
        }
        scanner->p = p + 1;
        return NULL;
}

static const char *scan_character(Scanner *scanner) {
        switch (*scanner->p++) {
        case '\n':
                scanner->line++;
                return NULL;
        case '{':
        case '[':
        case '(':
                return ++scanner->depth > CONFIG_DEPTH_MAX
                               ? "nested more than " STRINGIFY(CONFIG_DEPTH_MAX) " deep"
                               : NULL;
        case '}':
        case ']':
        case ')':
                scanner->depth -= scanner->depth > 0;
                return NULL;
        case '=':
        case ':':
        case ',':
                return ++scanner->n_settings > CONFIG_SETTINGS_MAX
                               ? "more than " STRINGIFY(
                                         CONFIG_SETTINGS_MAX) " settings and list elements in one file"
                               : NULL;
        default:
                return NULL;
        }
}

static const char *scan_token(Scanner *scanner) {
        const char *p = scanner->p;

        if (p[0] == '#' || (p[0] == '/' && p[1] == '/'))
                return scan_line_comment(scanner);
        if (p[0] == '/' && p[1] == '*')
                return scan_comment(scanner);
        if (p[0] == '"')
                return scan_string(scanner);
        if (strncmp(p, "@include", strlen("@include")) == 0)
                return "'@include' isn't allowed: drop-ins in memplugd.conf.d do that";

        return scan_character(scanner);
}

bool config_scan(const char *text, ScanFinding *ret) {
        Scanner scanner = { .p = text, .line = 1 };

        while (*scanner.p) {
                const char *begin = scanner.p, *problem = scan_token(&scanner);

                if (problem) {
                        *ret = (ScanFinding){
                                .offset = (size_t)(begin - text),
                                .line = scanner.line,
                                .problem = problem,
                        };
                        return true;
                }
        }
        return false;
}
