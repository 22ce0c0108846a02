/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What in the config can't take effect.
 */
#include <errno.h>

#include "ctl/doctor.h"
#include "rules/kernel-words.h"

/* Also what doubts_add() found. */
static void add_messages(Doctor *doctor) {
        const ConfigReport *report = &doctor->status.view.report;

        for (size_t i = 0; i < report->n_messages; i++) {
                const ConfigMessage *message = &report->messages[i];
                bool is_error = message->level == CONFIG_ERROR;

                findings_add(&doctor->findings, is_error ? FINDING_ERROR : FINDING_WARNING,
                             message->file, message->line, "%s", message->text);
                if (is_error)
                        findings_remedy(&doctor->findings,
                                        "Until it is mended, the config is refused whole: the "
                                        "built-in rules apply, or what was in force before.");
        }
}

static const Rule *find_rule_in_use(const View *view, const Rule *rule) {
        for (size_t i = 0; i < view->snapshot.n_blocks; i++)
                if (view_verdict_of(view, &view->snapshot.blocks[i])->rule == rule)
                        return rule;

        return NULL;
}

/* That memory will come is what rules are for: no more than a note. */
static void look_for_idle_rules(Doctor *doctor) {
        const View *view = &doctor->status.view;

        for (size_t i = 0; i < view->policy->n_rules; i++) {
                const Rule *rule = &view->policy->rules[i];

                if (rule->file && !find_rule_in_use(view, rule))
                        findings_add(&doctor->findings, FINDING_NOTE, rule->file, rule->line,
                                     "'%s' decides about none of the blocks that there are now",
                                     rule->name);
        }
}

/* "auto" needs the kernel's own policy, which is younger than auto_online_blocks. */
static void look_at_kernel_mode(Doctor *doctor) {
        const Policy *policy = doctor->status.view.policy;
        KernelWords words = policy_in_kernel_words(policy);
        ConfigPlace place = doctor_place_of(doctor, "mode");

        if (policy->active != MODE_KERNEL || words.in_the_way)
                return;

        for (Setting setting = SETTING_AUTO_ONLINE_BLOCKS + 1; setting < _SETTING_MAX; setting++) {
                char text[SETTING_TEXT_MAX];

                /* Without NUMA there is one node, and nothing to be aware of. */
                if (setting == SETTING_AUTO_MOVABLE_NUMA_AWARE ||
                    !kernel_words_setting(&words, policy, setting, text) ||
                    sysfs_read_setting(doctor->sysfs, setting, text) != -ENOENT)
                        continue;

                findings_add(&doctor->findings, FINDING_WARNING, place.file, place.line,
                             "mode = \"%s\" comes to \"uevent\": the rules say \"auto\", and this "
                             "kernel has no %s",
                             mode_to_string(policy->mode), setting_to_string(setting));
                findings_remedy(&doctor->findings,
                                "Say mode = \"uevent\", which does the same here.");
                return;
        }
}

void doctor_look_at_config(Doctor *doctor) {
        add_messages(doctor);
        if (!doctor->status.view.config_is_valid)
                return;

        look_for_idle_rules(doctor);
        look_at_kernel_mode(doctor);
}
