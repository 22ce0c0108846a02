/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/zoneinfo.h"
#include "suite.h"

/* Out of a machine with 6.1, shortened: two nodes, a Device zone, zones without pages. */
static const char two_nodes[] = "Node 0, zone      DMA\n"
                                "  per-node stats\n"
                                "      nr_inactive_anon 1125355\n"
                                "      nr_kernel_misc_reclaimable 0\n"
                                "  pages free     3840\n"
                                "        boost    0\n"
                                "        min      19\n"
                                "        high     27\n"
                                "        spanned  4095\n"
                                "        present  3998\n"
                                "        managed  3840\n"
                                "        cma      0\n"
                                "        protection: (0, 3019, 13259, 13259, 13259)\n"
                                "      nr_free_pages 3840\n"
                                "      nr_free_cma  0\n"
                                "  pagesets\n"
                                "    cpu: 0\n"
                                "              count: 0\n"
                                "              high:  0\n"
                                "  vm stats threshold: 4\n"
                                "  node_unreclaimable:  0\n"
                                "  start_pfn:           1\n"
                                "Node 0, zone    DMA32\n"
                                "  pages free     772791\n"
                                "        spanned  1044480\n"
                                "        present  782336\n"
                                "        managed  772917\n"
                                "        cma      16384\n"
                                "Node 0, zone   Normal\n"
                                "  pages free     0\n"
                                "        spanned  0\n"
                                "        present  0\n"
                                "        managed  0\n"
                                "        cma      0\n"
                                "        protection: (0, 0, 0, 0, 0)\n"
                                "Node 0, zone  Movable\n"
                                "  pages free     32768\n"
                                "        spanned  65536\n"
                                "        present  32768\n"
                                "        managed  32768\n"
                                "        cma      0\n"
                                "Node 0, zone   Device\n"
                                "        spanned  0\n"
                                "        present  0\n"
                                "        managed  0\n"
                                "Node 1, zone   Normal\n"
                                "        spanned  262144\n"
                                "        present  262144\n"
                                "        managed  257000\n"
                                "        cma      0\n";

START_TEST(reads_each_zone_of_each_node) {
        static const ZonePages rows[] = {
                { 0, ZONE_DMA, 4095, 3998, 3840, 0, 3840 },
                { 0, ZONE_DMA32, 1044480, 782336, 772917, 16384, 772791 },
                { 0, ZONE_NORMAL, 0, 0, 0, 0 },
                { 0, ZONE_MOVABLE, 65536, 32768, 32768, 0, 32768 },
                { 0, ZONE_OTHER, 0, 0, 0, 0 },
                { 1, ZONE_NORMAL, 262144, 262144, 257000, 0 },
        };
        _cleanup_(zoneinfo_done) Zoneinfo zoneinfo = {};

        ck_assert_int_eq(zoneinfo_parse(two_nodes, &zoneinfo), 0);
        ck_assert_uint_eq(zoneinfo.n_zones, ELEMENTSOF(rows));
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                const ZonePages *zone = &zoneinfo.zones[i];

                ck_assert_int_eq(zone->node, rows[i].node);
                ck_assert_int_eq(zone->zone, rows[i].zone);
                ck_assert_uint_eq(zone->spanned, rows[i].spanned);
                ck_assert_uint_eq(zone->present, rows[i].present);
                ck_assert_uint_eq(zone->managed, rows[i].managed);
                ck_assert_uint_eq(zone->cma, rows[i].cma);
                ck_assert_uint_eq(zone->free, rows[i].free);
        }
}
END_TEST

/* 4.9: node_scanned instead of boost, no cma, no word about the node. */
START_TEST(reads_what_old_kernels_write) {
        static const char text[] = "Node 0, zone  HighMem\n"
                                   "  pages free     20\n"
                                   "        min      1\n"
                                   "   node_scanned  0\n"
                                   "        spanned  100\n"
                                   "        present  90\n"
                                   "        managed  80\n"
                                   "      nr_free_pages 20\n"
                                   "        protection: (0, 0)\n"
                                   "  start_pfn:         1\n"
                                   "  node_inactive_ratio: 0"; /* without a newline */
        _cleanup_(zoneinfo_done) Zoneinfo zoneinfo = {};

        ck_assert_int_eq(zoneinfo_parse(text, &zoneinfo), 0);
        ck_assert_uint_eq(zoneinfo.n_zones, 1);
        ck_assert_int_eq(zoneinfo.zones[0].zone, ZONE_HIGHMEM);
        ck_assert_uint_eq(zoneinfo.zones[0].present, 90);
        ck_assert_uint_eq(zoneinfo.zones[0].cma, 0);
        ck_assert_uint_eq(zoneinfo.zones[0].free, 20);
}
END_TEST

START_TEST(what_cant_be_right_is_refused) {
        static const char *const rows[] = {
                "",
                "\n",
                "  present 5\n",
                "no zones here\n",
                "Node\n",
                "Node 0\n",
                "Node , zone Normal\n",
                "Node 0, zone\n",
                "Node 0, zone \n",
                "Node 0, zone Normal DMA\n",
                "Node -1, zone Normal\n",
                "Node 00, zone Normal\n",
                "Node 2147483648, zone Normal\n",
                "Node 99999999999999999999, zone Normal\n",
                "Node 0 zone Normal\n",
                "Node 0, zone Normal\n present\n",
                "Node 0, zone Normal\n present -1\n",
                "Node 0, zone Normal\n present 1 2\n",
                "Node 0, zone Normal\n present 0x10\n",
                "Node 0, zone Normal\n spanned 99999999999999999999\n",
                "Node 0, zone Normal\n managed 4503599627370497\n",
                "Node 0, zone Normal\n  pages free -1\n",
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                Zoneinfo zoneinfo = {};

                ck_assert_msg(zoneinfo_parse(rows[i], &zoneinfo) == -EBADMSG, "row %zu", i);
                ck_assert_ptr_null(zoneinfo.zones);
        }
}
END_TEST

START_TEST(lines_have_an_end) {
        static char text[4096];
        Zoneinfo zoneinfo = {};

        (void)memset(text, 'x', sizeof(text) - 1);
        ck_assert_int_eq(zoneinfo_parse(text, &zoneinfo), -EBADMSG);
        ck_assert_int_eq(zoneinfo_add_line(&zoneinfo, text), 0);
        ck_assert_uint_eq(zoneinfo.n_zones, 0);
}
END_TEST

START_TEST(clearing_keeps_the_memory) {
        _cleanup_(zoneinfo_done) Zoneinfo zoneinfo = {};
        const ZonePages *zones;

        ck_assert_int_eq(zoneinfo_parse(two_nodes, &zoneinfo), 0);
        zones = zoneinfo.zones;
        zoneinfo_clear(&zoneinfo);
        ck_assert_uint_eq(zoneinfo.n_zones, 0);
        ck_assert_int_eq(zoneinfo_add_line(&zoneinfo, "Node 3, zone Movable"), 0);
        ck_assert_ptr_eq(zoneinfo.zones, zones);
        ck_assert_int_eq(zoneinfo.zones[0].node, 3);
        ck_assert_uint_eq(zoneinfo.zones[0].present, 0);
}
END_TEST

START_TEST(there_may_be_many_zones) {
        _cleanup_(zoneinfo_done) Zoneinfo zoneinfo = {};
        char line[64];

        for (int node = 0; node < 1024; node++) {
                (void)snprintf(line, sizeof(line), "Node %d, zone   Normal", node);
                ck_assert_int_eq(zoneinfo_add_line(&zoneinfo, line), 0);
        }
        ck_assert_uint_eq(zoneinfo.n_zones, 1024);
        ck_assert_int_eq(zoneinfo.zones[1023].node, 1023);
}
END_TEST

TEST_PROGRAM("zoneinfo", reads_each_zone_of_each_node, reads_what_old_kernels_write,
             what_cant_be_right_is_refused, lines_have_an_end, clearing_keeps_the_memory,
             there_may_be_many_zones);
