/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the rules in force want to know besides the blocks themselves: where they come from, which
 * device they belong to, and how much may be movable. Only what a rule asks for is read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/log.h"
#include "daemon/rounds-internal.h"

/*
 * With a sweep the budget's books are begun anew; afterwards they are kept up block by block. Where
 * they have become incomplete, for want of memory, the next round is a sweep.
 */
static int read_budget(Decision *decision, const Snapshot *snapshot) {
        Rounds *rounds = decision->rounds;
        int r, s;

        if (decision->sweep) {
                r = budget_count(&rounds->budget, snapshot);
                if (r < 0)
                        return r;
        } else if (!budget_is_complete(&rounds->budget))
                rounds->rescan = true;

        r = rounds->ops->read_zoneinfo(rounds->userdata, &rounds->zoneinfo);
        if (r < 0)
                (void)log_warning_errno(r, "Failed to read /proc/zoneinfo, so that \"auto\" can't "
                                           "count and puts memory into the kernel zone: %m");
        s = budget_set_zones(&rounds->budget, r < 0 ? NULL : &rounds->zoneinfo);
        decision->facts.budget = &rounds->budget;
        return s;
}

int decision_read_devices(Decision *decision, Snapshot *snapshot) {
        Rounds *rounds = decision->rounds;
        int r;

        if (!policy_asks_for_devices(rounds->policy))
                return 0;

        r = rounds->ops->read_devices(rounds->userdata, snapshot);
        if (r == 0)
                decision->facts.snapshot = snapshot;
        return r;
}

int decision_read_facts(Decision *decision, Snapshot *snapshot) {
        const Policy *policy = decision->rounds->policy;
        int r;

        r = decision_read_devices(decision, snapshot);
        if (r < 0)
                return r;
        if (policy_asks_for_cpus(policy)) {
                r = decision->rounds->ops->read_cpu_nodes(decision->rounds->userdata,
                                                          &decision->cpu_nodes);
                if (r == -ENOMEM)
                        return r;
                decision->facts.cpu_nodes = decision->cpu_nodes;
        }

        return policy_asks_for_budget(policy) ? read_budget(decision, snapshot) : 0;
}

void decision_done(Decision *decision) {
        range_set_free(decision->cpu_nodes);
        free(decision->broken);
}

void decision_share_reason(Decision *decision, const Block *block, Verdict *verdict) {
        if (verdict->budget.cause == BUDGET_NOT_ASKED)
                return;
        if (verdict->budget.cause == BUDGET_BROKEN_UNIT && block->device > 0 &&
            decision->auto_device == block->device)
                verdict->budget = decision->auto_reason;

        decision->auto_device = block->device;
        decision->auto_reason = verdict->budget;
}

void decision_promise(Decision *decision, const Block *block, const Verdict *verdict) {
        Budget *budget = &decision->rounds->budget;

        if (!decision->facts.budget)
                return;

        /* Without memory the books are incomplete, and that is seen to in the next round. */
        if (verdict->online == ONLINE_LEAVE)
                budget_forget(budget, block->index);
        else
                (void)budget_promise(budget, block,
                                     snapshot_device(decision->facts.snapshot, block),
                                     online_to_zone(verdict->online, block));
}

void decision_note(Decision *decision, const Block *block) {
        if (decision->facts.budget)
                (void)budget_note(&decision->rounds->budget, block,
                                  snapshot_device(decision->facts.snapshot, block));
}

/* Units: devices that are to be movable as a whole */

/* A number for a device that it keeps; 0: no memory. */
static uint32_t number_of_unit(Rounds *rounds, const char *name) {
        char(*units)[DEVICE_NAME_MAX];

        for (size_t i = 0; i < rounds->n_units; i++)
                if (strcmp(rounds->units[i], name) == 0)
                        return (uint32_t)i + 1;

        units = array_grow(rounds->units, &rounds->n_units_allocated, rounds->n_units,
                           sizeof(*units));
        if (!units)
                return 0;
        rounds->units = units;
        (void)strcpy(units[rounds->n_units], name);
        return (uint32_t)++rounds->n_units;
}

int decision_find_broken_units(Decision *decision) {
        return verdict_find_broken_units(decision->rounds->policy, &decision->facts,
                                         &decision->broken);
}

void decision_set_unit(Decision *decision, const Block *block, Verdict *verdict) {
        const Device *device = verdict_unit(verdict, block, &decision->facts);

        if (!device)
                return;

        verdict->unit = number_of_unit(decision->rounds, device->name);
        verdict->unit_is_broken =
                decision->broken && decision->broken[block->device - 1] == verdict->rule;
}
