/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "fake-tree.h"
#include "suite.h"
#include "sysfs/sysfs-internal.h"

#define BLOCK (UINT64_C(128) << 20)
#define IOMEM "proc/iomem"

/*
 * Inodes of plain files mean nothing, so sysfs is told that these do, and the blocks get inodes as
 * sysfs gives them: those of the boot before the one of "container".
 */
#define LAST_BOOT_INODE 500

typedef struct Machine {
        FakeTree *tree;
        Sysfs *sysfs;
        Snapshot snapshot;
} Machine;

/* A tree with 8 blocks of the boot, and 32 … 47, which were added later. */
static Machine machine_new(void) {
        Machine machine = { .tree = fake_tree_new() };

        fake_blocks(machine.tree, 0, 7, "online", "Normal", 0);
        fake_blocks(machine.tree, 32, 47, "offline", "Normal Movable", 1);
        ck_assert_int_eq(sysfs_open(machine.tree->root, &machine.sysfs), 0);
        ck_assert_int_eq(sysfs_read_all(machine.sysfs, &machine.snapshot), 0);
        return machine;
}

static void machine_done(Machine *machine) {
        snapshot_done(&machine->snapshot);
        machine->sysfs = sysfs_close(machine->sysfs);
        fake_tree_free(machine->tree);
}

static void machine_read_live(Machine *machine) {
        machine->sysfs->last_boot_inode = LAST_BOOT_INODE;
        for (size_t i = 0; i < machine->snapshot.n_blocks; i++) {
                Block *block = &machine->snapshot.blocks[i];

                block->inode = block->index < 8 ? 100 : 1000;
        }
        ck_assert_int_eq(sysfs_read_devices(machine->sysfs, &machine->snapshot), 0);
}

static void expect_source(const Machine *machine, BlockIndex first, BlockIndex last, Source source,
                          bool hot_added, const char *device) {
        for (BlockIndex index = first; index <= last; index++) {
                const Block *block = snapshot_find(&machine->snapshot, index);
                const Device *found = snapshot_device(&machine->snapshot, block);

                ck_assert_msg(block->source == source, "block %d is %s, not %s", (int)index,
                              source_to_string(block->source), source_to_string(source));
                ck_assert_int_eq(block->hot_added, hot_added);
                ck_assert_int_eq(!found, !device);
                if (device)
                        ck_assert_str_eq(found->name, device);
        }
}

static void expect_device(const Machine *machine, BlockIndex index, Source source, uint64_t size,
                          int node) {
        const Device *device =
                snapshot_device(&machine->snapshot, snapshot_find(&machine->snapshot, index));

        ck_assert_ptr_nonnull(device);
        ck_assert_int_eq(device->source, source);
        ck_assert_uint_eq(device->size, size);
        ck_assert_int_eq(device->node, node);
}

static void add_all_kinds(FakeTree *tree) {
        fake_dimm(tree, "PNP0C80:00", 4, 7);
        fake_dimm(tree, "PNP0C80:0a", 32, 35);
        fake_file(tree, IOMEM,
                  "00000000-3fffffff : System RAM\n"
                  "100000000-11fffffff : System RAM\n"
                  "120000000-13fffffff : virtio2\n"
                  "  120000000-127ffffff : System RAM (virtio_mem)\n"
                  "  130000000-137ffffff : System RAM (virtio_mem)\n"
                  "140000000-15fffffff : dax0.0\n"
                  "  140000000-15fffffff : System RAM (kmem)\n"
                  "160000000-17fffffff : System RAM\n");
}

START_TEST(each_block_has_its_source_and_device) {
        _cleanup_(machine_done) Machine machine = machine_new();

        add_all_kinds(machine.tree);
        machine_read_live(&machine);
        ck_assert_uint_eq(machine.snapshot.n_devices, 4);
        ck_assert(!machine.snapshot.sources_hidden);
        expect_source(&machine, 0, 3, SOURCE_BOOT, false, NULL);
        expect_source(&machine, 4, 7, SOURCE_DIMM, false, "PNP0C80:00");
        expect_source(&machine, 32, 35, SOURCE_DIMM, true, "PNP0C80:0a");
        expect_source(&machine, 36, 36, SOURCE_VIRTIO_MEM, true, "virtio2");
        expect_source(&machine, 37, 37, SOURCE_PROBE, true, NULL);
        expect_source(&machine, 38, 38, SOURCE_VIRTIO_MEM, true, "virtio2");
        expect_source(&machine, 40, 43, SOURCE_DAX, true, "dax0.0");
        expect_source(&machine, 44, 47, SOURCE_PROBE, true, NULL);
        expect_device(&machine, 4, SOURCE_DIMM, 4 * BLOCK, 0);
        expect_device(&machine, 32, SOURCE_DIMM, 4 * BLOCK, 1);
        expect_device(&machine, 38, SOURCE_VIRTIO_MEM, 2 * BLOCK, 1);
        expect_device(&machine, 43, SOURCE_DAX, 4 * BLOCK, 1);

        /* Once more: nothing is left of what there was. */
        fake_remove(machine.tree, IOMEM);
        fake_file(machine.tree, IOMEM, "");
        machine_read_live(&machine);
        ck_assert_uint_eq(machine.snapshot.n_devices, 2);
        expect_source(&machine, 36, 47, SOURCE_PROBE, true, NULL);
}
END_TEST

/* A burst is a few blocks; the size is the device's all the same. */
START_TEST(some_blocks_are_enough) {
        _cleanup_(machine_done) Machine machine = machine_new();

        add_all_kinds(machine.tree);
        machine.snapshot.blocks[0] = *snapshot_find(&machine.snapshot, 34);
        machine.snapshot.blocks[1] = *snapshot_find(&machine.snapshot, 38);
        machine.snapshot.n_blocks = 2;
        machine.snapshot.blocks[0].node = NODE_UNKNOWN;
        machine_read_live(&machine);
        ck_assert_uint_eq(machine.snapshot.n_devices, 2);
        expect_device(&machine, 34, SOURCE_DIMM, 4 * BLOCK, NODE_UNKNOWN);
        expect_device(&machine, 38, SOURCE_VIRTIO_MEM, 2 * BLOCK, 1);
}
END_TEST

/* So many that the DIMMs are asked for their blocks, not each block for its DIMM; most have no files here. */
static void make_large(Machine *machine) {
        snapshot_clear(&machine->snapshot);
        for (BlockIndex index = 0; index < 1024; index++)
                ck_assert_int_eq(snapshot_add(&machine->snapshot, &(Block){ .index = index }), 0);
}

START_TEST(dimms_of_a_large_machine) {
        _cleanup_(machine_done) Machine machine = machine_new();

        ck_assert(machine.snapshot.is_whole);
        make_large(&machine);
        add_all_kinds(machine.tree);
        fake_file(machine.tree, "sys/bus/acpi/devices/PNP0C80:01/status", "0\n");
        fake_remove(machine.tree, "sys/devices/system/memory/memory32/firmware_node");
        for (size_t i = 0; i < 2; i++) {
                machine.snapshot.is_whole = true;
                machine_read_live(&machine);
                ck_assert_uint_eq(machine.snapshot.n_devices, 4);
                ck_assert_str_eq(machine.snapshot.devices[0].name, "PNP0C80:00");
                expect_source(&machine, 0, 3, SOURCE_BOOT, false, NULL);
                expect_source(&machine, 4, 7, SOURCE_DIMM, false, "PNP0C80:00");
                expect_source(&machine, 32, 35, SOURCE_DIMM, true, "PNP0C80:0a");
                expect_source(&machine, 38, 38, SOURCE_VIRTIO_MEM, true, "virtio2");
                expect_device(&machine, 32, SOURCE_DIMM, 4 * BLOCK, 0);
        }

        /* Some blocks are asked themselves, however many they are. */
        machine.snapshot.is_whole = false;
        machine_read_live(&machine);
        expect_source(&machine, 32, 32, SOURCE_PROBE, true, NULL);
        expect_source(&machine, 33, 35, SOURCE_DIMM, true, "PNP0C80:0a");
}
END_TEST

/* Where the devices contradict each other, or what they link to is no block, the blocks are asked. */
START_TEST(odd_dimms_of_a_large_machine) {
        static const char *const targets[] = { "../../system/memory/memory4", "../../pci/0000:00" };

        for (size_t i = 0; i < ELEMENTSOF(targets); i++) {
                _cleanup_(machine_done) Machine machine = machine_new();
                char path[PATH_MAX];

                make_large(&machine);
                add_all_kinds(machine.tree);
                fake_remove(machine.tree, "sys/devices/system/memory/memory32/firmware_node");
                (void)snprintf(path, sizeof(path),
                               "%s/sys/devices/LNXSYSTM:00/PNP0C80:0a/physical_node9",
                               machine.tree->root);
                ck_assert_int_eq(symlink(targets[i], path), 0);
                machine.snapshot.is_whole = true;
                machine_read_live(&machine);
                expect_source(&machine, 4, 7, SOURCE_DIMM, false, "PNP0C80:00");
                expect_source(&machine, 32, 32, SOURCE_PROBE, true, NULL);
                expect_source(&machine, 33, 35, SOURCE_DIMM, true, "PNP0C80:0a");
        }
}
END_TEST

START_TEST(plain_files_have_no_inodes_to_go_by) {
        _cleanup_(machine_done) Machine machine = machine_new();

        add_all_kinds(machine.tree);
        ck_assert_uint_eq(machine.sysfs->last_boot_inode, 0);
        ck_assert_int_eq(sysfs_read_devices(machine.sysfs, &machine.snapshot), 0);
        expect_source(&machine, 0, 3, SOURCE_BOOT, false, NULL);
        expect_source(&machine, 4, 7, SOURCE_DIMM, true, "PNP0C80:00");
        expect_source(&machine, 32, 35, SOURCE_DIMM, true, "PNP0C80:0a");
        expect_source(&machine, 36, 36, SOURCE_VIRTIO_MEM, true, "virtio2");
        expect_source(&machine, 44, 47, SOURCE_BOOT, false, NULL);
}
END_TEST

START_TEST(hidden_addresses_are_told) {
        _cleanup_(machine_done) Machine machine = machine_new();

        add_all_kinds(machine.tree);
        fake_file(machine.tree, IOMEM,
                  "00000000-00000000 : System RAM\n"
                  "00000000-00000000 : virtio2\n"
                  "  00000000-00000000 : System RAM (virtio_mem)\n");
        machine_read_live(&machine);
        ck_assert(machine.snapshot.sources_hidden);
        expect_source(&machine, 0, 3, SOURCE_BOOT, false, NULL);
        expect_source(&machine, 4, 7, SOURCE_DIMM, false, "PNP0C80:00");
        expect_source(&machine, 32, 35, SOURCE_DIMM, true, "PNP0C80:0a");
        expect_source(&machine, 36, 47, SOURCE_UNKNOWN, true, NULL);

        /* In plain files, nothing tells what was there at boot. */
        machine.sysfs->last_boot_inode = 0;
        ck_assert_int_eq(sysfs_read_devices(machine.sysfs, &machine.snapshot), 0);
        ck_assert(machine.snapshot.sources_hidden);
        expect_source(&machine, 0, 3, SOURCE_UNKNOWN, false, NULL);
        expect_source(&machine, 4, 7, SOURCE_DIMM, true, "PNP0C80:00");

        /* Without memory of drivers there is nothing to hide. */
        fake_file(machine.tree, IOMEM, "00000000-00000000 : System RAM\n");
        machine_read_live(&machine);
        ck_assert(!machine.snapshot.sources_hidden);
        expect_source(&machine, 36, 47, SOURCE_PROBE, true, NULL);
}
END_TEST

START_TEST(a_missing_iomem_hides_as_much) {
        _cleanup_(machine_done) Machine machine = machine_new();

        ck_assert_int_eq(sysfs_read_devices(machine.sysfs, &machine.snapshot), 0);
        ck_assert(!machine.snapshot.sources_hidden);
        expect_source(&machine, 32, 47, SOURCE_BOOT, false, NULL);

        machine_read_live(&machine);
        ck_assert(machine.snapshot.sources_hidden);
        expect_source(&machine, 0, 7, SOURCE_BOOT, false, NULL);
        expect_source(&machine, 32, 47, SOURCE_UNKNOWN, true, NULL);
}
END_TEST

START_TEST(a_descriptor_of_iomem_is_read_afresh) {
        _cleanup_(machine_done) Machine machine = machine_new();
        char path[128];

        add_all_kinds(machine.tree);
        (void)snprintf(path, sizeof(path), "%s/" IOMEM, machine.tree->root);
        sysfs_take_iomem(machine.sysfs, open(path, O_RDONLY | O_CLOEXEC));
        fake_remove(machine.tree, IOMEM);
        for (int i = 0; i < 3; i++) {
                machine_read_live(&machine);
                expect_source(&machine, 40, 43, SOURCE_DAX, true, "dax0.0");
        }
}
END_TEST

/* What adds memory without a name is known by the platform. */
START_TEST(platforms) {
        static const struct {
                const char *path;
                const char *text;
                Source source;
        } rows[] = {
                { "sys/hypervisor/type", "xen\n", SOURCE_XEN },
                { "sys/hypervisor/type", "other\n", SOURCE_PROBE },
                { "sys/bus/vmbus/drivers/hv_balloon/uevent", "", SOURCE_HYPERV },
                { "sys/class/dmi/id/sys_vendor", "Microsoft Corporation\n", SOURCE_HYPERV },
                { "sys/class/dmi/id/sys_vendor", "QEMU\n", SOURCE_PROBE },
                { "sys/bus/css/uevent", "", SOURCE_S390_STANDBY },
                { "sys/firmware/devicetree/base/ibm,dynamic-reconfiguration-memory/ibm,lmb-size",
                  "", SOURCE_DLPAR },
                { "sys/devices/system/memory/probe", "", SOURCE_PROBE },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(machine_done) Machine machine = machine_new();

                add_all_kinds(machine.tree);
                fake_file(machine.tree, rows[i].path, rows[i].text);
                machine_read_live(&machine);
                expect_source(&machine, 0, 3, SOURCE_BOOT, false, NULL);
                expect_source(&machine, 32, 35, SOURCE_DIMM, true, "PNP0C80:0a");
                expect_source(&machine, 36, 36, SOURCE_VIRTIO_MEM, true, "virtio2");
                expect_source(&machine, 44, 47, rows[i].source, true, NULL);
        }
}
END_TEST

START_TEST(odd_files_do_no_harm) {
        _cleanup_(machine_done) Machine machine = machine_new();
        char path[128];

        /* A companion that is gone, and an iomem that nobody writes to. */
        fake_dimm(machine.tree, "PNP0C80:00", 32, 33);
        fake_remove(machine.tree, "sys/devices/LNXSYSTM:00/PNP0C80:00");
        (void)snprintf(path, sizeof(path), "%s/proc", machine.tree->root);
        ck_assert_int_eq(mkdir(path, 0700), 0);
        (void)snprintf(path, sizeof(path), "%s/" IOMEM, machine.tree->root);
        ck_assert_int_eq(mkfifo(path, 0600), 0);
        machine_read_live(&machine);
        expect_device(&machine, 33, SOURCE_DIMM, 0, 1);
        ck_assert(machine.snapshot.sources_hidden);
}
END_TEST

START_TEST(a_dax_device_may_have_a_state) {
        _cleanup_(machine_done) Machine machine = machine_new();
        const Device *device;

        add_all_kinds(machine.tree);
        machine_read_live(&machine);
        device = snapshot_device(&machine.snapshot, snapshot_find(&machine.snapshot, 40));
        ck_assert_str_eq(device->state, "");

        fake_file(machine.tree, "sys/bus/dax/devices/dax0.0/state", "online_movable\n");
        fake_file(machine.tree, "sys/bus/dax/devices/virtio2/state", "no\n");
        machine_read_live(&machine);
        device = snapshot_device(&machine.snapshot, snapshot_find(&machine.snapshot, 40));
        ck_assert_str_eq(device->state, "online_movable");
        device = snapshot_device(&machine.snapshot, snapshot_find(&machine.snapshot, 36));
        ck_assert_str_eq(device->state, "");
}
END_TEST

TEST_PROGRAM("devices", each_block_has_its_source_and_device, some_blocks_are_enough,
             dimms_of_a_large_machine, odd_dimms_of_a_large_machine,
             plain_files_have_no_inodes_to_go_by, hidden_addresses_are_told,
             a_missing_iomem_hides_as_much, a_descriptor_of_iomem_is_read_afresh, platforms,
             odd_files_do_no_harm, a_dax_device_may_have_a_state);
