/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <systemd/sd-daemon.h>

#include "base/log.h"
#include "daemon/manager-internal.h"
#include "daemon/message.h"

/* Of what was read last; what an earlier one had is forgotten. */
static void keep_first_error(Manager *manager, const ConfigReport *report) {
        free(manager->config_error);
        manager->config_error = NULL;
        for (size_t i = 0; i < report->n_messages && !manager->config_error; i++)
                if (report->messages[i].level == CONFIG_ERROR)
                        manager->config_error = config_message_format(&report->messages[i]);
}

static void tell_report(const ConfigReport *report) {
        for (size_t i = 0; i < report->n_messages; i++) {
                const ConfigMessage *message = &report->messages[i];
                _cleanup_free_ char *text = config_message_format(message);

                log_line(message->level == CONFIG_ERROR ? LOG_ERR : LOG_WARNING, "%s",
                         text ?: "out of memory");
        }
}

/* "3 rules of /etc/memplugd/memplugd.conf and 2 drop-ins", "built-in rules only". */
static char *describe_policy(const Policy *policy, const ConfigReport *report) {
        char *text = NULL, others[64] = "";
        size_t n_own = 0;
        int r;

        for (size_t i = 0; i < policy->n_rules; i++)
                n_own += policy->rules[i].file != NULL;

        if (report->n_files > 1)
                (void)snprintf(others, sizeof(others), " and %zu other file%s", report->n_files - 1,
                               report->n_files == 2 ? "" : "s");
        if (n_own == 0)
                r = asprintf(&text, "built-in rules only");
        else
                r = asprintf(&text, "%zu rule%s of %s%s", n_own, n_own == 1 ? "" : "s",
                             report->files[0], others);
        return r < 0 ? NULL : text;
}

static int take_policy(Manager *manager, Policy *policy, const ConfigReport *report) {
        char *text = describe_policy(policy, report);

        if (!text)
                return log_error_errno(-ENOMEM, "Failed to load the config: %m");

        free(manager->config_text);
        manager->config_text = text;
        policy_unref(manager->policy);
        manager->policy = policy_ref(policy);
        log_info("Mode %s, %s.", mode_to_string(policy->mode), text);
        return 0;
}

/* What is in force without a config that could be: the default rules. */
static int take_defaults(Manager *manager) {
        _cleanup_(policy_unrefp) Policy *policy = policy_new_default();

        if (!policy)
                return log_error_errno(-ENOMEM, "Failed to make the built-in rules: %m");

        return take_policy(manager, policy, &(ConfigReport){});
}

static void tell_refused(const Manager *manager) {
        char number[MESSAGE_NUMBER_MAX];

        (void)snprintf(number, sizeof(number), "%zu", manager->n_config_errors);
        log_message(&(LogMessage){ .id = MESSAGE_CONFIG_REFUSED,
                                   .fields = { { FIELD_ERRORS, number } } },
                    LOG_ERR, "%s",
                    manager->policy ? "The new config is refused; the old one stays in force."
                                    : "The config is refused; the built-in rules are in force.");
}

int manager_load_config(Manager *manager) {
        _cleanup_(config_report_done) ConfigReport report = {};
        _cleanup_(policy_unrefp) Policy *policy = NULL;
        int r;

        r = config_load("/", manager->config_file, &policy, &report);
        tell_report(&report);
        keep_first_error(manager, &report);
        if (r < 0 && r != -EINVAL)
                (void)log_error_errno(r, "Failed to load the config: %m");

        manager->n_config_errors = r < 0 ? (report.n_errors ?: 1) : 0;
        if (r == 0)
                return take_policy(manager, policy, &report);

        tell_refused(manager);
        if (manager->policy)
                return 0;

        return take_defaults(manager);
}

int manager_reload(Manager *manager) {
        /* What was taken over is about to be put back. */
        if (manager->rounds.stopping)
                return -ESHUTDOWN;

        (void)sd_notify(/* unset_environment= */ 0, "RELOADING=1");
        (void)manager_load_config(manager);
        (void)sd_notify(/* unset_environment= */ 0, "READY=1");

        if (manager->n_config_errors == 0) {
                manager_explain_mode(manager);
                manager->mode_is_due = true;
                rounds_set_policy(&manager->rounds, manager->policy);
        }
        rounds_step(&manager->rounds);
        manager_update_status(manager);
        return 0;
}
