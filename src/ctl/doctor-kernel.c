/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel itself does with new memory, as it is set or was booted.
 */
#include <stdio.h>
#include <string.h>

#include "ctl/doctor.h"
#include "ctl/file-set.h"
#include "ctl/format.h"

static void add_onlining_kernel(Doctor *doctor) {
        const View *view = &doctor->status.view;
        const char *setting = view->auto_online;
        ConfigPlace place = doctor_place_of(doctor, "take_over");
        Findings *findings = &doctor->findings;

        if (view->taken_over[0] || doctor->runs) {
                findings_add(findings, FINDING_WARNING, NULL, 0,
                             "auto_online_blocks is \"%s\", though memplugd wants \"offline\": "
                             "somebody changed it, and the rules come too late for new memory",
                             setting);
                findings_remedy(findings, "Find out who sets it; restarting memplugd.service sets "
                                          "it to \"offline\" again.");
                return;
        }

        findings_add(
                findings, FINDING_WARNING, place.file, place.line,
                "%sthe kernel puts new memory online by itself (auto_online_blocks is \"%s\"), "
                "before the rules are asked",
                view->policy->take_over ? "" : "take_over = false, and ", setting);
        if (view->policy->take_over)
                findings_remedy(findings, "Start memplugd.service, which takes that over.");
        else
                findings_remedy(findings, "Say take_over = true, or boot with "
                                          "memhp_default_state=offline.");
}

static void look_at_auto_online(Doctor *doctor) {
        const View *view = &doctor->status.view;

        if (!view->auto_online[0] || strcmp(view->auto_online, "offline") == 0 ||
            view->policy->active == MODE_KERNEL)
                return;

        if (view->policy->active != MODE_OBSERVE) {
                add_onlining_kernel(doctor);
                return;
        }
        findings_add(&doctor->findings, FINDING_NOTE, NULL, 0,
                     "the kernel puts new memory online by itself (auto_online_blocks is \"%s\"), "
                     "and mode = \"observe\" leaves it so",
                     view->auto_online);
}

static void look_at_default_state(Doctor *doctor, const char *file) {
        FindingLevel level =
                doctor->status.view.policy->active == MODE_KERNEL ? FINDING_NOTE : FINDING_WARNING;
        char text[SETTING_TEXT_MAX];

        if (!doctor_find_word(doctor, "memhp_default_state", text) || strcmp(text, "offline") == 0)
                return;

        findings_add(
                &doctor->findings, level, file, 1,
                "memhp_default_state=%s: the kernel puts online by itself what it finds before "
                "memplugd is started",
                text);
        findings_remedy(&doctor->findings, "Take it off the kernel's command line, or say "
                                           "memhp_default_state=offline.");
}

static void look_at_boot_zones(Doctor *doctor, const char *file) {
        static const char *const words[] = { "kernelcore", "movablecore", "movable_node" };

        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                char text[SETTING_TEXT_MAX];

                if (!doctor_find_word(doctor, words[i], text))
                        continue;
                findings_add(&doctor->findings, FINDING_NOTE, file, 1,
                             "%s%s%s: the kernel makes memory of the boot Movable by itself; "
                             "\"auto\" counts it as movable",
                             words[i], *text ? "=" : "", text);
        }
}

static void look_at_command_line(Doctor *doctor) {
        _cleanup_free_ char *file = file_below(doctor->root, "/proc/cmdline");

        if (!file) {
                doctor->findings.no_memory = true;
                return;
        }
        look_at_default_state(doctor, file);
        look_at_boot_zones(doctor, file);
}

/* Of a plain "online" the kernel chooses the zone by its own policy. */
static void look_at_policy(Doctor *doctor) {
        const View *view = &doctor->status.view;
        char policy[SETTING_TEXT_MAX], ratio[SETTING_TEXT_MAX];

        if (view->policy->active == MODE_KERNEL ||
            sysfs_read_setting(doctor->sysfs, SETTING_ONLINE_POLICY, policy) < 0 ||
            strcmp(policy, "auto-movable") != 0)
                return;
        if (sysfs_read_setting(doctor->sysfs, SETTING_AUTO_MOVABLE_RATIO, ratio) < 0)
                (void)strcpy(ratio, "?");

        for (size_t i = 0; i < view->policy->n_rules; i++) {
                const Rule *rule = &view->policy->rules[i];

                if (!rule->file || rule->online != ONLINE_DEFAULT)
                        continue;
                findings_add(&doctor->findings, FINDING_NOTE, rule->file, rule->line,
                             "'%s' asks for \"default\": the kernel's online_policy is "
                             "auto-movable, so that memory is movable up to %s%% of the kernel's",
                             rule->name, ratio);
                findings_remedy(&doctor->findings,
                                "Say online = \"auto\" to have it in the rules.");
        }
}

static void look_at_memory_map(Doctor *doctor) {
        const OwnMap *own = &doctor->status.view.own_map;
        char bytes[FORMAT_TEXT_MAX];

        if (own->block_bytes == 0)
                return;

        findings_add(
                &doctor->findings, FINDING_NOTE, NULL, 0,
                "memmap_on_memory is on: %s hold their own memory map, %s of each block, which "
                "nothing else can use; such a device goes only as a whole",
                own->large ? "new DIMMs" : "new DIMMs of a single block",
                format_size(own->block_bytes, bytes));
}

void doctor_look_at_kernel(Doctor *doctor) {
        look_at_auto_online(doctor);
        look_at_command_line(doctor);
        look_at_policy(doctor);
        look_at_memory_map(doctor);
}
