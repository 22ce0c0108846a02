/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reason that is told for a refusal, on the model of each rule.
 */
#undef NDEBUG
#include "plan/refusal.h"
#include "plan/zone-model.h"
#include "suite.h"

static Snapshot read_all(const ZoneModel *model) {
        Snapshot snapshot = {};
        Block block;

        for (BlockIndex index = 0; index < 64; index++)
                if (zone_model_read(model, index, &block))
                        ck_assert_int_eq(snapshot_add(&snapshot, &block), 0);
        return snapshot;
}

static void expect(const ZoneModel *model, BlockIndex index, Online online, const char *text) {
        _cleanup_(snapshot_done) Snapshot blocks = read_all(model);
        const Block *block = snapshot_find(&blocks, index);
        char got[REFUSAL_TEXT_MAX];
        Refusal refusal;
        bool found;

        found = refusal_find(&blocks, index, block->node, &block->valid_zones, online, &refusal);
        ck_assert_int_eq(found, text != NULL);
        if (text)
                ck_assert_str_eq(refusal_format(&refusal, 0, got), text);
}

START_TEST(boundary) {
        _cleanup_(zone_model_freep) ZoneModel *model = zone_model_new(ZONE_RULE_BOUNDARY);

        ck_assert_int_eq(zone_model_add(model, 32, 39, 0), 0);
        ck_assert_int_eq(zone_model_add(model, 40, 47, 1), 0);
        /* memory39 itself could still be moved out of the way; memory38 can't. */
        expect(model, 35, ONLINE_MOVABLE,
               "it would have to lie above memory38, up to which the kernel zone of node 0 "
               "reaches");
        ck_assert_int_eq(zone_model_write(model, 39, STATE_ONLINE_KERNEL, 0), 0);
        expect(model, 35, ONLINE_MOVABLE,
               "it would have to lie above memory39, up to which the kernel zone of node 0 "
               "reaches");
        expect(model, 35, ONLINE_KERNEL, NULL);
}
END_TEST

START_TEST(no_overlap) {
        _cleanup_(zone_model_freep) ZoneModel *model = zone_model_new(ZONE_RULE_NO_OVERLAP);

        ck_assert_int_eq(zone_model_add(model, 32, 39, 0), 0);
        expect(model, 35, ONLINE_MOVABLE, NULL);
        ck_assert_int_eq(zone_model_write(model, 36, STATE_ONLINE_KERNEL, 0), 0);
        expect(model, 35, ONLINE_MOVABLE,
               "it would have to lie above memory36, up to which the kernel zone of node 0 "
               "reaches");
        ck_assert_int_eq(zone_model_write(model, 38, STATE_ONLINE_MOVABLE, 0), 0);
        expect(model, 39, ONLINE_KERNEL,
               "it would have to lie below memory38, from which on Movable of node 0 reaches");
}
END_TEST

START_TEST(free_refuses_for_other_reasons) {
        _cleanup_(zone_model_freep) ZoneModel *model = zone_model_new(ZONE_RULE_FREE);

        ck_assert_int_eq(zone_model_add(model, 32, 39, 0), 0);
        ck_assert_int_eq(zone_model_write(model, 39, STATE_ONLINE_KERNEL, 0), 0);
        expect(model, 35, ONLINE_MOVABLE, NULL);
        expect(model, 35, ONLINE_KERNEL, NULL);
}
END_TEST

TEST_PROGRAM("refusal", boundary, no_overlap, free_refuses_for_other_reasons);
