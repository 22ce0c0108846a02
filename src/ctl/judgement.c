/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/judgement.h"

#include <errno.h>
#include <unistd.h>

#include "base/log.h"

void judgement_done(Judgement *judgement) {
        judgement->cpu_nodes = range_set_free(judgement->cpu_nodes);
        budget_done(&judgement->budget);
        free(judgement->verdicts);
        *judgement = (Judgement){};
}

/* A tree may have none; that a machine's can't be read is to be known. */
static int read_zones(Sysfs *sysfs, Zoneinfo *zoneinfo) {
        int r;

        r = sysfs_read_zoneinfo(sysfs, zoneinfo);
        if (r < 0 && r != -ENOENT && r != -ENOMEM)
                (void)log_warning_errno(
                        r, "can't read /proc/zoneinfo, so the budget of \"auto\" isn't known: %m");
        return r;
}

/* Whatever the zones can't be read for, the budget is then one that can't be counted. */
static int count_budget(Sysfs *sysfs, const Snapshot *snapshot, Budget *budget) {
        _cleanup_(zoneinfo_done) Zoneinfo zoneinfo = {};
        int r;

        r = read_zones(sysfs, &zoneinfo);
        if (r < 0)
                return r == -ENOMEM ? r : 0;

        budget_init(budget, (uint64_t)sysconf(_SC_PAGESIZE), snapshot->block_size);
        r = budget_count(budget, snapshot);
        if (r < 0)
                return r;

        return budget_set_zones(budget, &zoneinfo);
}

/* What has to be known before the first block is judged. */
static int learn(Sysfs *sysfs, const Snapshot *snapshot, const Policy *policy,
                 Judgement *judgement) {
        int r;

        r = sysfs_read_cpu_nodes(sysfs, &judgement->cpu_nodes);
        if (r == -ENOMEM)
                return r;

        judgement->auto_in_play = policy_asks_for_budget(policy);
        if (!judgement->auto_in_play)
                return 0;

        r = count_budget(sysfs, snapshot, &judgement->budget);
        if (r < 0)
                return r;

        judgement->state = budget_state(&judgement->budget, policy);
        return 0;
}

static int judge_block(const Policy *policy, const VerdictFacts *facts, const Block *block,
                       Budget *budget, Verdict *ret) {
        if (block->node == NODE_UNKNOWN) {
                *ret = (Verdict){ .block = block->index, .node = block->node };
                return 0;
        }

        *ret = verdict_for_block(policy, block, facts);
        if (!facts->budget || block->state != BLOCK_OFFLINE || ret->online == ONLINE_LEAVE)
                return 0;

        return budget_promise(budget, block, snapshot_device(facts->snapshot, block),
                              online_to_zone(ret->online, block));
}

static int judge_all(const Policy *policy, const VerdictFacts *facts, Judgement *judgement) {
        size_t n = facts->snapshot->n_blocks;

        /* One more than there are: for none, calloc() may answer NULL. */
        judgement->verdicts = calloc(n + 1, sizeof(Verdict));
        if (!judgement->verdicts)
                return -ENOMEM;

        for (size_t i = 0; i < n; i++) {
                int r = judge_block(policy, facts, &facts->snapshot->blocks[i], &judgement->budget,
                                    &judgement->verdicts[i]);

                if (r < 0)
                        return r;
        }
        return 0;
}

int judgement_make(Sysfs *sysfs, const Snapshot *snapshot, const Policy *policy,
                   Online kernel_policy, Judgement *ret) {
        _cleanup_(judgement_done) Judgement judgement = {};
        VerdictFacts facts = { .block_size = snapshot->block_size,
                               .kernel_policy = kernel_policy,
                               .snapshot = snapshot };
        int r;

        r = learn(sysfs, snapshot, policy, &judgement);
        if (r >= 0) {
                facts.cpu_nodes = judgement.cpu_nodes;
                facts.budget = judgement.budget.zones_known ? &judgement.budget : NULL;
                r = judge_all(policy, &facts, &judgement);
        }
        if (r < 0)
                return log_error_errno(r, "can't judge the memory blocks: %m");

        *ret = judgement;
        judgement = (Judgement){};
        return 0;
}
