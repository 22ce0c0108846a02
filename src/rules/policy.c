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
};
DEFINE_STRING_TABLE(online, Online);

Policy *policy_new(void) {
        Policy *policy = calloc(1, sizeof(Policy));

        if (policy)
                *policy = (Policy){ .n_refs = 1, .take_over = true };
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

static bool covers(const RangeSet *earlier, const RangeSet *later) {
        if (!earlier)
                return true;

        return later && range_set_is_subset(later, earlier);
}

const Rule *policy_rule_is_shadowed(const Policy *policy, size_t i) {
        const Match *later = &policy->rules[i].match;

        for (size_t k = 0; k < i; k++) {
                const Match *earlier = &policy->rules[k].match;

                if (covers(earlier->nodes, later->nodes) &&
                    covers(earlier->addresses, later->addresses) &&
                    covers(earlier->blocks, later->blocks))
                        return &policy->rules[k];
        }
        return NULL;
}
