/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The default policy: the rules that follow those of all config files, so that each block has one.
 *
 * As long as rules can't ask for the source of memory, there is nothing that would be right for
 * all machines: s390 standby memory and ppc64 DLPAR belong to their own tools, balloons need the
 * kernel zone, DIMMs want Movable as far as the ratio allows. So of what no rule of the administrator
 * names becomes what the kernel's own setting says, although that has been taken over: to install
 * memplugd leaves no memory offline that came online without it, and onlines none that didn't.
 */
#include <errno.h>
#include <string.h>

#include "rules/policy.h"

int policy_add_defaults(Policy *policy) {
        Rule rule = { .name = strdup("built-in: the kernel's policy"),
                      .online = ONLINE_KERNEL_POLICY,
                      .or_else = ONLINE_LEAVE };
        int r;

        if (!rule.name)
                return -ENOMEM;

        r = policy_add_rule(policy, &rule);
        rule_done(&rule);
        return r;
}

Policy *policy_new_default(void) {
        _cleanup_(policy_unrefp) Policy *policy = policy_new();

        if (!policy || policy_add_defaults(policy) < 0)
                return NULL;

        return TAKE_PTR(policy);
}
