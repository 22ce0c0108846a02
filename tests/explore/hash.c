/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A world as a number: of all that decides about what can still happen, and about how it is judged.
 */
#include "world.h"

/* FNV-1a, 64 bits, by words. */
static void mix(uint64_t *hash, uint64_t value) {
        *hash = (*hash ^ value) * UINT64_C(0x100000001b3);
        *hash ^= *hash >> 29;
}

static void mix_kernel(uint64_t *hash, const World *world) {
        for (BlockIndex index = 0; index < MAX_BLOCKS; index++) {
                Block block = {};

                mix(hash, zone_model_read(world->model, index, &block));
                mix(hash, (uint64_t)block.state);
                for (size_t i = 0; i < block.valid_zones.n_zones; i++)
                        mix(hash, block.valid_zones.zones[i]);
        }
        for (int node = 0; node < 2; node++)
                for (ZoneKind kind = 0; kind < _ZONE_KIND_MAX; kind++) {
                        BlockIndex start, end;

                        zone_model_span(world->model, node, kind, &start, &end);
                        mix(hash, start << 16 | end);
                }
        for (unsigned i = 0; i < N_DIMMS; i++)
                mix(hash, world->dimms[i].state | world->dimms[i].next << 8 |
                                  (uint64_t)world->dimms[i].n_plugged << 32);
        for (unsigned i = 0; i < world->n_queue; i++)
                mix(hash, (uint64_t)world->queue[i].action | world->queue[i].block << 8);
        mix(hash, world->n_queue);
        mix(hash, world->lost);
}

static void mix_ghosts(uint64_t *hash, const World *world) {
        for (BlockIndex index = 0; index < MAX_BLOCKS; index++) {
                const Ghost *ghost = &world->blocks[index];

                mix(hash,
                    (uint64_t)ghost->present | (uint64_t)ghost->linked << 1 |
                            (uint64_t)ghost->agent_onlined << 2 |
                            (uint64_t)ghost->agent_offlined << 3 |
                            (uint64_t)ghost->we_onlined << 4 | (uint64_t)ghost->unsure << 5 |
                            (uint64_t)ghost->settled << 6 | (uint64_t)ghost->fell_back << 7 |
                            (uint64_t)(ghost->tried_at < world->moment) << 8 |
                            (uint64_t)(ghost->offlined_at <= world->job_started) << 9 |
                            (uint64_t)ghost->outcome << 16 | (uint64_t)(ghost->refusal < 0) << 24 |
                            (uint64_t)ghost->we_took_off << 25 | (uint64_t)ghost->was_taken << 27 |
                            (uint64_t)ghost->rolled_back << 28 | (uint64_t)ghost->unseen << 29 |
                            (uint64_t)(ghost->had == ZONE_KIND_MOVABLE) << 26 |
                            (uint64_t)ghost->n_moves << 32);
                mix(hash, ghost->inode);
                mix(hash, (uint64_t)ghost->asks | (uint64_t)ghost->was_asked << 1 |
                                  (uint64_t)ghost->asked << 2 |
                                  (uint64_t)(ghost->asked_at == world->moment) << 8 |
                                  (uint64_t)ghost->asked_offline << 9 |
                                  (uint64_t)ghost->asked_amid << 13 |
                                  (uint64_t)ghost->tasked << 14 | (uint64_t)ghost->task_off << 15 |
                                  (uint64_t)ghost->given_back << 10 |
                                  (uint64_t)ghost->asked_into[ZONE_KIND_KERNEL] << 11 |
                                  (uint64_t)ghost->asked_into[ZONE_KIND_MOVABLE] << 12);
                for (size_t i = 0; i < _STATE_WORD_MAX; i++)
                        mix(hash, ghost->n_same_writes[i]);
        }
}

static void mix_work(uint64_t *hash, const Work *work) {
        for (size_t i = 0; i < work->n_items; i++) {
                const WorkItem *item = &work->items[i];

                mix(hash, item->verdict.block | (uint64_t)item->settled << 32 |
                                  (uint64_t)item->fell_back << 33 |
                                  (uint64_t)(item->last_pass == work->pass) << 34 |
                                  (uint64_t)(item->last_pass > 0) << 35 |
                                  (uint64_t)(item->last_done < work->n_done) << 36 |
                                  (uint64_t)item->found_online << 37 |
                                  (uint64_t)item->last.written << 46 |
                                  (uint64_t)(item->last_writes < work->n_writes) << 47 |
                                  (uint64_t)item->verdict.or_else << 38 |
                                  (uint64_t)item->last.outcome << 42);
                mix(hash, item->inode);
        }
        for (size_t i = work->next_step; i < work->n_steps; i++) {
                const PlanStep *step = &work->steps[i];

                for (uint32_t k = i == work->next_step ? work->next_of_step : 0; k < step->n_blocks;
                     k++)
                        mix(hash, work->items[plan_step_item(step, k)].verdict.block);
        }
        mix(hash, work->n_items << 16 | (work->pass > 0));
}

/* Times count from now on, for nothing else is known of the clock. */
static uint64_t from_now(const World *world, uint64_t at) {
        return at > 0 ? at - world->clock : 1;
}

static void mix_task(uint64_t *hash, const World *world) {
        const TaskWork *work = &world->rounds.task;

        mix(hash, work->phase | (uint64_t)work->is_given_up << 8 |
                          (uint64_t)world->rounds.task_action << 16 |
                          (uint64_t)world->rounds.current_is_back << 24);
        mix(hash, from_now(world, work->since));
        mix(hash, from_now(world, world->task_timer));
        for (size_t i = 0; i < work->n_items; i++) {
                const TaskItem *item = &work->items[i];

                mix(hash, item->block | (uint64_t)item->state << 16 |
                                  (uint64_t)(item->had + 32) << 20 |
                                  (uint64_t)item->was_taken << 28 |
                                  (uint64_t)item->elsewhere << 29 | (uint64_t)item->is_gone << 30 |
                                  (uint64_t)(item == work->current) << 31 |
                                  (uint64_t)item->answer.outcome << 32 |
                                  (uint64_t)(item->answer.zone + 32) << 40);
                mix(hash, item->inode);
                mix(hash, from_now(world, item->deadline));
                mix(hash, from_now(world, item->retry_at));
        }
}

static void mix_memplugd(uint64_t *hash, const World *world) {
        const Rounds *rounds = &world->rounds;
        const BlockRecord *records;
        size_t n;

        records = block_table_records(world->table, &n);
        for (size_t i = 0; i < n; i++)
                mix(hash, records[i].index | (uint64_t)records[i].mark << 16 |
                                  (uint64_t)(records[i].zone + 32) << 56 |
                                  (uint64_t)records[i].inode << 24);
        mix(hash, world->running);
        if (!world->running)
                return;

        mix_work(hash, &rounds->work);
        if (task_work_is_under_way(&rounds->task))
                mix_task(hash, world);
        for (size_t i = 0; i < rounds->pending.n_blocks; i++)
                mix(hash, rounds->pending.blocks[i]);
        for (size_t i = 0; i < rounds->n_asked; i++)
                if (!rounds->asked[i].settled)
                        mix(hash, rounds->asked[i].block | (uint64_t)rounds->asked[i].online << 16 |
                                          (uint64_t)rounds->asked[i].decided << 24);
        mix(hash, (rounds->n_asked - rounds->n_settled) | (uint64_t)rounds->held << 32);
        mix(hash,
            rounds->pending.n_blocks << 32 | (uint64_t)rounds->phase << 16 |
                    (uint64_t)rounds->rescan << 1 | (uint64_t)rounds->first_sweep << 2 |
                    (uint64_t)rounds->waiting << 3 | (uint64_t)rounds->announced << 5 |
                    (uint64_t)rounds->current_is_gone << 6 | (uint64_t)rounds->was_touched << 7 |
                    (uint64_t)rounds->returning << 40 | (uint64_t)rounds->is_mixed << 41 |
                    (uint64_t)rounds->n_current_offlines << 8 |
                    (uint64_t)rounds->current_move << 24 | (uint64_t)(rounds->policy != NULL) << 4);
        mix(hash, world->job | world->job_block << 8 | (uint64_t)world->job_online << 16 |
                          (uint64_t)world->job_stage << 24 | (uint64_t)world->timer << 40 |
                          (uint64_t)world->job_was_barrier << 41 |
                          (uint64_t)world->interrupted << 42 | (uint64_t)world->job_action << 44);
        mix(hash, world->job_inode);
        if (world->job == JOB_ENDED && !world->job_was_barrier)
                mix(hash, (uint64_t)world->job_attempt.outcome | 1 << 8 |
                                  (uint64_t)world->job_attempt.taken_off << 9);
}

uint64_t world_hash(const World *world) {
        uint64_t hash = UINT64_C(0xcbf29ce484222325);

        mix_kernel(&hash, world);
        mix_ghosts(&hash, world);
        mix_memplugd(&hash, world);
        mix(&hash, world->readings);
        mix(&hash, world->n_asks | world->n_holds << 4 | (uint64_t)world->held << 8 |
                           (uint64_t)world->task_runs << 9 | (uint64_t)world->n_tasks << 12 |
                           (uint64_t)world->n_cancels << 16 | (uint64_t)world->n_hangs << 20);
        mix(&hash, world->n_agent | world->n_refusals << 4 | world->n_kills << 8 |
                           world->n_losses << 12 | world->n_unplugs << 16 |
                           (uint64_t)(world->refuse_next < 0) << 20 |
                           (uint64_t)world->agent_took_off << 21 | world->n_failed_unplugs << 22);
        return hash;
}
