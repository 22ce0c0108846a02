/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>
#include <string.h>

#include "model/block.h"
#include "model/outcome.h"
#include "model/setting.h"
#include "model/zone.h"
#include "rules/policy.h"
#include "rules/verdict.h"
#include "suite.h"

#define MIB128 (UINT64_C(128) << 20)

/* What a rule of a test asks for; NULL matches all. */
typedef struct MatchText {
        const char *nodes, *addresses, *blocks;
        uint32_t sources;
        SizeBound size_min, size_max;
        Cpuless cpuless;
} MatchText;

static const VerdictFacts facts_128 = { .block_size = MIB128 };

static RangeSet *ranges(const char *text) {
        RangeSet *set = NULL;

        if (text)
                ck_assert_int_eq(range_set_parse(text, &set), 0);
        return set;
}

static void add_rule_of(Policy *policy, const MatchText *match, Online online, Online or_else,
                        Unit unit) {
        Rule rule = {
                .name = strdup("test"),
                .match = { ranges(match->nodes), ranges(match->addresses), ranges(match->blocks),
                           match->sources, match->size_min, match->size_max, match->cpuless },
                .online = online,
                .or_else = or_else,
                .unit = unit,
        };

        ck_assert_int_eq(policy_add_rule(policy, &rule), 0);
        ck_assert_ptr_null(rule.name);
}

static void add_rule(Policy *policy, const MatchText *match, Online online) {
        add_rule_of(policy, match, online, ONLINE_LEAVE, UNIT_BLOCK);
}

START_TEST(all_that_is_given_must_match) {
        static const struct {
                MatchText match;
                uint64_t block;
                int node;
                bool matches;
        } rows[] = {
                { {}, 32, 1, true },
                { { .nodes = "1" }, 32, 1, true },
                { { .nodes = "0,2" }, 32, 1, false },
                { { .nodes = "0-18446744073709551615" }, 32, NODE_UNKNOWN, false },
                { { .blocks = "32-39" }, 32, 0, true },
                { { .blocks = "32-39" }, 39, 0, true },
                { { .blocks = "32-39" }, 40, 0, false },
                /* Block 32 is 0x100000000 to 0x107ffffff. */
                { { .addresses = "0x100000000-0x107ffffff" }, 32, 0, true },
                { { .addresses = "0x100000000-0x107fffffe" }, 32, 0, false },
                { { .addresses = "0x100000001-0x107ffffff" }, 32, 0, false },
                { { .addresses = "0x100000000-0x17fffffff" }, 39, 0, true },
                { { .addresses = "0x100000000-0x17fffffff" }, 47, 0, true },
                { { .addresses = "0x100000000-0x17fffffff" }, 48, 0, false },
                { { .addresses = "0x100000000-0x103ffffff,0x104000000-0x107ffffff" }, 32, 0, true },
                { { .nodes = "1", .addresses = "0x100000000-0x17fffffff", .blocks = "32" },
                  32,
                  1,
                  true },
                { { .nodes = "2", .addresses = "0x100000000-0x17fffffff", .blocks = "32" },
                  32,
                  1,
                  false },
                { { .nodes = "1", .addresses = "0x108000000-0x17fffffff", .blocks = "32" },
                  32,
                  1,
                  false },
                { { .nodes = "1", .addresses = "0x100000000-0x17fffffff", .blocks = "33" },
                  32,
                  1,
                  false },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(policy_unrefp) Policy *policy = policy_new();
                Block block = { .index = rows[i].block, .node = (int16_t)rows[i].node };

                add_rule(policy, &rows[i].match, ONLINE_MOVABLE);
                ck_assert_msg(rule_matches(&policy->rules[0], &block, &facts_128) ==
                                      rows[i].matches,
                              "row %zu", i);
        }
}
END_TEST

/* 2^37 blocks of 128 MiB are all that 64 bits can address; wrapped, the next would be at 0. */
START_TEST(addresses_dont_wrap) {
        static const struct {
                const char *addresses;
                uint64_t block;
                bool matches;
        } rows[] = {
                { "0-18446744073709551615", (UINT64_C(1) << 37) - 1, true },
                { "0xfffffffff8000000-0xffffffffffffffff", (UINT64_C(1) << 37) - 1, true },
                { "0xfffffffff8000000-0xfffffffffffffffe", (UINT64_C(1) << 37) - 1, false },
                { "0-0x7ffffff", UINT64_C(1) << 37, false },
                { "0-18446744073709551615", UINT64_C(1) << 37, false },
                { "0-18446744073709551615", UINT64_MAX, false },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(policy_unrefp) Policy *policy = policy_new();
                MatchText match = { .addresses = rows[i].addresses };
                Block block = { .index = rows[i].block };

                add_rule(policy, &match, ONLINE_MOVABLE);
                ck_assert_msg(rule_matches(&policy->rules[0], &block, &facts_128) ==
                                      rows[i].matches,
                              "row %zu", i);
        }
}
END_TEST

#define DIMM SOURCE_BIT(SOURCE_DIMM)
#define VIRTIO SOURCE_BIT(SOURCE_VIRTIO_MEM)
#define BOUND(n) \
        { true, (n) }
#define GIB (UINT64_C(1) << 30)

/* Device 1 is a DIMM of 4 GiB. */
START_TEST(source_and_size_are_the_devices) {
        static const struct {
                MatchText match;
                Source source;
                uint32_t device;
                bool matches;
        } rows[] = {
                { { .sources = DIMM }, SOURCE_DIMM, 1, true },
                { { .sources = DIMM | VIRTIO }, SOURCE_VIRTIO_MEM, 0, true },
                { { .sources = DIMM | VIRTIO }, SOURCE_BOOT, 0, false },
                { { .sources = DIMM }, SOURCE_UNKNOWN, 0, false },
                { { .sources = SOURCE_BIT(SOURCE_UNKNOWN) }, SOURCE_UNKNOWN, 0, true },
                { { .sources = SOURCE_BIT(SOURCE_UNKNOWN) }, SOURCE_PROBE, 0, false },
                { { .size_min = BOUND(4 * GIB) }, SOURCE_DIMM, 1, true },
                { { .size_min = BOUND(4 * GIB + 1) }, SOURCE_DIMM, 1, false },
                { { .size_max = BOUND(4 * GIB) }, SOURCE_DIMM, 1, true },
                { { .size_max = BOUND(4 * GIB - 1) }, SOURCE_DIMM, 1, false },
                { { .size_min = BOUND(1), .size_max = BOUND(8 * GIB) }, SOURCE_DIMM, 1, true },
                { { .size_min = BOUND(5 * GIB), .size_max = BOUND(8 * GIB) },
                  SOURCE_DIMM,
                  1,
                  false },
                /* Whatever the size, it asks for a device. */
                { { .size_min = BOUND(0) }, SOURCE_DIMM, 1, true },
                { { .size_min = BOUND(0) }, SOURCE_BOOT, 0, false },
                { { .size_max = BOUND(UINT64_MAX) }, SOURCE_BOOT, 0, false },
                { { .nodes = "1", .sources = DIMM, .size_min = BOUND(1) }, SOURCE_DIMM, 1, true },
                { { .nodes = "2", .sources = DIMM, .size_min = BOUND(1) }, SOURCE_DIMM, 1, false },
                { { .nodes = "1", .sources = VIRTIO, .size_min = BOUND(1) },
                  SOURCE_DIMM,
                  1,
                  false },
        };
        _cleanup_(snapshot_done) Snapshot snapshot = {};
        VerdictFacts facts = { .block_size = MIB128, .snapshot = &snapshot };
        const Device dimm = { .source = SOURCE_DIMM, .name = "PNP0C80:00", .size = 4 * GIB };

        ck_assert_uint_eq(snapshot_add_device(&snapshot, &dimm), 1);
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(policy_unrefp) Policy *policy = policy_new();
                Block block = {
                        .index = 32, .node = 1, .source = rows[i].source, .device = rows[i].device
                };

                add_rule(policy, &rows[i].match, ONLINE_MOVABLE);
                ck_assert_msg(rule_matches(&policy->rules[0], &block, &facts) == rows[i].matches,
                              "row %zu", i);
        }
}
END_TEST

START_TEST(devices_that_werent_read_have_no_size) {
        _cleanup_(policy_unrefp) Policy *policy = policy_new();
        Block block = { .source = SOURCE_DIMM, .device = 1 };

        add_rule(policy, &(MatchText){ .size_min = BOUND(0) }, ONLINE_MOVABLE);
        ck_assert(!rule_matches(&policy->rules[0], &block, &facts_128));
}
END_TEST

/* Nodes 0 and 2 have CPUs. */
START_TEST(nodes_with_and_without_cpus) {
        static const struct {
                Cpuless cpuless;
                int node;
                bool matches, matches_unknown;
        } rows[] = {
                { CPULESS_ANY, 0, true, true },   { CPULESS_ANY, 1, true, true },
                { CPULESS_YES, 0, false, false }, { CPULESS_YES, 1, true, false },
                { CPULESS_NO, 0, true, false },   { CPULESS_NO, 1, false, false },
                { CPULESS_NO, 2, true, false },   { CPULESS_YES, NODE_UNKNOWN, false, false },
        };
        _cleanup_(range_set_freep) RangeSet *cpus = ranges("0,2");
        const VerdictFacts facts = { .block_size = MIB128, .cpu_nodes = cpus };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(policy_unrefp) Policy *policy = policy_new();
                Block block = { .node = (int16_t)rows[i].node };
                const Rule *rule;

                add_rule(policy, &(MatchText){ .cpuless = rows[i].cpuless }, ONLINE_MOVABLE);
                rule = &policy->rules[0];
                ck_assert_msg(rule_matches(rule, &block, &facts) == rows[i].matches, "row %zu", i);
                ck_assert_msg(rule_matches(rule, &block, &facts_128) == rows[i].matches_unknown,
                              "row %zu", i);
        }
}
END_TEST

/* What stands behind a rule that takes everything is never asked, and so asks for nothing. */
START_TEST(devices_are_asked_for_by_rules_in_play) {
        static const struct {
                MatchText rules[2];
                bool devices, cpus;
        } rows[] = {
                { { { .nodes = "1" }, {} }, false, false },
                { { { .sources = DIMM }, {} }, true, false },
                { { { .nodes = "1" }, { .size_min = BOUND(0) } }, true, false },
                { { { .nodes = "1" }, { .size_max = BOUND(0) } }, true, false },
                { { { .nodes = "1" }, { .cpuless = CPULESS_NO } }, false, true },
                { { {}, { .sources = DIMM, .cpuless = CPULESS_NO } }, false, false },
                { { {}, { .size_max = BOUND(1) } }, false, false },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(policy_unrefp) Policy *policy = policy_new();

                add_rule(policy, &rows[i].rules[0], ONLINE_MOVABLE);
                add_rule(policy, &rows[i].rules[1], ONLINE_MOVABLE);
                ck_assert_msg(policy_asks_for_devices(policy) == rows[i].devices, "row %zu", i);
                ck_assert_msg(policy_asks_for_cpus(policy) == rows[i].cpus, "row %zu", i);
        }
}
END_TEST

START_TEST(auto_and_whole_devices_ask_for_devices) {
        static const struct {
                Online online;
                Unit unit;
                bool devices, budget;
        } rows[] = {
                { ONLINE_AUTO, UNIT_DEVICE, true, true },
                { ONLINE_AUTO, UNIT_BLOCK, true, true },
                { ONLINE_MOVABLE, UNIT_DEVICE, true, false },
                { ONLINE_MOVABLE, UNIT_BLOCK, false, false },
                { ONLINE_KERNEL, UNIT_DEVICE, false, false },
                { ONLINE_DEFAULT, UNIT_DEVICE, false, false },
                { ONLINE_LEAVE, UNIT_DEVICE, false, false },
                { ONLINE_KERNEL_POLICY, UNIT_DEVICE, false, false },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(policy_unrefp) Policy *policy = policy_new(), *behind = policy_new();

                add_rule_of(policy, &(MatchText){}, rows[i].online, ONLINE_LEAVE, rows[i].unit);
                ck_assert_msg(policy_asks_for_devices(policy) == rows[i].devices, "row %zu", i);
                ck_assert_msg(policy_asks_for_budget(policy) == rows[i].budget, "row %zu", i);

                add_rule(behind, &(MatchText){}, ONLINE_LEAVE);
                add_rule_of(behind, &(MatchText){}, rows[i].online, ONLINE_LEAVE, rows[i].unit);
                ck_assert(!policy_asks_for_devices(behind) && !policy_asks_for_budget(behind));
        }
}
END_TEST

/* 1024 MiB of kernel memory, of which as much may be movable; a DIMM of eight blocks, and a bit more. */
START_TEST(auto_comes_to_what_the_budget_allows) {
        static const struct {
                uint64_t size;
                Unit unit;
                Online or_else, verdict, verdict_or_else;
                BudgetCause cause;
        } rows[] = {
                { GIB, UNIT_DEVICE, ONLINE_KERNEL, ONLINE_MOVABLE, ONLINE_KERNEL, BUDGET_FITS },
                { GIB, UNIT_DEVICE, ONLINE_LEAVE, ONLINE_MOVABLE, ONLINE_LEAVE, BUDGET_FITS },
                { GIB, UNIT_DEVICE, ONLINE_MOVABLE, ONLINE_MOVABLE, ONLINE_LEAVE, BUDGET_FITS },
                { GIB + MIB128, UNIT_DEVICE, ONLINE_KERNEL, ONLINE_KERNEL, ONLINE_LEAVE,
                  BUDGET_OVER_RATIO },
                { GIB + MIB128, UNIT_DEVICE, ONLINE_MOVABLE, ONLINE_KERNEL, ONLINE_MOVABLE,
                  BUDGET_OVER_RATIO },
                { GIB + MIB128, UNIT_BLOCK, ONLINE_KERNEL, ONLINE_MOVABLE, ONLINE_KERNEL,
                  BUDGET_FITS },
        };
        ZonePages zone = { .zone = ZONE_NORMAL, .present = GIB / 4096 };
        const Zoneinfo zoneinfo = { .n_zones = 1, .zones = &zone };
        Block block = { .index = 32, .hot_added = true, .source = SOURCE_DIMM, .device = 1 };
        Budget budget;

        budget_init(&budget, 4096, MIB128);
        ck_assert_int_eq(budget_set_zones(&budget, &zoneinfo), 0);
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(snapshot_done) Snapshot snapshot = {};
                _cleanup_(policy_unrefp) Policy *policy = policy_new();
                const Device dimm = { .source = SOURCE_DIMM, .name = "a", .size = rows[i].size };
                VerdictFacts facts = { MIB128, .snapshot = &snapshot, .budget = &budget };
                Verdict verdict;

                policy->movable_ratio = 100;
                add_rule_of(policy, &(MatchText){}, ONLINE_AUTO, rows[i].or_else, rows[i].unit);
                ck_assert_uint_eq(snapshot_add_device(&snapshot, &dimm), 1);

                verdict = verdict_for_block(policy, &block, &facts);
                ck_assert_msg(verdict.online == rows[i].verdict, "row %zu", i);
                ck_assert_msg(verdict.or_else == rows[i].verdict_or_else, "row %zu", i);
                ck_assert_msg(verdict.budget.cause == rows[i].cause, "row %zu", i);

                facts.budget = NULL;
                verdict = verdict_for_block(policy, &block, &facts);
                ck_assert_int_eq(verdict.online, ONLINE_KERNEL);
                ck_assert_int_eq(verdict.budget.cause, BUDGET_UNKNOWN);
        }
        budget_done(&budget);
}
END_TEST

START_TEST(auto_leaves_what_is_online_where_it_is) {
        static const struct {
                const char *zones;
                Online online;
        } rows[] = {
                { "Movable", ONLINE_MOVABLE },
                { "Normal", ONLINE_KERNEL },
                { "none", ONLINE_DEFAULT },
        };
        _cleanup_(policy_unrefp) Policy *policy = policy_new();

        add_rule(policy, &(MatchText){}, ONLINE_AUTO);
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                Block block = { .index = 32, .state = BLOCK_ONLINE };
                Verdict verdict;

                ck_assert_int_eq(valid_zones_parse(rows[i].zones, &block.valid_zones), 0);
                verdict = verdict_for_block(policy, &block, &facts_128);
                ck_assert_int_eq(verdict.online, rows[i].online);
                ck_assert_int_eq(verdict.budget.cause, BUDGET_NOT_ASKED);
        }
}
END_TEST

START_TEST(the_first_rule_that_matches_decides) {
        static const struct {
                uint64_t block;
                int node;
                size_t rule;
                Online online;
        } rows[] = {
                { 32, 1, 0, ONLINE_KERNEL },  { 40, 1, 1, ONLINE_MOVABLE },
                { 40, 2, 2, ONLINE_DEFAULT }, { 32, 2, 2, ONLINE_DEFAULT },
                { 32, 0, 8, ONLINE_LEAVE }, /* of the built-in ones */
        };
        const VerdictFacts facts = { MIB128, .kernel_policy = ONLINE_LEAVE };
        _cleanup_(policy_unrefp) Policy *policy = policy_new();

        add_rule(policy, &(MatchText){ .nodes = "1", .blocks = "32-39" }, ONLINE_KERNEL);
        add_rule(policy, &(MatchText){ .nodes = "1" }, ONLINE_MOVABLE);
        add_rule(policy, &(MatchText){ .nodes = "1-3" }, ONLINE_DEFAULT);
        ck_assert_int_eq(policy_add_defaults(policy), 0);

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                Block block = { .index = rows[i].block, .node = (int16_t)rows[i].node };
                Verdict verdict = verdict_for_block(policy, &block, &facts);

                ck_assert_ptr_eq(verdict.rule, &policy->rules[rows[i].rule]);
                ck_assert_int_eq(verdict.online, rows[i].online);
                ck_assert_int_eq(verdict.or_else, ONLINE_LEAVE);
                ck_assert_uint_eq(verdict.block, rows[i].block);
                ck_assert_int_eq(verdict.node, rows[i].node);
        }
}
END_TEST

/* Each source has its built-in rule; what isn't known becomes what the kernel would make of it. */
START_TEST(the_built_in_rules_know_all_sources) {
        static const struct {
                Source source;
                Online rule, verdict, or_else;
        } rows[] = {
                { SOURCE_UNKNOWN, ONLINE_KERNEL_POLICY, ONLINE_DEFAULT, ONLINE_LEAVE },
                { SOURCE_BOOT, ONLINE_LEAVE, ONLINE_LEAVE, ONLINE_LEAVE },
                { SOURCE_DIMM, ONLINE_AUTO, ONLINE_KERNEL, ONLINE_LEAVE },
                { SOURCE_VIRTIO_MEM, ONLINE_AUTO, ONLINE_KERNEL, ONLINE_LEAVE },
                { SOURCE_DAX, ONLINE_KERNEL_POLICY, ONLINE_DEFAULT, ONLINE_LEAVE },
                { SOURCE_XEN, ONLINE_KERNEL, ONLINE_KERNEL, ONLINE_LEAVE },
                { SOURCE_HYPERV, ONLINE_KERNEL, ONLINE_KERNEL, ONLINE_LEAVE },
                { SOURCE_S390_STANDBY, ONLINE_LEAVE, ONLINE_LEAVE, ONLINE_LEAVE },
                { SOURCE_DLPAR, ONLINE_LEAVE, ONLINE_LEAVE, ONLINE_LEAVE },
                { SOURCE_PROBE, ONLINE_AUTO, ONLINE_KERNEL, ONLINE_LEAVE },
        };
        const VerdictFacts facts = { MIB128, .kernel_policy = ONLINE_DEFAULT };
        _cleanup_(policy_unrefp) Policy *policy = policy_new_default();

        ck_assert_int_eq(policy->mode, MODE_UEVENT);
        ck_assert_int_eq(policy->active, MODE_UEVENT);
        ck_assert(policy->take_over);
        ck_assert(policy_asks_for_devices(policy));
        ck_assert_uint_eq(ELEMENTSOF(rows), _SOURCE_MAX);

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                Block block = { .index = 5, .source = rows[i].source };
                Verdict verdict = verdict_for_block(policy, &block, &facts);

                ck_assert_ptr_null(verdict.rule->file);
                ck_assert_msg(verdict.rule->online == rows[i].rule, "row %zu", i);
                ck_assert_msg(verdict.online == rows[i].verdict, "row %zu", i);
                ck_assert_msg(verdict.or_else == rows[i].or_else, "row %zu", i);
        }
}
END_TEST

START_TEST(a_rule_is_shadowed_by_an_earlier_one_that_takes_more) {
        static const struct {
                MatchText earlier, later;
                bool shadowed;
        } rows[] = {
                { {}, {}, true },
                { {}, { .nodes = "1" }, true },
                { { .nodes = "1" }, {}, false },
                { { .nodes = "1-3" }, { .nodes = "2" }, true },
                { { .nodes = "1-3" }, { .nodes = "1,3" }, true },
                { { .nodes = "1,3" }, { .nodes = "1-3" }, false },
                { { .nodes = "1" }, { .blocks = "1" }, false },
                { { .nodes = "1" }, { .nodes = "1", .blocks = "1" }, true },
                { { .nodes = "1", .blocks = "1" }, { .nodes = "1" }, false },
                { { .blocks = "1-9" }, { .blocks = "9" }, true },
                { { .addresses = "0-0xfff" }, { .addresses = "0-0xffe" }, true },
                { { .addresses = "0-0xffe" }, { .addresses = "0-0xfff" }, false },
                { { .sources = DIMM | VIRTIO }, { .sources = DIMM }, true },
                { { .sources = DIMM }, { .sources = DIMM | VIRTIO }, false },
                { { .sources = DIMM }, {}, false },
                { {}, { .sources = DIMM }, true },
                { { .sources = DIMM }, { .nodes = "1", .sources = DIMM }, true },
                { { .size_min = BOUND(5) }, { .size_min = BOUND(5) }, true },
                { { .size_min = BOUND(5) }, { .size_min = BOUND(4) }, false },
                { { .size_min = BOUND(5) }, { .size_min = BOUND(6), .size_max = BOUND(7) }, true },
                { { .size_min = BOUND(5) }, { .size_max = BOUND(7) }, false },
                { { .size_min = BOUND(0) }, { .size_max = BOUND(7) }, true },
                { { .size_min = BOUND(0) }, {}, false },
                { { .size_max = BOUND(7) }, { .size_max = BOUND(7) }, true },
                { { .size_max = BOUND(7) }, { .size_max = BOUND(8) }, false },
                { { .size_max = BOUND(7) }, { .size_min = BOUND(1) }, false },
                { { .size_min = BOUND(5), .size_max = BOUND(7) }, { .size_min = BOUND(5) }, false },
                { {}, { .size_min = BOUND(5) }, true },
                { { .cpuless = CPULESS_YES }, { .cpuless = CPULESS_YES }, true },
                { { .cpuless = CPULESS_YES }, { .cpuless = CPULESS_NO }, false },
                { { .cpuless = CPULESS_YES }, {}, false },
                { {}, { .cpuless = CPULESS_NO }, true },
        };

        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                _cleanup_(policy_unrefp) Policy *policy = policy_new();

                add_rule(policy, &rows[i].earlier, ONLINE_MOVABLE);
                add_rule(policy, &rows[i].later, ONLINE_KERNEL);
                ck_assert_ptr_null(policy_rule_is_shadowed(policy, 0));
                ck_assert_msg(policy_rule_is_shadowed(policy, 1) ==
                                      (rows[i].shadowed ? &policy->rules[0] : NULL),
                              "row %zu", i);
        }
}
END_TEST

START_TEST(the_first_rule_that_shadows_is_named) {
        _cleanup_(policy_unrefp) Policy *policy = policy_new();

        add_rule(policy, &(MatchText){ .nodes = "2" }, ONLINE_MOVABLE);
        add_rule(policy, &(MatchText){ .nodes = "1-3" }, ONLINE_MOVABLE);
        add_rule(policy, &(MatchText){}, ONLINE_MOVABLE);
        add_rule(policy, &(MatchText){ .nodes = "3" }, ONLINE_MOVABLE);
        ck_assert_ptr_eq(policy_rule_is_shadowed(policy, 3), &policy->rules[1]);
        ck_assert_ptr_null(policy_rule_is_shadowed(policy, 2));
}
END_TEST

START_TEST(policies_are_counted) {
        Policy *policy = policy_new();

        ck_assert_ptr_eq(policy_ref(policy), policy);
        ck_assert_ptr_null(policy_unref(policy));
        ck_assert_uint_eq(policy->n_refs, 1);
        ck_assert_ptr_null(policy_unref(policy));
        ck_assert_ptr_null(policy_unref(NULL));
}
END_TEST

START_TEST(zones_and_words_of_what_a_rule_asks_for) {
        static const struct {
                Online online;
                bool wants_kernel, wants_movable;
                const char *word;
        } rows[] = {
                { ONLINE_MOVABLE, false, true, "online_movable" },
                { ONLINE_KERNEL, true, false, "online_kernel" },
                { ONLINE_DEFAULT, true, true, "online" },
                { ONLINE_LEAVE, true, true, NULL },
                { ONLINE_KERNEL_POLICY, true, true, NULL }, /* in no verdict */
                { ONLINE_AUTO, true, true, NULL },          /* neither */
        };

        ck_assert_uint_eq(ELEMENTSOF(rows), _ONLINE_MAX);
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                ck_assert(online_wants(rows[i].online, ZONE_KIND_KERNEL) == rows[i].wants_kernel);
                ck_assert(online_wants(rows[i].online, ZONE_KIND_MOVABLE) == rows[i].wants_movable);
                ck_assert_pstr_eq(online_to_state_word(rows[i].online), rows[i].word);
        }
}
END_TEST

/* Every value has a word, which leads back to it, and nothing beyond them has one. */
#define CHECK_TABLE(name, max, invalid)                                               \
        do {                                                                          \
                for (int i = 0; i < (int)(max); i++) {                                \
                        ck_assert_ptr_nonnull(name##_to_string(i));                   \
                        ck_assert_int_eq(name##_from_string(name##_to_string(i)), i); \
                }                                                                     \
                ck_assert_ptr_null(name##_to_string(max));                            \
                ck_assert_ptr_null(name##_to_string(invalid));                        \
                ck_assert_int_eq(name##_from_string("no such word"), invalid);        \
                ck_assert_int_eq(name##_from_string(NULL), invalid);                  \
                ck_assert_int_eq(invalid, -EINVAL);                                   \
        } while (0)

START_TEST(words_and_values_lead_to_each_other) {
        CHECK_TABLE(mode, _MODE_MAX, _MODE_INVALID);
        CHECK_TABLE(unit, _UNIT_MAX, _UNIT_INVALID);
        CHECK_TABLE(online, _ONLINE_MAX, _ONLINE_INVALID);
        CHECK_TABLE(block_state, _BLOCK_STATE_MAX, _BLOCK_STATE_INVALID);
        CHECK_TABLE(source, _SOURCE_MAX, _SOURCE_INVALID);
        CHECK_TABLE(setting, _SETTING_MAX, _SETTING_INVALID);
        CHECK_TABLE(outcome, _OUTCOME_MAX, _OUTCOME_INVALID);
        CHECK_TABLE(zone, _ZONE_MAX, _ZONE_INVALID);
        CHECK_TABLE(zone_kind, _ZONE_KIND_MAX, _ZONE_KIND_INVALID);
}
END_TEST

TEST_PROGRAM("rules", all_that_is_given_must_match, addresses_dont_wrap,
             source_and_size_are_the_devices, devices_that_werent_read_have_no_size,
             nodes_with_and_without_cpus, devices_are_asked_for_by_rules_in_play,
             auto_and_whole_devices_ask_for_devices, auto_comes_to_what_the_budget_allows,
             auto_leaves_what_is_online_where_it_is, the_first_rule_that_matches_decides,
             the_built_in_rules_know_all_sources,
             a_rule_is_shadowed_by_an_earlier_one_that_takes_more,
             the_first_rule_that_shadows_is_named, policies_are_counted,
             zones_and_words_of_what_a_rule_asks_for, words_and_values_lead_to_each_other);
