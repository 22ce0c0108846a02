/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's files, each a line of the input. None of them is trusted to be what it should.
 */
#undef NDEBUG
#include <assert.h>
#include <string.h>

#include "fuzz.h"
#include "sysfs/sysfs.h"

#define MEMORY "sys/devices/system/memory/"
#define NODE "sys/devices/system/node/"

static const char *const files[] = {
        MEMORY "block_size_bytes",    MEMORY "auto_online_blocks", MEMORY "memory0/state",
        MEMORY "memory0/valid_zones", MEMORY "memory9/state",      MEMORY "memory9/valid_zones",
};

static void make_blocks(void) {
        static bool done;

        if (done)
                return;

        fake_block(fuzz_tree(), 0, "online", "none", 0);
        fake_block(fuzz_tree(), 9, "offline", "Normal Movable", 1);
        done = true;
}

static void check_blocks(const Snapshot *snapshot) {
        assert(snapshot->n_blocks + snapshot->n_unreadable == 2);
        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];

                assert(block->index == 0 || block->index == 9);
                assert(block_state_to_string(block->state));
                assert(block->valid_zones.n_zones <= VALID_ZONES_MAX);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = fuzz_text(data, size);
        _cleanup_(snapshot_done) Snapshot snapshot = {};
        _cleanup_(range_set_freep) RangeSet *nodes = NULL;
        _cleanup_(sysfs_closep) Sysfs *sysfs = NULL;
        char setting[SETTING_TEXT_MAX], *rest = text;

        make_blocks();
        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                const char *line = fuzz_line(&rest);

                fuzz_file(files[i], line, strlen(line));
        }

        if (sysfs_open(fuzz_tree()->root, &sysfs) < 0)
                return 0;

        assert(sysfs_block_size(sysfs) > 0);
        if (sysfs_read_setting(sysfs, SETTING_AUTO_ONLINE_BLOCKS, setting) >= 0)
                assert(strlen(setting) < SETTING_TEXT_MAX);
        assert((sysfs_read_possible_nodes(sysfs, &nodes) == 0) == (nodes != NULL));
        assert(sysfs_read_all(sysfs, &snapshot) == 0);
        check_blocks(&snapshot);
        return 0;
}
