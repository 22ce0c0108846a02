#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What doctor finds: each with its place and what to do about it, collected and then printed.
 */
#include <stdbool.h>

#include "ctl/json.h"

typedef enum FindingLevel {
        FINDING_ERROR,   /* memplugd does nothing of what is asked of it */
        FINDING_WARNING, /* something fights memplugd, or defeats a part of the config */
        FINDING_NOTE,    /* good to know; nothing is wrong */
        _FINDING_LEVEL_MAX,
} FindingLevel;

typedef struct Finding {
        FindingLevel level;
        char *file;    /* NULL: it has no place in a file */
        unsigned line; /* 0: about the file as a whole */
        char *text;
        char *remedy; /* what to do; NULL: nothing */
} Finding;

typedef struct Findings {
        size_t n_findings;
        Finding *findings;
        bool no_memory; /* something couldn't be kept */
} Findings;

/* Frees what it holds, not itself. */
void findings_done(Findings *findings);

/* Copies 'file' (or NULL); the text is made out of 'format'. */
void findings_add(Findings *findings, FindingLevel level, const char *file, unsigned line,
                  const char *format, ...) _printf_(5, 6);

/* What to do about the finding that was added last. */
void findings_remedy(Findings *findings, const char *format, ...) _printf_(2, 3);

/* Puts the worse ones first; those of one level stay in their order. */
void findings_sort(Findings *findings);

size_t findings_count(const Findings *findings, FindingLevel level);

/* A line for each, and below it what to do. 0 or -ENOMEM. */
int findings_print(const Findings *findings);

json_object *findings_to_json(const Findings *findings);
