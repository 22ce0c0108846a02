/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Each errno of a write to state, and each thing that somebody else can do meanwhile, has its
 * outcome.
 */
#undef NDEBUG
#include <errno.h>

#include "actuate/attempt.h"
#include "fake-kernel.h"
#include "suite.h"

#define INODE 17

static void offline_block(FakeKernel *kernel, BlockIndex index) {
        (void)zone_model_write(kernel->model, index, STATE_OFFLINE, 0);
}

static void online_movable(FakeKernel *kernel, BlockIndex index) {
        (void)zone_model_write(kernel->model, index, STATE_ONLINE_MOVABLE, 0);
}

static void online_kernel(FakeKernel *kernel, BlockIndex index) {
        (void)zone_model_write(kernel->model, index, STATE_ONLINE_KERNEL, 0);
}

/* The second reading is the one after the write. */
static void offline_after_write(FakeKernel *kernel, BlockIndex index) {
        if (kernel->n_reads == 2)
                offline_block(kernel, index);
}

static void plug_anew_after_write(FakeKernel *kernel, BlockIndex index) {
        (void)index;
        if (kernel->n_reads == 2)
                kernel->inode++;
}

static void unplug_after_write(FakeKernel *kernel, BlockIndex index) {
        (void)index;
        if (kernel->n_reads == 2)
                kernel->read_error = -ENODEV;
}

typedef struct Row {
        const char *name;
        Online online;
        int refusal; /* of the write */
        void (*before_write)(FakeKernel *kernel, BlockIndex index);
        void (*before_read)(FakeKernel *kernel, BlockIndex index);
        Outcome outcome;
        int error;
} Row;

static const Row rows[] = {
        { "movable", ONLINE_MOVABLE, 0, NULL, NULL, OUTCOME_DONE, 0 },
        { "kernel", ONLINE_KERNEL, 0, NULL, NULL, OUTCOME_DONE, 0 },
        { "default", ONLINE_DEFAULT, 0, NULL, NULL, OUTCOME_DONE, 0 },

        /* each errno of a block that stays offline */
        { "EINVAL", ONLINE_MOVABLE, -EINVAL, NULL, NULL, OUTCOME_REFUSED, -EINVAL },
        { "EBUSY", ONLINE_MOVABLE, -EBUSY, NULL, NULL, OUTCOME_BUSY, -EBUSY },
        { "EAGAIN", ONLINE_MOVABLE, -EAGAIN, NULL, NULL, OUTCOME_BUSY, -EAGAIN },
        { "ENOMEM", ONLINE_MOVABLE, -ENOMEM, NULL, NULL, OUTCOME_NO_MEMORY, -ENOMEM },
        { "EPERM", ONLINE_MOVABLE, -EPERM, NULL, NULL, OUTCOME_VETOED, -EPERM },
        { "EHWPOISON", ONLINE_MOVABLE, -EHWPOISON, NULL, NULL, OUTCOME_POISONED, -EHWPOISON },
        { "EINTR", ONLINE_MOVABLE, -EINTR, NULL, NULL, OUTCOME_CANCELLED, -EINTR },
        { "EIO", ONLINE_MOVABLE, -EIO, NULL, NULL, OUTCOME_REFUSED, -EIO },
        { "EROFS", ONLINE_MOVABLE, -EROFS, NULL, NULL, OUTCOME_REFUSED, -EROFS },
        { "EACCES", ONLINE_MOVABLE, -EACCES, NULL, NULL, OUTCOME_REFUSED, -EACCES },

        /* ENOENT and ENODEV of a block that can still be read are not believed */
        { "ENOENT, but there", ONLINE_MOVABLE, -ENOENT, NULL, NULL, OUTCOME_REFUSED, -ENOENT },
        { "ENODEV, but there", ONLINE_MOVABLE, -ENODEV, NULL, NULL, OUTCOME_REFUSED, -ENODEV },
        { "ENODEV, and gone", ONLINE_MOVABLE, -ENODEV, NULL, unplug_after_write, OUTCOME_GONE,
          -ENODEV },

        /* a lost race looks like a refusal (EINVAL), and isn't one */
        { "somebody was first, right zone", ONLINE_MOVABLE, 0, online_movable, NULL,
          OUTCOME_ALREADY, -EINVAL },
        { "somebody was first, wrong zone", ONLINE_MOVABLE, 0, online_kernel, NULL,
          OUTCOME_WRONG_ZONE, -EINVAL },
        { "somebody was first, kernel asked for", ONLINE_KERNEL, 0, online_movable, NULL,
          OUTCOME_WRONG_ZONE, -EINVAL },
        { "somebody was first, any zone will do", ONLINE_DEFAULT, 0, online_movable, NULL,
          OUTCOME_ALREADY, -EINVAL },

        /* what happens right after a write that went through */
        { "taken offline at once", ONLINE_MOVABLE, 0, NULL, offline_after_write, OUTCOME_CANCELLED,
          0 },
        { "plugged anew at once", ONLINE_MOVABLE, 0, NULL, plug_anew_after_write, OUTCOME_GONE, 0 },
        { "unplugged at once", ONLINE_MOVABLE, 0, NULL, unplug_after_write, OUTCOME_GONE, -ENODEV },
};

START_TEST(each_errno_and_each_race) {
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                const Row *row = &rows[i];
                FakeKernel kernel;
                Attempt attempt;

                fake_kernel_init(&kernel, ZONE_RULE_FREE);
                ck_assert_int_eq(zone_model_add(kernel.model, 32, 39, 0), 0);
                kernel.refused_block = 34;
                kernel.refusal = row->refusal;
                kernel.n_refusals = row->refusal < 0;
                kernel.before_write = row->before_write;
                kernel.before_read = row->before_read;

                attempt = attempt_online(&fake_kernel_ops, &kernel, 34, INODE, row->online);
                ck_assert_msg(attempt.outcome == row->outcome, "%s: %s", row->name,
                              outcome_to_string(attempt.outcome));
                ck_assert_msg(attempt.error == row->error, "%s: errno %d", row->name,
                              attempt.error);
                ck_assert(attempt.written);
                ck_assert_uint_eq(kernel.n_writes, 1);
                ck_assert_uint_eq(attempt.duration, 7000);
                fake_kernel_done(&kernel);
        }
}
END_TEST

static Attempt attempt_unwritten(ZoneRule rule, void (*prepare)(FakeKernel *, BlockIndex),
                                 BlockIndex index, ino_t inode, Online online) {
        FakeKernel kernel;
        Attempt attempt;

        fake_kernel_init(&kernel, rule);
        ck_assert_int_eq(zone_model_add(kernel.model, 32, 39, 0), 0);
        if (prepare)
                prepare(&kernel, index);
        attempt = attempt_online(&fake_kernel_ops, &kernel, index, inode, online);
        ck_assert_uint_eq(kernel.n_writes, 0);
        ck_assert(!attempt.written);
        fake_kernel_done(&kernel);
        return attempt;
}

static void make_unreadable(FakeKernel *kernel, BlockIndex index) {
        (void)index;
        kernel->read_error = -EIO;
}

/* What is known before the write isn't written. */
START_TEST(what_reading_tells_is_not_tried) {
        Attempt attempt;

        attempt = attempt_unwritten(ZONE_RULE_FREE, online_movable, 34, INODE, ONLINE_MOVABLE);
        ck_assert_int_eq(attempt.outcome, OUTCOME_ALREADY);
        ck_assert_int_eq(attempt.zone, ZONE_KIND_MOVABLE);

        attempt = attempt_unwritten(ZONE_RULE_FREE, online_kernel, 34, INODE, ONLINE_MOVABLE);
        ck_assert_int_eq(attempt.outcome, OUTCOME_WRONG_ZONE);
        ck_assert_int_eq(attempt.zone, ZONE_KIND_KERNEL);

        attempt = attempt_unwritten(ZONE_RULE_BOUNDARY, NULL, 34, INODE, ONLINE_MOVABLE);
        ck_assert_int_eq(attempt.outcome, OUTCOME_REFUSED);
        ck_assert_int_eq(attempt.error, 0);

        attempt = attempt_unwritten(ZONE_RULE_NO_OVERLAP, NULL, 40, INODE, ONLINE_MOVABLE);
        ck_assert_int_eq(attempt.outcome, OUTCOME_GONE);
        ck_assert_int_eq(attempt.error, -ENOENT);

        attempt = attempt_unwritten(ZONE_RULE_FREE, NULL, 34, INODE + 1, ONLINE_MOVABLE);
        ck_assert_int_eq(attempt.outcome, OUTCOME_GONE);

        attempt = attempt_unwritten(ZONE_RULE_FREE, make_unreadable, 34, INODE, ONLINE_MOVABLE);
        ck_assert_int_eq(attempt.outcome, OUTCOME_REFUSED);
        ck_assert_int_eq(attempt.error, -EIO);
}
END_TEST

static int read_unlinked(void *userdata, BlockIndex index, Block *ret) {
        (void)userdata;
        *ret = (Block){ .index = index, .inode = INODE, .node = NODE_UNKNOWN };
        return 0;
}

static int read_going_offline(void *userdata, BlockIndex index, Block *ret) {
        (void)userdata;
        *ret = (Block){ .index = index, .inode = INODE, .state = BLOCK_GOING_OFFLINE };
        return 0;
}

static int write_nothing(void *userdata, BlockIndex index, ino_t inode, const char *word) {
        (void)userdata;
        (void)inode;
        ck_abort_msg("memory%u was written '%s'", (unsigned)index, word);
        return -EIO;
}

static uint64_t no_time(void *userdata) {
        (void)userdata;
        return 0;
}

START_TEST(what_belongs_to_somebody_else_is_not_written) {
        const ActuateOps unlinked = { read_unlinked, write_nothing, no_time };
        const ActuateOps going = { read_going_offline, write_nothing, no_time };

        ck_assert_int_eq(attempt_online(&unlinked, NULL, 34, INODE, ONLINE_MOVABLE).outcome,
                         OUTCOME_GONE);
        ck_assert_int_eq(attempt_online(&going, NULL, 34, INODE, ONLINE_MOVABLE).outcome,
                         OUTCOME_CANCELLED);
}
END_TEST

/* An old kernel tells no zones: then a write that went through is believed. */
static int read_old_kernel(void *userdata, BlockIndex index, Block *ret) {
        bool *online = userdata;

        *ret = (Block){
                .index = index,
                .inode = INODE,
                .state = *online ? BLOCK_ONLINE : BLOCK_OFFLINE,
        };
        return 0;
}

static int write_old_kernel(void *userdata, BlockIndex index, ino_t inode, const char *word) {
        bool *online = userdata;

        (void)index;
        (void)inode;
        (void)word;
        *online = true;
        return 0;
}

START_TEST(a_kernel_without_valid_zones) {
        const ActuateOps ops = { read_old_kernel, write_old_kernel, no_time };
        bool online = false;

        ck_assert_int_eq(attempt_online(&ops, &online, 34, INODE, ONLINE_MOVABLE).outcome,
                         OUTCOME_DONE);
        ck_assert_int_eq(attempt_online(&ops, &online, 34, INODE, ONLINE_MOVABLE).outcome,
                         OUTCOME_ALREADY);
}
END_TEST

/* Moving a block that somebody else put in the wrong zone. Each is online in the kernel zone first. */

static void refuse_second_write(FakeKernel *kernel, BlockIndex index) {
        (void)index;
        kernel->n_refusals = kernel->n_writes == 1;
}

static void refuse_all_but_first_write(FakeKernel *kernel, BlockIndex index) {
        (void)index;
        kernel->n_refusals = kernel->n_writes >= 1;
}

static void online_kernel_after_offline(FakeKernel *kernel, BlockIndex index) {
        if (kernel->n_writes == 1)
                online_kernel(kernel, index);
}

static void unplug_after_offline(FakeKernel *kernel, BlockIndex index) {
        (void)index;
        if (kernel->n_writes == 1)
                kernel->read_error = -ENODEV;
}

typedef struct MoveRow {
        const char *name;
        ZoneRule rule;
        BlockIndex index;
        int refusal;
        unsigned n_refusals;
        void (*before_write)(FakeKernel *kernel, BlockIndex index);
        void (*before_read)(FakeKernel *kernel, BlockIndex index);
        Outcome outcome;
        int error;
        bool taken_off;
        const char *log;
} MoveRow;

static const MoveRow move_rows[] = {
        { "moved", ZONE_RULE_FREE, 34, 0, 0, NULL, NULL, OUTCOME_DONE, 0, true, "34o 34m" },
        { "the highest under the boundary rule", ZONE_RULE_BOUNDARY, 39, 0, 0, NULL, NULL,
          OUTCOME_DONE, 0, true, "39o 39m" },

        /* put back */
        { "not at the boundary", ZONE_RULE_BOUNDARY, 34, 0, 0, NULL, NULL, OUTCOME_WRONG_ZONE, 0,
          true, "34o 34k" },
        { "zones never shrink under no overlap", ZONE_RULE_NO_OVERLAP, 34, 0, 0, NULL, NULL,
          OUTCOME_WRONG_ZONE, 0, true, "34o 34k" },
        { "refused there", ZONE_RULE_FREE, 34, -ENOMEM, 0, refuse_second_write, NULL,
          OUTCOME_WRONG_ZONE, -ENOMEM, true, "34o 34m 34k" },

        /* it stays where it is */
        { "busy", ZONE_RULE_FREE, 34, -EBUSY, 1, NULL, NULL, OUTCOME_WRONG_ZONE, -EBUSY, false,
          "34o" },
        { "interrupted", ZONE_RULE_FREE, 34, -EINTR, 1, NULL, NULL, OUTCOME_WRONG_ZONE, -EINTR,
          false, "34o" },

        /* it can be put neither there nor back */
        { "refused everywhere", ZONE_RULE_FREE, 34, -ENOMEM, 0, refuse_all_but_first_write, NULL,
          OUTCOME_NO_MEMORY, -ENOMEM, true, "34o 34m 34k" },

        /* somebody else */
        { "taken offline before us", ZONE_RULE_FREE, 34, 0, 0, offline_block, NULL,
          OUTCOME_CANCELLED, -EINVAL, false, "34o" },
        { "put online in between", ZONE_RULE_FREE, 34, 0, 0, online_kernel_after_offline, NULL,
          OUTCOME_WRONG_ZONE, -EINVAL, true, "34o 34m" },
        { "unplugged in between", ZONE_RULE_FREE, 34, 0, 0, NULL, unplug_after_offline,
          OUTCOME_GONE, -ENODEV, true, "34o" },
};

START_TEST(moving) {
        for (size_t i = 0; i < ELEMENTSOF(move_rows); i++) {
                const MoveRow *row = &move_rows[i];
                FakeKernel kernel;
                Attempt attempt;

                fake_kernel_init(&kernel, row->rule);
                ck_assert_int_eq(zone_model_add(kernel.model, 32, 39, 0), 0);
                online_kernel(&kernel, row->index);
                kernel.refused_block = row->index;
                kernel.refusal = row->refusal;
                kernel.n_refusals = row->n_refusals;
                kernel.before_write = row->before_write;
                kernel.before_read = row->before_read;

                attempt =
                        attempt_move(&fake_kernel_ops, &kernel, row->index, INODE, ONLINE_MOVABLE);
                ck_assert_msg(attempt.outcome == row->outcome, "%s: %s", row->name,
                              outcome_to_string(attempt.outcome));
                ck_assert_msg(attempt.error == row->error, "%s: errno %d", row->name,
                              attempt.error);
                ck_assert_msg(attempt.taken_off == row->taken_off, "%s", row->name);
                ck_assert_int_eq(attempt.moved_from, ZONE_KIND_KERNEL);
                ck_assert_str_eq(kernel.log, row->log);
                fake_kernel_done(&kernel);
        }
}
END_TEST

START_TEST(what_need_not_be_moved_is_not_written) {
        FakeKernel kernel;

        fake_kernel_init(&kernel, ZONE_RULE_FREE);
        ck_assert_int_eq(zone_model_add(kernel.model, 32, 39, 0), 0);
        ck_assert_int_eq(attempt_move(&fake_kernel_ops, &kernel, 34, INODE, ONLINE_MOVABLE).outcome,
                         OUTCOME_CANCELLED);
        online_movable(&kernel, 34);
        ck_assert_int_eq(attempt_move(&fake_kernel_ops, &kernel, 34, INODE, ONLINE_MOVABLE).outcome,
                         OUTCOME_ALREADY);
        ck_assert_int_eq(
                attempt_move(&fake_kernel_ops, &kernel, 34, INODE + 1, ONLINE_KERNEL).outcome,
                OUTCOME_GONE);
        ck_assert_str_eq(kernel.log, "");
        fake_kernel_done(&kernel);
}
END_TEST

typedef struct OffRow {
        const char *name;
        int refusal; /* of the write */
        void (*before_write)(FakeKernel *kernel, BlockIndex index);
        void (*before_read)(FakeKernel *kernel, BlockIndex index);
        Outcome outcome;
        int error;
        bool taken_off;
        ZoneKind zone;
} OffRow;

static void online_after_write(FakeKernel *kernel, BlockIndex index) {
        if (kernel->n_reads == 2)
                online_kernel(kernel, index);
}

static void fail_after_write(FakeKernel *kernel, BlockIndex index) {
        (void)index;
        if (kernel->n_reads == 2)
                kernel->read_error = -EIO;
}

static const OffRow off_rows[] = {
        { "offline", 0, NULL, NULL, OUTCOME_DONE, 0, true, _ZONE_KIND_INVALID },

        /* each errno of a block that stays online */
        { "EINVAL", -EINVAL, NULL, NULL, OUTCOME_REFUSED, -EINVAL, false, ZONE_KIND_MOVABLE },
        { "EBUSY", -EBUSY, NULL, NULL, OUTCOME_BUSY, -EBUSY, false, ZONE_KIND_MOVABLE },
        { "EAGAIN", -EAGAIN, NULL, NULL, OUTCOME_BUSY, -EAGAIN, false, ZONE_KIND_MOVABLE },
        { "ENOMEM", -ENOMEM, NULL, NULL, OUTCOME_NO_MEMORY, -ENOMEM, false, ZONE_KIND_MOVABLE },
        { "EPERM", -EPERM, NULL, NULL, OUTCOME_VETOED, -EPERM, false, ZONE_KIND_MOVABLE },
        { "EINTR", -EINTR, NULL, NULL, OUTCOME_CANCELLED, -EINTR, false, ZONE_KIND_MOVABLE },
        { "EIO", -EIO, NULL, NULL, OUTCOME_REFUSED, -EIO, false, ZONE_KIND_MOVABLE },
        { "ENODEV, but there", -ENODEV, NULL, NULL, OUTCOME_REFUSED, -ENODEV, false,
          ZONE_KIND_MOVABLE },
        { "ENODEV, and gone", -ENODEV, NULL, unplug_after_write, OUTCOME_GONE, -ENODEV, false,
          ZONE_KIND_MOVABLE },

        /* somebody else */
        { "taken offline before us", 0, offline_block, NULL, OUTCOME_ALREADY, -EINVAL, false,
          _ZONE_KIND_INVALID },
        { "put online at once", 0, NULL, online_after_write, OUTCOME_CANCELLED, 0, true,
          ZONE_KIND_KERNEL },
        { "plugged anew at once", 0, NULL, plug_anew_after_write, OUTCOME_GONE, 0, true,
          _ZONE_KIND_INVALID },

        /* it is offline all the same */
        { "can't be read again", 0, NULL, fail_after_write, OUTCOME_REFUSED, -EIO, true,
          _ZONE_KIND_INVALID },
};

START_TEST(taking_offline) {
        for (size_t i = 0; i < ELEMENTSOF(off_rows); i++) {
                const OffRow *row = &off_rows[i];
                FakeKernel kernel;
                Attempt attempt;

                fake_kernel_init(&kernel, ZONE_RULE_FREE);
                ck_assert_int_eq(zone_model_add(kernel.model, 32, 39, 0), 0);
                online_movable(&kernel, 34);
                kernel.refused_block = 34;
                kernel.refusal = row->refusal;
                kernel.n_refusals = row->refusal < 0;
                kernel.before_write = row->before_write;
                kernel.before_read = row->before_read;

                attempt = attempt_offline(&fake_kernel_ops, &kernel, 34, INODE);
                ck_assert_msg(attempt.outcome == row->outcome, "%s: %s", row->name,
                              outcome_to_string(attempt.outcome));
                ck_assert_msg(attempt.error == row->error, "%s: errno %d", row->name,
                              attempt.error);
                ck_assert_msg(attempt.taken_off == row->taken_off, "%s", row->name);
                ck_assert_msg(attempt.zone == row->zone, "%s: %s", row->name,
                              zone_kind_to_string(attempt.zone));
                ck_assert_int_eq(attempt.moved_from, ZONE_KIND_MOVABLE);
                ck_assert(attempt.written);
                ck_assert_str_eq(kernel.log, "34o");
                fake_kernel_done(&kernel);
        }
}
END_TEST

START_TEST(what_need_not_be_taken_offline_is_not_written) {
        FakeKernel kernel;

        fake_kernel_init(&kernel, ZONE_RULE_FREE);
        ck_assert_int_eq(zone_model_add(kernel.model, 32, 39, 0), 0);
        ck_assert_int_eq(attempt_offline(&fake_kernel_ops, &kernel, 34, INODE).outcome,
                         OUTCOME_ALREADY);
        online_movable(&kernel, 34);
        ck_assert_int_eq(attempt_offline(&fake_kernel_ops, &kernel, 34, INODE + 1).outcome,
                         OUTCOME_GONE);
        ck_assert_int_eq(attempt_offline(&fake_kernel_ops, &kernel, 99, INODE).outcome,
                         OUTCOME_GONE);
        kernel.read_error = -EIO;
        ck_assert_int_eq(attempt_offline(&fake_kernel_ops, &kernel, 34, INODE).outcome,
                         OUTCOME_REFUSED);
        ck_assert_str_eq(kernel.log, "");
        fake_kernel_done(&kernel);
}
END_TEST

TEST_PROGRAM("attempt", taking_offline, what_need_not_be_taken_offline_is_not_written, moving,
             what_need_not_be_moved_is_not_written, each_errno_and_each_race,
             what_reading_tells_is_not_tried, what_belongs_to_somebody_else_is_not_written,
             a_kernel_without_valid_zones);
