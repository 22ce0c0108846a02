/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fake-tree.h"
#include "suite.h"
#include "sysfs/sysfs-system.h"

static Sysfs *open_tree(FakeTree *tree) {
        Sysfs *sysfs = NULL;

        ck_assert_int_eq(sysfs_open(tree->root, &sysfs), 0);
        return sysfs;
}

START_TEST(reads_a_block) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree);
        Block block;

        fake_block(tree, 34, "offline", "Movable Normal", 1);
        ck_assert_int_eq(sysfs_read_block(sysfs, 34, &block), 0);
        ck_assert_uint_eq(block.index, 34);
        ck_assert_int_eq(block.node, 1);
        ck_assert_int_eq(block.state, BLOCK_OFFLINE);
        ck_assert_int_eq(valid_zones_first_kind(&block.valid_zones), ZONE_KIND_MOVABLE);
        ck_assert(valid_zones_allow(&block.valid_zones, ZONE_KIND_KERNEL));
        ck_assert_uint_ne(block.inode, 0);
        ck_assert_uint_eq(sysfs_block_size(sysfs), 128 << 20);
        fake_tree_free(tree);
}
END_TEST

START_TEST(the_lowest_of_two_nodes_counts) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree);
        _cleanup_(snapshot_done) Snapshot snapshot = {};
        Block block;

        fake_block(tree, 7, "online", "none", 3);
        fake_block(tree, 7, "online", "none", 2);
        ck_assert_int_eq(sysfs_read_block(sysfs, 7, &block), 0);
        ck_assert_int_eq(block.node, 2);
        ck_assert_int_eq(sysfs_read_all(sysfs, &snapshot), 0);
        ck_assert_int_eq(snapshot.blocks[0].node, 2);
        fake_tree_free(tree);
}
END_TEST

/*
 * A FIFO without a writer stands for valid_zones: to open it would block for ever, and the test's
 * time would be up. So it also shows that the file isn't opened, not just that it isn't believed.
 */
START_TEST(valid_zones_of_an_unlinked_block_is_not_opened) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree);
        _cleanup_(snapshot_done) Snapshot snapshot = {};
        char path[128];
        Block block;

        fake_block(tree, 40, "offline", NULL, -1);
        (void)snprintf(path, sizeof(path), "%s/sys/devices/system/memory/memory40/valid_zones",
                       tree->root);
        ck_assert_int_eq(mkfifo(path, 0600), 0);

        ck_assert_int_eq(sysfs_read_block(sysfs, 40, &block), 0);
        ck_assert_int_eq(block.node, NODE_UNKNOWN);
        ck_assert(!block.valid_zones.known);

        ck_assert_int_eq(sysfs_read_all(sysfs, &snapshot), 0);
        ck_assert_uint_eq(snapshot.n_blocks, 1);
        ck_assert_int_eq(snapshot.blocks[0].node, NODE_UNKNOWN);
        fake_tree_free(tree);
}
END_TEST

/*
 * The node's directory has the link, the block's doesn't yet: the kernel makes them one by one. A directory
 * stands for valid_zones, which may be opened, but not read: that would fail.
 */
START_TEST(a_half_linked_block_is_not_linked) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree);
        _cleanup_(snapshot_done) Snapshot snapshot = {};

        fake_block(tree, 40, "offline", NULL, 1);
        fake_remove(tree, "sys/devices/system/memory/memory40/node1");
        fake_file(tree, "sys/devices/system/memory/memory40/valid_zones/none", "");

        ck_assert_int_eq(sysfs_read_all(sysfs, &snapshot), 0);
        ck_assert_uint_eq(snapshot.n_blocks, 1);
        ck_assert_uint_eq(snapshot.n_unreadable, 0);
        ck_assert_int_eq(snapshot.blocks[0].node, NODE_UNKNOWN);
        ck_assert(!snapshot.blocks[0].valid_zones.known);
        fake_tree_free(tree);
}
END_TEST

/* Of one block after the other, on the same node: the node's link alone is looked up, for it comes first. */
START_TEST(a_node_link_is_enough) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree);
        Block block;

        fake_block(tree, 40, "offline", "Normal Movable", 1);
        fake_block(tree, 41, "offline", "Normal Movable", 1);
        fake_remove(tree, "sys/devices/system/memory/memory41/node1");

        ck_assert_int_eq(sysfs_read_block(sysfs, 40, &block), 0);
        ck_assert_int_eq(block.node, 1);
        ck_assert_int_eq(sysfs_read_block(sysfs, 41, &block), 0);
        ck_assert_int_eq(block.node, 1);
        ck_assert(block.valid_zones.known);
        fake_tree_free(tree);
}
END_TEST

START_TEST(without_numa_all_is_node_0) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(snapshot_done) Snapshot snapshot = {};
        _cleanup_(sysfs_closep) Sysfs *sysfs = NULL;
        Block block;

        fake_remove(tree, "sys/devices/system/node");
        fake_block(tree, 5, "online", "Normal", -1);
        sysfs = open_tree(tree);
        ck_assert(!sysfs_has_nodes(sysfs));
        ck_assert_int_eq(sysfs_read_block(sysfs, 5, &block), 0);
        ck_assert_int_eq(block.node, 0);
        ck_assert_int_eq(block_zone_kind(&block), ZONE_KIND_KERNEL);
        ck_assert_int_eq(sysfs_read_all(sysfs, &snapshot), 0);
        ck_assert_int_eq(snapshot.blocks[0].node, 0);
        fake_tree_free(tree);
}
END_TEST

START_TEST(an_old_kernel_has_no_valid_zones) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree);
        Block block;

        fake_block(tree, 5, "offline", NULL, 0);
        ck_assert_int_eq(sysfs_read_block(sysfs, 5, &block), 0);
        ck_assert(!block.valid_zones.known);
        ck_assert(valid_zones_allow(&block.valid_zones, ZONE_KIND_MOVABLE));
        fake_tree_free(tree);
}
END_TEST

/* So many that threads share them: each of them once, and all that is wrong is counted. */
START_TEST(many_blocks_are_read_by_threads) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree);
        _cleanup_(snapshot_done) Snapshot snapshot = {};
        uint64_t n_offline = 0;
        char path[64];

        fake_blocks(tree, 0, 599, "online", "Normal", 0);
        fake_blocks(tree, 600, 1199, "offline", "Normal Movable", 1);
        for (uint64_t block = 10; block < 1200; block += 200) {
                (void)snprintf(path, sizeof(path),
                               "sys/devices/system/memory/memory%" PRIu64 "/state", block);
                fake_file(tree, path, "perhaps\n");
        }
        sysfs_set_readers(sysfs, 4);
        ck_assert_int_eq(sysfs_read_all(sysfs, &snapshot), 0);
        ck_assert_uint_eq(snapshot.n_blocks, 1200 - 6);
        ck_assert_uint_eq(snapshot.n_unreadable, 6);
        for (size_t i = 0; i < snapshot.n_blocks; i++) {
                const Block *block = &snapshot.blocks[i];

                ck_assert(i == 0 || snapshot.blocks[i - 1].index < block->index);
                ck_assert_int_eq(block->node, block->index >= 600);
                n_offline += block->state == BLOCK_OFFLINE;
        }
        ck_assert_uint_eq(n_offline, 600 - 3);
        fake_tree_free(tree);
}
END_TEST

START_TEST(all_blocks_come_sorted) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree);
        _cleanup_(snapshot_done) Snapshot snapshot = {};

        fake_blocks(tree, 0, 12, "online", "Normal", 0);
        fake_blocks(tree, 100, 103, "offline", "Normal Movable", 1);
        ck_assert_int_eq(sysfs_read_all(sysfs, &snapshot), 0);
        ck_assert_uint_eq(snapshot.n_blocks, 17);
        for (size_t i = 1; i < snapshot.n_blocks; i++)
                ck_assert_uint_lt(snapshot.blocks[i - 1].index, snapshot.blocks[i].index);
        ck_assert_int_eq(snapshot_find(&snapshot, 101)->node, 1);
        ck_assert_ptr_null(snapshot_find(&snapshot, 13));
        fake_tree_free(tree);
}
END_TEST

static void expect_found(Sysfs *sysfs, BlockState state, BlockIndex expected) {
        BlockIndex index;

        ck_assert_int_eq(sysfs_find_block_in_state(sysfs, state, &index), 0);
        ck_assert_uint_eq(index, expected);
}

/* Others may be on their way offline, whatever was found before. */
START_TEST(memory0_is_found_wherever_it_will_do) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree);
        BlockIndex index;

        fake_blocks(tree, 0, 7, "offline", "Normal", 0);
        ck_assert_int_eq(sysfs_find_block_in_state(sysfs, BLOCK_ONLINE, &index), -ENOENT);
        fake_block(tree, 0, "online", "Normal", 0);
        fake_block(tree, 6, "going-offline", "Normal", 0);
        expect_found(sysfs, BLOCK_GOING_OFFLINE, 6);
        fake_block(tree, 6, "online", "Normal", 0);
        expect_found(sysfs, BLOCK_ONLINE, 0);

        fake_block(tree, 0, "offline", "Normal", 0);
        expect_found(sysfs, BLOCK_ONLINE, 6);
        fake_block(tree, 0, "online", "Normal", 0);
        expect_found(sysfs, BLOCK_ONLINE, 0);
        fake_tree_free(tree);
}
END_TEST

START_TEST(what_is_missing_or_odd_is_an_error) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree), *other = NULL;
        Block block;

        ck_assert_int_eq(sysfs_read_block(sysfs, 99, &block), -ENOENT);
        ck_assert_int_eq(sysfs_write_state(sysfs, 99, 1, "online"), -ENOENT);
        fake_block(tree, 1, "frozen", "Normal", 0);
        ck_assert_int_eq(sysfs_read_block(sysfs, 1, &block), -EBADMSG);
        fake_block(tree, 1, "online", "", 0);
        ck_assert_int_eq(sysfs_read_block(sysfs, 1, &block), -EBADMSG);

        fake_file(tree, "sys/devices/system/memory/block_size_bytes", "8000001\n");
        ck_assert_int_eq(sysfs_open(tree->root, &other), -EINVAL);
        ck_assert_int_eq(sysfs_open("/nonexistent", &other), -ENOENT);
        fake_tree_free(tree);
}
END_TEST

START_TEST(writes_the_word_as_it_is) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree);
        ino_t inode;

        fake_block(tree, 34, "", "Normal", 0);
        fake_file(tree, "sys/devices/system/memory/memory34/state", "");
        ck_assert_int_eq(sysfs_read_inode(sysfs, 34, &inode), 0);
        ck_assert_int_eq(sysfs_write_state(sysfs, 34, inode + 1, "online_movable"), -ENODEV);
        ck_assert_str_eq(fake_read(tree, "sys/devices/system/memory/memory34/state"), "");
        ck_assert_int_eq(sysfs_write_state(sysfs, 34, inode, "online_movable"), 0);
        ck_assert_str_eq(fake_read(tree, "sys/devices/system/memory/memory34/state"),
                         "online_movable");
        fake_tree_free(tree);
}
END_TEST

#define PARAMETERS "sys/module/memory_hotplug/parameters/"

START_TEST(settings_are_read_and_written_at_their_places) {
        static const struct {
                Setting setting;
                const char *path;
        } rows[] = {
                { SETTING_AUTO_ONLINE_BLOCKS, "sys/devices/system/memory/auto_online_blocks" },
                { SETTING_ONLINE_POLICY, PARAMETERS "online_policy" },
                { SETTING_AUTO_MOVABLE_RATIO, PARAMETERS "auto_movable_ratio" },
                { SETTING_AUTO_MOVABLE_NUMA_AWARE, PARAMETERS "auto_movable_numa_aware" },
        };
        FakeTree *tree = fake_tree_new();
        char text[SETTING_TEXT_MAX];

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(sysfs_closep) Sysfs *sysfs = NULL;

                fake_file(tree, rows[i].path, "word\n");
                sysfs = open_tree(tree);
                ck_assert_int_eq(sysfs_read_setting(sysfs, rows[i].setting, text), 4);
                ck_assert_str_eq(text, "word");
                fake_file(tree, rows[i].path, "");
                ck_assert_int_eq(sysfs_write_setting(sysfs, rows[i].setting, "offline"), 0);
                ck_assert_str_eq(fake_read(tree, rows[i].path), "offline");
        }
        fake_tree_free(tree);
}
END_TEST

START_TEST(an_old_kernel_has_no_settings) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree);
        char text[SETTING_TEXT_MAX];

        for (Setting setting = 0; setting < _SETTING_MAX; setting++) {
                ck_assert_int_eq(sysfs_read_setting(sysfs, setting, text), -ENOENT);
                ck_assert_int_eq(sysfs_write_setting(sysfs, setting, "1"), -ENOENT);
        }
        fake_tree_free(tree);
}
END_TEST

#define NODE_0 "Node 0, zone   Normal\n        spanned  10\n        present  9\n"

START_TEST(reads_how_much_the_zones_have) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(zoneinfo_done) Zoneinfo zoneinfo = {};
        _cleanup_(sysfs_closep) Sysfs *sysfs = NULL;
        _cleanup_free_ char *text = NULL;
        size_t size;
        FILE *f;

        /* More than is read at once, so that lines are torn. */
        f = open_memstream(&text, &size);
        ck_assert_ptr_nonnull(f);
        (void)fputs(NODE_0, f);
        for (int cpu = 0; cpu < 1000; cpu++)
                (void)fprintf(f, "    cpu: %d\n              count: %d\n", cpu, cpu * 7);
        (void)fputs("Node 7, zone  Movable\n        present  123\n", f);
        ck_assert_int_eq(fclose(f), 0);

        fake_file(tree, "proc/zoneinfo", text);
        sysfs = open_tree(tree);
        for (int i = 0; i < 2; i++) {
                ck_assert_int_eq(sysfs_read_zoneinfo(sysfs, &zoneinfo), 0);
                ck_assert_uint_eq(zoneinfo.n_zones, 2);
                ck_assert_uint_eq(zoneinfo.zones[0].present, 9);
                ck_assert_int_eq(zoneinfo.zones[1].node, 7);
                ck_assert_uint_eq(zoneinfo.zones[1].present, 123);
        }
        fake_tree_free(tree);
}
END_TEST

START_TEST(zones_that_cant_be_read_leave_nothing) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree);
        _cleanup_(zoneinfo_done) Zoneinfo zoneinfo = {};
        char line[8192];

        ck_assert_int_eq(sysfs_read_zoneinfo(sysfs, &zoneinfo), -ENOENT);
        (void)sysfs_close(sysfs);

        fake_file(tree, "proc/zoneinfo", NODE_0);
        sysfs = open_tree(tree);
        ck_assert_int_eq(sysfs_read_zoneinfo(sysfs, &zoneinfo), 0);
        fake_file(tree, "proc/zoneinfo", "");
        ck_assert_int_eq(sysfs_read_zoneinfo(sysfs, &zoneinfo), -EBADMSG);
        ck_assert_uint_eq(zoneinfo.n_zones, 0);
        fake_file(tree, "proc/zoneinfo", NODE_0 "        cma   x\n");
        ck_assert_int_eq(sysfs_read_zoneinfo(sysfs, &zoneinfo), -EBADMSG);
        ck_assert_uint_eq(zoneinfo.n_zones, 0);
        fake_file(tree, "proc/zoneinfo", NODE_0 "without an end");
        ck_assert_int_eq(sysfs_read_zoneinfo(sysfs, &zoneinfo), -EBADMSG);

        for (size_t i = 0; i < sizeof(line) - 1; i++)
                line[i] = 'x';
        line[sizeof(line) - 1] = 0;
        fake_file(tree, "proc/zoneinfo", line);
        ck_assert_int_eq(sysfs_read_zoneinfo(sysfs, &zoneinfo), -EBADMSG);
        fake_remove(tree, "proc/zoneinfo");
        ck_assert_int_eq(sysfs_read_zoneinfo(sysfs, &zoneinfo), -ENOENT);
        fake_tree_free(tree);
}
END_TEST

START_TEST(reads_which_nodes_have_cpus) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(range_set_freep) RangeSet *nodes = NULL, *only = NULL;
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree), *without = NULL;

        ck_assert_int_eq(sysfs_read_cpu_nodes(sysfs, &nodes), -ENOENT);
        fake_file(tree, "sys/devices/system/node/has_cpu", "0-1,3\n");
        ck_assert_int_eq(sysfs_read_cpu_nodes(sysfs, &nodes), 0);
        ck_assert(range_set_contains(nodes, 3));
        ck_assert(!range_set_contains(nodes, 2));

        fake_remove(tree, "sys/devices/system/node");
        without = open_tree(tree);
        ck_assert_int_eq(sysfs_read_cpu_nodes(without, &only), 0);
        ck_assert(range_set_contains(only, 0));
        ck_assert(!range_set_contains(only, 1));
        fake_tree_free(tree);
}
END_TEST

START_TEST(reads_what_the_kernel_was_booted_with) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree), *with = NULL;
        _cleanup_free_ char *line = NULL;
        char text[SETTING_TEXT_MAX];
        Snapshot snapshot = { .block_size = UINT64_C(128) << 20 };
        OwnMap own = { .large = true };

        ck_assert_int_eq(sysfs_read_command_line(sysfs, &line), -ENOENT);
        ck_assert_int_eq(sysfs_read_own_map(sysfs, &snapshot, &own), 0);
        ck_assert(own.block_bytes == 0 && !own.large);
        ck_assert_int_eq(sysfs_read_crash_hotplug(sysfs, text), -ENOENT);

        fake_file(tree, "proc/cmdline", "quiet memhp_default_state=online\n");
        fake_file(tree, "sys/devices/system/memory/crash_hotplug", "1\n");
        fake_file(tree, "sys/module/memory_hotplug/parameters/memmap_on_memory", "force\n");
        with = open_tree(tree);
        ck_assert_int_eq(sysfs_read_command_line(with, &line), 0);
        ck_assert_str_eq(line, "quiet memhp_default_state=online");
        ck_assert_int_ge(sysfs_read_crash_hotplug(with, text), 0);
        ck_assert_str_eq(text, "1");
        ck_assert_int_eq(sysfs_read_own_map(with, &snapshot, &own), 0);
        ck_assert(own.block_bytes > 0 && !own.large);
        fake_file(tree, "proc/sys/kernel/osrelease", "6.12.95+deb12-amd64\n");
        ck_assert_int_eq(sysfs_read_own_map(with, &snapshot, &own), 0);
        ck_assert(own.large);
        fake_file(tree, "sys/module/memory_hotplug/parameters/memmap_on_memory", "N\n");
        ck_assert_int_eq(sysfs_read_own_map(with, &snapshot, &own), 0);
        ck_assert_uint_eq(own.block_bytes, 0);
        fake_tree_free(tree);
}
END_TEST

START_TEST(reads_attributes_of_classes) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree);
        char text[16];

        fake_file(tree, "sys/class/dmi/id/sys_vendor", "ACME\n");
        ck_assert_int_eq(
                sysfs_read_class_attribute(sysfs, "dmi", "id", "sys_vendor", text, sizeof(text)),
                4);
        ck_assert_str_eq(text, "ACME");
        ck_assert_int_eq(sysfs_read_class_attribute(sysfs, "dmi", "id", "none", text, sizeof(text)),
                         -ENOENT);
        ck_assert_int_eq(
                sysfs_read_class_attribute(sysfs, "..", "..", "etc/passwd", text, sizeof(text)),
                -EINVAL);
        ck_assert_int_eq(sysfs_read_class_attribute(sysfs, "dmi", "..", "id", text, sizeof(text)),
                         -EINVAL);
        fake_tree_free(tree);
}
END_TEST

static void note_process(void *userdata, pid_t pid, const char *name) {
        char *text = userdata;
        size_t n = strlen(text);

        (void)snprintf(text + n, 64 - n, "%d %s;", (int)pid, name);
}

START_TEST(reads_processes) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree);
        char text[64] = "";

        fake_file(tree, "proc/self/comm", "memplugctl\n");
        fake_file(tree, "proc/71/comm", "kata-agent\n");
        fake_file(tree, "proc/72/status", "Name:\tx\n");
        ck_assert_int_eq(sysfs_each_process(sysfs, note_process, text), 0);
        ck_assert_str_eq(text, "71 kata-agent;");
        fake_tree_free(tree);
}
END_TEST

START_TEST(finds_who_holds_a_lock) {
        FakeTree *tree = fake_tree_new();
        _cleanup_(sysfs_closep) Sysfs *sysfs = open_tree(tree);
        pid_t pid = -1;

        ck_assert_int_eq(sysfs_find_lock_owner(sysfs, makedev(0, 0x1a), 733, &pid), -ENOENT);
        fake_file(tree, "proc/locks",
                  "1: POSIX  ADVISORY  WRITE 400 00:1a:733 0 EOF\n"
                  "2: FLOCK  ADVISORY  WRITE 500 00:1b:733 0 EOF\n"
                  "2: -> FLOCK  ADVISORY  WRITE 501 00:1a:733 0 EOF\n"
                  "nonsense\n\n"
                  "17: FLOCK  ADVISORY  WRITE 523 00:1a:733 0 EOF\n"
                  "18: FLOCK  ADVISORY  WRITE -1 00:1a:734 0 EOF");
        ck_assert_int_eq(sysfs_find_lock_owner(sysfs, makedev(0, 0x1a), 733, &pid), 0);
        ck_assert_int_eq(pid, 523);
        ck_assert_int_eq(sysfs_find_lock_owner(sysfs, makedev(0, 0x1a), 734, &pid), 0);
        ck_assert_int_eq(pid, 0);
        ck_assert_int_eq(sysfs_find_lock_owner(sysfs, makedev(1, 0x1a), 733, &pid), -ENOENT);
        fake_tree_free(tree);
}
END_TEST

TEST_PROGRAM("sysfs", reads_a_block, the_lowest_of_two_nodes_counts,
             valid_zones_of_an_unlinked_block_is_not_opened, a_half_linked_block_is_not_linked,
             a_node_link_is_enough, without_numa_all_is_node_0, an_old_kernel_has_no_valid_zones,
             many_blocks_are_read_by_threads, all_blocks_come_sorted,
             memory0_is_found_wherever_it_will_do, what_is_missing_or_odd_is_an_error,
             writes_the_word_as_it_is, settings_are_read_and_written_at_their_places,
             an_old_kernel_has_no_settings, reads_how_much_the_zones_have,
             zones_that_cant_be_read_leave_nothing, reads_which_nodes_have_cpus,
             reads_what_the_kernel_was_booted_with, reads_attributes_of_classes, reads_processes,
             finds_who_holds_a_lock);
