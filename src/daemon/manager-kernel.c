/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/manager-internal.h"
#include "rules/kernel-words.h"

void manager_open_takeover(Manager *manager) {
        (void)takeover_init(&manager->takeover, &takeover_kernel_ops, manager->sysfs,
                            manager->run_fd);
        manager->own_setting = !manager->takeover.saved[SETTING_AUTO_ONLINE_BLOCKS].was[0];
}

static SettingTexts kernel_texts(const Policy *policy) {
        KernelWords words = policy_in_kernel_words(policy);
        SettingTexts texts = {};

        for (Setting setting = 0; setting < _SETTING_MAX; setting++) {
                char text[SETTING_TEXT_MAX];
                const char *word = kernel_words_setting(&words, policy, setting, text);

                (void)strcpy(texts.of[setting], word ?: "");
        }
        return texts;
}

/* What the settings have to read as for the mode; "": as they would without memplugd. */
static SettingTexts wanted_texts(const Policy *policy) {
        if (policy->active == MODE_KERNEL)
                return kernel_texts(policy);
        if (policy->active == MODE_UEVENT && policy->take_over)
                return (SettingTexts){ .of = { [SETTING_AUTO_ONLINE_BLOCKS] = "offline" } };

        return (SettingTexts){};
}

void manager_explain_mode(Manager *manager) {
        _cleanup_free_ char *why = NULL;

        /* mode = "observe" may be tried by everybody, and takes nothing over. */
        if (geteuid() != 0)
                return;

        why = kernel_words_explain_auto(manager->policy);
        (void)snprintf(manager->mode_reason, MANAGER_REASON_MAX, "%s", why ?: "");
        manager_cut_half_character(manager->mode_reason);
}

/* The kernel doesn't take the word (an old one), or there is nowhere to save what it was. */
static void fall_back(Manager *manager, const char *word, Setting setting, int error) {
        (void)snprintf(manager->mode_reason, MANAGER_REASON_MAX, "%s can't be set to '%s': %s",
                       setting_to_string(setting), word,
                       error == -ENOENT ? "this kernel has no such setting" : strerror(-error));
        manager->policy->active = MODE_UEVENT;
}

/* 0, or a negative errno if even the mode that is left can't be had. */
static int take_over(Manager *manager, Setting *reterr_setting) {
        SettingTexts texts = wanted_texts(manager->policy);
        int r;

        r = takeover_set(&manager->takeover, &texts, reterr_setting);
        if (r >= 0 || manager->policy->active != MODE_KERNEL)
                return r;

        fall_back(manager, texts.of[*reterr_setting], *reterr_setting, r);
        texts = wanted_texts(manager->policy);
        return takeover_set(&manager->takeover, &texts, reterr_setting);
}

static void tell_active_mode(const Manager *manager) {
        const Policy *policy = manager->policy;

        if (policy->active == MODE_KERNEL)
                log_info("Mode %s: the kernel itself decides about new memory "
                         "(auto_online_blocks is '%s').",
                         mode_to_string(policy->mode),
                         manager->takeover.seen.of[SETTING_AUTO_ONLINE_BLOCKS]);
        else if (policy->active != policy->mode)
                log_line(policy->mode == MODE_KERNEL ? LOG_ERR : LOG_INFO,
                         "Mode %s: %s is active, %s.", mode_to_string(policy->mode),
                         mode_to_string(policy->active), manager->mode_reason);
}

bool manager_kernel_is_first(const Manager *manager) {
        const char *seen = manager->takeover.seen.of[SETTING_AUTO_ONLINE_BLOCKS];

        return seen[0] && strcmp(seen, "offline") != 0;
}

static void tell_if_kernel_is_first(const Manager *manager) {
        if (manager->policy->active != MODE_KERNEL && manager_kernel_is_first(manager))
                log_warning("The kernel itself puts new memory online (auto_online_blocks is "
                            "'%s'), before memplugd can.",
                            manager->takeover.seen.of[SETTING_AUTO_ONLINE_BLOCKS]);
}

void manager_apply_mode(Manager *manager) {
        Setting setting;
        int r;

        manager->mode_is_due = false;
        if (geteuid() != 0)
                return;

        manager_explain_mode(manager);
        r = take_over(manager, &setting);
        if (r < 0)
                (void)log_warning_errno(r, "Failed to take over %s: %m",
                                        setting_to_string(setting));

        tell_active_mode(manager);
        tell_if_kernel_is_first(manager);
}

void manager_put_back(Manager *manager) {
        if (!manager->is_service && manager->sysfs && manager->run_fd >= 0 && geteuid() == 0)
                (void)takeover_put_back(&takeover_kernel_ops, manager->sysfs, manager->run_fd);
}
