/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file of block marks: anything may stand in it. What was read is what is read again.
 */
#undef NDEBUG
#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "state/block-table.h"

#define FILE_NAME "blocks"
#define BOOT_ID "b"

static BlockTable *open_table(bool *ret_damaged) {
        BlockTable *table = NULL;

        assert(block_table_open(fuzz_tree_fd(), FILE_NAME, BOOT_ID, &table, ret_damaged) == 0);
        assert(table);
        return table;
}

static void check_order(const BlockRecord *records, size_t n) {
        for (size_t i = 0; i < n; i++) {
                assert(i == 0 || records[i - 1].index < records[i].index);
                assert(block_mark_to_string(records[i].mark));
        }
}

static bool is_same(const BlockTable *a, const BlockTable *b) {
        size_t n_a, n_b;
        const BlockRecord *x = block_table_records(a, &n_a), *y = block_table_records(b, &n_b);

        if (n_a != n_b)
                return false;
        for (size_t i = 0; i < n_a; i++)
                if (x[i].index != y[i].index || x[i].inode != y[i].inode || x[i].mark != y[i].mark)
                        return false;

        return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(block_table_freep) BlockTable *table = NULL, *again = NULL;
        const BlockRecord *records;
        bool damaged;
        size_t n;

        fuzz_file(FILE_NAME, data, size);
        table = open_table(&damaged);
        records = block_table_records(table, &n);
        check_order(records, n);
        assert((faccessat(fuzz_tree_fd(), FILE_NAME ".damaged", F_OK, 0) == 0) == damaged);
        assert(!damaged || n == 0);
        assert(damaged || !memchr(data, 0, size));
        (void)unlinkat(fuzz_tree_fd(), FILE_NAME ".damaged", 0);

        assert(block_table_set(table, &(BlockRecord){ .index = 7,
                                                      .inode = 70,
                                                      .mark = BLOCK_MARK_RELEASED,
                                                      .zone = _ZONE_KIND_INVALID }) == 0);
        assert(block_table_forget(table, 8) == 0);
        again = open_table(&damaged);
        assert(!damaged && is_same(table, again));
        return 0;
}
