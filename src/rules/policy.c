/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/policy.h"

#include <errno.h>

static const char *const mode_table[] = {
        [MODE_UEVENT] = "uevent",
        [MODE_KERNEL] = "kernel",
        [MODE_AUTO] = "auto",
        [MODE_OBSERVE] = "observe",
};
DEFINE_STRING_TABLE(mode, Mode);

static const char *const online_table[] = {
        [ONLINE_MOVABLE] = "movable",
        [ONLINE_KERNEL] = "kernel",
        [ONLINE_DEFAULT] = "default",
        [ONLINE_LEAVE] = "leave",
        [ONLINE_KERNEL_POLICY] = "kernel-policy",
        [ONLINE_AUTO] = "auto",
};
DEFINE_STRING_TABLE(online, Online);

static const char *const unit_table[] = {
        [UNIT_DEVICE] = "device",
        [UNIT_BLOCK] = "block",
};
DEFINE_STRING_TABLE(unit, Unit);

Policy *policy_new(void) {
        Policy *policy = calloc(1, sizeof(Policy));

        if (policy)
                *policy = (Policy){ .n_refs = 1,
                                    .take_over = true,
                                    .movable_ratio = MOVABLE_RATIO_DEFAULT };
        return policy;
}

Policy *policy_ref(Policy *policy) {
        policy->n_refs++;
        return policy;
}

Policy *policy_unref(Policy *policy) {
        if (!policy || --policy->n_refs > 0)
                return NULL;

        for (size_t i = 0; i < policy->n_rules; i++)
                rule_done(&policy->rules[i]);
        free(policy->rules);
        free(policy);
        return NULL;
}

int policy_add_rule(Policy *policy, Rule *rule) {
        Rule *rules = reallocarray(policy->rules, policy->n_rules + 1, sizeof(Rule));

        if (!rules)
                return -ENOMEM;

        policy->rules = rules;
        policy->rules[policy->n_rules++] = *rule;
        *rule = (Rule){};
        return 0;
}

void rule_done(Rule *rule) {
        free(rule->name);
        free(rule->file);
        range_set_free(rule->match.nodes);
        range_set_free(rule->match.addresses);
        range_set_free(rule->match.blocks);
        *rule = (Rule){};
}

bool match_is_empty(const Match *match) {
        return !match->nodes && !match->addresses && !match->blocks && match->sources == 0 &&
               !match->size_min.given && !match->size_max.given && match->cpuless == CPULESS_ANY;
}

/* Whether a rule that can be reached has 'asks'. */
static bool any_rule_in_play(const Policy *policy, bool (*asks)(const Rule *rule)) {
        for (size_t i = 0; i < policy->n_rules; i++) {
                if (asks(&policy->rules[i]))
                        return true;
                if (match_is_empty(&policy->rules[i].match))
                        break;
        }
        return false;
}

static bool asks_for_budget(const Rule *rule) {
        return rule->online == ONLINE_AUTO || (rule->online == ONLINE_MOVABLE && rule->rezone);
}

bool policy_asks_for_budget(const Policy *policy) {
        return any_rule_in_play(policy, asks_for_budget);
}

static bool asks_for_device(const Rule *rule) {
        if (rule->online == ONLINE_MOVABLE && rule->unit == UNIT_DEVICE)
                return true;

        return asks_for_budget(rule) || rule->match.sources != 0 || rule->match.size_min.given ||
               rule->match.size_max.given;
}

bool policy_asks_for_devices(const Policy *policy) {
        return any_rule_in_play(policy, asks_for_device);
}

static bool asks_for_cpus(const Rule *rule) {
        return rule->match.cpuless != CPULESS_ANY;
}

bool policy_asks_for_cpus(const Policy *policy) {
        return any_rule_in_play(policy, asks_for_cpus);
}

static bool covers(const RangeSet *earlier, const RangeSet *later) {
        if (!earlier)
                return true;

        return later && range_set_is_subset(later, earlier);
}

static bool covers_sources(const Match *earlier, const Match *later) {
        if (earlier->sources == 0)
                return true;

        return later->sources != 0 && (later->sources & ~earlier->sources) == 0;
}

/* A bound, be it 0, is one for devices: a rule with any takes less than one with none. */
static bool covers_sizes(const Match *earlier, const Match *later) {
        if (!earlier->size_min.given && !earlier->size_max.given)
                return true;
        if (!later->size_min.given && !later->size_max.given)
                return false;

        return (!earlier->size_min.given || earlier->size_min.bytes <= later->size_min.bytes) &&
               (!earlier->size_max.given ||
                (later->size_max.given && later->size_max.bytes <= earlier->size_max.bytes));
}

static bool covers_cpuless(const Match *earlier, const Match *later) {
        return earlier->cpuless == CPULESS_ANY || earlier->cpuless == later->cpuless;
}

const Rule *policy_rule_is_shadowed(const Policy *policy, size_t i) {
        const Match *later = &policy->rules[i].match;

        for (size_t k = 0; k < i; k++) {
                const Match *earlier = &policy->rules[k].match;

                if (covers(earlier->nodes, later->nodes) &&
                    covers(earlier->addresses, later->addresses) &&
                    covers(earlier->blocks, later->blocks) && covers_sources(earlier, later) &&
                    covers_sizes(earlier, later) && covers_cpuless(earlier, later))
                        return &policy->rules[k];
        }
        return NULL;
}
