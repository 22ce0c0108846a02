/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "plan/choice.h"
#include "suite.h"

/*
 * A machine as text: devices with a blank between them, a character for each block. M and m: online in
 * Movable, of node 0 and 1; K: in a kernel zone; -: offline. '=' in front: it is boot memory; '.': it
 * belongs to no device. A chosen block becomes '#'.
 */
#define MACHINE_MAX 64

static void read_block(const char *text, size_t i, Block *ret) {
        *ret = (Block){ .index = i,
                        .inode = 1,
                        .node = text[i] == 'm',
                        .state = text[i] == '-' ? BLOCK_OFFLINE : BLOCK_ONLINE,
                        .source = SOURCE_DIMM };
        ck_assert_int_eq(
                valid_zones_parse(text[i] == 'K' ? "Normal" : "Movable", &ret->valid_zones), 0);
}

/* The place in the text is the block's number, so there are gaps between the devices. */
static void read_machine(const char *text, Snapshot *ret) {
        Device device = { .source = SOURCE_DIMM };
        Source source = SOURCE_UNKNOWN;
        Block block;

        *ret = (Snapshot){ .block_size = 128 << 20, .numa = true };
        for (size_t i = 0; text[i]; i++) {
                if (i == 0 || text[i - 1] == ' ') {
                        source = text[i] == '='   ? SOURCE_BOOT
                                 : text[i] == '.' ? SOURCE_PROBE
                                 : text[i] == '?' ? SOURCE_UNKNOWN
                                                  : SOURCE_DIMM;
                        (void)snprintf(device.name, sizeof(device.name), "PNP0C80:%02zu", i);
                }
                if (!strchr("MmK-", text[i]))
                        continue;
                read_block(text, i, &block);
                block.source = source;
                if (source == SOURCE_DIMM)
                        block.device = snapshot_add_device(ret, &device);
                ck_assert_int_eq(snapshot_add(ret, &block), 0);
        }
        snapshot_sort(ret);
}

/* What it comes to, as a machine again. */
static int choose(const char *text, uint64_t n_blocks, int node, char after[MACHINE_MAX],
                  uint64_t *there) {
        bool chosen[MACHINE_MAX] = {};
        Snapshot snapshot;
        int r;

        ck_assert_uint_lt(strlen(text), MACHINE_MAX);
        read_machine(text, &snapshot);
        r = choice_make(&snapshot, n_blocks, node, chosen, there);
        (void)strcpy(after, text);
        for (size_t i = 0; i < snapshot.n_blocks; i++)
                if (chosen[i])
                        after[snapshot.blocks[i].index] = '#';
        snapshot_done(&snapshot);
        return r;
}

START_TEST(amounts) {
        static const struct {
                const char *machine;
                uint64_t n_blocks;
                int node;
                const char *after;
        } cases[] = {
                /* A whole one, the highest that fits. */
                { "MMMM MM MMMM MM", 2, -1, "MMMM MM MMMM ##" },
                { "MMMM MM MMMM MM", 4, -1, "MMMM MM #### MM" },
                { "MMMM MM MMMM MM", 6, -1, "MMMM MM #### ##" },
                { "MMMM MM MMMM MM", 8, -1, "#### MM #### MM" },
                { "MMMM MM MMMM MM", 12, -1, "#### ## #### ##" },
                /* The smallest number, not the largest first. */
                { "MMMMMM MMMM MMMM", 8, -1, "MMMMMM #### ####" },
                { "MMMM MMM M MMM", 6, -1, "MMMM ### M ###" },
                { "M M M M MMM", 3, -1, "M M M M ###" },
                { "MMM MM M MM", 5, -1, "### MM M ##" },
                /* Whole ones first, and the rest out of a part, from its end. */
                { "MMMM MM", 3, -1, "MMM# ##" },
                { "MMMM MMMM", 6, -1, "MM## ####" },
                { "MMMM MMMM", 3, -1, "MMMM M###" },
                { "MM MMMMM MMMMM", 6, -1, "MM MMMM# #####" },
                /* A kernel block: the device can't go as a whole. Offline blocks don't matter. */
                { "MMMM MMKM", 4, -1, "#### MMKM" },
                { "MMMM MMKM", 6, -1, "#### M#K#" },
                { "MM-M KM--", 3, -1, "##-# KM--" },
                { "MM-M KM--", 4, -1, "##-# K#--" },
                { "MMMKM MKKMM KMMKM", 7, -1, "###K# MKKMM K##K#" },
                /* A node. A device that lies on two isn't had as a whole by one of them. */
                { "MMMM mmmm", 4, 0, "#### mmmm" },
                { "MMMM mmmm", 2, 1, "MMMM mm##" },
                { "MMmm mm mmmm", 4, 1, "MMmm mm ####" },
                { "MMmm mm", 3, 1, "MMm# ##" },
                /* Never boot memory, nor what may be; what belongs to no device comes last. */
                { "=MMMM MM", 2, -1, "=MMMM ##" },
                { "?MMMM MM", 2, -1, "?MMMM ##" },
                { ".MMMM MKM", 4, -1, ".MM## #K#" },
                { "MK .MM", 2, -1, "#K .M#" },
                { "MM", 0, -1, "MM" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char after[MACHINE_MAX];
                uint64_t there;

                ck_assert_int_eq(
                        choose(cases[i].machine, cases[i].n_blocks, cases[i].node, after, &there),
                        0);
                ck_assert_msg(strcmp(after, cases[i].after) == 0, "%lu of '%s': '%s', not '%s'",
                              cases[i].n_blocks, cases[i].machine, after, cases[i].after);
        }
}
END_TEST

START_TEST(too_much) {
        static const struct {
                const char *machine;
                uint64_t n_blocks;
                int node;
                uint64_t there;
        } cases[] = {
                { "MMMM", 5, -1, 4 }, { "=MMMM", 1, -1, 0 },   { "MM mm", 3, 1, 2 },
                { "", 1, -1, 0 },     { "KK-- .M", 2, -1, 1 }, { "MM", UINT64_MAX, -1, 2 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char after[MACHINE_MAX];
                uint64_t there = 99;

                ck_assert_int_eq(
                        choose(cases[i].machine, cases[i].n_blocks, cases[i].node, after, &there),
                        -ENOSPC);
                ck_assert_uint_eq(there, cases[i].there);
                ck_assert_str_eq(after, cases[i].machine);
        }
}
END_TEST

/* What is chosen already counts as offline, so that two amounts add up. */
START_TEST(one_after_the_other) {
        bool chosen[MACHINE_MAX] = { true, true };
        Snapshot snapshot;
        uint64_t there;

        read_machine("MMMM MMMM", &snapshot);
        ck_assert_int_eq(choice_make(&snapshot, 2, NODE_UNKNOWN, chosen, &there), 0);
        ck_assert(chosen[0] && chosen[1] && chosen[2] && chosen[3] && !chosen[4]);
        ck_assert_int_eq(choice_make(&snapshot, 5, NODE_UNKNOWN, chosen, &there), -ENOSPC);
        ck_assert_uint_eq(there, 4);
        snapshot_done(&snapshot);
}
END_TEST

/* As large as machines get, in odd pieces, as any order of sizes must be dealt with in a moment. */
START_TEST(large) {
        enum { DEVICES = 1000, BLOCKS = 400 };
        Snapshot snapshot = { .block_size = 2 << 20, .numa = true };
        uint64_t n_asked = DEVICES * BLOCKS / 2 + 1, n_chosen = 0, there;
        Block block = { .inode = 1, .state = BLOCK_ONLINE, .source = SOURCE_VIRTIO_MEM };
        bool *chosen = calloc(DEVICES * BLOCKS, sizeof(bool));

        ck_assert_int_eq(valid_zones_parse("Movable", &block.valid_zones), 0);
        for (size_t i = 0; i < DEVICES; i++) {
                Device device = { .source = SOURCE_VIRTIO_MEM };

                (void)snprintf(device.name, sizeof(device.name), "virtio%zu", i);
                block.device = snapshot_add_device(&snapshot, &device);
                for (size_t k = 0; k < (i % 2 ? BLOCKS - 1 : BLOCKS); k++, block.index++)
                        ck_assert_int_eq(snapshot_add(&snapshot, &block), 0);
        }
        snapshot_sort(&snapshot);
        ck_assert_int_eq(choice_make(&snapshot, n_asked, NODE_UNKNOWN, chosen, &there), 0);
        for (size_t i = 0; i < snapshot.n_blocks; i++)
                n_chosen += chosen[i];
        ck_assert_uint_eq(n_chosen, n_asked);
        free(chosen);
        snapshot_done(&snapshot);
}
END_TEST

TEST_PROGRAM("choice", amounts, too_much, one_after_the_other, large);
