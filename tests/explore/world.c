/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include "world.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/tell-task.h"
#include "daemon/tell.h"

/* The daemon's tell.c is replaced: what it would tell is judged. */
static World *telling;

void tell_item(const WorkItem *item, const Refusal *refusal) {
        judge_outcome(telling, item, refusal);
}

void tell_found_online(const Block *block, const Verdict *verdict, Outcome outcome,
                       bool by_kernel) {
        Ghost *ghost = &telling->blocks[block->index];

        (void)verdict;
        (void)by_kernel;
        /* What was read may be gone by now. */
        if (ghost->inode == block->inode && !ghost->agent_onlined && !ghost->unsure)
                violation(telling, "memory%u is told as onlined by somebody else: %s",
                          (unsigned)block->index, outcome_to_string(outcome));
        ghost->settled = true;
        ghost->outcome = outcome;
}

void tell_run(RunOfBlocks *run, const Verdict *verdict, TellRun tell) {
        (void)run;
        (void)verdict;
        (void)tell;
}

void tell_left_by_kernel(const Block *block, const Verdict *verdict) {
        (void)verdict;
        violation(telling, "memory%u is told as left by the kernel, which wasn't to online it",
                  (unsigned)block->index);
}

void tell_failed_unplug(const Device *device, BlockIndex stayed, size_t n_returned,
                        size_t n_moved) {
        (void)device;
        (void)n_returned;
        (void)n_moved;
        if (telling->n_failed_unplugs == telling->scenario->n_failed_unplugs)
                violation(telling, "unplugging is told as failed, for memory%u, and none was tried",
                          (unsigned)stayed);
}

const char *tell_reason(const WorkItem *item, const Refusal *refusal, char text[TELL_REASON_MAX]) {
        (void)item;
        (void)refusal;
        *text = 0;
        return text;
}

void tell_task_item(const Task *task, const TaskItem *item) {
        (void)task;
        (void)item;
}

void tell_task(const TaskWork *work) {
        (void)work;
}

const char *tell_task_reason(const Task *task, const TaskItem *item,
                             char text[TELL_TASK_TEXT_MAX]) {
        (void)task;
        (void)item;
        *text = 0;
        return text;
}

void tell_released(const RunOfBlocks *run) {
        (void)run;
}

void tell_left(const RunOfBlocks *run) {
        (void)run;
}

void tell_observed(const RunOfBlocks *run) {
        (void)run;
}

void tell_misplaced(const RunOfBlocks *run) {
        (void)run;
}

/* The kernel */

static void send(World *world, UeventAction action, BlockIndex block) {
        assert(world->n_queue < QUEUE_MAX);
        if (world->running || world->scenario->socket)
                world->queue[world->n_queue++] = (Uevent){ action, block };
}

static bool lock_is_held(const World *world) {
        for (unsigned i = 0; i < N_DIMMS; i++)
                if (world->dimms[i].state == APPEARING || world->dimms[i].state == LINKING)
                        return true;

        return false;
}

/* What was asked for is still to be answered. */
static void forget_block(World *world, BlockIndex block) {
        const Ghost *ghost = &world->blocks[block];

        world->blocks[block] = (Ghost){
                .asks = ghost->asks,
                .was_asked = ghost->asks || ghost->tasked,
                .asked_into = { ghost->asks || ghost->tasked, ghost->asks || ghost->tasked },
                .asked = ghost->asked,
                .asked_amid = true,
                .tasked = ghost->tasked,
        };
}

/* One block appears, or is linked: all of them first, then all of the others, as the kernel does. */
static void plug_step(World *world, unsigned dimm) {
        const BlockIndex first = world->scenario->dimms[dimm].first;
        const BlockIndex last = world->scenario->dimms[dimm].last;
        BlockIndex block = world->dimms[dimm].next++;

        if (world->dimms[dimm].state == APPEARING) {
                forget_block(world, block);
                world->blocks[block].present = true;
                world->blocks[block].node = world->scenario->dimms[dimm].node;
                world->blocks[block].inode = world->next_inode++;
                send(world, UEVENT_ADD, block);
        } else
                world->blocks[block].linked = true;

        if (block == last) {
                world->dimms[dimm].next = first;
                world->dimms[dimm].state++;
        }
}

static void plug(World *world, unsigned dimm) {
        const BlockIndex first = world->scenario->dimms[dimm].first;
        const BlockIndex last = world->scenario->dimms[dimm].last;

        assert(zone_model_add(world->model, first, last, world->scenario->dimms[dimm].node) == 0);
        world->dimms[dimm].state = APPEARING;
        world->dimms[dimm].next = first;
        world->dimms[dimm].n_plugged++;
        world->moment++;
}

static void unplug(World *world, unsigned dimm) {
        const BlockIndex first = world->scenario->dimms[dimm].first;
        const BlockIndex last = world->scenario->dimms[dimm].last;

        for (BlockIndex block = first; block <= last; block++)
                if (zone_model_write(world->model, block, STATE_OFFLINE, 0) == 0)
                        send(world, UEVENT_OFFLINE, block);
        assert(zone_model_remove(world->model, first, last) == 0);
        for (BlockIndex block = first; block <= last; block++) {
                forget_block(world, block);
                send(world, UEVENT_REMOVE, block);
        }
        world->dimms[dimm].state = UNPLUGGED;
        world->moment++;
}

static void forget_writes(World *world);

static ZoneKind zone_of(const World *world, BlockIndex index) {
        Block block;

        return zone_model_read(world->model, index, &block) ? block_zone_kind(&block)
                                                            : _ZONE_KIND_INVALID;
}

/*
 * All blocks but the last of those online go offline; that one doesn't, so they come back, by a plain
 * "online".
 */
static void fail_to_unplug(World *world, unsigned dimm) {
        const BlockIndex first = world->scenario->dimms[dimm].first;
        BlockIndex stays = world->scenario->dimms[dimm].last;
        bool taken[MAX_BLOCKS] = {};

        while (zone_of(world, stays) == _ZONE_KIND_INVALID)
                stays--;
        world->moment++;
        forget_writes(world);
        for (BlockIndex block = first; block < stays; block++) {
                ZoneKind had = zone_of(world, block);

                if (had == _ZONE_KIND_INVALID)
                        continue;
                world->blocks[block].had = had;
                taken[block] = zone_model_write(world->model, block, STATE_OFFLINE, 0) == 0;
                send(world, UEVENT_OFFLINE, block);
        }
        for (BlockIndex block = first; block < stays; block++)
                if (taken[block]) {
                        Ghost *ghost = &world->blocks[block];

                        assert(zone_model_write(world->model, block, STATE_ONLINE, 0) == 0);
                        send(world, UEVENT_ONLINE, block);
                        ghost->rolled_back = true;
                        ghost->unseen = (world->job == JOB_ATTEMPT || world->job == JOB_STEP) &&
                                        world->job_block == block;
                        ghost->agent_onlined = true;
                        ghost->n_moves = 0;
                        ghost->unsure = ghost->unsure || !world->running;
                }
}

static bool may_fail_to_unplug(const World *world, unsigned dimm) {
        unsigned n = 0;

        for (BlockIndex block = world->scenario->dimms[dimm].first;
             block <= world->scenario->dimms[dimm].last; block++)
                n += zone_of(world, block) != _ZONE_KIND_INVALID;

        return world->n_failed_unplugs > 0 && n > 1;
}

static void forget_writes(World *world) {
        for (BlockIndex block = 0; block < MAX_BLOCKS; block++)
                memset(world->blocks[block].n_same_writes, 0,
                       sizeof(world->blocks[block].n_same_writes));
}

static void agent_writes(World *world, BlockIndex block, StateWord word) {
        Ghost *ghost = &world->blocks[block];

        assert(zone_model_write(world->model, block, word, 0) == 0);
        world->moment++;
        forget_writes(world);
        ghost->agent_offlined = word == STATE_OFFLINE;
        if (word == STATE_OFFLINE) {
                ghost->offlined_at = world->moment;
                ghost->given_back = ghost->task_off = false;
                world->agent_took_off = true;
        } else {
                ghost->agent_onlined = true;
                ghost->we_took_off = ghost->task_off = false;
                ghost->n_moves = 0;
                /* Nobody looks: who finds it offline later can't know that it ever was online. */
                ghost->unsure = ghost->unsure || !world->running;
        }
        send(world, word == STATE_OFFLINE ? UEVENT_OFFLINE : UEVENT_ONLINE, block);
}

static bool agent_may(const World *world, BlockIndex block, StateWord word) {
        Block read;

        if (!world->blocks[block].linked || !zone_model_read(world->model, block, &read))
                return false;
        if (word == STATE_OFFLINE)
                return read.state == BLOCK_ONLINE;
        return read.state == BLOCK_OFFLINE &&
               valid_zones_allow(&read.valid_zones, word == STATE_ONLINE_MOVABLE
                                                            ? ZONE_KIND_MOVABLE
                                                            : ZONE_KIND_KERNEL);
}

/* memplugd's world */

static int op_read(void *userdata, BlockIndex index, Block *ret) {
        World *world = userdata;
        const Ghost *ghost = index < MAX_BLOCKS ? &world->blocks[index] : NULL;

        if (!ghost || !ghost->present || !zone_model_read(world->model, index, ret))
                return -ENOENT;

        ret->inode = ghost->inode;
        if (!ghost->linked) {
                ret->node = NODE_UNKNOWN;
                ret->valid_zones = (ValidZones){};
        }
        return 0;
}

/* memplugd reads to decide, and others act before that. The rest of what it reads is at once. */
static int op_read_pending(void *userdata, BlockIndex index, Block *ret) {
        World *world = userdata;
        int r;

        judge_doing(world, "decides");
        world_pause(world, INSIDE_DECISION);
        r = op_read(world, index, ret);
        world->readings = world->readings * 31 + index;
        if (r == 0)
                world->readings = world->readings * 31 + ret->inode * 8 +
                                  (ret->state == BLOCK_ONLINE ? 4 : 0) +
                                  (ret->node == NODE_UNKNOWN ? 2 : 0) + 1;
        return r;
}

static int op_read_all(void *userdata, Snapshot *ret) {
        World *world = userdata;
        Block block;

        if (world->rounds.rescan)
                world_pause(world, INSIDE_DECISION);
        for (BlockIndex index = 0; index < MAX_BLOCKS; index++)
                if (op_read(userdata, index, &block) == 0)
                        assert(snapshot_add(ret, &block) == 0);
        return 0;
}

static int op_read_devices(void *userdata, Snapshot *snapshot) {
        World *world = userdata;

        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                Block *block = &snapshot->blocks[i];
                const unsigned dimm = block->index <= world->scenario->dimms[0].last ? 0 : 1;
                Device device = { .source = SOURCE_DIMM };

                (void)snprintf(device.name, sizeof(device.name), "dimm%u", dimm);
                block->source = SOURCE_DIMM;
                block->hot_added = true;
                block->device = snapshot_add_device(snapshot, &device);
        }
        return 0;
}

/* No rule asks for these. */
static int op_read_cpu_nodes(void *userdata, RangeSet **ret) {
        (void)userdata;
        (void)ret;
        return -ENOENT;
}

static int op_read_zoneinfo(void *userdata, Zoneinfo *zoneinfo) {
        (void)userdata;
        zoneinfo_clear(zoneinfo);
        /* So much that the budget holds whatever comes. */
        assert(zoneinfo_add_line(zoneinfo, "Node 0, zone   Normal") == 0);
        assert(zoneinfo_add_line(zoneinfo, "        present  1000000000") == 0);
        return 0;
}

static int op_read_inode(void *userdata, BlockIndex index, ino_t *ret) {
        World *world = userdata;

        if (!world->blocks[index].present)
                return -ENOENT;
        *ret = world->blocks[index].inode;
        return 0;
}

static int op_read_uevent(void *userdata, Uevent *ret) {
        World *world = userdata;

        if (world->lost) {
                world->lost = false;
                return -ENOBUFS;
        }
        if (world->n_queue == 0)
                return 0;

        *ret = world->queue[0];
        memmove(world->queue, world->queue + 1, --world->n_queue * sizeof(Uevent));
        return 1;
}

static bool op_start_barrier(void *userdata) {
        World *world = userdata;

        judge_doing(world, "waits for a barrier");
        world->job = JOB_BARRIER;
        return true;
}

static uint64_t op_available_memory(void *userdata) {
        (void)userdata;
        return UINT64_MAX;
}

static void op_start_attempt(void *userdata, const WorkItem *item, Online online, bool move) {
        World *world = userdata;

        judge_doing(world, "starts an attempt");
        world->job = JOB_ATTEMPT;
        world->job_block = item->verdict.block;
        world->job_inode = item->inode;
        world->job_online = online;
        world->job_move = move;
        world->job_started = world->moment;
}

static void op_start_step(void *userdata, const TaskStep *step, const char *device) {
        World *world = userdata;

        (void)device;
        judge_doing(world, "starts a task's step");
        assert(step->action != TASK_EJECT);
        world->job = JOB_STEP;
        world->job_block = step->item->block;
        world->job_inode = step->item->inode;
        world->job_online = step->online;
        world->job_action = step->action;
        world->job_started = world->moment;
        world->interrupted = false;
}

static void op_interrupt(void *userdata) {
        ((World *)userdata)->interrupted = true;
}

static void op_set_task_timer(void *userdata, uint64_t at) {
        ((World *)userdata)->task_timer = at;
}

static bool op_wait_for_links(void *userdata) {
        ((World *)userdata)->timer = true;
        return true;
}

static Online op_kernel_policy(void *userdata) {
        (void)userdata;
        return ONLINE_LEAVE;
}

static void op_on_record(void *userdata, const Record *record) {
        judge_record(userdata, record);
}

static void op_on_policy(void *userdata) {
        World *world = userdata;

        judge_doing(world, "takes a policy");
        world->n_policies++;
}

static uint64_t op_now(void *userdata) {
        return ((World *)userdata)->clock;
}

static void op_on_task(void *userdata, const Task *task, const TaskBlock *answers, int error) {
        World *world = userdata;

        (void)error;
        judge_task(world, task, answers);
        world->task_runs = false;
}

static const RoundsOps rounds_ops = {
        .read_block = op_read_pending,
        .read_all = op_read_all,
        .read_devices = op_read_devices,
        .read_cpu_nodes = op_read_cpu_nodes,
        .read_zoneinfo = op_read_zoneinfo,
        .read_inode = op_read_inode,
        .read_uevent = op_read_uevent,
        .available_memory = op_available_memory,
        .start_barrier = op_start_barrier,
        .start_attempt = op_start_attempt,
        .start_step = op_start_step,
        .interrupt = op_interrupt,
        .set_task_timer = op_set_task_timer,
        .wait_for_links = op_wait_for_links,
        .now = op_now,
        .kernel_policy = op_kernel_policy,
        .on_policy = op_on_policy,
        .on_record = op_on_record,
        .on_task = op_on_task,
};

/* The worker's: others may act before the write, and before the second look. */

static int worker_read(void *userdata, BlockIndex index, Block *ret) {
        World *world = userdata;

        if (world->job_stage++ > 0)
                world_pause(world, INSIDE_ATTEMPT);
        return op_read(world, index, ret);
}

static int worker_write(void *userdata, BlockIndex index, ino_t inode, const char *word) {
        World *world = userdata;
        StateWord state_word = state_word_from_string(word);
        ZoneKind zone;
        int r;

        world->job_stage++;
        world_pause(world, INSIDE_ATTEMPT);

        /* The write waits for the hotplug lock. */
        for (unsigned i = 0; i < N_DIMMS; i++)
                while (world->dimms[i].state == APPEARING || world->dimms[i].state == LINKING)
                        plug_step(world, i);
        if (!world->blocks[index].present || world->blocks[index].inode != inode)
                return -ENODEV;

        zone = zone_of(world, index);
        if (state_word == STATE_OFFLINE && world->interrupted)
                r = -EINTR;
        else {
                r = zone_model_write(world->model, index, state_word, world->refuse_next);
                if (r < 0 && r == world->refuse_next)
                        world->blocks[index].refusal = r;
                world->refuse_next = 0;
        }
        if (state_word == STATE_OFFLINE)
                judge_taking_off(world, index, zone, r);
        else
                judge_write(world, index, state_word, r);
        if (r == 0) {
                forget_writes(world);
                send(world, state_word == STATE_OFFLINE ? UEVENT_OFFLINE : UEVENT_ONLINE, index);
        }
        return r;
}

static uint64_t worker_now(void *userdata) {
        (void)userdata;
        return 1;
}

static Attempt take_step(World *world, const ActuateOps *ops) {
        if (world->job_action == TASK_TAKE_OFF)
                return attempt_offline(ops, world, world->job_block, world->job_inode);

        return (world->job_action == TASK_MOVE ? attempt_move : attempt_online)(
                ops, world, world->job_block, world->job_inode, world->job_online);
}

static void do_job(World *world) {
        static const ActuateOps ops = { worker_read, worker_write, worker_now };

        world->job_was_barrier = world->job == JOB_BARRIER;
        if (!world->job_was_barrier) {
                world->job_stage = 0;
                if (world->job == JOB_STEP)
                        world->job_attempt = take_step(world, &ops);
                else
                        world->job_attempt = (world->job_move ? attempt_move : attempt_online)(
                                &ops, world, world->job_block, world->job_inode, world->job_online);
                world->blocks[world->job_block].tried_at = world->moment;
        }
        world->job = JOB_ENDED;
}

static void report(World *world) {
        Attempt attempt = world->job_attempt;

        world->job = JOB_NONE;
        if (world->job_was_barrier)
                rounds_on_barrier(&world->rounds, 0);
        else
                rounds_on_attempt(&world->rounds, world->job_block, &attempt);
}

static void start(World *world) {
        rounds_init(&world->rounds, &rounds_ops, world, 1 << 27, world->table);
        world->rounds.n_reserved = MAX_BLOCKS;
        rounds_set_policy(&world->rounds, world->policy);
        world->running = true;
        if (!world->scenario->socket)
                world->n_queue = 0;
        for (BlockIndex block = 0; block < MAX_BLOCKS; block++)
                world->blocks[block].settled = false;
        forget_writes(world);
        rounds_step(&world->rounds);
}

/* What it had written or was about to, it can't know any more. */
static void unread_are_unsure(World *world) {
        for (unsigned i = 0; i < world->n_queue; i++)
                world->blocks[world->queue[i].block].unsure = true;
        world->n_queue = 0;
}

/* An attempt is, about the block of the job. */
static bool is_under_way(const World *world) {
        return world->job == JOB_ATTEMPT || world->job == JOB_STEP ||
               (world->job == JOB_ENDED && !world->job_was_barrier);
}

static void kill_it(World *world) {
        if (is_under_way(world))
                world->blocks[world->job_block].unsure = true;

        if (!world->scenario->socket)
                unread_are_unsure(world);
        rounds_done(&world->rounds);
        world->running = world->timer = world->lost = world->held = world->task_runs = false;
        world->task_timer = 0;
        for (BlockIndex block = 0; block < MAX_BLOCKS; block++)
                world->blocks[block].asks = world->blocks[block].tasked = false;
        world->job = JOB_NONE;
        world->moment++;
}

/* An administrator: 'word' is STATE_ONLINE for what the rules want. */

static void ask(World *world, BlockIndex block, StateWord word) {
        Ghost *ghost = &world->blocks[block];
        Online online = word == STATE_ONLINE_MOVABLE  ? ONLINE_MOVABLE
                        : word == STATE_ONLINE_KERNEL ? ONLINE_KERNEL
                                                      : ROUNDS_BY_RULES;
        int r = rounds_ask(&world->rounds, &block, 1, online);

        /* A task may or may not be done with it. */
        if (r != (world->held   ? -EBUSY
                  : ghost->asks ? -EALREADY
                                : 0) &&
            !(ghost->tasked && r == -EALREADY))
                violation(world, "asked for memory%u: %s", (unsigned)block, strerror(-r));
        if (r < 0)
                return;

        ghost->asks = ghost->was_asked = true;
        ghost->asked = word;
        ghost->asked_at = world->moment;
        ghost->asked_into[ZONE_KIND_KERNEL] |= word == STATE_ONLINE_KERNEL;
        ghost->asked_into[ZONE_KIND_MOVABLE] |= word == STATE_ONLINE_MOVABLE;
        ghost->given_back = ghost->agent_offlined;
        ghost->asked_amid = !ghost->linked || (is_under_way(world) && world->job_block == block);
        ghost->asked_offline = zone_of(world, block) == _ZONE_KIND_INVALID;
        memset(ghost->n_same_writes, 0, sizeof(ghost->n_same_writes));
        rounds_step(&world->rounds);
}

/* With all blocks of the first DIMM, whatever they are. */
static void begin_task(World *world) {
        BlockIndex blocks[MAX_BLOCKS];
        Task task = world->scenario->task;
        bool asked = false;
        int r;

        task.blocks = blocks;
        for (BlockIndex block = world->scenario->dimms[0].first;
             block <= world->scenario->dimms[0].last; block++) {
                blocks[task.n_blocks++] = block;
                asked = asked || world->blocks[block].asks;
        }

        r = rounds_start_task(&world->rounds, &task);
        if (r != (world->held ? -EBUSY : asked || world->task_runs ? -EALREADY : 0))
                violation(world, "a task isn't begun: %s", strerror(-r));
        if (r < 0)
                return;

        world->task_runs = true;
        for (size_t i = 0; i < task.n_blocks; i++) {
                Ghost *ghost = &world->blocks[blocks[i]];

                ghost->tasked = ghost->was_asked = true;
                ghost->asked_amid = !ghost->linked;
                if (task.kind == TASK_REZONE)
                        ghost->asked_into[task.zone] = true;
        }
        rounds_step(&world->rounds);
}

static void cancel_task(World *world) {
        rounds_cancel_task(&world->rounds);
        rounds_step(&world->rounds);
}

static void end_task_timer(World *world) {
        if (world->job == JOB_STEP && !world->interrupted)
                world->n_hangs--;
        world->clock = world->task_timer;
        world->task_timer = 0;
        rounds_on_task_timer(&world->rounds);
}

static void hold(World *world, bool held) {
        world->held = held;
        rounds_hold(&world->rounds, held);
        rounds_step(&world->rounds);
}

/* Making and choosing */

static void add_rule(Policy *policy, BlockIndex first, BlockIndex last, Online online,
                     Online or_else, const Scenario *scenario) {
        char blocks[32];
        Rule rule = { .name = strdup("rule"),
                      .online = online,
                      .or_else = or_else,
                      .unit = scenario->unit ? UNIT_DEVICE : UNIT_BLOCK,
                      .rezone = scenario->rezone };

        (void)snprintf(blocks, sizeof(blocks), "%u-%u", (unsigned)first, (unsigned)last);
        assert(range_set_parse(blocks, &rule.match.blocks) == 0);
        assert(policy_add_rule(policy, &rule) == 0);
}

static Policy *make_policy(const Scenario *scenario) {
        Policy *policy = policy_new();

        if (scenario->kernel_below > 0)
                add_rule(policy, 0, scenario->kernel_below - 1, ONLINE_KERNEL, ONLINE_LEAVE,
                         scenario);
        for (unsigned i = 0; i < N_DIMMS; i++)
                if (scenario->dimms[i].last > 0)
                        add_rule(policy, scenario->dimms[i].first, scenario->dimms[i].last,
                                 scenario->online[i], scenario->or_else[i], scenario);
        assert(policy_add_defaults(policy) == 0);
        return policy;
}

World *world_new(ZoneRule rule, const Scenario *scenario) {
        World *world = calloc(1, sizeof(World));
        bool damaged;

        telling = world;
        world->scenario = scenario;
        world->rule = rule;
        world->model = zone_model_new(rule);
        world->next_inode = 1;
        world->policy = make_policy(scenario);
        assert(block_table_open(-EBADF, NULL, NULL, &world->table, &damaged) == 0);

        world->n_agent = scenario->n_agent;
        world->n_refusals = scenario->n_refusals;
        world->n_kills = scenario->n_kills;
        world->n_losses = scenario->n_losses;
        world->n_unplugs = scenario->n_unplugs;
        world->n_failed_unplugs = scenario->n_failed_unplugs;
        world->n_asks = scenario->n_asks;
        world->n_holds = scenario->n_holds;
        world->n_tasks = scenario->n_tasks;
        world->n_cancels = scenario->n_cancels;
        world->n_hangs = scenario->n_hangs;
        world->clock = 1;
        start(world);
        return world;
}

void world_free(World *world) {
        if (world->running)
                rounds_done(&world->rounds);
        block_table_free(world->table);
        policy_unref(world->policy);
        zone_model_free(world->model);
        free(world);
}

typedef struct Choices {
        Transition *out;
        unsigned n;
} Choices;

static void may(Choices *choices, bool enabled, What what, BlockIndex block, StateWord word) {
        if (!enabled)
                return;
        assert(choices->n < TRANSITIONS_MAX);
        choices->out[choices->n++] = (Transition){ what, block, word };
}

/* The deadline of a write is reached only if that hangs. */
static bool may_end_task_timer(const World *world) {
        bool hangs = world->job == JOB_STEP && !world->interrupted && world->n_hangs > 0;

        return world->task_timer > 0 && (world->rounds.phase != PHASE_TASK || hangs);
}

static void may_daemon(const World *world, Inside inside, Choices *choices) {
        bool readable = world->running && (world->n_queue > 0 || world->lost);

        may(choices, inside != INSIDE_NOTHING, DO_NOTHING, 0, 0);
        if (inside == INSIDE_DECISION)
                return; /* its main loop is busy */

        may(choices, readable, DO_UEVENTS, 0, 0);
        may(choices, !world->running, DO_START, 0, 0);
        may(choices, world->running && world->n_kills > 0, DO_KILL, 0, 0);
        may(choices, world->held, DO_LET_GO, 0, 0);
        may(choices, world->running && may_end_task_timer(world), DO_TASK_TIMER, 0, 0);
        if (inside != INSIDE_NOTHING || !world->running)
                return;

        may(choices, world->job == JOB_BARRIER && !lock_is_held(world), DO_JOB, 0, 0);
        may(choices, world->job == JOB_ATTEMPT || world->job == JOB_STEP, DO_JOB, 0, 0);
        may(choices, world->job == JOB_ENDED, DO_REPORT, 0, 0);
        may(choices, world->timer, DO_TIMER, 0, 0);
}

static void may_agent(const World *world, Choices *choices) {
        static const StateWord words[] = { STATE_ONLINE_MOVABLE, STATE_ONLINE_KERNEL,
                                           STATE_OFFLINE };

        for (BlockIndex block = 0; block < MAX_BLOCKS; block++)
                for (size_t i = 0; i < ELEMENTSOF(words); i++)
                        may(choices, agent_may(world, block, words[i]), DO_AGENT, block, words[i]);
}

static void may_administrator(const World *world, Choices *choices) {
        static const StateWord words[] = { STATE_ONLINE_MOVABLE, STATE_ONLINE_KERNEL,
                                           STATE_ONLINE };
        const BlockIndex first = world->scenario->dimms[0].first;

        may(choices, world->n_holds > 0 && !world->held, DO_HOLD, 0, 0);
        may(choices, world->n_tasks > 0, DO_TASK, 0, 0);
        may(choices, world->n_cancels > 0 && world->task_runs, DO_CANCEL, 0, 0);
        for (BlockIndex block = first; block <= world->scenario->dimms[0].last; block++)
                for (size_t i = 0; i < ELEMENTSOF(words); i++)
                        may(choices, world->n_asks > 0, DO_ASK, block, words[i]);
}

static void may_others(const World *world, Choices *choices) {
        bool held = lock_is_held(world);

        for (unsigned i = 0; i < N_DIMMS; i++) {
                Plugging state = world->dimms[i].state;
                bool left = world->dimms[i].n_plugged <= world->scenario->n_unplugs;

                if (world->scenario->dimms[i].last == 0)
                        continue;
                may(choices, state == APPEARING || state == LINKING, DO_PLUG_STEP, i, 0);
                may(choices, state == UNPLUGGED && !held && left, DO_PLUG, i, 0);
                may(choices, state == PLUGGED && !held && world->n_unplugs > 0, DO_UNPLUG, i, 0);
                may(choices, state == PLUGGED && !held && may_fail_to_unplug(world, i),
                    DO_FAIL_UNPLUG, i, 0);
        }
        if (world->n_agent > 0 && !held)
                may_agent(world, choices);
        may(choices, world->n_refusals > 0 && world->refuse_next == 0 && world->running, DO_REFUSE,
            0, 0);
        may(choices, world->n_losses > 0 && world->n_queue > 0, DO_LOSE, 0, 0);
}

unsigned world_transitions(const World *world, Inside inside, Transition out[TRANSITIONS_MAX]) {
        Choices choices = { .out = out };

        may_daemon(world, inside, &choices);
        /* Nothing is left for memplugd, and nothing is half done: that may be the end. */
        may(&choices, world->running && choices.n == (world->n_kills > 0) && !lock_is_held(world),
            DO_END, 0, 0);
        may_others(world, &choices);
        if (inside != INSIDE_DECISION && world->running)
                may_administrator(world, &choices);
        return choices.n;
}

void world_do(World *world, const Transition *transition) {
        switch (transition->what) {
        case DO_UEVENTS:
                rounds_step(&world->rounds);
                break;
        case DO_JOB:
                do_job(world);
                break;
        case DO_REPORT:
                report(world);
                break;
        case DO_TIMER:
                world->timer = false;
                rounds_on_link_timer(&world->rounds);
                break;
        case DO_START:
                start(world);
                break;
        case DO_KILL:
                world->n_kills--;
                kill_it(world);
                break;
        case DO_PLUG:
                plug(world, (unsigned)transition->block);
                break;
        case DO_PLUG_STEP:
                plug_step(world, (unsigned)transition->block);
                break;
        case DO_UNPLUG:
                world->n_unplugs--;
                unplug(world, (unsigned)transition->block);
                break;
        case DO_FAIL_UNPLUG:
                world->n_failed_unplugs--;
                fail_to_unplug(world, (unsigned)transition->block);
                break;
        case DO_AGENT:
                world->n_agent--;
                agent_writes(world, transition->block, transition->word);
                break;
        case DO_ASK:
                world->n_asks--;
                ask(world, transition->block, transition->word);
                break;
        case DO_HOLD:
                world->n_holds--;
                hold(world, true);
                break;
        case DO_LET_GO:
                hold(world, false);
                break;
        case DO_TASK:
                world->n_tasks--;
                begin_task(world);
                break;
        case DO_CANCEL:
                world->n_cancels--;
                cancel_task(world);
                break;
        case DO_TASK_TIMER:
                end_task_timer(world);
                break;
        case DO_REFUSE:
                world->n_refusals--;
                world->refuse_next = -ENOMEM;
                break;
        case DO_LOSE:
                world->n_losses--;
                unread_are_unsure(world);
                world->lost = true;
                break;
        default:
                break;
        }
}
