/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "base/log.h"
#include "daemon/takeover.h"
#include "fake-tree.h"
#include "suite.h"

/* A kernel that has settings, and remembers what was written to them. */
typedef struct World {
        FakeTree *tree;
        int fd;
        char values[_SETTING_MAX][SETTING_TEXT_MAX]; /* "": no such setting */
        unsigned n_writes;
        int write_error;
        Takeover takeover;
} World;

static int read_value(void *userdata, Setting setting, char text[SETTING_TEXT_MAX]) {
        World *world = userdata;

        if (!world->values[setting][0])
                return -ENOENT;
        return (int)(stpcpy(text, world->values[setting]) - text);
}

static int write_value(void *userdata, Setting setting, const char *text) {
        World *world = userdata;

        world->n_writes++;
        if (world->write_error < 0)
                return world->write_error;
        (void)strcpy(world->values[setting], text);
        return 0;
}

static const TakeoverOps ops = { read_value, write_value };

static char *value_of(World *world) {
        return world->values[SETTING_AUTO_ONLINE_BLOCKS];
}

/* A memplugd starts; the one before it may have been killed. */
static void start(World *world) {
        takeover_init(&world->takeover, &ops, world, world->fd);
}

static World begin(const char *value) {
        World world = { .tree = fake_tree_new() };

        world.fd = open(world.tree->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(world.fd, 0);
        (void)strcpy(value_of(&world), value);
        return world;
}

static void end(World *world) {
        (void)close(world->fd);
        fake_tree_free(world->tree);
}

static bool is_saved(const World *world) {
        return faccessat(world->fd, "auto_online_blocks", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void put_back(World *world) {
        ck_assert_int_eq(takeover_put_back(&ops, world, world->fd), 0);
        ck_assert(!is_saved(world));
}

/* What is told on standard error goes to a file; answers what came since the last call. */
static const char *told(void) {
        static char text[4096];
        static int fd = -EBADF;
        ssize_t n;

        if (fd < 0) {
                fd = memfd_create("told", MFD_CLOEXEC);
                ck_assert_int_ge(dup2(fd, STDERR_FILENO), 0);
        }
        n = pread(fd, text, sizeof(text) - 1, 0);
        ck_assert_int_ge(n, 0);
        text[n] = 0;
        ck_assert_int_eq(ftruncate(fd, 0), 0);
        ck_assert_int_ge(lseek(fd, 0, SEEK_SET), 0);
        return text;
}

START_TEST(is_taken_over_and_put_back) {
        World world = begin("online");

        start(&world);
        ck_assert_int_eq(takeover_set(&world.takeover, "offline"), 0);
        ck_assert_str_eq(value_of(&world), "offline");
        ck_assert_int_eq(takeover_kernel_policy(&world.takeover), ONLINE_DEFAULT);
        ck_assert_int_eq(takeover_set(&world.takeover, "offline"), 0);
        ck_assert_uint_eq(world.n_writes, 1);
        put_back(&world);
        ck_assert_str_eq(value_of(&world), "online");
        put_back(&world);
        ck_assert_uint_eq(world.n_writes, 2);
        end(&world);
}
END_TEST

START_TEST(what_reads_so_already_is_not_written) {
        World world = begin("offline");

        start(&world);
        ck_assert_int_eq(takeover_set(&world.takeover, "offline"), 0);
        ck_assert(!is_saved(&world));
        ck_assert_int_eq(takeover_kernel_policy(&world.takeover), ONLINE_LEAVE);
        put_back(&world);
        ck_assert_uint_eq(world.n_writes, 0);
        end(&world);
}
END_TEST

START_TEST(a_killed_memplugd_leaves_what_the_next_one_needs) {
        World world = begin("online_movable");

        start(&world);
        ck_assert_int_eq(takeover_set(&world.takeover, "offline"), 0);
        start(&world);
        ck_assert_int_eq(takeover_set(&world.takeover, "offline"), 0);
        ck_assert_uint_eq(world.n_writes, 1);
        ck_assert_int_eq(takeover_kernel_policy(&world.takeover), ONLINE_MOVABLE);

        /* Somebody changed it while none ran: taken over again, and still what was first comes back. */
        (void)strcpy(value_of(&world), "online_kernel");
        start(&world);
        ck_assert_int_eq(takeover_set(&world.takeover, "offline"), 0);
        put_back(&world);
        ck_assert_str_eq(value_of(&world), "online_movable");
        end(&world);
}
END_TEST

/* Saved, and killed before it was written; put back, and killed before the file was removed. */
START_TEST(a_kill_between_file_and_kernel_does_no_harm) {
        World world = begin("online");

        (void)told();
        fake_file(world.tree, "auto_online_blocks", "online\noffline\n");
        put_back(&world);
        ck_assert_str_eq(value_of(&world), "online");
        ck_assert_uint_eq(world.n_writes, 0);
        ck_assert_str_eq(told(), "");

        fake_file(world.tree, "auto_online_blocks", "online\noffline\n");
        start(&world);
        ck_assert_int_eq(takeover_set(&world.takeover, "offline"), 0);
        ck_assert_str_eq(value_of(&world), "offline");
        put_back(&world);
        ck_assert_str_eq(value_of(&world), "online");
        end(&world);
}
END_TEST

START_TEST(a_mode_that_changes_keeps_what_was_first) {
        World world = begin("online");

        start(&world);
        ck_assert_int_eq(takeover_set(&world.takeover, "offline"), 0);
        ck_assert_int_eq(takeover_set(&world.takeover, "online_movable"), 0);
        ck_assert_str_eq(value_of(&world), "online_movable");
        ck_assert_int_eq(takeover_kernel_policy(&world.takeover), ONLINE_DEFAULT);

        /* Killed before the new word was written: the old one is still known as ours. */
        (void)strcpy(value_of(&world), "offline");
        put_back(&world);
        ck_assert_str_eq(value_of(&world), "online");

        start(&world);
        ck_assert_int_eq(takeover_set(&world.takeover, "offline"), 0);
        ck_assert_int_eq(takeover_set(&world.takeover, NULL), 0);
        ck_assert_str_eq(value_of(&world), "online");
        ck_assert(!is_saved(&world));
        ck_assert_int_eq(takeover_set(&world.takeover, "offline"), 0);
        ck_assert_str_eq(value_of(&world), "offline");
        end(&world);
}
END_TEST

START_TEST(a_change_by_somebody_else_is_told_once_and_left) {
        World world = begin("online");

        start(&world);
        ck_assert_int_eq(takeover_set(&world.takeover, "offline"), 0);
        (void)told();
        takeover_look(&world.takeover);
        ck_assert_str_eq(told(), "");

        (void)strcpy(value_of(&world), "online_kernel");
        takeover_look(&world.takeover);
        ck_assert_str_eq(told(),
                         "auto_online_blocks was changed to 'online_kernel' by somebody "
                         "else, where memplugd wants 'offline'. It stays so; a restart sets "
                         "it anew.\n");
        takeover_look(&world.takeover);
        ck_assert_str_eq(told(), "");
        ck_assert_int_eq(takeover_set(&world.takeover, "offline"), 0);
        ck_assert_str_eq(value_of(&world), "online_kernel");
        ck_assert_int_eq(takeover_kernel_policy(&world.takeover), ONLINE_DEFAULT);

        (void)strcpy(value_of(&world), "offline");
        takeover_look(&world.takeover);
        ck_assert_str_eq(told(),
                         "auto_online_blocks is 'offline' again, as memplugd had set it.\n");

        (void)strcpy(value_of(&world), "online_kernel");
        put_back(&world);
        ck_assert_str_eq(value_of(&world), "online_kernel");
        ck_assert_str_eq(told(), "auto_online_blocks was changed to 'online_kernel' by somebody "
                                 "else; it stays so, and 'online', which it was before memplugd, "
                                 "isn't put back.\n");
        end(&world);
}
END_TEST

START_TEST(what_was_not_taken_over_is_watched_all_the_same) {
        World world = begin("online");

        start(&world);
        ck_assert_int_eq(takeover_set(&world.takeover, NULL), 0);
        ck_assert_int_eq(takeover_kernel_policy(&world.takeover), ONLINE_DEFAULT);
        (void)told();
        (void)strcpy(value_of(&world), "offline");
        takeover_look(&world.takeover);
        ck_assert_str_eq(told(), "auto_online_blocks was changed to 'offline' by somebody else.\n");
        ck_assert_int_eq(takeover_kernel_policy(&world.takeover), ONLINE_LEAVE);
        ck_assert_uint_eq(world.n_writes, 0);
        end(&world);
}
END_TEST

START_TEST(a_kernel_that_does_not_know_the_word_keeps_its_own) {
        World world = begin("online");

        start(&world);
        world.write_error = -EINVAL;
        ck_assert_int_eq(takeover_set(&world.takeover, "online_movable"), -EINVAL);
        ck_assert_str_eq(value_of(&world), "online");
        ck_assert(!is_saved(&world));

        world.write_error = 0;
        ck_assert_int_eq(takeover_set(&world.takeover, "offline"), 0);
        world.write_error = -EINVAL;
        ck_assert_int_eq(takeover_set(&world.takeover, "online_movable"), -EINVAL);
        ck_assert(is_saved(&world));
        ck_assert_int_eq(takeover_put_back(&ops, &world, world.fd), -EINVAL);
        ck_assert(is_saved(&world));
        world.write_error = 0;
        put_back(&world);
        ck_assert_str_eq(value_of(&world), "online");
        end(&world);
}
END_TEST

START_TEST(a_kernel_without_the_setting_onlines_nothing) {
        World world = begin("");

        start(&world);
        ck_assert_int_eq(takeover_set(&world.takeover, "offline"), 0);
        ck_assert_int_eq(takeover_set(&world.takeover, "online"), -ENOENT);
        ck_assert_int_eq(takeover_kernel_policy(&world.takeover), ONLINE_LEAVE);
        ck_assert_uint_eq(world.n_writes, 0);
        end(&world);
}
END_TEST

START_TEST(nothing_is_changed_that_can_not_be_saved) {
        World world = begin("online");

        takeover_init(&world.takeover, &ops, &world, -EBADF);
        ck_assert_int_lt(takeover_set(&world.takeover, "offline"), 0);
        ck_assert_str_eq(value_of(&world), "online");
        ck_assert_uint_eq(world.n_writes, 0);
        end(&world);
}
END_TEST

START_TEST(a_damaged_file_is_told_and_the_setting_left) {
        World world = begin("offline");

        (void)told();
        fake_file(world.tree, "auto_online_blocks", "");
        ck_assert_int_eq(takeover_put_back(&ops, &world, world.fd), -EBADMSG);
        ck_assert_ptr_nonnull(strstr(told(), "damaged"));
        ck_assert_str_eq(value_of(&world), "offline");
        put_back(&world);
        end(&world);
}
END_TEST

START_TEST(all_settings_are_put_back) {
        World world = begin("online_movable");

        (void)strcpy(world.values[SETTING_ONLINE_POLICY], "auto-movable");
        (void)strcpy(world.values[SETTING_AUTO_MOVABLE_RATIO], "250");
        fake_file(world.tree, "auto_online_blocks", "online\nonline_movable\n");
        fake_file(world.tree, "online_policy", "contig-zones\nauto-movable\n");
        fake_file(world.tree, "auto_movable_ratio", "301\n200\n");
        fake_file(world.tree, "auto_movable_numa_aware", "Y\nN\n");
        put_back(&world);
        ck_assert_str_eq(value_of(&world), "online");
        ck_assert_str_eq(world.values[SETTING_ONLINE_POLICY], "contig-zones");
        ck_assert_str_eq(world.values[SETTING_AUTO_MOVABLE_RATIO], "250");
        ck_assert_int_ne(faccessat(world.fd, "online_policy", F_OK, 0), 0);
        ck_assert_int_ne(faccessat(world.fd, "auto_movable_numa_aware", F_OK, 0), 0);
        ck_assert_uint_eq(world.n_writes, 2);
        end(&world);
}
END_TEST

TEST_PROGRAM("takeover", is_taken_over_and_put_back, what_reads_so_already_is_not_written,
             a_killed_memplugd_leaves_what_the_next_one_needs,
             a_kill_between_file_and_kernel_does_no_harm, a_mode_that_changes_keeps_what_was_first,
             a_change_by_somebody_else_is_told_once_and_left,
             what_was_not_taken_over_is_watched_all_the_same,
             a_kernel_that_does_not_know_the_word_keeps_its_own,
             a_kernel_without_the_setting_onlines_nothing, nothing_is_changed_that_can_not_be_saved,
             a_damaged_file_is_told_and_the_setting_left, all_settings_are_put_back);
