/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <stdio.h>
#include <string.h>

#include "model/own-map.h"
#include "suite.h"

#define PAGE 4096
#define BLOCK (UINT64_C(128) << 20)
#define BLOCK_PAGES 32768
#define MAP_PAGES 512 /* of a block */

typedef struct Machine {
        Snapshot snapshot;
        Zoneinfo zoneinfo;
} Machine;

static void add_blocks(Machine *machine, BlockIndex first, size_t n, int16_t node,
                       const char *zones, BlockState state, const Device *device) {
        Block block = { .node = node, .state = state, .hot_added = device };

        ck_assert_int_eq(valid_zones_parse(zones, &block.valid_zones), 0);
        if (device)
                block.device = snapshot_add_device(&machine->snapshot, device);
        for (block.index = first; block.index < first + n; block.index++)
                ck_assert_int_eq(snapshot_add(&machine->snapshot, &block), 0);
}

static void add_zone(Machine *machine, int node, const char *zone, uint64_t present,
                     uint64_t managed) {
        char line[64];

        (void)snprintf(line, sizeof(line), "Node %d, zone %s", node, zone);
        ck_assert_int_eq(zoneinfo_add_line(&machine->zoneinfo, line), 0);
        (void)snprintf(line, sizeof(line), "        present  %d", (int)present);
        ck_assert_int_eq(zoneinfo_add_line(&machine->zoneinfo, line), 0);
        (void)snprintf(line, sizeof(line), "        managed  %d", (int)managed);
        ck_assert_int_eq(zoneinfo_add_line(&machine->zoneinfo, line), 0);
}

static const Device large = { .source = SOURCE_DIMM, .name = "PNP0C80:00", .size = 8 * BLOCK },
                    small = { .source = SOURCE_DIMM, .name = "PNP0C80:01", .size = BLOCK },
                    grows = { .source = SOURCE_VIRTIO_MEM, .name = "virtio0", .size = 4 * BLOCK };

/* 2 GiB of the boot on node 0, of which the kernel has some for itself. */
static Machine machine_new(void) {
        Machine machine = { .snapshot = { .block_size = BLOCK, .numa = true } };

        add_blocks(&machine, 0, 16, 0, "Normal", BLOCK_ONLINE, NULL);
        add_zone(&machine, 0, "Normal", (uint64_t)16 * BLOCK_PAGES, 500000);
        return machine;
}

static void machine_done(Machine *machine) {
        snapshot_done(&machine->snapshot);
        zoneinfo_done(&machine->zoneinfo);
}

static OwnMap find(const Machine *machine, MemmapOnMemory setting, const char *release) {
        return own_map_find(setting, release, &machine->snapshot, &machine->zoneinfo, PAGE);
}

START_TEST(by_the_setting) {
        Machine machine = machine_new();
        OwnMap own;

        own = find(&machine, MEMMAP_ON_MEMORY_NO, "6.12.95");
        ck_assert_uint_eq(own.block_bytes, 0);
        ck_assert_uint_eq(own_map_of(&own, SOURCE_DIMM, 1), 0);
        own = find(&machine, MEMMAP_ON_MEMORY_YES, "6.12.95");
        ck_assert_uint_eq(own.block_bytes, 2 << 20);
        ck_assert_uint_eq(own_map_of(&own, SOURCE_DIMM, 1), 2 << 20);
        ck_assert_uint_eq(own_map_of(&own, SOURCE_DIMM, 8), 16 << 20);
        ck_assert_uint_eq(own_map_of(&own, SOURCE_VIRTIO_MEM, 8), 0);
        ck_assert_uint_eq(own_map_of(&own, SOURCE_DAX, 8), 0);
        ck_assert_uint_eq(memory_map_bytes(UINT64_C(1) << 40, PAGE), UINT64_C(1) << 34);

        /* A map that is half an entry of the page tables. */
        machine.snapshot.block_size = BLOCK / 2;
        own = find(&machine, MEMMAP_ON_MEMORY_YES, "6.12.95");
        ck_assert_uint_eq(own.block_bytes, 0);
        own = find(&machine, MEMMAP_ON_MEMORY_FORCE, "6.12.95");
        ck_assert_uint_eq(own.block_bytes, 1 << 20);
        machine_done(&machine);
}
END_TEST

START_TEST(by_the_release) {
        static const struct {
                const char *release;
                bool large;
        } rows[] = {
                { "6.8.0", true },   { "6.12.95+deb12-amd64", true },
                { "7.0", true },     { "10.1", true },
                { "6.7.12", false }, { "6.1.0-50-amd64", false },
                { "5.19.1", false }, { "", false },
                { "next", false },   { NULL, false },
        };
        Machine machine = machine_new();

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                OwnMap own = find(&machine, MEMMAP_ON_MEMORY_YES, rows[i].release);

                ck_assert_msg(own.large == rows[i].large, "row %zu", i);
                ck_assert_uint_eq(own_map_of(&own, SOURCE_DIMM, 2), rows[i].large ? 4 << 20 : 0);
                ck_assert_uint_eq(own_map_of(&own, SOURCE_DIMM, 1), 2 << 20);
        }
        ck_assert(!own_map_find(MEMMAP_ON_MEMORY_YES, "6.1", &machine.snapshot, NULL, PAGE).large);
        machine_done(&machine);
}
END_TEST

/* What 6.1 and 6.12 have with two DIMMs in Movable, and what they would have otherwise. */
START_TEST(by_what_zones_lack) {
        static const struct {
                uint64_t managed;
                bool large;
        } rows[] = {
                { 9 * (BLOCK_PAGES - MAP_PAGES), true },
                { 9 * BLOCK_PAGES - MAP_PAGES, false },
                { 9 * BLOCK_PAGES, false },
                { 9 * (BLOCK_PAGES - MAP_PAGES) - 100, true }, /* something else besides */
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                Machine machine = machine_new();

                add_blocks(&machine, 32, 8, 1, "Movable", BLOCK_ONLINE, &large);
                add_blocks(&machine, 40, 1, 1, "Movable", BLOCK_ONLINE, &small);
                add_zone(&machine, 1, "Movable", 9 * BLOCK_PAGES, rows[i].managed);
                ck_assert_msg(find(&machine, MEMMAP_ON_MEMORY_YES, rows[i].large ? "6.1" : "6.12")
                                              .large == rows[i].large,
                              "row %zu", i);
                machine_done(&machine);
        }
}
END_TEST

START_TEST(where_nothing_can_be_told) {
        Machine machine = machine_new();

        /* Offline; among memory of the boot; and a kernel that doesn't tell what it manages. */
        add_blocks(&machine, 32, 8, 1, "Normal Movable", BLOCK_OFFLINE, &large);
        ck_assert(find(&machine, MEMMAP_ON_MEMORY_YES, "6.12").large);
        add_blocks(&machine, 48, 8, 0, "Normal", BLOCK_ONLINE, &large);
        ck_assert(find(&machine, MEMMAP_ON_MEMORY_YES, "6.12").large);
        ck_assert(!find(&machine, MEMMAP_ON_MEMORY_YES, "6.1").large);
        add_blocks(&machine, 56, 8, 2, "Movable", BLOCK_ONLINE, &large);
        add_zone(&machine, 2, "Movable", 8 * BLOCK_PAGES, 0);
        ck_assert(find(&machine, MEMMAP_ON_MEMORY_YES, "6.12").large);
        ck_assert(!find(&machine, MEMMAP_ON_MEMORY_YES, "6.1").large);

        /* The next node tells; virtio-mem there never has a map of its own. */
        add_blocks(&machine, 64, 8, 3, "Normal", BLOCK_ONLINE, &large);
        add_blocks(&machine, 72, 4, 3, "Normal", BLOCK_ONLINE, &grows);
        add_zone(&machine, 3, "Normal", 12 * BLOCK_PAGES, 12 * BLOCK_PAGES - 8 * MAP_PAGES);
        ck_assert(find(&machine, MEMMAP_ON_MEMORY_YES, "6.1").large);
        machine_done(&machine);
}
END_TEST

START_TEST(of_a_block) {
        Machine machine = machine_new();
        const Snapshot *snapshot = &machine.snapshot;
        OwnMap own;

        add_blocks(&machine, 32, 8, 1, "Movable", BLOCK_ONLINE, &large);
        add_blocks(&machine, 40, 1, 1, "Movable", BLOCK_ONLINE, &small);
        add_blocks(&machine, 48, 4, 1, "Movable", BLOCK_ONLINE, &grows);
        snapshot_sort(&machine.snapshot);
        own = (OwnMap){ .block_bytes = 2 << 20 };
        ck_assert_uint_eq(own_map_of_block(&own, snapshot, snapshot_find(snapshot, 32)), 0);
        ck_assert_uint_eq(own_map_of_block(&own, snapshot, snapshot_find(snapshot, 40)), 2 << 20);
        own.large = true;
        ck_assert_uint_eq(own_map_of_block(&own, snapshot, snapshot_find(snapshot, 0)), 0);
        ck_assert_uint_eq(own_map_of_block(&own, snapshot, snapshot_find(snapshot, 39)), 2 << 20);
        ck_assert_uint_eq(own_map_of_block(&own, snapshot, snapshot_find(snapshot, 48)), 0);

        /* A DIMM of the boot has its map where all of the boot's is. */
        snapshot_find(snapshot, 32)->hot_added = false;
        ck_assert_uint_eq(own_map_of_block(&own, snapshot, snapshot_find(snapshot, 32)), 0);
        machine_done(&machine);
}
END_TEST

START_TEST(settings_have_words) {
        for (MemmapOnMemory setting = 0; setting < _MEMMAP_ON_MEMORY_MAX; setting++)
                ck_assert_int_eq(memmap_on_memory_from_string(memmap_on_memory_to_string(setting)),
                                 setting);
        ck_assert_int_lt(memmap_on_memory_from_string("1"), 0);
}
END_TEST

TEST_PROGRAM("own-map", by_the_setting, by_the_release, by_what_zones_lack,
             where_nothing_can_be_told, of_a_block, settings_have_words);
