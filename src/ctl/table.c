/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/table.h"

#include <errno.h>

#include "ctl/output.h"
#include "ctl/pager.h"

int table_new(const TableColumn *columns, size_t n_columns, bool headings,
              struct libscols_table **ret) {
        _cleanup_(scols_unref_tablep) struct libscols_table *table = scols_new_table();

        if (!table)
                return -ENOMEM;

        (void)scols_table_enable_colors(table, output_has_colours());
        /* The library can't see the terminal behind the pager, and wouldn't cut what is too wide. */
        if (pager_is_open()) {
                (void)scols_table_set_termforce(table, SCOLS_TERMFORCE_ALWAYS);
                (void)scols_table_set_termwidth(table, output_columns());
        }
        (void)scols_table_enable_noheadings(table, !headings);
        for (size_t i = 0; i < n_columns; i++)
                if (!scols_table_new_column(table, columns[i].name, /* whint= */ 0,
                                            columns[i].flags))
                        return -ENOMEM;

        *ret = TAKE_PTR(table);
        return 0;
}
