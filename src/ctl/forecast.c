/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/forecast-internal.h"

#include <errno.h>

static const char *const hindrance_table[] = {
        [HINDRANCE_NONE] = "none",
        [HINDRANCE_RULE] = "rule",
        [HINDRANCE_KERNEL_SETTING] = "kernel_setting",
        [HINDRANCE_RELEASED] = "released",
        [HINDRANCE_GOING_OFFLINE] = "going_offline",
        [HINDRANCE_UNLINKED] = "unlinked",
        [HINDRANCE_ZONE] = "zone",
        [HINDRANCE_UNIT] = "unit",
        [HINDRANCE_NOT_REZONED] = "not_rezoned",
        [HINDRANCE_KNOWN] = "known",
        [HINDRANCE_MOVE_MEMORY] = "move_memory",
        [HINDRANCE_MOVE_BUDGET] = "move_budget",
        [HINDRANCE_ONLY_AT_HAND] = "only_at_hand",
};
DEFINE_STRING_TABLE(hindrance, Hindrance);

static void forecast_done(Forecast *forecast) {
        work_done(&forecast->work);
        budget_done(&forecast->budget);
        world_done(&forecast->world);
        free(forecast->broken);
}

void forecast_free(Stage *stages, size_t n) {
        for (size_t i = 0; stages && i < n; i++) {
                free(stages[i].writes.fates);
                free(stages[i].left.fates);
        }
        free(stages);
}

/* Stages */

static BudgetReason state_of_budget(Forecast *forecast) {
        if (!forecast->has_budget)
                return (BudgetReason){ .cause = BUDGET_NOT_ASKED };

        forecast_note_error(forecast, forecast_count_zones(forecast));
        return budget_state(&forecast->budget, forecast->policy);
}

static uint64_t map_of_block(const Forecast *forecast) {
        return memory_map_bytes(forecast->snapshot->block_size, forecast->world.page_size);
}

/* A DIMM's is made of one piece, before any of it is online. virtio-mem's is made block by block. */
static void plan_map(Forecast *forecast, MemoryMap *map) {
        const Addition *addition = forecast->stage->addition;
        uint64_t n = addition->last - addition->first + 1;

        *map = (MemoryMap){
                .bytes = n * map_of_block(forecast),
                .from_itself = own_map_of(&forecast->facts->own_map, addition->source, n) > 0,
                .free_known = forecast->world.zones_known,
                .free = world_free_kernel(&forecast->world),
        };
        map->fits = map->from_itself || map->bytes <= map->free;
}

/* What comes online in kernel zones on the way has room for the map of what follows. */
static void fit_map_by_blocks(const Forecast *forecast, MemoryMap *map) {
        uint64_t free = map->free, block = map_of_block(forecast);
        const Fates *writes = &forecast->stage->writes;
        uint64_t rest = map->bytes - writes->n * block;

        for (size_t i = 0; i < writes->n; i++) {
                if (free < block)
                        return;
                free -= block;
                if (writes->fates[i].zone == ZONE_KIND_KERNEL)
                        free += forecast->snapshot->block_size;
        }
        map->fits = rest <= free;
}

/* What it reads when it has just been plugged. */
static void read_added(Forecast *forecast, size_t first) {
        for (size_t i = first; i < forecast->snapshot->n_blocks; i++) {
                Block *block = &forecast->snapshot->blocks[i];

                (void)world_ops.read(&forecast->world, block->index, block);
        }
}

static int begin_stage(Forecast *forecast, Addition *addition, size_t number, size_t *ret_first) {
        Stage *stage = forecast->stage;
        int r;

        *ret_first = addition ? forecast->snapshot->n_blocks : 0;
        if (addition) {
                r = addition_plug(addition, number, forecast->snapshot);
                if (r == 0)
                        r = world_plug(&forecast->world, addition->first, addition->last,
                                       addition->node);
                if (r < 0)
                        return r;
                read_added(forecast, *ret_first);
                stage->addition = addition;
                plan_map(forecast, &stage->map);
        }

        free(forecast->broken);
        forecast->broken = NULL;
        stage->before = state_of_budget(forecast);
        return verdict_find_broken_units(forecast->policy, &forecast->verdict_facts,
                                         &forecast->broken);
}

static int compare_fates(const void *a, const void *b) {
        const Fate *x = a, *y = b;

        return x->verdict.block < y->verdict.block ? -1 : x->verdict.block > y->verdict.block;
}

static void end_stage(Forecast *forecast) {
        Stage *stage = forecast->stage;

        stage->after = state_of_budget(forecast);
        if (stage->left.n > 0)
                qsort(stage->left.fates, stage->left.n, sizeof(Fate), compare_fates);
        if (!stage->addition)
                return;

        if (!stage->map.fits && stage->addition->source == SOURCE_VIRTIO_MEM)
                fit_map_by_blocks(forecast, &stage->map);
        if (!stage->map.from_itself)
                forecast->world.map_bytes += stage->map.bytes;
}

static int make_stage(Forecast *forecast, Addition *addition, size_t number) {
        bool kernel = forecast->facts->mode == MODE_KERNEL && addition;
        size_t first;
        int r;

        r = begin_stage(forecast, addition, number, &first);
        if (r < 0)
                return r;

        for (size_t i = first; i < forecast->snapshot->n_blocks; i++) {
                const Block *block = &forecast->snapshot->blocks[i];

                if (kernel)
                        forecast_let_kernel(forecast, block);
                else
                        forecast_decide(forecast, block);
        }
        forecast_carry_out(forecast);
        end_stage(forecast);
        return forecast->error;
}

static int init_budget(Forecast *forecast) {
        uint64_t page_size = forecast->world.page_size;

        forecast->has_budget = policy_asks_for_budget(forecast->policy);
        if (!forecast->has_budget)
                return 0;

        budget_init(&forecast->budget, page_size, forecast->snapshot->block_size);
        forecast->verdict_facts.budget = &forecast->budget;
        return budget_count(&forecast->budget, forecast->snapshot);
}

int forecast_make(const Policy *policy, const ForecastFacts *facts, const Zoneinfo *zoneinfo,
                  Snapshot *snapshot, Addition *additions, size_t n_additions, Stage **ret_stages,
                  ZoneRule *ret_rule) {
        _cleanup_(forecast_done)
                Forecast forecast = { .policy = policy, .facts = facts, .snapshot = snapshot };
        Stage *stages = calloc(n_additions + 1, sizeof(Stage));
        int r;

        if (!stages)
                return -ENOMEM;

        forecast.verdict_facts = (VerdictFacts){ .block_size = snapshot->block_size,
                                                 .kernel_policy = facts->kernel_policy,
                                                 .snapshot = snapshot,
                                                 .cpu_nodes = facts->cpu_nodes };
        r = world_init(snapshot, zoneinfo, &forecast.world);
        if (r == 0)
                r = init_budget(&forecast);
        for (size_t i = 0; r == 0 && i <= n_additions; i++) {
                forecast.stage = &stages[i];
                r = make_stage(&forecast, i > 0 ? &additions[i - 1] : NULL, i);
        }
        if (r < 0) {
                forecast_free(stages, n_additions + 1);
                return r;
        }

        *ret_stages = stages;
        *ret_rule = forecast.world.rule;
        return 0;
}
