/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/finding.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/format.h"
#include "ctl/output.h"

static const char *const level_table[_FINDING_LEVEL_MAX] = {
        [FINDING_ERROR] = "error",
        [FINDING_WARNING] = "warning",
        [FINDING_NOTE] = "note",
};

void findings_done(Findings *findings) {
        for (size_t i = 0; i < findings->n_findings; i++) {
                free(findings->findings[i].file);
                free(findings->findings[i].text);
                free(findings->findings[i].remedy);
        }
        free(findings->findings);
        *findings = (Findings){};
}

_printf_(1, 0) static char *format_text(const char *format, va_list ap) {
        char *text;

        return vasprintf(&text, format, ap) < 0 ? NULL : text;
}

void findings_add(Findings *findings, FindingLevel level, const char *file, unsigned line,
                  const char *format, ...) {
        Finding finding = { .level = level, .line = line }, *all;
        va_list ap;

        va_start(ap, format);
        finding.text = format_text(format, ap);
        va_end(ap);
        finding.file = file ? strdup(file) : NULL;

        all = reallocarray(findings->findings, findings->n_findings + 1, sizeof(Finding));
        if (all)
                findings->findings = all;
        if (!all || !finding.text || (file && !finding.file)) {
                findings->no_memory = true;
                free(finding.text);
                free(finding.file);
                return;
        }
        all[findings->n_findings++] = finding;
}

void findings_remedy(Findings *findings, const char *format, ...) {
        Finding *last;
        va_list ap;

        /* The finding it is meant for may be missing then. */
        if (findings->no_memory || findings->n_findings == 0)
                return;

        last = &findings->findings[findings->n_findings - 1];
        free(last->remedy);
        va_start(ap, format);
        last->remedy = format_text(format, ap);
        va_end(ap);
        if (!last->remedy)
                findings->no_memory = true;
}

/* Stable, and there are but few. */
void findings_sort(Findings *findings) {
        for (size_t i = 1; i < findings->n_findings; i++) {
                Finding finding = findings->findings[i];
                size_t k = i;

                for (; k > 0 && findings->findings[k - 1].level > finding.level; k--)
                        findings->findings[k] = findings->findings[k - 1];
                findings->findings[k] = finding;
        }
}

size_t findings_count(const Findings *findings, FindingLevel level) {
        size_t n = 0;

        for (size_t i = 0; i < findings->n_findings; i++)
                n += findings->findings[i].level == level;

        return n;
}

static const char *colour_of(FindingLevel level) {
        switch (level) {
        case FINDING_ERROR:
                return output_colour(COLOUR_BAD);
        case FINDING_WARNING:
                return output_colour(COLOUR_WAITING);
        default:
                return "";
        }
}

static int print_finding(const Finding *finding) {
        _cleanup_free_ char *file = finding->file ? format_printable(finding->file) : NULL,
                            *text = format_printable(finding->text),
                            *remedy = finding->remedy ? format_printable(finding->remedy) : NULL;
        bool coloured = finding->level != FINDING_NOTE;

        if (!text || (finding->file && !file) || (finding->remedy && !remedy))
                return -ENOMEM;

        printf("%s%s%s: ", colour_of(finding->level), level_table[finding->level],
               coloured ? output_no_colour() : "");
        if (file && finding->line > 0)
                printf("%s:%u: ", file, finding->line);
        else if (file)
                printf("%s: ", file);
        printf("%s\n", text);
        if (remedy)
                printf("        %s\n", remedy);
        return 0;
}

int findings_print(const Findings *findings) {
        for (size_t i = 0; i < findings->n_findings; i++) {
                int r;

                r = print_finding(&findings->findings[i]);
                if (r < 0)
                        return r;
        }
        return 0;
}

static json_object *finding_to_json(const Finding *finding) {
        json_object *object = json_new_object();

        json_add(object, "level", json_new_text(level_table[finding->level]));
        json_add(object, "file", json_new_text(finding->file));
        json_add(object, "line", finding->line > 0 ? json_new_number(finding->line) : NULL);
        json_add(object, "text", json_new_text(finding->text));
        json_add(object, "remedy", json_new_text(finding->remedy));
        return object;
}

json_object *findings_to_json(const Findings *findings) {
        json_object *array = json_new_array();

        for (size_t i = 0; i < findings->n_findings; i++)
                json_append(array, finding_to_json(&findings->findings[i]));
        return array;
}
