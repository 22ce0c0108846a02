/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/manager-internal.h"
#include "rules/kernel-words.h"

void manager_open_takeover(Manager *manager) {
        takeover_init(&manager->takeover, &takeover_kernel_ops, manager->sysfs, manager->run_fd);
        manager->own_setting = !manager->takeover.saved.was[0];
}

/* What auto_online_blocks has to read as for the mode; NULL: as it would without memplugd. */
static const char *wanted_word(const Policy *policy) {
        switch (policy->active) {
        case MODE_UEVENT:
                return policy->take_over ? "offline" : NULL;
        case MODE_KERNEL:
                return online_to_kernel_word(policy_in_kernel_words(policy).online);
        default:
                return NULL;
        }
}

static void explain_auto(Manager *manager) {
        _cleanup_free_ char *why = kernel_words_explain_auto(manager->policy);

        (void)snprintf(manager->mode_reason, MANAGER_REASON_MAX, "%s", why ?: "");
        manager_cut_half_character(manager->mode_reason);
}

/* The kernel doesn't take the word (an old one), or there is nowhere to save what it was. */
static void fall_back(Manager *manager, int error) {
        Policy *policy = manager->policy;

        (void)snprintf(manager->mode_reason, MANAGER_REASON_MAX,
                       "auto_online_blocks can't be set to '%s': %s",
                       wanted_word(policy) ?: manager->takeover.saved.was, strerror(-error));
        policy->active = MODE_UEVENT;
}

static void tell_active_mode(const Manager *manager) {
        const Policy *policy = manager->policy;

        if (policy->active == MODE_KERNEL)
                log_info("Mode %s: the kernel itself decides about new memory "
                         "(auto_online_blocks is '%s').",
                         mode_to_string(policy->mode), manager->takeover.seen);
        else if (policy->active != policy->mode)
                log_line(policy->mode == MODE_KERNEL ? LOG_ERR : LOG_INFO,
                         "Mode %s: %s is active, %s.", mode_to_string(policy->mode),
                         mode_to_string(policy->active), manager->mode_reason);
}

static void tell_if_kernel_is_first(const Manager *manager) {
        const char *seen = manager->takeover.seen;

        if (manager->policy->active != MODE_KERNEL && seen[0] && strcmp(seen, "offline") != 0)
                log_warning("The kernel itself puts new memory online (auto_online_blocks is "
                            "'%s'), before memplugd can.",
                            seen);
}

void manager_apply_mode(Manager *manager) {
        Policy *policy = manager->policy;
        int r;

        /* mode = "observe" may be tried by everybody. */
        if (geteuid() != 0)
                return;

        explain_auto(manager);
        r = takeover_set(&manager->takeover, wanted_word(policy));
        if (r < 0 && policy->active == MODE_KERNEL) {
                fall_back(manager, r);
                r = takeover_set(&manager->takeover, wanted_word(policy));
        }
        if (r < 0 && wanted_word(policy)) /* else it was to be put back, which has told why not */
                (void)log_warning_errno(r, "Failed to take over auto_online_blocks: %m");

        tell_active_mode(manager);
        tell_if_kernel_is_first(manager);
}

void manager_put_back(Manager *manager) {
        if (!manager->is_service && manager->sysfs && manager->run_fd >= 0 && geteuid() == 0)
                (void)takeover_put_back(&takeover_kernel_ops, manager->sysfs, manager->run_fd);
}
