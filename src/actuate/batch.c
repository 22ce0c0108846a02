/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actuate/batch.h"

#include <assert.h>

typedef struct Run {
        Batch *batch;
        const ActuateOps *ops;
        const BatchCallbacks *callbacks;
        void *userdata;
} Run;

Batch *batch_new(Policy *policy, size_t n_max) {
        _cleanup_(batch_freep) Batch *batch = NULL;

        batch = calloc(1, sizeof(Batch) + n_max * sizeof(BatchItem));
        if (!batch)
                return NULL;

        batch->steps = calloc(n_max, sizeof(PlanStep));
        if (!batch->steps)
                return NULL;

        batch->policy = policy_ref(policy);
        return TAKE_PTR(batch);
}

Batch *batch_free(Batch *batch) {
        if (!batch)
                return NULL;

        policy_unref(batch->policy);
        free(batch->steps);
        free(batch);
        return NULL;
}

void batch_add(Batch *batch, const Verdict *verdict, ino_t inode) {
        BatchItem *item = &batch->items[batch->n_items++];

        assert(verdict->online != ONLINE_LEAVE);

        item->verdict = *verdict;
        item->inode = inode;
}

static Online wish_of(const BatchItem *item) {
        return item->fell_back ? item->verdict.or_else : item->verdict.online;
}

static void settle(const Run *run, size_t i) {
        run->batch->items[i].settled = true;
        run->callbacks->settled(run->userdata, i);
}

static void cancel(const Run *run, size_t i) {
        BatchItem *item = &run->batch->items[i];

        item->last = (Attempt){
                .outcome = OUTCOME_CANCELLED,
                .online = wish_of(item),
                .zone = _ZONE_KIND_INVALID,
                .started = run->ops->now(run->userdata),
        };
        settle(run, i);
}

/* The steps of what isn't settled and asks for a zone ('fell_back': by its or_else), in order. */
static size_t plan_open_items(Batch *batch, bool fell_back) {
        size_t n = 0;

        for (size_t i = 0; i < batch->n_items; i++) {
                const BatchItem *item = &batch->items[i];

                if (item->settled || item->fell_back != fell_back)
                        continue;
                batch->steps[n++] = (PlanStep){
                        .block = item->verdict.block,
                        .node = item->verdict.node,
                        .online = wish_of(item),
                        .item = i,
                };
        }

        plan_order(batch->steps, n);
        return n;
}

/* Tries one block. Answers whether it came online by us, so that others may be accepted now. */
static bool try_item(const Run *run, size_t i) {
        BatchItem *item = &run->batch->items[i];

        if (atomic_load(&item->withdrawn) ||
            (run->callbacks->cancelled && run->callbacks->cancelled(run->userdata))) {
                cancel(run, i);
                return false;
        }

        item->last = attempt_online(run->ops, run->userdata, item->verdict.block, item->inode,
                                    wish_of(item));
        item->n_writes += item->last.written;
        if (!item->fell_back)
                item->first = item->last;
        if (!outcome_is_open(item->last.outcome))
                settle(run, i);

        return item->last.outcome == OUTCOME_DONE;
}

/* Each pass plans what is left anew, for each block that came online may have made room for others. */
static void run_passes(const Run *run, bool fell_back) {
        bool progress = true;

        while (progress) {
                size_t n_steps = plan_open_items(run->batch, fell_back);

                progress = false;
                for (size_t i = 0; i < n_steps; i++)
                        progress = try_item(run, run->batch->steps[i].item) || progress;
        }
}

/* What is left is what can't be had: it follows its rule's or_else, or that was all. */
static void fall_back(const Run *run) {
        for (size_t i = 0; i < run->batch->n_items; i++) {
                BatchItem *item = &run->batch->items[i];

                if (item->settled)
                        continue;
                if (item->verdict.or_else == ONLINE_LEAVE ||
                    item->verdict.or_else == item->verdict.online)
                        settle(run, i);
                else
                        item->fell_back = true;
        }
}

void batch_run(Batch *batch, const ActuateOps *ops, const BatchCallbacks *callbacks,
               void *userdata) {
        const Run run = { batch, ops, callbacks, userdata };

        run_passes(&run, /* fell_back= */ false);
        fall_back(&run);
        run_passes(&run, /* fell_back= */ true);

        for (size_t i = 0; i < batch->n_items; i++)
                if (!batch->items[i].settled)
                        settle(&run, i);
}
