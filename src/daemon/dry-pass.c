/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/dry-pass.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "daemon/rounds.h"

enum { DRY_BLOCK = 1, DRY_INODE = 1 };

#define DRY_BLOCK_SIZE (UINT64_C(128) << 20)

typedef struct DryWorld {
        bool is_announced;
        Block block;
        Online asked; /* of the attempt */
} DryWorld;

void memory_lock(void) {
        if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
                log_debug("Memory isn't locked (%s); going on without.", strerror(errno));
}

static int read_block(void *userdata, BlockIndex index, Block *ret) {
        const DryWorld *world = userdata;

        if (index != DRY_BLOCK)
                return -ENOENT;

        *ret = world->block;
        return 0;
}

static int read_all(void *userdata, Snapshot *ret) {
        const DryWorld *world = userdata;

        return snapshot_add(ret, &world->block);
}

static int read_devices(void *userdata, Snapshot *snapshot) {
        (void)userdata;
        (void)snapshot;
        return 0;
}

static int read_cpu_nodes(void *userdata, RangeSet **ret) {
        (void)userdata;
        (void)ret;
        return -ENODATA;
}

static int read_zoneinfo(void *userdata, Zoneinfo *zoneinfo) {
        (void)userdata;
        (void)zoneinfo;
        return -ENODATA;
}

static int read_inode(void *userdata, BlockIndex index, ino_t *ret) {
        (void)userdata;
        *ret = DRY_INODE;
        return index == DRY_BLOCK ? 0 : -ENOENT;
}

static int read_uevent(void *userdata, Uevent *ret) {
        DryWorld *world = userdata;

        if (!world->is_announced)
                return 0;

        world->is_announced = false;
        *ret = (Uevent){ .action = UEVENT_ADD, .block = DRY_BLOCK };
        return 1;
}

static Online kernel_policy(void *userdata) {
        (void)userdata;
        return ONLINE_MOVABLE;
}

static uint64_t available_memory(void *userdata) {
        (void)userdata;
        return UINT64_MAX;
}

static bool start_barrier(void *userdata) {
        (void)userdata;
        return false;
}

/* Its end is told from outside. */
static void start_attempt(void *userdata, const WorkItem *item, Online online, bool move) {
        DryWorld *world = userdata;

        (void)item;
        (void)move;
        world->asked = online;
}

static bool wait_for_links(void *userdata) {
        (void)userdata;
        return false;
}

static uint64_t now(void *userdata) {
        (void)userdata;
        return 0;
}

static int write_state(void *userdata, BlockIndex index, ino_t inode, const char *word) {
        DryWorld *world = userdata;

        (void)index;
        (void)inode;
        (void)word;
        world->block.state = BLOCK_ONLINE;
        return 0;
}

static const RoundsOps dry_rounds_ops = {
        .read_block = read_block,
        .read_all = read_all,
        .read_devices = read_devices,
        .read_cpu_nodes = read_cpu_nodes,
        .read_zoneinfo = read_zoneinfo,
        .read_inode = read_inode,
        .read_uevent = read_uevent,
        .kernel_policy = kernel_policy,
        .available_memory = available_memory,
        .start_barrier = start_barrier,
        .start_attempt = start_attempt,
        .wait_for_links = wait_for_links,
        .now = now,
};

static const ActuateOps dry_actuate_ops = { .read = read_block, .write = write_state, .now = now };

static void run(DryWorld *world, BlockTable *table, Policy *policy) {
        Rounds rounds;

        rounds_init(&rounds, &dry_rounds_ops, world, DRY_BLOCK_SIZE, table);
        rounds_set_policy(&rounds, policy);
        rounds_step(&rounds); /* its first look at everything, which finds the block */
        while (rounds.phase == PHASE_ATTEMPT) {
                Attempt attempt = attempt_online(&dry_actuate_ops, world, rounds.current,
                                                 rounds.current_inode, world->asked);

                rounds_on_attempt(&rounds, rounds.current, &attempt);
        }
        rounds_done(&rounds);
}

void dry_pass(void) {
        _cleanup_(block_table_freep) BlockTable *table = NULL;
        _cleanup_(policy_unrefp) Policy *policy = policy_new_default();
        DryWorld world = {
                .is_announced = true,
                .block = { .index = DRY_BLOCK,
                           .inode = DRY_INODE,
                           .state = BLOCK_OFFLINE,
                           .source = SOURCE_DIMM },
        };
        bool damaged;
        int level;

        (void)block_table_open(/* dir_fd= */ -EBADF, "", "", &table, &damaged);
        if (!policy || !table)
                return;

        level = log_set_level(LOG_EMERG);
        run(&world, table, policy);
        (void)log_set_level(level);
}
