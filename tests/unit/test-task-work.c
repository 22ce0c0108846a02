/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The books of a task, played with a fake kernel and a clock that moves when they say so.
 */
#undef NDEBUG
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "actuate/task-work.h"
#include "fake-kernel.h"
#include "suite.h"

#define SECOND (UINT64_C(1000) * 1000)

typedef struct World {
        FakeKernel kernel;
        TaskWork work;
        uint64_t now;
        int eject_error;
        unsigned n_ejects;
        unsigned n_waits;
        unsigned cancel_after; /* so many steps; 0: never */
        bool hangs;            /* the write waits until its deadline, and a signal ends it */
} World;

/* One DIMM: 32..35 are in a kernel zone, 36..39 are movable. */
static World *world_new(ZoneRule rule) {
        World *world = calloc(1, sizeof(World));

        fake_kernel_init(&world->kernel, rule);
        ck_assert_int_eq(zone_model_add(world->kernel.model, 32, 39, 0), 0);
        for (BlockIndex block = 39; block > 35; block--)
                ck_assert_int_eq(
                        zone_model_write(world->kernel.model, block, STATE_ONLINE_MOVABLE, 0), 0);
        for (BlockIndex block = 32; block <= 35; block++)
                ck_assert_int_eq(
                        zone_model_write(world->kernel.model, block, STATE_ONLINE_KERNEL, 0), 0);
        world->now = SECOND;
        return world;
}

static void world_free(World *world) {
        task_work_done(&world->work);
        fake_kernel_done(&world->kernel);
        free(world);
}

static void refuse(World *world, BlockIndex block, int error, unsigned n) {
        world->kernel.refused_block = block;
        world->kernel.refusal = error;
        world->kernel.n_refusals = n;
}

static void begin(World *world, const Task *task, BlockIndex first, BlockIndex last) {
        BlockIndex blocks[16];
        Task copy = *task;

        for (BlockIndex block = first; block <= last; block++)
                blocks[block - first] = block;
        copy.n_blocks = last - first + 1;
        copy.blocks = blocks;
        ck_assert_int_eq(task_work_begin(&world->work, &copy, world->now), 0);
}

static void read_blocks(World *world) {
        _cleanup_(snapshot_done) Snapshot snapshot = {};

        for (size_t i = 0; i < world->work.n_items; i++) {
                Block block;

                if (!zone_model_read(world->kernel.model, world->work.items[i].block, &block))
                        continue;
                block.inode = world->kernel.inode;
                block.source = block.index < 34 ? SOURCE_BOOT : SOURCE_DIMM;
                ck_assert_int_eq(snapshot_add(&snapshot, &block), 0);
        }
        task_work_read(&world->work, &snapshot);
}

static void attempt(World *world, const TaskStep *step) {
        const TaskItem *item = step->item;
        Attempt attempt;

        if (world->hangs && item->block == world->kernel.refused_block &&
            step->action != TASK_PUT_ON) {
                world->now = task_work_due(&world->work);
                ck_assert(task_work_is_interruptible(&world->work));
        }
        if (step->action == TASK_TAKE_OFF)
                attempt =
                        attempt_offline(&fake_kernel_ops, &world->kernel, item->block, item->inode);
        else if (step->action == TASK_MOVE)
                attempt = attempt_move(&fake_kernel_ops, &world->kernel, item->block, item->inode,
                                       step->online);
        else
                attempt = attempt_online(&fake_kernel_ops, &world->kernel, item->block, item->inode,
                                         step->online);
        task_work_attempted(&world->work, &attempt, world->now);
}

/* The machine is read, and the first step made. */
static void attempt_first(World *world) {
        TaskStep step;

        (void)task_work_next(&world->work, world->now);
        read_blocks(world);
        step = task_work_next(&world->work, world->now);
        attempt(world, &step);
}

/* Until the end; or until it waits for the device's blocks to go. */
static void run(World *world) {
        for (unsigned i = 1; i < 1000; i++) {
                TaskStep step;

                if (i == world->cancel_after)
                        task_work_cancel(&world->work, /* stopping= */ false);
                step = task_work_next(&world->work, world->now);
                switch (step.action) {
                case TASK_READ:
                        read_blocks(world);
                        break;
                case TASK_WAIT:
                        if (world->work.phase == TASK_PHASE_LEAVING)
                                return;
                        ck_assert_uint_gt(task_work_due(&world->work), world->now);
                        world->now = task_work_due(&world->work);
                        world->n_waits++;
                        break;
                case TASK_EJECT:
                        world->n_ejects++;
                        task_work_ejected(&world->work, world->eject_error, world->now);
                        break;
                case TASK_END:
                        return;
                default:
                        attempt(world, &step);
                        break;
                }
        }
        ck_abort_msg("it doesn't end");
}

/* "32 busy:16 kernel, 33 cancelled kernel": what became of each block. */
static void expect(World *world, const char *expected) {
        const TaskBlock *answers = task_work_answers(&world->work);
        char text[1024] = "";

        for (size_t i = 0; i < world->work.n_items; i++) {
                size_t n = strlen(text);
                const char *zone = zone_kind_to_string(answers[i].zone);
                char error[16] = "";

                if (answers[i].error < 0)
                        (void)snprintf(error, sizeof(error), ":%d", -answers[i].error);
                (void)snprintf(text + n, sizeof(text) - n, "%s%u %s%s%s%s", n > 0 ? ", " : "",
                               (unsigned)answers[i].block, outcome_to_string(answers[i].outcome),
                               error, zone ? " " : "", zone ? zone : "");
        }
        ck_assert_str_eq(text, expected);
}

/* A letter for each of the eight blocks: k, m, or - for offline. */
static void expect_zones(World *world, const char *expected) {
        char text[9] = "";

        for (BlockIndex index = 32; index <= 39; index++) {
                Block block;

                ck_assert(zone_model_read(world->kernel.model, index, &block));
                text[index - 32] = block.state == BLOCK_OFFLINE                   ? '-'
                                   : block_zone_kind(&block) == ZONE_KIND_MOVABLE ? 'm'
                                                                                  : 'k';
        }
        ck_assert_str_eq(text, expected);
}

static const Task offline = { .kind = TASK_OFFLINE, .timeout = 10 * SECOND };
static const Task partial = { .kind = TASK_OFFLINE, .timeout = 10 * SECOND, .keep_partial = true };
static const Task to_movable = { .kind = TASK_REZONE,
                                 .timeout = 10 * SECOND,
                                 .zone = ZONE_KIND_MOVABLE };
static const Task to_kernel = { .kind = TASK_REZONE,
                                .timeout = 10 * SECOND,
                                .zone = ZONE_KIND_KERNEL,
                                .force = true };
static const Task unplug = { .kind = TASK_UNPLUG, .timeout = 10 * SECOND, .device = "PNP0C80:01" };

START_TEST(kernel_zones_come_first) {
        World *world = world_new(ZONE_RULE_FREE);

        begin(world, &offline, 32, 39);
        run(world);
        ck_assert_str_eq(world->kernel.log, "32o 33o 34o 35o 39o 38o 37o 36o");
        expect(world, "32 done, 33 done, 34 done, 35 done, 36 done, 37 done, 38 done, 39 done");
        expect_zones(world, "--------");
        task_work_done(&world->work);

        /* Wherever they are. */
        *world->kernel.log = 0;
        ck_assert_int_eq(zone_model_write(world->kernel.model, 32, STATE_ONLINE_MOVABLE, 0), 0);
        ck_assert_int_eq(zone_model_write(world->kernel.model, 33, STATE_ONLINE_KERNEL, 0), 0);
        ck_assert_int_eq(zone_model_write(world->kernel.model, 34, STATE_ONLINE_MOVABLE, 0), 0);
        begin(world, &offline, 32, 34);
        run(world);
        ck_assert_str_eq(world->kernel.log, "33o 34o 32o");
        world_free(world);
}
END_TEST

typedef struct Row {
        const char *name;
        const Task *task;
        BlockIndex refused;
        int refusal;
        unsigned n_refusals;
        bool hangs;
        const char *log;
        const char *answers;
        const char *zones;
        unsigned n_waits;
} Row;

/* Of 34..37: two blocks of each zone. */
static const Row rows[] = {
        /* what goes by itself is tried again */
        { "EBUSY twice", &offline, 35, -EBUSY, 2, false, "34o 35o 35o 35o 37o 36o",
          "34 done, 35 done, 36 done, 37 done", "kk----mm", 2 },
        { "EAGAIN", &offline, 35, -EAGAIN, 1, false, "34o 35o 35o 37o 36o",
          "34 done, 35 done, 36 done, 37 done", "kk----mm", 1 },
        { "ENOMEM", &offline, 35, -ENOMEM, 1, false, "34o 35o 35o 37o 36o",
          "34 done, 35 done, 36 done, 37 done", "kk----mm", 1 },

        /* what doesn't is given up, and the rest goes back */
        { "EINVAL", &offline, 37, -EINVAL, 1, false, "34o 35o 37o 34k 35k",
          "34 cancelled kernel, 35 cancelled kernel, 36 cancelled movable, 37 refused:22 movable",
          "kkkkmmmm", 0 },
        { "EPERM", &offline, 36, -EPERM, 1, false, "34o 35o 37o 36o 34k 35k 37m",
          "34 cancelled kernel, 35 cancelled kernel, 36 vetoed:1 movable, 37 cancelled movable",
          "kkkkmmmm", 0 },
        { "the first one", &offline, 34, -EINVAL, 1, false, "34o",
          "34 refused:22 kernel, 35 cancelled kernel, 36 cancelled movable, 37 cancelled movable",
          "kkkkmmmm", 0 },
        { "a hang", &offline, 37, -EINTR, 1, true, "34o 35o 37o 34k 35k",
          "34 cancelled kernel, 35 cancelled kernel, 36 cancelled movable, 37 busy:4 movable",
          "kkkkmmmm", 0 },
        { "a signal of somebody's", &offline, 37, -EINTR, 1, false, "34o 35o 37o 37o 36o",
          "34 done, 35 done, 36 done, 37 done", "kk----mm", 0 },

        /* with keep_partial it doesn't, and the rest is tried while one pauses */
        { "partial, EINVAL", &partial, 35, -EINVAL, 1, false, "34o 35o 37o 36o",
          "34 done, 35 refused:22 kernel, 36 done, 37 done", "kk-k--mm", 0 },
        { "partial, EBUSY once", &partial, 35, -EBUSY, 1, false, "34o 35o 37o 36o 35o",
          "34 done, 35 done, 36 done, 37 done", "kk----mm", 1 },

        /* each one is moved by itself */
        { "rezone", &to_movable, 0, 0, 0, false, "35o 35m 34o 34m",
          "34 done movable, 35 done movable, 36 already movable, 37 already movable", "kkmmmmmm",
          0 },
        { "rezone upwards", &to_kernel, 0, 0, 0, false, "36o 36k 37o 37k",
          "34 already kernel, 35 already kernel, 36 done kernel, 37 done kernel", "kkkkkkmm", 0 },
        { "rezone, EBUSY once", &to_movable, 35, -EBUSY, 1, false, "35o 35o 35m 34o 34m",
          "34 done movable, 35 done movable, 36 already movable, 37 already movable", "kkmmmmmm",
          1 },
        { "rezone, EINVAL", &to_movable, 35, -EINVAL, 1, false, "35o 34o 34m",
          "34 done movable, 35 wrong-zone:22 kernel, 36 already movable, 37 already movable",
          "kkmkmmmm", 0 },
        { "rezone, a hang", &to_movable, 35, -EINTR, 1, true, "35o 34o 34m",
          "34 done movable, 35 wrong-zone:4 kernel, 36 already movable, 37 already movable",
          "kkmkmmmm", 0 },
};

START_TEST(each_errno_and_each_ending) {
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                const Row *row = &rows[i];
                World *world = world_new(ZONE_RULE_FREE);

                refuse(world, row->refused, row->refusal, row->n_refusals);
                world->hangs = row->hangs;
                begin(world, row->task, 34, 37);
                run(world);
                ck_assert_msg(strcmp(world->kernel.log, row->log) == 0, "%s: %s", row->name,
                              world->kernel.log);
                expect(world, row->answers);
                expect_zones(world, row->zones);
                ck_assert_msg(world->n_waits == row->n_waits, "%s: %u waits", row->name,
                              world->n_waits);
                world_free(world);
        }
}
END_TEST

/* 0.1 s, doubled up to 2 s, and within the deadline. */
START_TEST(pauses_grow_until_the_deadline) {
        World *world = world_new(ZONE_RULE_FREE);

        refuse(world, 36, -EBUSY, 1000);
        begin(world, &offline, 36, 37);
        run(world);
        expect(world, "36 busy:16 movable, 37 cancelled movable");
        expect_zones(world, "kkkkmmmm");
        /* 37; 36 after 0.1 0.3 0.7 1.5 3.1 5.1 7.1 and 9.1 s; and 37 again */
        ck_assert_uint_eq(world->kernel.n_writes, 1 + 9 + 1);
        ck_assert_uint_eq(world->now, SECOND + 9100 * 1000);
        world_free(world);
}
END_TEST

START_TEST(what_is_offline_or_gone_needs_nothing) {
        World *world = world_new(ZONE_RULE_FREE);

        ck_assert_int_eq(zone_model_write(world->kernel.model, 39, STATE_OFFLINE, 0), 0);
        begin(world, &offline, 38, 40);
        run(world);
        expect(world, "38 done, 39 already, 40 gone");
        task_work_done(&world->work);
        begin(world, &to_kernel, 38, 40);
        run(world);
        expect(world, "38 refused, 39 refused, 40 gone");
        ck_assert_str_eq(world->kernel.log, "38o");
        world_free(world);
}
END_TEST

START_TEST(boot_memory_is_moved_by_force_only) {
        World *world = world_new(ZONE_RULE_FREE);
        Task task = to_movable;

        begin(world, &task, 32, 34);
        run(world);
        expect(world, "32 refused kernel, 33 refused kernel, 34 done movable");
        task_work_done(&world->work);
        task.force = true;
        begin(world, &task, 32, 34);
        run(world);
        expect(world, "32 done movable, 33 done movable, 34 already movable");
        world_free(world);
}
END_TEST

/* Under the boundary rule, in this order alone. */
START_TEST(moving_keeps_to_the_order_of_the_boundary) {
        World *world = world_new(ZONE_RULE_BOUNDARY);

        begin(world, &to_movable, 34, 39);
        run(world);
        expect_zones(world, "kkmmmmmm");
        task_work_done(&world->work);
        begin(world, &to_kernel, 32, 39);
        run(world);
        expect_zones(world, "kkkkkkkk");
        world_free(world);
}
END_TEST

/* Where zones don't change any more once they are spanned, each one is back where it was. */
START_TEST(what_can_not_be_moved_is_back) {
        World *world = world_new(ZONE_RULE_NO_OVERLAP);

        begin(world, &to_movable, 34, 36);
        run(world);
        ck_assert_str_eq(world->kernel.log, "35o 35k 34o 34k");
        expect(world, "34 wrong-zone kernel, 35 wrong-zone kernel, 36 already movable");
        world_free(world);
}
END_TEST

/* Cancelled before anything, after two blocks, and when all is done. */
START_TEST(cancelling) {
        static const struct {
                const Task *task;
                unsigned after;
                const char *log, *answers;
        } endings[] = {
                { &offline, 1, "", "34 cancelled, 35 cancelled, 36 cancelled" },
                { &offline, 4, "34o 35o 34k 35k",
                  "34 cancelled kernel, 35 cancelled kernel, 36 cancelled movable" },
                { &partial, 4, "34o 35o", "34 done, 35 done, 36 cancelled movable" },
                { &to_movable, 3, "35o 35m",
                  "34 cancelled kernel, 35 done movable, 36 already movable" },
                { &offline, 6, "34o 35o 36o", "34 done, 35 done, 36 done" },
        };

        for (size_t i = 0; i < ELEMENTSOF(endings); i++) {
                World *world = world_new(ZONE_RULE_FREE);

                world->cancel_after = endings[i].after;
                begin(world, endings[i].task, 34, 36);
                run(world);
                ck_assert_str_eq(world->kernel.log, endings[i].log);
                expect(world, endings[i].answers);
                world_free(world);
        }
}
END_TEST

/* In the middle of a write: if it went through all the same, that is undone. */
START_TEST(cancelling_what_is_under_way) {
        for (int interrupted = 0; interrupted < 2; interrupted++) {
                World *world = world_new(ZONE_RULE_FREE);
                TaskStep step;

                begin(world, &offline, 36, 37);
                (void)task_work_next(&world->work, world->now);
                read_blocks(world);
                step = task_work_next(&world->work, world->now);
                ck_assert_uint_eq(step.item->block, 37);
                task_work_cancel(&world->work, /* stopping= */ false);
                refuse(world, 37, -EINTR, interrupted ? 1 : 0);
                attempt(world, &step);
                run(world);
                ck_assert_str_eq(world->kernel.log, interrupted ? "37o" : "37o 37m");
                expect(world, interrupted ? "36 cancelled movable, 37 cancelled:4 movable"
                                          : "36 cancelled movable, 37 cancelled movable");
                expect_zones(world, "kkkkmmmm");
                world_free(world);
        }
}
END_TEST

/* It is tried as long as a block may be tried. */
START_TEST(what_can_not_be_put_back_is_told_so) {
        World *world = world_new(ZONE_RULE_FREE);

        begin(world, &offline, 36, 37);
        attempt_first(world);
        task_work_cancel(&world->work, /* stopping= */ false);
        refuse(world, 37, -EBUSY, 1000);
        run(world);
        expect(world, "36 cancelled movable, 37 busy:16");
        ck_assert(task_work_find(&world->work, 37)->is_stranded);
        ck_assert_uint_gt(world->n_waits, 5);
        world_free(world);
}
END_TEST

/* When memplugd ends there is one try for each. */
START_TEST(stopping_does_not_wait) {
        World *world = world_new(ZONE_RULE_FREE);

        begin(world, &offline, 36, 37);
        attempt_first(world);
        task_work_cancel(&world->work, /* stopping= */ true);
        refuse(world, 37, -EBUSY, 1000);
        run(world);
        expect(world, "36 cancelled movable, 37 busy:16");
        ck_assert_uint_eq(world->n_waits, 0);
        world_free(world);
}
END_TEST

/* Also where one pauses already: nothing waits for a better moment any more. */
START_TEST(stopping_ends_a_pause) {
        World *world = world_new(ZONE_RULE_FREE);
        TaskStep step;

        begin(world, &offline, 36, 37);
        attempt_first(world);
        task_work_cancel(&world->work, /* stopping= */ false);
        refuse(world, 37, -EBUSY, 1);
        step = task_work_next(&world->work, world->now);
        ck_assert_int_eq(step.action, TASK_PUT_ON);
        attempt(world, &step);
        ck_assert_int_eq(task_work_next(&world->work, world->now).action, TASK_WAIT);

        task_work_cancel(&world->work, /* stopping= */ true);
        run(world);
        ck_assert_str_eq(world->kernel.log, "37o 37m 37m");
        expect(world, "36 cancelled movable, 37 cancelled:16 movable");
        ck_assert_uint_eq(world->n_waits, 0);
        world_free(world);
}
END_TEST

static void fail_to_read_after_writing(FakeKernel *kernel, BlockIndex index) {
        (void)index;
        kernel->read_error = kernel->n_reads == 2 ? kernel->refusal : 0;
}

/* It is offline by the task all the same, and goes back with it. */
START_TEST(what_can_not_be_read_again_is_put_back) {
        static const int errors[] = { -EIO, -ENOMEM };

        for (size_t i = 0; i < ELEMENTSOF(errors); i++) {
                World *world = world_new(ZONE_RULE_FREE);

                world->kernel.before_read = fail_to_read_after_writing;
                refuse(world, 0, errors[i], 0);
                begin(world, &offline, 36, 37);
                attempt_first(world);
                ck_assert(task_work_has_taken(&world->work, 37));
                world->kernel.before_read = NULL;
                world->kernel.read_error = 0;
                refuse(world, 36, -EINVAL, 1);
                run(world);
                ck_assert_str_eq(world->kernel.log, "37o 36o 37m");
                expect(world, "36 refused:22 movable, 37 cancelled movable");
                expect_zones(world, "kkkkmmmm");
                world_free(world);
        }
}
END_TEST

/* Others */

START_TEST(others_have_the_later_word) {
        World *world = world_new(ZONE_RULE_FREE);
        TaskStep step;

        begin(world, &offline, 35, 37);
        (void)task_work_next(&world->work, world->now);
        read_blocks(world);
        for (unsigned i = 0; i < 2; i++) {
                step = task_work_next(&world->work, world->now);
                attempt(world, &step);
        }
        ck_assert(task_work_has_taken(&world->work, 37));
        ck_assert_int_eq(zone_model_write(world->kernel.model, 37, STATE_ONLINE_KERNEL, 0), 0);
        task_work_put_online(&world->work, 37, ZONE_KIND_KERNEL);
        run(world);
        ck_assert_str_eq(world->kernel.log, "35o 37o 35k");
        expect(world, "35 cancelled kernel, 36 cancelled movable, 37 cancelled kernel");
        expect_zones(world, "kkkkmkmm");
        world_free(world);
}
END_TEST

START_TEST(others_take_offline_and_remove) {
        World *world = world_new(ZONE_RULE_FREE);

        begin(world, &offline, 36, 38);
        (void)task_work_next(&world->work, world->now);
        read_blocks(world);
        task_work_taken_offline(&world->work, 36);
        task_work_removed(&world->work, 37);
        run(world);
        expect(world, "36 already, 37 gone, 38 done");
        ck_assert_str_eq(world->kernel.log, "38o");
        world_free(world);
}
END_TEST

/* What reads the blocks tells of the task's own, too. */
START_TEST(where_the_task_left_it_is_no_news) {
        World *world = world_new(ZONE_RULE_FREE);
        const TaskItem *item;

        begin(world, &to_movable, 35, 35);
        run(world);
        item = task_work_find(&world->work, 35);
        task_work_put_online(&world->work, 35, ZONE_KIND_MOVABLE);
        ck_assert(!item->by_others);
        expect(world, "35 done movable");
        task_work_put_online(&world->work, 35, ZONE_KIND_KERNEL);
        ck_assert(item->by_others);
        expect(world, "35 done kernel");
        world_free(world);
}
END_TEST

/* A DIMM */

START_TEST(unplugging) {
        World *world = world_new(ZONE_RULE_FREE);

        ck_assert_int_eq(zone_model_write(world->kernel.model, 39, STATE_OFFLINE, 0), 0);
        begin(world, &unplug, 37, 39);
        run(world);
        ck_assert_uint_eq(world->n_ejects, 1);
        ck_assert_int_eq(world->work.phase, TASK_PHASE_LEAVING);
        task_work_removed(&world->work, 37);
        task_work_removed(&world->work, 38);
        ck_assert(!task_work_is_over(&world->work));
        task_work_removed(&world->work, 39);
        ck_assert(task_work_is_over(&world->work));
        run(world);
        expect(world, "37 done, 38 done, 39 done");
        ck_assert_int_eq(world->work.error, 0);
        world_free(world);
}
END_TEST

START_TEST(unplugging_what_does_not_go) {
        World *world = world_new(ZONE_RULE_FREE);

        /* The firmware doesn't want to. */
        world->eject_error = -ENODEV;
        begin(world, &unplug, 37, 38);
        run(world);
        expect(world, "37 cancelled movable, 38 cancelled movable");
        ck_assert_int_eq(world->work.error, -ENODEV);
        expect_zones(world, "kkkkmmmm");
        task_work_done(&world->work);

        /* It does, and nothing happens. */
        world->eject_error = 0;
        begin(world, &unplug, 37, 38);
        run(world);
        world->now = task_work_due(&world->work);
        run(world);
        expect(world, "37 cancelled movable, 38 cancelled movable");
        ck_assert_int_eq(world->work.error, -ETIMEDOUT);
        expect_zones(world, "kkkkmmmm");
        task_work_done(&world->work);

        /* A block stays: it isn't asked to. */
        world->n_ejects = 0;
        refuse(world, 37, -EINVAL, 1);
        begin(world, &unplug, 37, 38);
        run(world);
        expect(world, "37 refused:22 movable, 38 cancelled movable");
        ck_assert_uint_eq(world->n_ejects, 0);
        expect_zones(world, "kkkkmmmm");
        world_free(world);
}
END_TEST

/* Something else is under way all the time: who waits for the task is answered in time all the same. */
START_TEST(what_can_not_be_tried_expires) {
        World *world = world_new(ZONE_RULE_FREE);

        begin(world, &offline, 36, 37);
        ck_assert_uint_eq(task_work_deadline(&world->work), 11 * SECOND);
        task_work_expire(&world->work, 11 * SECOND - 1);
        ck_assert(!task_work_is_over(&world->work));
        task_work_expire(&world->work, 11 * SECOND);
        ck_assert(task_work_is_over(&world->work));
        expect(world, "36 busy:110, 37 busy:110");
        world_free(world);
}
END_TEST

TEST_PROGRAM("task-work", kernel_zones_come_first, each_errno_and_each_ending,
             pauses_grow_until_the_deadline, what_is_offline_or_gone_needs_nothing,
             boot_memory_is_moved_by_force_only, moving_keeps_to_the_order_of_the_boundary,
             what_can_not_be_moved_is_back, cancelling, cancelling_what_is_under_way,
             what_can_not_be_put_back_is_told_so, stopping_does_not_wait, stopping_ends_a_pause,
             what_can_not_be_read_again_is_put_back, where_the_task_left_it_is_no_news,
             others_have_the_later_word, others_take_offline_and_remove, unplugging,
             unplugging_what_does_not_go, what_can_not_be_tried_expires);
