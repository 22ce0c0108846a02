/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What must hold in each world, whatever happens in which order.
 */
#undef NDEBUG
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "world.h"

/* What is wanted of a block: by the scenario, not by memplugd's own reading of the rules. */
static Verdict verdict_of(const World *world, BlockIndex index) {
        const Scenario *scenario = world->scenario;
        const unsigned dimm = index <= scenario->dimms[0].last ? 0 : 1;

        if (index < scenario->kernel_below)
                return (Verdict){ .online = ONLINE_KERNEL, .or_else = ONLINE_LEAVE };

        return (Verdict){ .online = scenario->online[dimm], .or_else = scenario->or_else[dimm] };
}

/* The zone of a block that is online, else _ZONE_KIND_INVALID. */
static ZoneKind zone_of(const World *world, BlockIndex index) {
        Block block;

        return zone_model_read(world->model, index, &block) ? block_zone_kind(&block)
                                                            : _ZONE_KIND_INVALID;
}

/* Whether the kernel takes it there. */
static bool may_go_back(const World *world, const Ghost *ghost) {
        Block block;

        return zone_model_read(world->model, (BlockIndex)(ghost - world->blocks), &block) &&
               valid_zones_allow(&block.valid_zones, ghost->had);
}

/*
 * A block that memplugd took offline and can't move belongs back where it was. Who was killed in the
 * middle of that can't know whether it had begun, nor where it was.
 */
static bool goes_back(const World *world, const Ghost *ghost, StateWord word) {
        if ((world->scenario->rezone || world->scenario->n_tasks > 0) && ghost->unsure)
                return true;
        if (world->scenario->n_tasks > 0 && ghost->was_taken && !may_go_back(world, ghost))
                return true;

        return ghost->was_taken && word == (ghost->had == ZONE_KIND_MOVABLE ? STATE_ONLINE_MOVABLE
                                                                            : STATE_ONLINE_KERNEL);
}

static bool is_moved_by_task(const World *world, const Ghost *ghost, StateWord word) {
        const Task *task = &world->scenario->task;

        return ghost->tasked && task->kind == TASK_REZONE &&
               word == (task->zone == ZONE_KIND_MOVABLE ? STATE_ONLINE_MOVABLE
                                                        : STATE_ONLINE_KERNEL);
}

/* Nothing is written that no rule gave, twice without progress, or that somebody took offline. */
void judge_write(World *world, BlockIndex block, StateWord word, int result) {
        Ghost *ghost = &world->blocks[block];
        Verdict verdict = verdict_of(world, block);
        const char *wish = online_to_state_word(verdict.online);
        const char *or_else = online_to_state_word(verdict.or_else);
        const char *written = state_word_to_string(word);

        if (!(wish && strcmp(written, wish) == 0) && !(or_else && strcmp(written, or_else) == 0) &&
            !(ghost->was_asked && word == ghost->asked) && !goes_back(world, ghost, word) &&
            !is_moved_by_task(world, ghost, word))
                violation(world, "'%s' is written to memory%u, and no rule says so", written,
                          (unsigned)block);

        if (result < 0) {
                if (++ghost->n_same_writes[word] > 1 && world->job != JOB_STEP)
                        violation(world, "'%s' is written to memory%u again without progress",
                                  written, (unsigned)block);
                return;
        }

        if (ghost->agent_offlined && !ghost->given_back && !ghost->unsure &&
            ghost->offlined_at <= world->job_started)
                violation(world, "memory%u comes back, which somebody else took offline",
                          (unsigned)block);
        ghost->we_onlined = true;
        ghost->agent_offlined = ghost->we_took_off = ghost->task_off = false;
}

static bool may_be_taken_off(const World *world, const Ghost *ghost, const Verdict *verdict,
                             ZoneKind zone) {
        if (ghost->rolled_back && zone != ghost->had)
                return true;

        return world->scenario->rezone && ghost->agent_onlined &&
               (zone == _ZONE_KIND_INVALID || !online_wants(verdict->online, zone));
}

/* Only what somebody else put in the wrong zone is taken offline, and once. */
void judge_taking_off(World *world, BlockIndex block, ZoneKind zone, int result) {
        Ghost *ghost = &world->blocks[block];
        Verdict verdict = verdict_of(world, block);
        bool by_task = world->job == JOB_STEP && ghost->tasked;

        if (!by_task && !may_be_taken_off(world, ghost, &verdict, zone))
                violation(world, "memory%u is taken offline, and no rule says so", (unsigned)block);
        if (!by_task && ghost->n_moves++ > 0)
                violation(world, "memory%u is taken offline a second time", (unsigned)block);
        if (result < 0)
                return;

        ghost->we_took_off = ghost->was_taken = true;
        ghost->had = zone;
}

/* Whether the kernel, asked now, would refuse that zone. */
static bool kernel_refuses(const World *world, BlockIndex index, Online online) {
        Block block;

        if (!zone_model_read(world->model, index, &block) || block.state != BLOCK_OFFLINE)
                return false;
        if (online == ONLINE_DEFAULT)
                return false;

        return !valid_zones_allow(&block.valid_zones,
                                  online == ONLINE_MOVABLE ? ZONE_KIND_MOVABLE : ZONE_KIND_KERNEL);
}

/* Whether the zone is the right one just if it is told so, as long as nobody acted since. */
static bool zone_is_told(const World *world, const WorkItem *item) {
        ZoneKind zone = zone_of(world, item->verdict.block);
        bool right = item->last.outcome != OUTCOME_WRONG_ZONE;

        if (zone == _ZONE_KIND_INVALID ||
            world->blocks[item->verdict.block].tried_at < world->moment)
                return true;

        return online_wants(item->last.online, zone) == right;
}

static bool reason_is_true(const World *world, const WorkItem *item) {
        const Ghost *ghost = &world->blocks[item->verdict.block];
        bool same = ghost->present && ghost->inode == item->inode;

        switch (item->last.outcome) {
        case OUTCOME_DONE:
                return !same || (ghost->we_onlined && zone_is_told(world, item));
        case OUTCOME_ALREADY:
        case OUTCOME_WRONG_ZONE:
                return !same || ((ghost->agent_onlined || item->denial == DENIAL_NOT_ASKED) &&
                                 zone_is_told(world, item));
        case OUTCOME_REFUSED:
                return kernel_refuses(world, item->verdict.block, item->last.online) ||
                       ghost->tried_at < world->moment || !same ||
                       (item->last.taken_off && ghost->refusal < 0);
        case OUTCOME_NO_MEMORY:
                return ghost->refusal == -ENOMEM;
        case OUTCOME_GONE:
                return !same || !ghost->linked;
        case OUTCOME_CANCELLED:
                return !same || ghost->agent_offlined || ghost->agent_onlined;
        default:
                return false;
        }
}

/* Told is only what stands in the way of the zone that the rule asks for, and from the right side. */
static bool refusal_is_true(const World *world, const WorkItem *item, const Refusal *refusal) {
        bool above = refusal->edge > item->verdict.block;

        return refusal->online == item->first.online && world->blocks[refusal->edge].present &&
               above == (refusal->online == ONLINE_MOVABLE);
}

void judge_outcome(World *world, const WorkItem *item, const Refusal *refusal) {
        Ghost *ghost = &world->blocks[item->verdict.block];

        if (!reason_is_true(world, item))
                violation(world, "memory%u is told as '%s', which isn't so",
                          (unsigned)item->verdict.block, outcome_to_string(item->last.outcome));

        if (refusal && !refusal_is_true(world, item, refusal))
                violation(world, "memory%u is told to be in the way of memory%u, which isn't so",
                          (unsigned)refusal->edge, (unsigned)item->verdict.block);

        ghost->settled = true;
        ghost->outcome = item->last.outcome;
        ghost->fell_back = item->fell_back;
}

void judge_doing(const World *world, const char *what) {
        if (world->held)
                violation(world, "it %s, and it is held", what);
}

/* What must come of a request that nothing stands in the way of. */
static const char *due_answer(const World *world, BlockIndex index) {
        const Ghost *ghost = &world->blocks[index];
        Online online = verdict_of(world, index).online;
        ZoneKind zone = zone_of(world, index);

        if (ghost->asked == STATE_ONLINE_MOVABLE)
                online = ONLINE_MOVABLE;
        else if (ghost->asked == STATE_ONLINE_KERNEL)
                online = ONLINE_KERNEL;

        if (ghost->asked_offline)
                return online == ONLINE_LEAVE ? "left" : "done";
        return zone == _ZONE_KIND_INVALID   ? NULL
               : online_wants(online, zone) ? "already"
                                            : "wrong-zone";
}

/* Each request is answered once, and as it was meant. */
void judge_record(World *world, const Record *record) {
        Ghost *ghost = &world->blocks[record->block];
        const char *due;

        if (!record->asked || ghost->tasked)
                return;
        if (!ghost->asks)
                violation(world, "memory%u: '%s' is an answer to nobody", (unsigned)record->block,
                          record_word(record));
        ghost->asks = false;

        due = due_answer(world, record->block);
        if (ghost->asked_at == world->moment && !ghost->asked_amid && ghost->linked && due &&
            world->rule == ZONE_RULE_FREE && world->n_refusals == world->scenario->n_refusals &&
            strcmp(due, record_word(record)) != 0)
                violation(world, "memory%u: the answer is '%s', and ought to be '%s'",
                          (unsigned)record->block, record_word(record), due);
}

/* Somebody else did something to the block that memplugd hasn't heard of yet. */
static bool has_unread(const World *world, BlockIndex index) {
        for (unsigned i = 0; i < world->n_queue; i++)
                if (world->queue[i].block == index)
                        return true;

        return world->n_losses < world->scenario->n_losses;
}

/* By a rule, meanwhile. */
static bool is_being_moved(const World *world, BlockIndex index) {
        return world->job_block == index && world->job_move && world->rounds.phase == PHASE_ATTEMPT;
}

/* What a task says of a block is so, and one that stays offline was to. */
static void judge_task_block(World *world, const Task *task, const TaskBlock *answer) {
        Ghost *ghost = &world->blocks[answer->block];
        ZoneKind zone = zone_of(world, answer->block);
        bool known = !has_unread(world, answer->block) && !is_being_moved(world, answer->block);
        bool left_off = answer->outcome == OUTCOME_DONE && task->kind == TASK_OFFLINE;

        if (known && answer->outcome != OUTCOME_GONE && answer->zone != _ZONE_KIND_INVALID &&
            answer->zone != zone)
                violation(world, "a task says that memory%u is in the zone %s, and it is in %s",
                          (unsigned)answer->block, zone_kind_to_string(answer->zone),
                          zone_kind_to_string(zone));
        if (known && left_off && !ghost->we_took_off && !ghost->unsure)
                violation(world, "a task says it took memory%u offline, and it didn't",
                          (unsigned)answer->block);
        if (known && answer->outcome == OUTCOME_ALREADY && task->kind == TASK_OFFLINE &&
            zone != _ZONE_KIND_INVALID)
                violation(world, "a task says memory%u was offline, and it isn't",
                          (unsigned)answer->block);
        if (!left_off && ghost->we_took_off && !is_being_moved(world, answer->block) &&
            world->n_refusals == world->scenario->n_refusals)
                violation(world, "a task leaves memory%u offline, and says '%s'",
                          (unsigned)answer->block, outcome_to_string(answer->outcome));
        if (known && answer->outcome == OUTCOME_GONE && ghost->linked && !ghost->asked_amid)
                violation(world, "a task says memory%u is gone, and it isn't",
                          (unsigned)answer->block);
}

/* All or nothing, unless a part will do; and each task is answered once. */
void judge_task(World *world, const Task *task, const TaskBlock *answers) {
        size_t n_done = 0, n_in_the_way = 0;

        if (!world->task_runs)
                violation(world, "a task ends that isn't under way");
        for (size_t i = 0; i < task->n_blocks; i++) {
                Ghost *ghost = &world->blocks[answers[i].block];

                judge_task_block(world, task, &answers[i]);
                n_done += answers[i].outcome == OUTCOME_DONE;
                n_in_the_way += answers[i].outcome != OUTCOME_DONE &&
                                answers[i].outcome != OUTCOME_ALREADY &&
                                answers[i].outcome != OUTCOME_GONE;
                ghost->tasked = false;
        }
        for (size_t i = 0; i < task->n_blocks && task->kind == TASK_OFFLINE; i++) {
                Ghost *ghost = &world->blocks[answers[i].block];

                if (answers[i].outcome == OUTCOME_DONE ||
                    (answers[i].outcome == OUTCOME_ALREADY &&
                     (n_in_the_way == 0 || task->keep_partial))) {
                        ghost->we_took_off = false;
                        ghost->task_off = true;
                }
        }
        if (task->kind == TASK_OFFLINE && !task->keep_partial && n_done > 0 && n_in_the_way > 0)
                violation(world, "a task took %zu blocks offline, and left %zu", n_done,
                          n_in_the_way);
}

/* Whether nobody but memplugd and who plugs has done anything, and the rule can be obeyed at all. */
static bool undisturbed(const World *world) {
        const Scenario *scenario = world->scenario;

        return world->n_agent == scenario->n_agent && world->n_unplugs == scenario->n_unplugs &&
               world->n_refusals == scenario->n_refusals && world->n_asks == scenario->n_asks &&
               world->n_tasks == scenario->n_tasks && scenario->dimms[1].last == 0;
}

/* Of fewer blocks it can't be told from what a tool does that moves blocks. */
static bool most_were_rolled_back(const World *world) {
        unsigned n = 0, n_others = 0;

        for (BlockIndex index = 0; index < MAX_BLOCKS; index++) {
                n += world->blocks[index].rolled_back;
                n_others += world->blocks[index].present && !world->blocks[index].rolled_back;
        }
        return n > 1 && n > n_others;
}

static bool had_to_be_put_back(const World *world, const Ghost *ghost) {
        return ghost->rolled_back && ghost->had == ZONE_KIND_MOVABLE && !ghost->unsure &&
               !ghost->unseen && world->rule == ZONE_RULE_FREE &&
               world->n_agent == world->scenario->n_agent &&
               world->n_tasks == world->scenario->n_tasks &&
               world->n_kills == world->scenario->n_kills && most_were_rolled_back(world);
}

/* Whether a block that somebody else put in the wrong zone must have been moved. What was asked for by
 * hand never is. */
static bool had_to_be_moved(const World *world, const Ghost *ghost) {
        return world->scenario->rezone && ghost->agent_onlined && !ghost->unsure &&
               !ghost->was_asked && world->rule == ZONE_RULE_FREE && !world->agent_took_off &&
               world->n_agent + 1 >= world->scenario->n_agent &&
               world->n_refusals == world->scenario->n_refusals &&
               world->n_unplugs == world->scenario->n_unplugs;
}

static void judge_online(const World *world, BlockIndex index, const Verdict *verdict) {
        const BlockRecord *record = block_table_find(world->table, index);
        const Ghost *ghost = &world->blocks[index];
        ZoneKind zone = zone_of(world, index);

        if (!online_wants(verdict->online, zone) &&
            (had_to_be_moved(world, ghost) || had_to_be_put_back(world, ghost)))
                violation(world, "memory%u is in the zone %s, and wasn't moved", (unsigned)index,
                          zone_kind_to_string(zone));
        if (record && record->mark == BLOCK_MARK_RELEASED)
                violation(world, "memory%u is online, and known as taken offline by somebody else",
                          (unsigned)index);

        if (online_wants(verdict->online, zone) || ghost->agent_onlined)
                return;
        if (zone != _ZONE_KIND_INVALID && ghost->asked_into[zone])
                return;
        if (verdict->or_else != ONLINE_LEAVE && online_wants(verdict->or_else, zone) &&
            !undisturbed(world))
                return;

        violation(world, "memory%u is in the zone %s, and nobody but memplugd put it there",
                  (unsigned)index, zone_kind_to_string(zone));
}

static void judge_offline(const World *world, BlockIndex index, const Verdict *verdict) {
        const Ghost *ghost = &world->blocks[index];
        bool failed = ghost->settled && outcome_is_open(ghost->outcome);

        if (ghost->we_took_off && world->n_refusals == world->scenario->n_refusals)
                violation(world, "memory%u was taken offline to be moved, and stays so",
                          (unsigned)index);

        if (verdict->online == ONLINE_LEAVE || ghost->agent_offlined || ghost->unsure ||
            ghost->task_off)
                return;
        if (failed && !undisturbed(world))
                return;

        violation(world, "memory%u stays offline without a reason (%s)", (unsigned)index,
                  ghost->settled ? outcome_to_string(ghost->outcome) : "nothing told");
}

void judge_end(const World *world) {
        if (world->task_runs)
                violation(world, "it ended, and a task didn't");
        for (BlockIndex index = 0; index < MAX_BLOCKS; index++) {
                Verdict verdict;

                if (world->blocks[index].asks)
                        violation(world, "memory%u was asked for, and nobody is answered",
                                  (unsigned)index);
                if (!world->blocks[index].present)
                        continue;
                verdict = verdict_of(world, index);
                if (zone_of(world, index) != _ZONE_KIND_INVALID)
                        judge_online(world, index, &verdict);
                else
                        judge_offline(world, index, &verdict);
        }

        if (world->rounds.work.n_items > 0 || world->rounds.pending.n_blocks > 0)
                violation(world, "it ended with work left");
}
