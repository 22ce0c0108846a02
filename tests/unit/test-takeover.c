/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
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
        Setting write_error_setting;                        /* of which; _SETTING_MAX: of all */
        int dies_before, dies_after;                        /* which write; 0: none */
        void (*look)(struct World *world, Setting setting); /* at each write */
        SettingTexts before, after;                         /* for that */
        Setting in_the_way;
        Takeover takeover;
} World;

#define NOTHING ""

/* Where a memplugd that is killed ends. */
static jmp_buf death;

static int read_value(void *userdata, Setting setting, char text[SETTING_TEXT_MAX]) {
        World *world = userdata;

        if (!world->values[setting][0])
                return -ENOENT;
        return (int)(stpcpy(text, world->values[setting]) - text);
}

static int write_value(void *userdata, Setting setting, const char *text) {
        World *world = userdata;

        if (world->dies_before > 0 && --world->dies_before == 0)
                longjmp(death, 1);
        world->n_writes++;
        if (world->write_error < 0 &&
            (world->write_error_setting == setting || world->write_error_setting == _SETTING_MAX))
                return world->write_error;
        (void)strcpy(world->values[setting], text);
        if (world->look)
                world->look(world, setting);
        if (world->dies_after > 0 && --world->dies_after == 0)
                longjmp(death, 1);
        return 0;
}

static const TakeoverOps ops = { read_value, write_value };

static char *value_of(World *world) {
        return world->values[SETTING_AUTO_ONLINE_BLOCKS];
}

/* A memplugd starts; the one before it may have been killed. */
static void start(World *world) {
        (void)takeover_init(&world->takeover, &ops, world, world->fd);
}

static int set_all(World *world, const SettingTexts *words) {
        world->in_the_way = _SETTING_MAX;
        return takeover_set(&world->takeover, words, &world->in_the_way);
}

/* auto_online_blocks alone. */
static int set(World *world, const char *word) {
        SettingTexts words = {};

        (void)strcpy(words.of[SETTING_AUTO_ONLINE_BLOCKS], word);
        return set_all(world, &words);
}

static World begin(const char *value) {
        World world = { .tree = fake_tree_new(), .write_error_setting = _SETTING_MAX };

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
        ck_assert_int_eq(set(&world, "offline"), 0);
        ck_assert_str_eq(value_of(&world), "offline");
        ck_assert_int_eq(takeover_kernel_policy(&world.takeover), ONLINE_DEFAULT);
        ck_assert_int_eq(set(&world, "offline"), 0);
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
        ck_assert_int_eq(set(&world, "offline"), 0);
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
        ck_assert_int_eq(set(&world, "offline"), 0);
        start(&world);
        ck_assert_int_eq(set(&world, "offline"), 0);
        ck_assert_uint_eq(world.n_writes, 1);
        ck_assert_int_eq(takeover_kernel_policy(&world.takeover), ONLINE_MOVABLE);

        /* Somebody changed it while none ran: taken over again, and still what was first comes back. */
        (void)strcpy(value_of(&world), "online_kernel");
        start(&world);
        ck_assert_int_eq(set(&world, "offline"), 0);
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
        ck_assert_int_eq(set(&world, "offline"), 0);
        ck_assert_str_eq(value_of(&world), "offline");
        put_back(&world);
        ck_assert_str_eq(value_of(&world), "online");
        end(&world);
}
END_TEST

START_TEST(a_mode_that_changes_keeps_what_was_first) {
        World world = begin("online");

        start(&world);
        ck_assert_int_eq(set(&world, "offline"), 0);
        ck_assert_int_eq(set(&world, "online_movable"), 0);
        ck_assert_str_eq(value_of(&world), "online_movable");
        ck_assert_int_eq(takeover_kernel_policy(&world.takeover), ONLINE_DEFAULT);

        /* Killed before the new word was written: the old one is still known as ours. */
        (void)strcpy(value_of(&world), "offline");
        put_back(&world);
        ck_assert_str_eq(value_of(&world), "online");

        start(&world);
        ck_assert_int_eq(set(&world, "offline"), 0);
        ck_assert_int_eq(set(&world, NOTHING), 0);
        ck_assert_str_eq(value_of(&world), "online");
        ck_assert(!is_saved(&world));
        ck_assert_int_eq(set(&world, "offline"), 0);
        ck_assert_str_eq(value_of(&world), "offline");
        end(&world);
}
END_TEST

START_TEST(a_change_by_somebody_else_is_told_once_and_left) {
        World world = begin("online");

        start(&world);
        ck_assert_int_eq(set(&world, "offline"), 0);
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
        ck_assert_int_eq(set(&world, "offline"), 0);
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
        ck_assert_int_eq(set(&world, NOTHING), 0);
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
        ck_assert_int_eq(set(&world, "online_movable"), -EINVAL);
        ck_assert_str_eq(value_of(&world), "online");
        ck_assert(!is_saved(&world));

        world.write_error = 0;
        ck_assert_int_eq(set(&world, "offline"), 0);
        world.write_error = -EINVAL;
        ck_assert_int_eq(set(&world, "online_movable"), -EINVAL);
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
        ck_assert_int_eq(set(&world, "offline"), 0);
        ck_assert_int_eq(set(&world, "online"), -ENOENT);
        ck_assert_int_eq(takeover_kernel_policy(&world.takeover), ONLINE_LEAVE);
        ck_assert_uint_eq(world.n_writes, 0);
        end(&world);
}
END_TEST

START_TEST(nothing_is_changed_that_can_not_be_saved) {
        World world = begin("online");

        (void)takeover_init(&world.takeover, &ops, &world, -EBADF);
        ck_assert_int_lt(set(&world, "offline"), 0);
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

/* The four of "auto" */

static const SettingTexts own_texts = { { "offline", "contig-zones", "301", "Y" } };
static const SettingTexts auto_texts = { { "online", "auto-movable", "100", "N" } };

static void have(World *world, const SettingTexts *texts) {
        memcpy(world->values, texts->of, sizeof(world->values));
}

static bool reads(const World *world, const SettingTexts *texts) {
        for (Setting setting = 0; setting < _SETTING_MAX; setting++)
                if (strcmp(world->values[setting], texts->of[setting]) != 0)
                        return false;
        return true;
}

static unsigned count_files(const World *world) {
        unsigned n = 0;

        for (Setting setting = 0; setting < _SETTING_MAX; setting++)
                n += faccessat(world->fd, setting_to_string(setting), F_OK, 0) == 0;
        return n;
}

static void begin_auto(World *world) {
        *world = begin("");
        have(world, &own_texts);
        start(world);
        ck_assert_int_eq(set_all(world, &auto_texts), 0);
        ck_assert(reads(world, &auto_texts));
        (void)told();
}

START_TEST(auto_takes_over_all_four) {
        World world;

        begin_auto(&world);
        ck_assert_uint_eq(count_files(&world), _SETTING_MAX);
        ck_assert_str_eq(fake_read(world.tree, "auto_movable_ratio"), "301\n100\n");
        ck_assert_int_eq(takeover_kernel_policy(&world.takeover), ONLINE_LEAVE);
        ck_assert_int_eq(set_all(&world, &auto_texts), 0);
        ck_assert_uint_eq(world.n_writes, 4);

        start(&world);
        ck_assert_int_eq(set_all(&world, &auto_texts), 0);
        ck_assert_uint_eq(world.n_writes, 4);

        ck_assert_int_eq(set(&world, "offline"), 0);
        ck_assert(reads(&world, &own_texts));
        ck_assert_uint_eq(count_files(&world), 1);
        ck_assert_str_eq(told(), "auto_online_blocks is 'offline' while memplugd runs (it was "
                                 "'online').\n"
                                 "online_policy is put back to 'contig-zones'.\n"
                                 "auto_movable_ratio is put back to '301'.\n"
                                 "auto_movable_numa_aware is put back to 'Y'.\n");
        put_back(&world);
        ck_assert_uint_eq(count_files(&world), 0);
        end(&world);
}
END_TEST

#define EFFECT_MAX (_SETTING_MAX * SETTING_TEXT_MAX + 16)

/* What becomes of new memory: the policy and its parameters matter to a plain "online" alone. */
static void describe_effect(const SettingTexts *texts, char text[EFFECT_MAX]) {
        const char *word = texts->of[SETTING_AUTO_ONLINE_BLOCKS],
                   *policy = texts->of[SETTING_ONLINE_POLICY];

        if (strcmp(word, "online") != 0)
                (void)strcpy(text, word);
        else if (strcmp(policy, "auto-movable") != 0)
                (void)snprintf(text, EFFECT_MAX, "%s by %s", word, policy);
        else
                (void)snprintf(text, EFFECT_MAX, "%s by %s %s %s", word, policy,
                               texts->of[SETTING_AUTO_MOVABLE_RATIO],
                               texts->of[SETTING_AUTO_MOVABLE_NUMA_AWARE]);
}

static void expect_no_half_state(World *world, Setting setting) {
        char before[EFFECT_MAX], after[EFFECT_MAX], now[EFFECT_MAX];
        SettingTexts texts;

        memcpy(texts.of, world->values, sizeof(texts.of));
        describe_effect(&world->before, before);
        describe_effect(&world->after, after);
        describe_effect(&texts, now);
        ck_assert_msg(strcmp(now, before) == 0 || strcmp(now, after) == 0 ||
                              strcmp(now, "offline") == 0,
                      "'%s' between '%s' and '%s'", now, before, after);
        ck_assert_msg((setting != SETTING_AUTO_MOVABLE_RATIO &&
                       setting != SETTING_AUTO_MOVABLE_NUMA_AWARE) ||
                              strcmp(texts.of[SETTING_ONLINE_POLICY], "auto-movable") != 0,
                      "%s changed under auto-movable", setting_to_string(setting));
}

/* Where the words lead from what the kernel has by itself. */
static SettingTexts result_of(const SettingTexts *own, const SettingTexts *words) {
        SettingTexts texts = *own;

        for (Setting setting = 0; setting < _SETTING_MAX; setting++)
                if (words->of[setting][0])
                        (void)strcpy(texts.of[setting], words->of[setting]);
        return texts;
}

/* A change, with all its moments looked at. Answers false if memplugd died in it. */
static bool survives_change(World *world, const SettingTexts *own, const SettingTexts *words) {
        memcpy(world->before.of, world->values, sizeof(world->values));
        world->after = words ? result_of(own, words) : *own;
        if (setjmp(death) != 0)
                return false;

        if (words)
                ck_assert_int_eq(set_all(world, words), 0);
        else
                put_back(world);
        ck_assert(reads(world, &world->after));
        return true;
}

typedef struct Life {
        SettingTexts own, first, second;
        int dies_before, dies_after;
} Life;

/* Two configs one after the other, and the end of it; killed somewhere, and perhaps started again. */
static bool live(World *world, const Life *life, bool starts_again) {
        const SettingTexts *turns[] = { &life->first, &life->second, NULL };
        bool survives = true;

        have(world, &life->own);
        world->dies_before = life->dies_before;
        world->dies_after = life->dies_after;
        start(world);
        for (size_t i = 0; i < ELEMENTSOF(turns) && survives; i++)
                survives = survives_change(world, &life->own, turns[i]);

        world->dies_before = world->dies_after = 0;
        if (!survives && starts_again) {
                start(world);
                ck_assert(survives_change(world, &life->own, &life->second));
        }
        ck_assert(survives_change(world, &life->own, NULL));
        ck_assert_uint_eq(count_files(world), 0);
        return survives;
}

static void live_with_each_death(World *world, Life life) {
        bool survives = false;

        for (int write = 1; !survives; write++)
                for (int choice = 0; choice < 4; choice++) {
                        life.dies_before = choice & 1 ? write : 0;
                        life.dies_after = choice & 1 ? 0 : write;
                        survives = live(world, &life, /* starts_again= */ choice & 2);
                }
}

static SettingTexts nth_own(unsigned i) {
        static const char *const words[] = { "offline", "online", "online_movable" };
        SettingTexts own = i % 3 == 0 ? own_texts : auto_texts;

        (void)strcpy(own.of[SETTING_AUTO_ONLINE_BLOCKS], words[i / 3]);
        if (i % 3 == 2)
                (void)strcpy(own.of[SETTING_AUTO_MOVABLE_RATIO], "301");
        return own;
}

#define N_OWN 9

/* Each state of a kernel, each two configs, each place to be killed at. */
START_TEST(no_death_leaves_a_half) {
        static const SettingTexts words[] = {
                { { "" } },
                { { "offline" } },
                { { "online" } },
                { { "online_movable" } },
                { { "online", "auto-movable", "100", "N" } },
                { { "online", "auto-movable", "250", "Y" } },
        };
        World world = begin("");

        (void)log_set_level(LOG_WARNING);
        world.look = expect_no_half_state;
        for (unsigned i = 0; i < N_OWN; i++)
                for (size_t j = 0; j < ELEMENTSOF(words); j++)
                        for (size_t k = 0; k < ELEMENTSOF(words); k++)
                                if (k != j)
                                        live_with_each_death(&world, (Life){ nth_own(i), words[j],
                                                                             words[k], 0, 0 });
        end(&world);
}
END_TEST

START_TEST(a_kernel_before_5_15_has_no_auto) {
        const SettingTexts old = { { "offline", "", "", "" } };
        World world = begin("");

        have(&world, &old);
        start(&world);
        ck_assert_int_eq(set_all(&world, &auto_texts), -ENOENT);
        ck_assert_int_eq(world.in_the_way, SETTING_ONLINE_POLICY);
        ck_assert_uint_eq(world.n_writes, 0);
        ck_assert_uint_eq(count_files(&world), 0);
        ck_assert_int_eq(set(&world, "online_movable"), 0);
        put_back(&world);
        ck_assert(reads(&world, &old));
        end(&world);
}
END_TEST

START_TEST(a_kernel_without_numa_has_auto_all_the_same) {
        const SettingTexts own = { { "offline", "contig-zones", "301", "" } };
        World world = begin("");

        have(&world, &own);
        start(&world);
        ck_assert_int_eq(set_all(&world, &auto_texts), 0);
        ck_assert_str_eq(world.values[SETTING_ONLINE_POLICY], "auto-movable");
        put_back(&world);
        ck_assert(reads(&world, &own));
        end(&world);
}
END_TEST

/* Each setting that can't be written in turn, while the kernel is in a state of each kind. */
START_TEST(what_can_not_be_set_as_a_whole_is_not_set_at_all) {
        for (unsigned i = 0; i < N_OWN * _SETTING_MAX; i++) {
                const SettingTexts own = nth_own(i / _SETTING_MAX),
                                   words = { { "online", "auto-movable", "250", "Y" } };
                Setting setting = i % _SETTING_MAX;
                World world = begin("");
                int r;

                have(&world, &own);
                start(&world);
                world.write_error = -EROFS;
                world.write_error_setting = setting;
                r = set_all(&world, &words);
                if (r == 0)
                        ck_assert_str_eq(world.values[setting], own.of[setting]);
                else {
                        ck_assert_int_eq(r, -EROFS);
                        ck_assert_int_eq(world.in_the_way, setting);
                        ck_assert(reads(&world, &own));
                        ck_assert_uint_eq(count_files(&world), 0);
                }
                world.write_error = 0;
                put_back(&world);
                ck_assert(reads(&world, &own));
                end(&world);
        }
}
END_TEST

/* A kernel that takes what is written, and has something else then. */
static void change_ratio(World *world, Setting setting) {
        if (setting == SETTING_AUTO_MOVABLE_RATIO)
                (void)strcpy(world->values[setting], "99");
}

START_TEST(what_reads_otherwise_than_was_written_is_not_set) {
        const SettingTexts result = { { "offline", "contig-zones", "99", "Y" } };
        World world = begin("");

        have(&world, &own_texts);
        start(&world);
        world.look = change_ratio;
        ck_assert_int_eq(set_all(&world, &auto_texts), -EIO);
        ck_assert_int_eq(world.in_the_way, SETTING_AUTO_MOVABLE_RATIO);
        ck_assert(reads(&world, &result));
        end(&world);
}
END_TEST

START_TEST(what_can_not_be_put_back_holds_up_no_other) {
        World world;
        const SettingTexts result = { { "offline", "contig-zones", "100", "Y" } };

        begin_auto(&world);
        world.write_error = -EROFS;
        world.write_error_setting = SETTING_AUTO_MOVABLE_RATIO;
        ck_assert_int_eq(takeover_put_back(&ops, &world, world.fd), -EROFS);
        ck_assert(reads(&world, &result));
        ck_assert_uint_eq(count_files(&world), 1);
        world.write_error = 0;
        put_back(&world);
        ck_assert(reads(&world, &own_texts));
        end(&world);
}
END_TEST

START_TEST(each_of_the_four_is_left_to_who_changes_it) {
        World world;
        const SettingTexts changed = { { "online", "contig-zones", "50", "N" } };
        const SettingTexts other = { { "online", "auto-movable", "200", "N" } };
        const SettingTexts other_result = { { "online", "contig-zones", "200", "N" } };
        const SettingTexts result = { { "offline", "contig-zones", "50", "Y" } };

        begin_auto(&world);
        have(&world, &changed);
        takeover_look(&world.takeover);
        ck_assert_str_eq(told(), "online_policy was changed to 'contig-zones' by somebody else, "
                                 "where memplugd wants 'auto-movable'. It stays so; a restart sets "
                                 "it anew.\n"
                                 "auto_movable_ratio was changed to '50' by somebody else, where "
                                 "memplugd wants '100'. It stays so; a restart sets it anew.\n");
        ck_assert_int_eq(set_all(&world, &auto_texts), 0);
        ck_assert(reads(&world, &changed));

        /* Another config sets what it has another wish for, and no more. */
        ck_assert_int_eq(set_all(&world, &other), 0);
        ck_assert(reads(&world, &other_result));

        (void)told();
        (void)strcpy(world.values[SETTING_AUTO_MOVABLE_RATIO], "50");
        put_back(&world);
        ck_assert(reads(&world, &result));
        ck_assert_ptr_nonnull(strstr(told(), "auto_movable_ratio was changed to '50' by somebody "
                                             "else; it stays so, and '301', which it was before "
                                             "memplugd, isn't put back.\n"));
        ck_assert_uint_eq(count_files(&world), 0);
        end(&world);
}
END_TEST

START_TEST(a_restart_sets_anew_and_keeps_what_was_first) {
        World world;
        const SettingTexts changed = { { "online", "auto-movable", "50", "N" } };

        begin_auto(&world);
        have(&world, &changed);
        start(&world);
        ck_assert_int_eq(set_all(&world, &auto_texts), 0);
        ck_assert(reads(&world, &auto_texts));
        put_back(&world);
        ck_assert(reads(&world, &own_texts));
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
             a_damaged_file_is_told_and_the_setting_left, all_settings_are_put_back,
             auto_takes_over_all_four, no_death_leaves_a_half, a_kernel_before_5_15_has_no_auto,
             a_kernel_without_numa_has_auto_all_the_same,
             what_can_not_be_set_as_a_whole_is_not_set_at_all,
             what_reads_otherwise_than_was_written_is_not_set,
             what_can_not_be_put_back_holds_up_no_other, each_of_the_four_is_left_to_who_changes_it,
             a_restart_sets_anew_and_keeps_what_was_first);
