#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tables by libsmartcols, as all verbs make them.
 */
#include <stdbool.h>
#include <stddef.h>

#include <libsmartcols.h>

#include "base/macro.h"

DEFINE_CLEANUP(struct libscols_table *, scols_unref_table)

typedef struct TableColumn {
        const char *name;
        int flags; /* SCOLS_FL_… */
} TableColumn;

/* An empty table, in colour where standard output has colours. 0 or -ENOMEM. */
int table_new(const TableColumn *columns, size_t n_columns, bool headings,
              struct libscols_table **ret);
