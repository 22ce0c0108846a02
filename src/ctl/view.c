/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/view.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "rules/kernel-words.h"

/* Below the root; src/state writes it. */
#define TAKEN_OVER_FILE "/run/memplugd/auto_online_blocks"
#define TAKEN_OVER_MAX 4096

static const char *const trouble_table[] = {
        [TROUBLE_NONE] = "none",
        [TROUBLE_OFFLINE] = "offline",
        [TROUBLE_WRONG_ZONE] = "wrong_zone",
};
DEFINE_STRING_TABLE(trouble, Trouble);

void view_done(View *view) {
        judgement_done(&view->judgement);
        snapshot_done(&view->snapshot);
        view->policy = policy_unref(view->policy);
        config_report_done(&view->report);
}

/* 'r': what became of loading the config. The view is the caller's then, or ended. */
static int finish_config(int r, View *loaded, View *ret) {
        _cleanup_(view_done) View view = *loaded;

        if (r < 0 && r != -EINVAL)
                return log_error_errno(r, "can't read the config: %m");

        view.config_is_valid = r >= 0;
        /* As a daemon does with a broken config. */
        if (!view.policy)
                view.policy = policy_new_default();
        if (!view.policy)
                return log_error_errno(-ENOMEM, "can't read the config: %m");

        *ret = view;
        view = (View){};
        return 0;
}

int view_load_config(const Options *options, const char *file, View *ret) {
        View view = {};
        int r;

        r = config_load(options_sysroot(options), file, &view.policy, &view.report);
        return finish_config(r, &view, ret);
}

int view_load_config_paths(char *const *paths, size_t n_paths, View *ret) {
        View view = {};
        int r;

        r = config_load_paths(paths, n_paths, &view.policy, &view.report);
        return finish_config(r, &view, ret);
}

static int open_sysfs(const char *root, Sysfs **ret) {
        int r;

        r = sysfs_open(root, ret);
        if (r >= 0) {
                sysfs_set_readers(*ret, (unsigned)sysconf(_SC_NPROCESSORS_ONLN));
                return 0;
        }

        if (r == -ENOENT && access(root, F_OK) == 0)
                log_error("there is no sys/devices/system/memory below '%s': the kernel has no "
                          "memory hot-plug, or this is a container",
                          root);
        else
                (void)log_error_errno(r, "can't open the memory blocks below '%s': %m", root);
        return r;
}

/* The first line of the file is what the setting was. Without that, it wasn't taken over. */
static void read_taken_over(const char *root, View *view) {
        _cleanup_free_ char *path = NULL, *text = NULL;
        size_t size;

        if (asprintf(&path, "%s" TAKEN_OVER_FILE, root) < 0) {
                path = NULL;
                return;
        }
        if (read_file_at(AT_FDCWD, path, TAKEN_OVER_MAX, &text, &size) < 0)
                return;

        size = strcspn(text, "\n");
        if (size < SETTING_TEXT_MAX)
                (void)stpcpy(mempcpy(view->taken_over, text, size), "");
}

static int judge(Sysfs *sysfs, View *view) {
        const char *own = view->taken_over[0] ? view->taken_over : view->auto_online;

        return judgement_make(sysfs, &view->snapshot, view->policy, online_from_kernel_word(own),
                              &view->judgement);
}

int view_read_memory(const Options *options, View *view) {
        const char *root = options_sysroot(options);
        _cleanup_(sysfs_closep) Sysfs *sysfs = NULL;
        int r;

        r = open_sysfs(root, &sysfs);
        if (r < 0)
                return r;

        r = sysfs_read_setting(sysfs, SETTING_AUTO_ONLINE_BLOCKS, view->auto_online);
        if (r == -ENOENT)
                view->auto_online[0] = 0;
        else if (r < 0)
                return log_error_errno(r, "can't read auto_online_blocks: %m");

        read_taken_over(root, view);
        r = sysfs_read_all(sysfs, &view->snapshot);
        if (r < 0)
                return log_error_errno(r, "can't read the memory blocks: %m");

        r = sysfs_read_devices(sysfs, &view->snapshot);
        if (r < 0)
                return log_error_errno(r, "can't read where the memory blocks come from: %m");

        r = sysfs_read_own_map(sysfs, &view->snapshot, &view->own_map);
        if (r < 0)
                return log_error_errno(r, "can't read memmap_on_memory: %m");

        return view->policy ? judge(sysfs, view) : 0;
}

int view_load_memory(const Options *options, View *ret) {
        _cleanup_(view_done) View view = {};
        int r;

        r = view_read_memory(options, &view);
        if (r < 0)
                return r;

        *ret = view;
        view = (View){};
        return 0;
}

int view_load(const Options *options, View *ret) {
        _cleanup_(view_done) View view = {};
        int r;

        r = view_load_config(options, options->arguments[OPTION_CONFIG], &view);
        if (r < 0)
                return r;

        r = view_read_memory(options, &view);
        if (r < 0)
                return r;

        *ret = view;
        view = (View){};
        return 0;
}

const Verdict *view_verdict_of(const View *view, const Block *block) {
        return &view->judgement.verdicts[block - view->snapshot.blocks];
}

/* Whether that zone is the first or the second choice. */
static bool accepts(const Verdict *verdict, ZoneKind kind) {
        if (online_wants(verdict->online, kind))
                return true;

        return verdict->or_else != ONLINE_LEAVE && online_wants(verdict->or_else, kind);
}

Trouble view_trouble_of(const Block *block, const Verdict *verdict) {
        ZoneKind kind = block_zone_kind(block);

        if (!verdict->rule || verdict->online == ONLINE_LEAVE)
                return TROUBLE_NONE;
        if (block->state == BLOCK_OFFLINE)
                return TROUBLE_OFFLINE;
        /* The kernel's setting was never asked about the memory of the boot. */
        if (kind >= 0 && !accepts(verdict, kind) && verdict->rule->online != ONLINE_KERNEL_POLICY)
                return TROUBLE_WRONG_ZONE;

        return TROUBLE_NONE;
}
