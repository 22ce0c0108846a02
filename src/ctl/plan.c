/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl plan: what memplugd would do now, and with memory that isn't there yet.
 */
#include "ctl/plan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "ctl/report.h"
#include "ctl/verb.h"

/* Below the root; the daemon's. */
#define RUN_DIR "/run/memplugd"
#define TABLE_FILE "blocks"
#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"

static void plan_done(Plan *plan) {
        for (size_t i = 0; i < plan->n_notes; i++)
                free(plan->notes[i].text);
        forecast_free(plan->stages, plan->n_stages);
        block_table_free(plan->table);
        range_set_free(plan->cpu_nodes);
        view_done(&plan->view);
}

/* The kernel's id with hyphens, memplugd's without. -ENOENT, …: there is none. */
static int read_boot_id(const char *root, char text[64]) {
        _cleanup_free_ char *path = NULL;
        char *end = text;
        int r;

        if (asprintf(&path, "%s" BOOT_ID_FILE, root) < 0) {
                path = NULL;
                return -ENOMEM;
        }

        r = read_attribute_at(AT_FDCWD, path, text, 64);
        if (r < 0)
                return r;

        for (const char *p = text; *p; p++)
                if (*p != '-')
                        *end++ = *p;
        *end = 0;
        return 0;
}

/* What memplugd remembers of this boot. Without that, nothing is known to be released. */
static int read_table(const char *root, BlockTable **ret) {
        _cleanup_free_ char *path = NULL;
        _cleanup_close_ int dir_fd = -EBADF;
        char boot_id[64];
        int r;

        if (read_boot_id(root, boot_id) < 0)
                return 0;
        if (asprintf(&path, "%s" RUN_DIR, root) < 0) {
                path = NULL;
                return -ENOMEM;
        }

        dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        r = dir_fd < 0 ? -errno : block_table_read(dir_fd, TABLE_FILE, boot_id, ret);
        if (r < 0 && r != -ENOENT && r != -ENOMEM)
                (void)log_warning_errno(r,
                                        "can't read what memplugd remembers, and so what is left "
                                        "alone since somebody took it offline: %m");
        return r == -ENOMEM ? r : 0;
}

/* The first setting that mode "kernel" needs, and this kernel hasn't. Then the daemon is in mode "uevent". */
static Setting find_missing_setting(Sysfs *sysfs, const Policy *policy) {
        KernelWords words = policy_in_kernel_words(policy);

        for (Setting setting = 0; setting < _SETTING_MAX; setting++) {
                char wanted[SETTING_TEXT_MAX], text[SETTING_TEXT_MAX];

                if (kernel_words_setting(&words, policy, setting, wanted) &&
                    sysfs_read_setting(sysfs, setting, text) == -ENOENT)
                        return setting;
        }
        return _SETTING_INVALID;
}

static int learn_mode(Sysfs *sysfs, Plan *plan) {
        const View *view = &plan->view;
        char text[SETTING_TEXT_MAX];

        plan->missing = _SETTING_INVALID;
        plan->facts.mode = view->policy->active;
        if (plan->facts.mode == MODE_KERNEL)
                plan->missing = find_missing_setting(sysfs, view->policy);
        if (plan->missing >= 0)
                plan->facts.mode = MODE_UEVENT;

        plan->facts.taken_over = view->taken_over[0];
        plan->facts.kernel_policy =
                online_from_kernel_word(view->taken_over[0] ? view->taken_over : view->auto_online);
        plan->facts.untold_zones = sysfs_read_setting(sysfs, SETTING_ONLINE_POLICY, text) > 0 &&
                                   strcmp(text, "auto-movable") == 0;
        plan->facts.own_map = view->own_map;
        return 0;
}

static int learn(Sysfs *sysfs, const char *root, Plan *plan) {
        int r;

        r = learn_mode(sysfs, plan);
        if (r < 0)
                return r;
        r = sysfs_read_cpu_nodes(sysfs, &plan->cpu_nodes);
        if (r == -ENOMEM)
                return r;
        if (sysfs_read_available_memory(sysfs, &plan->facts.available) < 0)
                plan->facts.available = 0;

        r = read_table(root, &plan->table);
        plan->facts.cpu_nodes = plan->cpu_nodes;
        plan->facts.table = plan->table;
        return r;
}

/* view_load() has told already why zoneinfo can't be read, if that matters. */
static int forecast(Sysfs *sysfs, Plan *plan) {
        _cleanup_(zoneinfo_done) Zoneinfo zoneinfo = {};
        int r;

        r = sysfs_read_zoneinfo(sysfs, &zoneinfo);
        if (r == -ENOMEM)
                return r;

        r = forecast_make(plan->view.policy, &plan->facts, r < 0 ? NULL : &zoneinfo,
                          &plan->view.snapshot, plan->additions, plan->n_additions, &plan->stages,
                          &plan->rule);
        if (r == 0)
                plan->n_stages = plan->n_additions + 1;
        return r;
}

/* -EINVAL: of --add, and told. */
static int make(const Options *options, Plan *plan) {
        const char *root = options_sysroot(options);
        _cleanup_(sysfs_closep) Sysfs *sysfs = NULL;
        int r;

        r = sysfs_open(root, &sysfs);
        for (size_t i = 0; r >= 0 && i < options->n_repeated; i++) {
                r = addition_parse(options->repeated[i], sysfs, &plan->view.snapshot,
                                   &plan->additions[i]);
                if (r == -EINVAL)
                        return r;
        }
        plan->n_additions = options->n_repeated;
        if (r >= 0)
                r = learn(sysfs, root, plan);
        if (r >= 0)
                r = forecast(sysfs, plan);
        if (r >= 0)
                r = plan_add_notes(plan);
        if (r < 0 && r != -EINVAL)
                (void)log_error_errno(r, "can't make the plan: %m");
        return r;
}

int plan_run(const Options *options, int n_arguments, char **arguments) {
        _cleanup_(plan_done) Plan plan = {};
        int r;

        r = view_load(options, &plan.view);
        if (r < 0)
                return EXIT_FAILURE;

        r = make(options, &plan);
        if (r < 0)
                return r == -EINVAL ? EXIT_USAGE : EXIT_FAILURE;
        if (!plan.view.config_is_valid)
                report_tell_fallback(&plan.view.report);

        if (options_have(options, OPTION_JSON))
                plan_print_json(&plan);
        else if (plan_print(&plan) < 0) {
                (void)log_error_errno(-ENOMEM, "can't show the plan: %m");
                return EXIT_FAILURE;
        }

        return plan.view.config_is_valid ? EXIT_SUCCESS : EXIT_FAILURE;
}
