/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long planning takes, without any reading: verdicts by the built-in rules, the budget's books, the
 * order, and the work's books, for half and for all of so many blocks, DIMMs of 512 blocks that are all
 * offline. Prints lines "BLOCKS PLANNED CARRIED-OUT", seconds of processor time, medians of several runs.
 */
#undef NDEBUG
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "actuate/work.h"
#include "rules/verdict.h"

#define BLOCK_SIZE (UINT64_C(128) << 20)
#define BLOCKS_OF_A_DIMM 512
#define N_NODES 8
#define N_RUNS 5

static double seconds(void) {
        struct timespec now;

        assert(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now) == 0);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void make_snapshot(size_t n, Snapshot *snapshot) {
        *snapshot = (Snapshot){ .block_size = BLOCK_SIZE, .numa = true };
        for (size_t i = 0; i < n; i++) {
                Block block = {
                        .index = 32 + i,
                        .inode = i + 1,
                        .node = (int16_t)(i * N_NODES / n),
                        .state = BLOCK_OFFLINE,
                        .valid_zones = { .known = true,
                                         .n_zones = 2,
                                         .zones = { ZONE_NORMAL, ZONE_MOVABLE } },
                        .source = SOURCE_DIMM,
                        .hot_added = true,
                };
                Device device = { .source = SOURCE_DIMM,
                                  .size = BLOCKS_OF_A_DIMM * BLOCK_SIZE,
                                  .node = block.node };

                (void)snprintf(device.name, sizeof(device.name), "PNP0C80:%02zx",
                               i / BLOCKS_OF_A_DIMM);
                block.device = snapshot_add_device(snapshot, &device);
                assert(block.device > 0);
                assert(snapshot_add(snapshot, &block) == 0);
        }
}

static void on_settled(void *userdata, const WorkItem *item) {
        Budget *budget = userdata;

        budget_keep(budget, item->verdict.block, item->last.zone);
}

/* Kernel memory for a third of it all, so that "auto" says both. */
static void read_zones(size_t n, Zoneinfo *zoneinfo, Budget *budget) {
        for (int node = 0; node < N_NODES; node++) {
                char line[64];

                (void)snprintf(line, sizeof(line), "Node %d, zone Normal", node);
                assert(zoneinfo_add_line(zoneinfo, line) == 0);
                zoneinfo->zones[zoneinfo->n_zones - 1].present =
                        n / N_NODES / 3 * (BLOCK_SIZE / 4096);
        }
        assert(budget_set_zones(budget, zoneinfo) == 0);
}

static void decide(const Policy *policy, const Snapshot *snapshot, Budget *budget, Work *work) {
        const VerdictFacts facts = { .block_size = BLOCK_SIZE,
                                     .kernel_policy = ONLINE_MOVABLE,
                                     .snapshot = snapshot,
                                     .budget = budget };

        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];
                Verdict verdict = verdict_for_block(policy, block, &facts);

                assert(budget_promise(budget, block, snapshot_device(snapshot, block),
                                      online_to_zone(verdict.online, block)) == 0);
                assert(work_add(work, &verdict, block->inode, /* found_online= */ false) == 0);
        }
}

static void carry_out(Work *work, Budget *budget, const WorkItem *item, Online online) {
        for (; item; item = work_next(work, &online, on_settled, budget)) {
                Attempt attempt = {
                        .outcome = OUTCOME_DONE,
                        .online = online,
                        .written = true,
                        .zone = online == ONLINE_MOVABLE ? ZONE_KIND_MOVABLE : ZONE_KIND_KERNEL,
                        .moved_from = _ZONE_KIND_INVALID,
                };

                work_attempted(work, item->verdict.block, &attempt, on_settled, budget);
        }
}

/* Until it is known what is to be written first; and with all that is written, too. */
typedef struct Times {
        double planned, carried_out;
} Times;

static Times plan(const Policy *policy, const Snapshot *snapshot) {
        Zoneinfo zoneinfo = {};
        const WorkItem *item;
        Budget budget;
        Work work = {};
        Online online;
        Times times;
        double begin;

        budget_init(&budget, 4096, BLOCK_SIZE);
        read_zones(snapshot->n_blocks, &zoneinfo, &budget);
        begin = seconds();
        decide(policy, snapshot, &budget, &work);
        item = work_next(&work, &online, on_settled, &budget);
        times.planned = seconds() - begin;
        carry_out(&work, &budget, item, online);
        times.carried_out = seconds() - begin;

        work_done(&work);
        budget_done(&budget);
        zoneinfo_done(&zoneinfo);
        return times;
}

static int compare(const void *a, const void *b) {
        const double *x = a, *y = b;

        return (*x > *y) - (*x < *y);
}

static double median(double times[N_RUNS]) {
        qsort(times, N_RUNS, sizeof(double), compare);
        return times[N_RUNS / 2];
}

int main(int argc, char *argv[]) {
        size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 524288;
        double planned[2][N_RUNS], carried_out[2][N_RUNS];
        Policy *policy = policy_new_default();
        Snapshot snapshots[2];

        assert(policy);
        make_snapshot(n, &snapshots[0]);
        make_snapshot(2 * n, &snapshots[1]);
        /* In turn, for the machine may be busy with something else meanwhile. */
        for (size_t run = 0; run < N_RUNS; run++)
                for (size_t i = 0; i < 2; i++) {
                        Times times = plan(policy, &snapshots[i]);

                        planned[i][run] = times.planned;
                        carried_out[i][run] = times.carried_out;
                }
        for (size_t i = 0; i < 2; i++) {
                printf("%zu %.3f %.3f\n", snapshots[i].n_blocks, median(planned[i]),
                       median(carried_out[i]));
                snapshot_done(&snapshots[i]);
        }
        policy_unref(policy);
        return 0;
}
