/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The default policy. conf/default-rules.conf says the same in the words of the config, and a test
 * holds the two together: change both or none.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "rules/policy.h"

static const struct {
        const char *name;
        uint32_t sources; /* 0: all */
        Online online;
        Online or_else;
} defaults[] = {
        /* Their own tools decide when it is plugged, and put it online then. */
        { "built-in: standby and DLPAR memory",
          SOURCE_BIT(SOURCE_S390_STANDBY) | SOURCE_BIT(SOURCE_DLPAR), ONLINE_LEAVE, ONLINE_LEAVE },

        /* So that no memory stays offline with memplugd that comes online without it. */
        { "built-in: dax devices", SOURCE_BIT(SOURCE_DAX), ONLINE_KERNEL_POLICY, ONLINE_LEAVE },

        /* It is online, unless somebody wanted it offline. */
        { "built-in: boot memory", SOURCE_BIT(SOURCE_BOOT), ONLINE_LEAVE, ONLINE_LEAVE },

        /* A balloon gives memory back page by page, not by unplugging: movable has no use for it. */
        { "built-in: balloons", SOURCE_BIT(SOURCE_XEN) | SOURCE_BIT(SOURCE_HYPERV), ONLINE_KERNEL,
          ONLINE_LEAVE },

        /* This can be unplugged again, if it is movable; as much as is good for the machine. */
        { "built-in: virtio-mem and DIMMs", SOURCE_BIT(SOURCE_VIRTIO_MEM) | SOURCE_BIT(SOURCE_DIMM),
          ONLINE_AUTO, ONLINE_KERNEL },

        /* Who doesn't see what it is had better do as if he weren't there. */
        { "built-in: the kernel's policy", SOURCE_BIT(SOURCE_UNKNOWN), ONLINE_KERNEL_POLICY,
          ONLINE_LEAVE },

        /* What somebody added by hand he may want to remove. */
        { "built-in: all the rest", 0, ONLINE_AUTO, ONLINE_KERNEL },
};

#define BY_HAND(what) \
        { .name = by_hand, .online = (what), .or_else = ONLINE_LEAVE, .unit = UNIT_BLOCK }

const Rule *rule_by_hand(Online online) {
        static char by_hand[] = "asked for by hand";
        static const Rule rules[] = {
                [ONLINE_MOVABLE] = BY_HAND(ONLINE_MOVABLE),
                [ONLINE_KERNEL] = BY_HAND(ONLINE_KERNEL),
                [ONLINE_DEFAULT] = BY_HAND(ONLINE_DEFAULT),
        };

        assert((size_t)online < ELEMENTSOF(rules));
        return &rules[online];
}

static int add_default(Policy *policy, size_t i) {
        Rule rule = { .name = strdup(defaults[i].name),
                      .match = { .sources = defaults[i].sources },
                      .online = defaults[i].online,
                      .or_else = defaults[i].or_else,
                      .unit = UNIT_DEVICE };
        int r;

        if (!rule.name)
                return -ENOMEM;

        r = policy_add_rule(policy, &rule);
        rule_done(&rule);
        return r;
}

int policy_add_defaults(Policy *policy) {
        for (size_t i = 0; i < ELEMENTSOF(defaults); i++) {
                int r = add_default(policy, i);

                if (r < 0)
                        return r;
        }
        return 0;
}

Policy *policy_new_default(void) {
        _cleanup_(policy_unrefp) Policy *policy = policy_new();

        if (!policy || policy_add_defaults(policy) < 0)
                return NULL;

        return TAKE_PTR(policy);
}
