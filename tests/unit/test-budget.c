/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <stdio.h>
#include <string.h>

#include "rules/budget.h"
#include "suite.h"

#define MIB (UINT64_C(1) << 20)
#define PAGE UINT64_C(4096)
#define BLOCK (128 * MIB)
#define BLOCKS_PER_GIB 8

/* A machine that does what was decided: at once, and with the events that come of it. */
typedef struct Machine {
        Budget budget;
        Policy policy;
        uint64_t kernel[2], movable[2], cma[2]; /* MiB of two nodes */
} Machine;

static void show_zones(Machine *machine) {
        _cleanup_(zoneinfo_done) Zoneinfo zoneinfo = {};
        ZonePages zones[4];

        for (int node = 0; node < 2; node++) {
                zones[node] = (ZonePages){ .node = node,
                                           .zone = ZONE_NORMAL,
                                           .present = machine->kernel[node] * MIB / PAGE,
                                           .cma = machine->cma[node] * MIB / PAGE };
                zones[2 + node] = (ZonePages){ .node = node,
                                               .zone = ZONE_MOVABLE,
                                               .present = machine->movable[node] * MIB / PAGE };
        }
        zoneinfo = (Zoneinfo){ .n_zones = 4, .zones = zones };
        ck_assert_int_eq(budget_set_zones(&machine->budget, &zoneinfo), 0);
        zoneinfo = (Zoneinfo){};
}

static Machine boot(uint64_t kernel_0, uint64_t kernel_1, uint64_t ratio) {
        Machine machine = { .policy = { .movable_ratio = ratio },
                            .kernel = { kernel_0, kernel_1 } };

        budget_init(&machine.budget, PAGE, BLOCK);
        show_zones(&machine);
        return machine;
}

static Block new_block(BlockIndex index, int node) {
        return (Block){ .index = index, .node = (int16_t)node, .hot_added = true };
}

static Device new_device(Source source, const char *name, uint64_t gib, int node) {
        Device device = { .source = source, .size = gib << 30, .node = node };

        (void)strcpy(device.name, name);
        return device;
}

static BudgetReason judge(const Machine *machine, const Device *device, BlockIndex index,
                          int node) {
        Block block = new_block(index, node);

        return budget_judge(&machine->budget, &machine->policy, UNIT_DEVICE, &block, device);
}

/* Brings a block online by what "auto" says, one at a time. */
static ZoneKind plug_block(Machine *machine, const Device *device, BlockIndex index, int node) {
        BudgetReason reason = judge(machine, device, index, node);
        ZoneKind zone = budget_allows(&reason) ? ZONE_KIND_MOVABLE : ZONE_KIND_KERNEL;
        uint64_t *count = zone == ZONE_KIND_MOVABLE ? machine->movable : machine->kernel;
        Block block = new_block(index, node);

        count[node] += BLOCK / MIB;
        ck_assert_int_eq(budget_promise(&machine->budget, &block, device, zone), 0);
        ck_assert_int_eq(budget_settle(&machine->budget, &block, device, zone), 0);
        show_zones(machine);
        return zone;
}

/* Decides about all of a device before any of it is online; answers how many blocks are movable. */
static size_t decide_burst(Machine *machine, Unit unit, const Device *device, BlockIndex first,
                           size_t n) {
        size_t n_movable = 0;

        for (BlockIndex index = first; index < first + n; index++) {
                Block block = new_block(index, device->node);
                BudgetReason reason =
                        budget_judge(&machine->budget, &machine->policy, unit, &block, device);
                bool movable = budget_allows(&reason);

                n_movable += movable;
                ck_assert_int_eq(budget_promise(&machine->budget, &block, device,
                                                movable ? ZONE_KIND_MOVABLE : ZONE_KIND_KERNEL),
                                 0);
        }
        return n_movable;
}

/*
 * Boot memory is 2 GiB less one MiB: as much may be movable, and that is one of the DIMMs. In bursts
 * and one block at a time it comes to the same.
 */
START_TEST(of_three_dimms_one_becomes_movable) {
        static const size_t movable[] = { BLOCKS_PER_GIB, 0, 0 };

        for (int burst = 0; burst < 2; burst++) {
                Machine machine = boot(2047, 0, 100);

                for (size_t i = 0; i < 3; i++) {
                        Device dimm = new_device(SOURCE_DIMM, "PNP0C80:00", 1, 0);
                        BlockIndex first = 32 + i * BLOCKS_PER_GIB;
                        size_t n = 0;

                        dimm.name[9] = (char)('0' + i);
                        if (burst)
                                n = decide_burst(&machine, UNIT_DEVICE, &dimm, first, 8);
                        for (BlockIndex index = first; !burst && index < first + 8; index++)
                                n += plug_block(&machine, &dimm, index, 0) == ZONE_KIND_MOVABLE;
                        ck_assert_msg(n == movable[i], "DIMM %zu: %zu", i, n);
                }
                budget_done(&machine.budget);
        }
}
END_TEST

START_TEST(the_numbers_are_those_that_decided) {
        Machine machine = boot(2047, 0, 100);
        Device one = new_device(SOURCE_DIMM, "a", 1, 0), two = new_device(SOURCE_DIMM, "b", 1, 0);
        BudgetReason reason = judge(&machine, &one, 32, 0);

        ck_assert_int_eq(reason.cause, BUDGET_FITS);
        ck_assert_uint_eq(reason.base, 2047 * MIB);
        ck_assert_uint_eq(reason.before, 0);
        ck_assert_uint_eq(reason.after, 1024 * MIB);
        ck_assert_uint_eq(reason.limit, 2047 * MIB);
        ck_assert_uint_eq(reason.ratio, 100);

        ck_assert_uint_eq(decide_burst(&machine, UNIT_DEVICE, &one, 32, 8), 8);
        reason = judge(&machine, &two, 40, 0);
        ck_assert_int_eq(reason.cause, BUDGET_OVER_RATIO);
        ck_assert_int_eq(reason.node, -1);
        ck_assert_uint_eq(reason.before, 1024 * MIB);
        ck_assert_uint_eq(reason.after, 2048 * MIB);
        ck_assert_uint_eq(reason.limit, 2047 * MIB);
        budget_done(&machine.budget);
}
END_TEST

/* How many DIMMs of 1 GiB become movable: by hand, base * ratio / 100, in whole GiB. */
START_TEST(dimms_that_fit) {
        static const struct {
                uint64_t kernel, cma, movable, ratio;
                size_t n_movable;
        } rows[] = {
                { 4096, 0, 0, 301, 12 },    /* 12328 MiB */
                { 4080, 0, 0, 301, 11 },    /* 12280 MiB: 8 less than 12 GiB */
                { 4096, 0, 0, 300, 12 },    /* just as much */
                { 4096, 0, 0, 299, 11 },    /* 12247 MiB */
                { 4096, 0, 1024, 300, 11 }, /* 1 GiB is movable already */
                { 4096, 256, 0, 300, 11 },  /* 11520 MiB, and the cma counts as movable: 11264 */
                { 4096, 1024, 0, 300, 8 },  /* 9216 MiB, less 1024 */
                { 4096, 4096, 0, 300, 0 },  { 4096, 8192, 0, 300, 0 },
                { 4096, 0, 0, 0, 0 }, /* never */
                { 1023, 0, 0, 100, 0 },     { 1024, 0, 0, 100, 1 },
                { 16, 0, 0, 6400, 1 },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                Machine machine = boot(rows[i].kernel, 0, rows[i].ratio);
                size_t n = 0;

                machine.cma[0] = rows[i].cma;
                machine.movable[0] = rows[i].movable;
                show_zones(&machine);
                for (size_t k = 0; k < 20; k++) {
                        Device dimm = new_device(SOURCE_DIMM, "", 1, 0);

                        (void)snprintf(dimm.name, sizeof(dimm.name), "dimm%zu", k);
                        n += decide_burst(&machine, UNIT_DEVICE, &dimm, 100 + 8 * k, 8);
                }
                ck_assert_msg(n == rows[i].n_movable * 8, "row %zu: %zu blocks", i, n);
                budget_done(&machine.budget);
        }
}
END_TEST

/* Of what was added to the kernel zones by hot-plug nothing comes of more movable memory. */
START_TEST(hot_added_kernel_memory_is_no_base) {
        Machine machine = boot(1024, 0, 100);
        Device first = new_device(SOURCE_DIMM, "a", 4, 0),
               second = new_device(SOURCE_DIMM, "b", 1, 0);
        BudgetReason reason;

        for (BlockIndex index = 32; index < 64; index++)
                ck_assert_int_eq(plug_block(&machine, &first, index, 0), ZONE_KIND_KERNEL);
        ck_assert_uint_eq(machine.kernel[0], 5120);
        reason = judge(&machine, &second, 64, 0);
        ck_assert_int_eq(reason.cause, BUDGET_FITS);
        ck_assert_uint_eq(reason.base, 1024 * MIB);

        /* Memory that isn't known to be hot-added is: the kernel would give less. */
        for (BlockIndex index = 32; index < 64; index++)
                budget_forget(&machine.budget, index);
        reason = judge(&machine, &second, 64, 0);
        ck_assert_uint_eq(reason.base, 5120 * MIB);
        budget_done(&machine.budget);
}
END_TEST

START_TEST(a_device_fits_as_a_whole_or_not_at_all) {
        Machine machine = boot(3072, 0, 100);
        Device dimm = new_device(SOURCE_DIMM, "a", 4, 0);
        BudgetReason reason = judge(&machine, &dimm, 32, 0);

        ck_assert_int_eq(reason.cause, BUDGET_OVER_RATIO);
        ck_assert_uint_eq(reason.after, 4096 * MIB);
        ck_assert_uint_eq(decide_burst(&machine, UNIT_DEVICE, &dimm, 32, 32), 0);
        ck_assert_int_eq(judge(&machine, &dimm, 64, 0).cause, BUDGET_BROKEN_UNIT);
        budget_done(&machine.budget);

        /* Block by block, three quarters of it fit. */
        machine = boot(3072, 0, 100);
        ck_assert_uint_eq(decide_burst(&machine, UNIT_BLOCK, &dimm, 32, 32), 24);
        budget_done(&machine.budget);

        /* What is movable of it already isn't asked about again. */
        machine = boot(4096, 0, 100);
        ck_assert_uint_eq(decide_burst(&machine, UNIT_DEVICE, &dimm, 32, 31), 31);
        reason = judge(&machine, &dimm, 63, 0);
        ck_assert_int_eq(reason.cause, BUDGET_FITS);
        ck_assert_uint_eq(reason.before, (4096 - 128) * MIB);
        ck_assert_uint_eq(reason.after, 4096 * MIB);
        budget_done(&machine.budget);
}
END_TEST

/* A balloon's memory, and what was there at boot, is no device to the kernel. */
START_TEST(what_has_no_device_is_judged_by_the_block) {
        Machine machine = boot(256, 0, 100);
        Device dimm = new_device(SOURCE_DIMM, "a", 4, 0);
        Block boot_block = { .index = 5, .node = 0 };

        ck_assert_int_eq(
                budget_judge(&machine.budget, &machine.policy, UNIT_DEVICE, &boot_block, &dimm)
                        .cause,
                BUDGET_FITS);
        ck_assert_int_eq(plug_block(&machine, NULL, 32, 0), ZONE_KIND_MOVABLE);
        ck_assert_int_eq(plug_block(&machine, NULL, 33, 0), ZONE_KIND_MOVABLE);
        ck_assert_int_eq(plug_block(&machine, NULL, 34, 0), ZONE_KIND_KERNEL);
        ck_assert_int_eq(plug_block(&machine, NULL, 35, 0), ZONE_KIND_KERNEL);
        budget_done(&machine.budget);
}
END_TEST

/*
 * A machine of 2 GiB that grows by 64 GiB, 512 blocks. Boot memory is 15.99 blocks. With m of them
 * movable: m <= 3.01 * (15.99 + 512 - m), so m = 396, and the machine ends at 3 to 1, not at 32 to 1.
 */
START_TEST(virtio_mem_grows_in_balance) {
        Machine machine = boot(2047, 0, 301);
        Device virtio = new_device(SOURCE_VIRTIO_MEM, "virtio0", 0, 0);
        size_t n_movable = 0;

        for (BlockIndex index = 32; index < 32 + 512; index++) {
                virtio.size += BLOCK;
                n_movable += plug_block(&machine, &virtio, index, 0) == ZONE_KIND_MOVABLE;
                ck_assert_uint_le(machine.movable[0] * 100, machine.kernel[0] * 301);
        }
        ck_assert_uint_eq(n_movable, 396);
        budget_done(&machine.budget);
}
END_TEST

/* Puts a device's blocks online as if somebody had decided so. */
static void add_blocks(Machine *machine, const Device *device, BlockIndex first, size_t n,
                       ZoneKind zone) {
        uint64_t *count = zone == ZONE_KIND_MOVABLE ? machine->movable : machine->kernel;

        for (BlockIndex index = first; index < first + n; index++) {
                Block block = new_block(index, device->node);

                ck_assert_int_eq(budget_settle(&machine->budget, &block, device, zone), 0);
        }
        count[device->node] += n * (BLOCK / MIB);
        show_zones(machine);
}

/* In blocks: the machine has 16 at boot, and movable_ratio is 300%. */
START_TEST(virtio_mem_devices_keep_their_memory_to_themselves) {
        static const struct {
                size_t other_movable, other_kernel, own_movable, own_kernel;
                bool fits;
                size_t base, before, limit; /* of one block more for our own */
        } rows[] = {
                { 0, 0, 0, 0, true, 16, 0, 48 },
                { 12, 0, 0, 0, true, 12, 0, 36 }, /* the other needs 4 */
                { 12, 1, 0, 0, true, 13, 0, 39 }, /* … of which it has one itself */
                { 12, 9, 0, 0, true, 16, 0, 48 }, /* what it has more is of no use to us */
                { 45, 0, 2, 0, true, 1, 2, 3 },   /* it needs 15 */
                { 45, 0, 3, 0, false, 1, 3, 3 },
                { 45, 0, 3, 1, true, 2, 3, 6 },  /* our own kernel memory makes room */
                { 48, 0, 0, 0, false, 0, 0, 0 }, /* it needs all there is */
                { 48, 0, 0, 9, false, 0, 0,
                  0 }, /* and then even our own doesn't help, as in the kernel */
                { 60, 0, 0, 0, false, 0, 0, 0 },
                { 0, 0, 47, 0, true, 16, 47, 48 },
                { 0, 0, 48, 0, false, 16, 48, 48 },
                { 0, 0, 48, 1, true, 17, 48, 51 },
        };
        Device other = new_device(SOURCE_VIRTIO_MEM, "virtio0", 1, 1);
        Device own = new_device(SOURCE_VIRTIO_MEM, "virtio1", 1, 1);

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                Machine machine = boot(2048, 0, 300);
                BudgetReason reason;

                add_blocks(&machine, &other, 100, rows[i].other_movable, ZONE_KIND_MOVABLE);
                add_blocks(&machine, &other, 200, rows[i].other_kernel, ZONE_KIND_KERNEL);
                add_blocks(&machine, &own, 300, rows[i].own_movable, ZONE_KIND_MOVABLE);
                add_blocks(&machine, &own, 400, rows[i].own_kernel, ZONE_KIND_KERNEL);
                reason = judge(&machine, &own, 500, 1);
                ck_assert_msg(budget_allows(&reason) == rows[i].fits, "row %zu", i);
                ck_assert_msg(reason.base == rows[i].base * BLOCK, "row %zu", i);
                ck_assert_msg(reason.before == rows[i].before * BLOCK, "row %zu", i);
                ck_assert_msg(reason.after == (rows[i].before + 1) * BLOCK, "row %zu", i);
                ck_assert_msg(reason.limit == rows[i].limit * BLOCK, "row %zu", i);
                ck_assert_msg(reason.others == rows[i].other_movable * BLOCK, "row %zu", i);
                budget_done(&machine.budget);
        }
}
END_TEST

/* The same seen by a DIMM: kernel memory within a virtio-mem device is none of its base. */
START_TEST(virtio_mem_makes_no_room_for_dimms) {
        Machine machine = boot(2048, 0, 100);
        Device virtio = new_device(SOURCE_VIRTIO_MEM, "virtio0", 1, 0);
        Device dimm = new_device(SOURCE_DIMM, "a", 2, 0);

        add_blocks(&machine, &virtio, 100, 8, ZONE_KIND_KERNEL);
        ck_assert_int_eq(judge(&machine, &dimm, 32, 0).cause, BUDGET_FITS);
        add_blocks(&machine, &virtio, 200, 8, ZONE_KIND_MOVABLE);
        ck_assert_int_eq(judge(&machine, &dimm, 32, 0).cause, BUDGET_FITS);
        add_blocks(&machine, &virtio, 300, 1, ZONE_KIND_MOVABLE);
        ck_assert_int_eq(judge(&machine, &dimm, 32, 0).cause, BUDGET_OVER_RATIO);
        budget_done(&machine.budget);
}
END_TEST

START_TEST(a_node_without_boot_memory_gets_nothing_if_nodes_count) {
        static const struct {
                uint64_t kernel_1, movable_1;
                bool numa_aware;
                BudgetCause cause;
        } rows[] = {
                { 0, 0, false, BUDGET_FITS },       { 0, 0, true, BUDGET_OVER_NODE },
                { 1024, 0, true, BUDGET_FITS },     { 1023, 0, true, BUDGET_OVER_NODE },
                { 2048, 1024, true, BUDGET_FITS },  { 2047, 1024, true, BUDGET_OVER_NODE },
                { 2047, 1024, false, BUDGET_FITS }, { 2048, 6144, true, BUDGET_OVER_RATIO },
        };
        Device dimm = new_device(SOURCE_DIMM, "a", 1, 1);

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                Machine machine = boot(4096, rows[i].kernel_1, 100);
                BudgetReason reason;

                machine.policy.numa_aware = rows[i].numa_aware;
                machine.movable[1] = rows[i].movable_1;
                show_zones(&machine);
                ck_assert(budget_node_has_base(&machine.budget, 1) == (rows[i].kernel_1 > 0));
                reason = judge(&machine, &dimm, 100, 1);
                ck_assert_msg(reason.cause == rows[i].cause, "row %zu", i);
                if (reason.cause == BUDGET_OVER_NODE) {
                        ck_assert_int_eq(reason.node, 1);
                        ck_assert_uint_eq(reason.base, rows[i].kernel_1 * MIB);
                        ck_assert_uint_eq(reason.before, rows[i].movable_1 * MIB);
                }
                budget_done(&machine.budget);
        }
}
END_TEST

START_TEST(hot_added_kernel_memory_is_no_base_of_its_node) {
        Machine machine = boot(4096, 0, 100);
        Device dimm = new_device(SOURCE_DIMM, "a", 1, 1);

        add_blocks(&machine, &dimm, 100, 8, ZONE_KIND_KERNEL);
        ck_assert(budget_node_has_base(&machine.budget, 0));
        ck_assert(!budget_node_has_base(&machine.budget, 1));
        ck_assert(!budget_node_has_base(&machine.budget, 7));
        budget_done(&machine.budget);
}
END_TEST

/* On a node, only that node's virtio-mem devices count. */
START_TEST(nodes_have_their_own_virtio_mem_devices) {
        Machine machine = boot(2048, 2048, 100);
        Device near = new_device(SOURCE_VIRTIO_MEM, "virtio0", 1, 0);
        Device dimm = new_device(SOURCE_DIMM, "a", 2, 1);

        machine.policy.numa_aware = true;
        add_blocks(&machine, &near, 100, 8, ZONE_KIND_MOVABLE);
        ck_assert_int_eq(judge(&machine, &dimm, 32, 1).cause, BUDGET_FITS);
        add_blocks(&machine, &near, 200, 9, ZONE_KIND_MOVABLE);
        ck_assert_int_eq(judge(&machine, &dimm, 32, 1).cause, BUDGET_OVER_RATIO);
        budget_done(&machine.budget);
}
END_TEST

START_TEST(kernel_memory_comes_first_up_to_kernel_min) {
        static const struct {
                uint64_t kernel_min, cma;
                size_t n_kernel; /* of the four DIMMs of 1 GiB, which all would fit */
        } rows[] = {
                { 0, 0, 0 },    { 2047, 0, 0 }, { 2048, 0, 1 }, { 3071, 0, 1 },
                { 3072, 0, 2 }, { 2047, 1, 1 }, { 9999, 0, 4 },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                Machine machine = boot(2047, 0, 301);
                size_t n_movable = 0;

                machine.cma[0] = rows[i].cma;
                machine.policy.kernel_min = rows[i].kernel_min * MIB;
                show_zones(&machine);
                for (size_t k = 0; k < 4; k++) {
                        Device dimm = new_device(SOURCE_DIMM, "", 1, 0);

                        (void)snprintf(dimm.name, sizeof(dimm.name), "dimm%zu", k);
                        n_movable += decide_burst(&machine, UNIT_DEVICE, &dimm, 100 + 8 * k, 8);
                }
                ck_assert_msg(n_movable == (4 - rows[i].n_kernel) * 8, "row %zu: %zu", i,
                              n_movable);
                budget_done(&machine.budget);
        }
}
END_TEST

START_TEST(what_cant_be_counted_goes_to_the_kernel) {
        Machine machine = boot(4096, 0, 301);

        ck_assert_int_eq(judge(&machine, NULL, 100, 0).cause, BUDGET_FITS);
        ck_assert_int_eq(budget_set_zones(&machine.budget, NULL), 0);
        ck_assert_int_eq(judge(&machine, NULL, 100, 0).cause, BUDGET_UNKNOWN);
        ck_assert_int_eq(budget_state(&machine.budget, &machine.policy).cause, BUDGET_UNKNOWN);
        show_zones(&machine);
        ck_assert_int_eq(judge(&machine, NULL, 100, 0).cause, BUDGET_FITS);
        budget_done(&machine.budget);
}
END_TEST

START_TEST(explicit_movable_can_exceed_the_budget) {
        Machine machine = boot(1024, 0, 100);
        Device virtio = new_device(SOURCE_VIRTIO_MEM, "virtio0", 1, 0);
        BudgetReason reason;

        ck_assert_int_eq(budget_state(&machine.budget, &machine.policy).cause, BUDGET_FITS);
        machine.movable[0] = 1024;
        show_zones(&machine);
        ck_assert_int_eq(budget_state(&machine.budget, &machine.policy).cause, BUDGET_FITS);
        machine.movable[0] = 1025;
        show_zones(&machine);
        reason = budget_state(&machine.budget, &machine.policy);
        ck_assert_int_eq(reason.cause, BUDGET_OVER_RATIO);
        ck_assert_uint_eq(reason.after, 1025 * MIB);
        ck_assert_uint_eq(reason.limit, 1024 * MIB);
        ck_assert_uint_eq(reason.kernel, 1024 * MIB);

        machine.movable[0] = 0;
        add_blocks(&machine, &virtio, 100, 8, ZONE_KIND_MOVABLE);
        ck_assert_int_eq(budget_state(&machine.budget, &machine.policy).cause, BUDGET_FITS);
        add_blocks(&machine, &virtio, 200, 1, ZONE_KIND_MOVABLE);
        ck_assert_int_eq(budget_state(&machine.budget, &machine.policy).cause, BUDGET_OVER_RATIO);
        budget_done(&machine.budget);
}
END_TEST

/* A promise counts until it is settled, in whichever zone, or forgotten. */
START_TEST(promises_count_once) {
        Machine machine = boot(1024, 0, 100);
        Block block = new_block(100, 0);

        for (int i = 0; i < 2; i++)
                ck_assert_int_eq(budget_promise(&machine.budget, &block, NULL, ZONE_KIND_MOVABLE),
                                 0);
        ck_assert_uint_eq(judge(&machine, NULL, 101, 0).before, 128 * MIB);

        machine.movable[0] += 128;
        for (int i = 0; i < 2; i++)
                ck_assert_int_eq(budget_settle(&machine.budget, &block, NULL, ZONE_KIND_MOVABLE),
                                 0);
        show_zones(&machine);
        ck_assert_uint_eq(judge(&machine, NULL, 101, 0).before, 128 * MIB);

        block.index = 101;
        ck_assert_int_eq(budget_promise(&machine.budget, &block, NULL, ZONE_KIND_MOVABLE), 0);
        machine.kernel[0] += 128;
        ck_assert_int_eq(budget_settle(&machine.budget, &block, NULL, ZONE_KIND_KERNEL), 0);
        show_zones(&machine);
        ck_assert_uint_eq(judge(&machine, NULL, 102, 0).before, 128 * MIB);
        ck_assert_uint_eq(judge(&machine, NULL, 102, 0).base, 1024 * MIB);

        block.index = 102;
        ck_assert_int_eq(budget_promise(&machine.budget, &block, NULL, ZONE_KIND_MOVABLE), 0);
        budget_forget(&machine.budget, 102);
        budget_forget(&machine.budget, 102);
        ck_assert_uint_eq(judge(&machine, NULL, 102, 0).before, 128 * MIB);
        budget_done(&machine.budget);
}
END_TEST

#define N_BLOCKS 64
#define N_DEVICES 4

/* What the books must come to, of all blocks looked at one by one. */
static void check_books(const Budget *budget, const Block *blocks, const ZoneKind *promised,
                        const Snapshot *snapshot) {
        uint64_t hot[2] = {}, due[2][_ZONE_KIND_MAX] = {};
        size_t n[N_DEVICES][_ZONE_KIND_MAX] = {};

        for (size_t i = 0; i < N_BLOCKS; i++) {
                const Block *block = &blocks[i];
                bool online = block->state == BLOCK_ONLINE && block->hot_added;
                ZoneKind zone = promised[i] >= 0 ? promised[i] : block_zone_kind(block);

                if (promised[i] >= 0)
                        due[block->node][zone] += budget->block_pages;
                else if (online && zone == ZONE_KIND_KERNEL)
                        hot[block->node] += budget->block_pages;
                if (block->hot_added && block->device > 0 && (online || promised[i] >= 0))
                        n[block->device - 1][zone]++;
        }

        for (size_t i = 0; i < budget->n_nodes; i++) {
                const BudgetNode *node = &budget->nodes[i];

                ck_assert_uint_eq(node->hot_kernel, hot[node->node]);
                for (ZoneKind zone = 0; zone < _ZONE_KIND_MAX; zone++)
                        ck_assert_uint_eq(node->promised[zone], due[node->node][zone]);
        }
        for (size_t i = 0; i < N_DEVICES; i++) {
                uint32_t number = budget_find_device(budget, &snapshot->devices[i]);

                for (ZoneKind zone = 0; zone < _ZONE_KIND_MAX; zone++)
                        ck_assert_uint_eq(number > 0 ? budget->devices[number - 1].n_blocks[zone]
                                                     : 0,
                                          n[i][zone]);
        }
        ck_assert_uint_le(budget->n_devices, N_DEVICES);
}

/* Blocks come and go at random, and now and then all are counted anew: the books always hold. */
START_TEST(the_books_hold_whatever_comes) {
        _cleanup_(snapshot_done) Snapshot snapshot = {};
        ZoneKind promised[N_BLOCKS];
        Block blocks[N_BLOCKS];
        Budget budget;

        srandom(4711);
        budget_init(&budget, PAGE, BLOCK);
        for (int i = 0; i < N_DEVICES; i++) {
                Device device = new_device(i % 2 ? SOURCE_DIMM : SOURCE_VIRTIO_MEM, "d", 1, 0);

                device.name[0] = (char)('a' + i);
                ck_assert_uint_eq(snapshot_add_device(&snapshot, &device), (uint32_t)i + 1);
        }
        for (size_t i = 0; i < N_BLOCKS; i++) {
                blocks[i] = (Block){ .index = i * 3,
                                     .node = (int16_t)(i % 2),
                                     .hot_added = i % 7 != 0,
                                     .device = (uint32_t)i % (N_DEVICES + 1) };
                promised[i] = _ZONE_KIND_INVALID;
        }

        for (int step = 0; step < 20000; step++) {
                size_t i = (size_t)random() % N_BLOCKS;
                Block *block = &blocks[i];
                const Device *device = snapshot_device(&snapshot, block);
                ZoneKind zone = random() % 2;

                block->state = BLOCK_OFFLINE;
                promised[i] = _ZONE_KIND_INVALID;
                switch (random() % 4) {
                case 0:
                        budget_forget(&budget, block->index);
                        break;
                case 1:
                        promised[i] = zone;
                        ck_assert_int_eq(budget_promise(&budget, block, device, zone), 0);
                        break;
                default:
                        block->state = BLOCK_ONLINE;
                        ck_assert_int_eq(
                                valid_zones_parse(zone == ZONE_KIND_MOVABLE ? "Movable" : "Normal",
                                                  &block->valid_zones),
                                0);
                        if (random() % 2)
                                ck_assert_int_eq(budget_note(&budget, block, device), 0);
                        else
                                ck_assert_int_eq(budget_settle(&budget, block, device, zone), 0);
                }

                if (step % 1000 == 999) {
                        snapshot.n_blocks = 0;
                        for (size_t k = 0; k < N_BLOCKS; k++)
                                ck_assert_int_eq(snapshot_add(&snapshot, &blocks[k]), 0);
                        ck_assert_int_eq(budget_count(&budget, &snapshot), 0);
                }
                check_books(&budget, blocks, promised, &snapshot);
        }
        ck_assert(budget_is_complete(&budget));
        budget_done(&budget);
}
END_TEST

START_TEST(counting_anew_forgets_what_went_unseen) {
        _cleanup_(snapshot_done) Snapshot snapshot = {};
        Machine machine = boot(1024, 0, 100);
        Device dimm = new_device(SOURCE_DIMM, "a", 1, 0);
        Block block = new_block(200, 0);

        add_blocks(&machine, &dimm, 100, 8, ZONE_KIND_KERNEL);
        ck_assert_int_eq(budget_promise(&machine.budget, &block, NULL, ZONE_KIND_MOVABLE), 0);
        machine.kernel[0] = 1024;
        show_zones(&machine);
        ck_assert_uint_eq(judge(&machine, NULL, 300, 0).base, 0);

        block.state = BLOCK_OFFLINE;
        ck_assert_int_eq(snapshot_add(&snapshot, &block), 0);
        ck_assert_int_eq(budget_count(&machine.budget, &snapshot), 0);
        ck_assert_uint_eq(judge(&machine, NULL, 300, 0).base, 1024 * MIB);
        ck_assert_uint_eq(judge(&machine, NULL, 300, 0).before, 128 * MIB);
        budget_done(&machine.budget);
}
END_TEST

/* No sum and no product wraps, whatever a file of numbers says. */
START_TEST(absurd_numbers_saturate) {
        static const uint64_t ratios[] = { 0, 1, 301, MOVABLE_RATIO_MAX };
        Device dimm = new_device(SOURCE_DIMM, "a", 0, 0);
        Device virtio = new_device(SOURCE_VIRTIO_MEM, "b", 0, 0);
        ZonePages zones[] = {
                { .node = 0, .zone = ZONE_NORMAL, .present = UINT64_C(1) << 52 },
                { .node = 0, .zone = ZONE_MOVABLE, .present = UINT64_C(1) << 52 },
                { .node = INT32_MAX, .zone = ZONE_OTHER, .present = 1, .cma = UINT64_C(1) << 52 },
        };
        Zoneinfo zoneinfo = { .n_zones = ELEMENTSOF(zones), .zones = zones };

        dimm.size = UINT64_MAX;
        for (size_t i = 0; i < ELEMENTSOF(ratios); i++) {
                Machine machine = boot(0, 0, ratios[i]);

                add_blocks(&machine, &virtio, 100, 3, ZONE_KIND_MOVABLE);
                ck_assert_int_eq(budget_set_zones(&machine.budget, &zoneinfo), 0);
                ck_assert_int_eq(judge(&machine, &dimm, 1, 0).cause, BUDGET_OVER_RATIO);
                machine.policy.kernel_min = UINT64_MAX;
                ck_assert_int_eq(judge(&machine, &dimm, 1, 0).cause, BUDGET_BELOW_MIN);
                (void)budget_state(&machine.budget, &machine.policy);
                budget_done(&machine.budget);
        }
}
END_TEST

START_TEST(reasons_in_words) {
        static const struct {
                BudgetReason reason;
                const char *text;
        } rows[] = {
                { { BUDGET_FITS, -1, 2047 * MIB, 0, 1024 * MIB, 6161 * MIB, 301 },
                  "with it 1024 MiB are movable, and 6161 MiB may be: 301% of the 2047 MiB of kernel memory that count" },
                { { BUDGET_OVER_RATIO, -1, 2047 * MIB, 1024 * MIB, 2048 * MIB, 2047 * MIB, 100 },
                  "with it 2048 MiB would be movable, and 2047 MiB may be: 100% of the 2047 MiB of kernel memory that count" },
                { { BUDGET_OVER_NODE, 1, 0, 0, UINT64_C(64) << 40, 0, 301 },
                  "with it 65536 GiB would be movable on node 1, and 0 KiB may be: 301% of the 0 KiB of kernel memory that count" },
                { { BUDGET_BELOW_MIN, -1, .kernel = 2047 * MIB, .kernel_min = 4096 * MIB },
                  "2047 MiB are in kernel zones, and kernel_min asks for 4096 MiB" },
                { { BUDGET_BROKEN_UNIT, -1 }, "a part of its device is in a kernel zone already" },
                { { BUDGET_UNKNOWN, -1 }, "the budget can't be counted" },
                { { BUDGET_NOT_ASKED }, "" },
        };
        char text[BUDGET_REASON_TEXT_MAX];

        ck_assert_uint_eq(ELEMENTSOF(rows), _BUDGET_CAUSE_MAX);
        for (size_t i = 0; i < ELEMENTSOF(rows); i++)
                ck_assert_str_eq(budget_reason_format(&rows[i].reason, text), rows[i].text);
}
END_TEST

TEST_PROGRAM("budget", of_three_dimms_one_becomes_movable, the_numbers_are_those_that_decided,
             dimms_that_fit, hot_added_kernel_memory_is_no_base,
             a_device_fits_as_a_whole_or_not_at_all, what_has_no_device_is_judged_by_the_block,
             virtio_mem_grows_in_balance, virtio_mem_devices_keep_their_memory_to_themselves,
             virtio_mem_makes_no_room_for_dimms,
             a_node_without_boot_memory_gets_nothing_if_nodes_count,
             hot_added_kernel_memory_is_no_base_of_its_node,
             nodes_have_their_own_virtio_mem_devices, kernel_memory_comes_first_up_to_kernel_min,
             what_cant_be_counted_goes_to_the_kernel, explicit_movable_can_exceed_the_budget,
             promises_count_once, the_books_hold_whatever_comes,
             counting_anew_forgets_what_went_unseen, absurd_numbers_saturate, reasons_in_words);
