/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The thread and its reports, on plain files: what a write comes to is tested elsewhere. A FIFO
 * that nobody writes to stands for a kernel that doesn't answer.
 */
#undef NDEBUG
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actuate/worker.h"
#include "fake-tree.h"
#include "suite.h"

#define STATE "sys/devices/system/memory/memory34/state"
#define ZONES "sys/devices/system/memory/memory34/valid_zones"

typedef struct World {
        FakeTree *tree;
        Sysfs *sysfs;
        Worker *worker;
} World;

static bool hangs;

/*
 * What is written to the files, in the place of the library's. A write that hangs is one that waits for
 * the hotplug lock: signals alone don't end it, for the kernel begins it anew, but that goes by the
 * descriptor, as it is then.
 */
ssize_t pwrite(int fd, const void *data, size_t size, off_t offset) {
        while (hangs && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
                (void)poll(NULL, 0, -1);

        ck_assert_int_eq(lseek(fd, offset, SEEK_SET), offset);
        return write(fd, data, size);
}

static World world_new(void) {
        World world = { .tree = fake_tree_new() };

        fake_blocks(world.tree, 32, 35, "offline", "Normal Movable", 0);
        ck_assert_int_eq(sysfs_open(world.tree->root, &world.sysfs), 0);
        ck_assert_int_eq(worker_new(world.sysfs, &world.worker), 0);
        return world;
}

static void world_done(World *world) {
        worker_free(world->worker);
        sysfs_close(world->sysfs);
        fake_tree_free(world->tree);
}

static WorkerReport next_report(World *world) {
        struct pollfd fd = { .fd = worker_fd(world->worker), .events = POLLIN };
        WorkerReport report;

        ck_assert_int_eq(poll(&fd, 1, -1), 1);
        ck_assert_int_eq(worker_read(world->worker, &report), 1);
        return report;
}

static void start_attempt(World *world, BlockIndex index) {
        ino_t inode;

        ck_assert_int_eq(sysfs_read_inode(world->sysfs, index, &inode), 0);
        worker_start_attempt(world->worker, index, inode, ONLINE_MOVABLE, false);
}

static void start_offline(World *world, BlockIndex index) {
        ino_t inode;

        ck_assert_int_eq(sysfs_read_inode(world->sysfs, index, &inode), 0);
        worker_start_offline(world->worker, index, inode);
}

START_TEST(an_attempt_is_made_and_reported) {
        World world = world_new();
        WorkerReport report;

        for (BlockIndex index = 32; index <= 35; index++) {
                start_attempt(&world, index);
                report = next_report(&world);
                ck_assert_int_eq(report.job, WORKER_ATTEMPT);
                ck_assert_uint_eq(report.block, index);
                ck_assert(report.attempt.written);
        }
        ck_assert_int_eq(worker_read(world.worker, &report), 0);
        ck_assert_str_eq(fake_read(world.tree, STATE), "online_movable");
        world_done(&world);
}
END_TEST

START_TEST(the_barrier_writes_to_a_block_that_is_online_only) {
        World world = world_new();
        WorkerReport report;

        worker_start_barrier(world.worker, 34);
        report = next_report(&world);
        ck_assert_int_eq(report.job, WORKER_BARRIER);
        ck_assert_int_eq(report.error, -ESTALE);
        ck_assert_str_eq(fake_read(world.tree, STATE), "offline\n");

        worker_start_barrier(world.worker, 99);
        ck_assert_int_eq(next_report(&world).error, -ENOENT);

        fake_block(world.tree, 34, "online", "Normal", 0);
        worker_start_barrier(world.worker, 34);
        /* Files just take what is written: as if somebody had taken it offline right before. */
        ck_assert_int_eq(next_report(&world).error, -ESTALE);
        ck_assert_str_eq(fake_read(world.tree, STATE), "offline");
        world_done(&world);
}
END_TEST

/* The first signal may come before the thread waits: so it is sent until the report comes. */
static WorkerReport interrupt(World *world) {
        struct pollfd fd = { .fd = worker_fd(world->worker), .events = POLLIN };

        do
                worker_interrupt(world->worker);
        while (poll(&fd, 1, 10) == 0);
        return next_report(world);
}

START_TEST(a_wait_can_be_interrupted) {
        World world = world_new();
        WorkerReport report;
        char path[256];

        (void)snprintf(path, sizeof(path), "%s/" ZONES, world.tree->root);
        ck_assert_int_eq(unlink(path), 0);
        ck_assert_int_eq(mkfifo(path, 0600), 0);

        start_attempt(&world, 34);
        report = interrupt(&world);
        ck_assert_int_eq(report.attempt.outcome, OUTCOME_CANCELLED);
        ck_assert_int_eq(report.attempt.error, -EINTR);
        world_done(&world);
}
END_TEST

/* Plain files take what is written: so it is offline then. */
static void take_offline(World *world, WorkerReport *ret) {
        fake_block(world->tree, 34, "online", "Movable", 0);
        start_offline(world, 34);
        *ret = next_report(world);
        ck_assert_int_eq(ret->job, WORKER_ATTEMPT);
        ck_assert_uint_eq(ret->block, 34);
}

START_TEST(a_block_is_taken_offline) {
        World world = world_new();
        WorkerReport report;

        take_offline(&world, &report);
        ck_assert_int_eq(report.attempt.outcome, OUTCOME_DONE);
        ck_assert(report.attempt.taken_off);
        ck_assert_str_eq(fake_read(world.tree, STATE), "offline");
        world_done(&world);
}
END_TEST

START_TEST(a_write_that_hangs_is_broken_off) {
        World world = world_new();
        WorkerReport report;

        hangs = true;
        fake_block(world.tree, 34, "online", "Movable", 0);
        start_offline(&world, 34);
        report = interrupt(&world);
        ck_assert_int_eq(report.attempt.outcome, OUTCOME_CANCELLED);
        ck_assert_int_eq(report.attempt.error, -EINTR);
        ck_assert_int_eq(report.attempt.zone, ZONE_KIND_MOVABLE);
        ck_assert(!report.attempt.taken_off);
        ck_assert_str_eq(fake_read(world.tree, STATE), "online\n");

        /* And is none of the next one's business. */
        hangs = false;
        take_offline(&world, &report);
        ck_assert_int_eq(report.attempt.outcome, OUTCOME_DONE);
        world_done(&world);
}
END_TEST

/* Root's files can be opened for writing whatever their mode says, but not without this capability. */
static void drop_override(void) {
        struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
        struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};

        ck_assert_int_eq(syscall(SYS_capget, &header, data), 0);
        data[CAP_TO_INDEX(CAP_DAC_OVERRIDE)].effective &= ~CAP_TO_MASK(CAP_DAC_OVERRIDE);
        ck_assert_int_eq(syscall(SYS_capset, &header, data), 0);
}

/* What the block is, is known all the same. */
START_TEST(what_may_not_be_written_to_is_read) {
        WorkerReport report;
        char path[256];
        World world;

        /* The thread has what its parent had. */
        drop_override();
        world = world_new();
        (void)snprintf(path, sizeof(path), "%s/" STATE, world.tree->root);
        ck_assert_int_eq(chmod(path, 0444), 0);
        start_attempt(&world, 34);
        report = next_report(&world);
        ck_assert_int_eq(report.attempt.outcome, OUTCOME_REFUSED);
        ck_assert_int_eq(report.attempt.error, -EACCES);
        ck_assert(report.attempt.written);
        ck_assert(report.attempt.zones.known);

        ck_assert_int_eq(chmod(path, 0644), 0);
        fake_block(world.tree, 34, "online", "Movable", 0);
        ck_assert_int_eq(chmod(path, 0444), 0);
        start_attempt(&world, 34);
        ck_assert_int_eq(next_report(&world).attempt.outcome, OUTCOME_ALREADY);

        start_offline(&world, 34);
        report = next_report(&world);
        ck_assert_int_eq(report.attempt.outcome, OUTCOME_REFUSED);
        ck_assert_int_eq(report.attempt.error, -EACCES);
        ck_assert_int_eq(report.attempt.zone, ZONE_KIND_MOVABLE);
        ck_assert(!report.attempt.taken_off);
        ck_assert_str_eq(fake_read(world.tree, STATE), "online\n");
        world_done(&world);
}
END_TEST

START_TEST(a_device_is_ejected) {
        World world = world_new();
        WorkerReport report;

        fake_file(world.tree, "sys/bus/acpi/devices/PNP0C80:01/eject", "");
        worker_start_eject(world.worker, "PNP0C80:01");
        report = next_report(&world);
        ck_assert_int_eq(report.job, WORKER_EJECT);
        ck_assert_int_eq(report.error, 0);
        ck_assert_str_eq(fake_read(world.tree, "sys/bus/acpi/devices/PNP0C80:01/eject"), "1");

        worker_start_eject(world.worker, "PNP0C80:02");
        ck_assert_int_eq(next_report(&world).error, -ENOENT);
        worker_start_eject(world.worker, "../devices/PNP0C80:01");
        ck_assert_int_eq(next_report(&world).error, -EINVAL);
        worker_start_eject(world.worker, "");
        ck_assert_int_eq(next_report(&world).error, -EINVAL);
        world_done(&world);
}
END_TEST

START_TEST(an_idle_worker_ends) {
        World world = world_new();

        world_done(&world);
        ck_assert_ptr_null(worker_free(NULL));
}
END_TEST

TEST_PROGRAM("worker", an_attempt_is_made_and_reported,
             the_barrier_writes_to_a_block_that_is_online_only, a_wait_can_be_interrupted,
             a_block_is_taken_offline, a_write_that_hangs_is_broken_off,
             what_may_not_be_written_to_is_read, a_device_is_ejected, an_idle_worker_ends);
