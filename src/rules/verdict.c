/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/verdict.h"

#include <assert.h>
#include <errno.h>

/* A block that would end beyond the last address there can be lies in no range. */
static bool lies_in(const Block *block, uint64_t block_size, const RangeSet *addresses) {
        uint64_t first, last;

        if (__builtin_mul_overflow(block->index, block_size, &first) ||
            __builtin_add_overflow(first, block_size - 1, &last))
                return false;

        return range_set_contains_range(addresses, first, last);
}

static bool is_of_size(const Match *match, const Device *device) {
        if (!match->size_min.given && !match->size_max.given)
                return true;
        if (!device)
                return false;

        return (!match->size_min.given || device->size >= match->size_min.bytes) &&
               (!match->size_max.given || device->size <= match->size_max.bytes);
}

static bool is_cpuless(const Match *match, int node, const RangeSet *cpu_nodes) {
        if (match->cpuless == CPULESS_ANY)
                return true;
        if (!cpu_nodes || node < 0)
                return false;

        return range_set_contains(cpu_nodes, (uint64_t)node) == (match->cpuless == CPULESS_NO);
}

static const Device *device_of(const Block *block, const VerdictFacts *facts) {
        return facts->snapshot ? snapshot_device(facts->snapshot, block) : NULL;
}

bool rule_matches(const Rule *rule, const Block *block, const VerdictFacts *facts) {
        const Match *match = &rule->match;

        if (match->nodes &&
            (block->node < 0 || !range_set_contains(match->nodes, (uint64_t)block->node)))
                return false;
        if (match->blocks && !range_set_contains(match->blocks, block->index))
                return false;
        if (match->sources != 0 && !(match->sources & SOURCE_BIT(block->source)))
                return false;
        if (!is_of_size(match, device_of(block, facts)) ||
            !is_cpuless(match, block->node, facts->cpu_nodes))
                return false;

        return !match->addresses || lies_in(block, facts->block_size, match->addresses);
}

/* What "auto" asks for a block that is online: that it stays where it is. */
static Online online_as_it_is(const Block *block) {
        switch (block_zone_kind(block)) {
        case ZONE_KIND_MOVABLE:
                return ONLINE_MOVABLE;
        case ZONE_KIND_KERNEL:
                return ONLINE_KERNEL;
        default:
                return ONLINE_DEFAULT;
        }
}

/* What "auto" comes to. Where or_else is the same, it is no second choice. */
static void settle_auto(const Policy *policy, const Block *block, const VerdictFacts *facts,
                        Verdict *verdict) {
        if (block->state != BLOCK_OFFLINE)
                verdict->online = online_as_it_is(block);
        else {
                verdict->budget = (BudgetReason){ .cause = BUDGET_UNKNOWN, .node = -1 };
                if (facts->budget)
                        verdict->budget = budget_judge(facts->budget, policy, verdict->rule->unit,
                                                       block, device_of(block, facts));
                verdict->online = budget_allows(&verdict->budget) ? ONLINE_MOVABLE : ONLINE_KERNEL;
        }

        if (verdict->or_else == verdict->online)
                verdict->or_else = ONLINE_LEAVE;
}

Verdict verdict_for_block(const Policy *policy, const Block *block, const VerdictFacts *facts) {
        const Rule *rule = policy->rules;
        Verdict verdict;

        assert(block->node != NODE_UNKNOWN);

        while (!rule_matches(rule, block, facts)) {
                rule++;
                assert(rule < policy->rules + policy->n_rules);
        }

        verdict = (Verdict){
                .block = block->index,
                .node = block->node,
                .online = rule->online,
                .or_else = rule->or_else,
                .is_dynamic = block->source == SOURCE_VIRTIO_MEM,
                .rezone = rule->rezone,
                .rule = rule,
        };
        if (rule->online == ONLINE_KERNEL_POLICY)
                verdict.online = facts->kernel_policy;
        else if (rule->online == ONLINE_AUTO)
                settle_auto(policy, block, facts, &verdict);
        return verdict;
}

const Device *verdict_unit(const Verdict *verdict, const Block *block, const VerdictFacts *facts) {
        const Device *device = device_of(block, facts);

        if (verdict->rule->unit != UNIT_DEVICE || verdict->rule->online != ONLINE_MOVABLE)
                return NULL;

        return device && device->source != SOURCE_VIRTIO_MEM ? device : NULL;
}

/* Whether the block keeps its device from being movable as a whole, by the rule that decides for it. */
static bool breaks_unit(const Verdict *verdict, const Block *block, const VerdictFacts *facts) {
        return block_zone_kind(block) == ZONE_KIND_KERNEL && !verdict->rezone &&
               verdict_unit(verdict, block, facts);
}

int verdict_find_broken_units(const Policy *policy, const VerdictFacts *facts, const Rule ***ret) {
        const Snapshot *snapshot = facts->snapshot;
        const Rule **broken = NULL;

        for (size_t i = 0; snapshot && i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];
                Verdict verdict;

                if (block->device == 0 || block->node == NODE_UNKNOWN ||
                    block->state != BLOCK_ONLINE)
                        continue;
                verdict = verdict_for_block(policy, block, facts);
                if (!breaks_unit(&verdict, block, facts))
                        continue;
                if (!broken)
                        broken = calloc(snapshot->n_devices, sizeof(*broken));
                if (!broken)
                        return -ENOMEM;
                broken[block->device - 1] = verdict.rule;
        }

        *ret = broken;
        return 0;
}

ZoneKind online_to_zone(Online online, const Block *block) {
        if (online == ONLINE_MOVABLE)
                return ZONE_KIND_MOVABLE;

        return online == ONLINE_DEFAULT &&
                               valid_zones_first_kind(&block->valid_zones) == ZONE_KIND_MOVABLE
                       ? ZONE_KIND_MOVABLE
                       : ZONE_KIND_KERNEL;
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
