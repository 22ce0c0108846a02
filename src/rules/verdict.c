/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/verdict.h"

#include <assert.h>

/* A block that would end beyond the last address there can be lies in no range. */
static bool lies_in(const Block *block, uint64_t block_size, const RangeSet *addresses) {
        uint64_t first, last;

        if (__builtin_mul_overflow(block->index, block_size, &first) ||
            __builtin_add_overflow(first, block_size - 1, &last))
                return false;

        return range_set_contains_range(addresses, first, last);
}

bool rule_matches(const Rule *rule, const Block *block, uint64_t block_size) {
        const Match *match = &rule->match;

        if (match->nodes &&
            (block->node < 0 || !range_set_contains(match->nodes, (uint64_t)block->node)))
                return false;
        if (match->blocks && !range_set_contains(match->blocks, block->index))
                return false;

        return !match->addresses || lies_in(block, block_size, match->addresses);
}

Verdict verdict_for_block(const Policy *policy, const Block *block, const VerdictFacts *facts) {
        const Rule *rule = policy->rules;

        assert(block->node != NODE_UNKNOWN);

        while (!rule_matches(rule, block, facts->block_size)) {
                rule++;
                assert(rule < policy->rules + policy->n_rules);
        }

        return (Verdict){
                .block = block->index,
                .node = block->node,
                .online =
                        rule->online == ONLINE_KERNEL_POLICY ? facts->kernel_policy : rule->online,
                .or_else = rule->or_else,
                .rezone = rule->rezone,
                .rule = rule,
        };
}

bool online_wants(Online online, ZoneKind kind) {
        switch (online) {
        case ONLINE_MOVABLE:
                return kind == ZONE_KIND_MOVABLE;
        case ONLINE_KERNEL:
                return kind == ZONE_KIND_KERNEL;
        default:
                return true;
        }
}

bool online_is_allowed(Online online, const ValidZones *zones) {
        switch (online) {
        case ONLINE_MOVABLE:
                return valid_zones_allow(zones, ZONE_KIND_MOVABLE);
        case ONLINE_KERNEL:
                return valid_zones_allow(zones, ZONE_KIND_KERNEL);
        default:
                return true;
        }
}

const char *online_to_state_word(Online online) {
        switch (online) {
        case ONLINE_MOVABLE:
                return "online_movable";
        case ONLINE_KERNEL:
                return "online_kernel";
        case ONLINE_DEFAULT:
                return "online";
        default:
                return NULL;
        }
}
