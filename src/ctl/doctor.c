/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl doctor: what on this machine fights memplugd, or defeats its config, and what to do.
 */
#include "ctl/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "ctl/doubts.h"
#include "ctl/format.h"
#include "ctl/verb.h"

static void doctor_done(Doctor *doctor) {
        doctor->sysfs = sysfs_close(doctor->sysfs);
        view_done(&doctor->status.view);
        totals_done(&doctor->status.totals);
        findings_done(&doctor->findings);
        free(doctor->command_line);
}

bool doctor_find_word(const Doctor *doctor, const char *name, char text[SETTING_TEXT_MAX]) {
        const char *word = doctor->command_line;
        size_t n_name = strlen(name);
        bool found = false;

        /* Of a word that is given twice the last one counts. */
        while (word && *(word += strspn(word, " "))) {
                size_t n = strcspn(word, " ");

                if (n >= n_name && strncmp(word, name, n_name) == 0 &&
                    (n == n_name || word[n_name] == '=')) {
                        size_t n_skip = n_name + (n > n_name), n_value = n - n_skip;

                        if (n_value >= SETTING_TEXT_MAX)
                                n_value = SETTING_TEXT_MAX - 1;
                        *(char *)mempcpy(text, word + n_skip, n_value) = 0;
                        found = true;
                }
                word += n;
        }
        return found;
}

ConfigPlace doctor_place_of(const Doctor *doctor, const char *name) {
        const ConfigPlace *place = config_report_find_place(&doctor->status.view.report, name);

        return place ? *place : (ConfigPlace){ .name = name };
}

/* The config, held against the machine, and the memory. 0, or a negative errno, which was told. */
static int load(Doctor *doctor, const Options *options) {
        View *view = &doctor->status.view;
        int r;

        r = view_load_config(options, options->arguments[OPTION_CONFIG], view);
        if (r < 0)
                return r;

        r = view->config_is_valid ? doubts_add(options, view) : view_read_memory(options, view);
        if (r < 0)
                return r;

        r = totals_count(&view->snapshot, &doctor->status.totals);
        if (r < 0)
                return log_error_errno(r, "can't count the memory blocks: %m");

        r = sysfs_read_command_line(doctor->sysfs, &doctor->command_line);
        return r == -ENOMEM ? log_error_errno(r, "can't read the kernel's command line: %m") : 0;
}

static void look(Doctor *doctor) {
        if (doctor->is_live)
                doctor_find_daemon(doctor);

        doctor_look_at_config(doctor);
        doctor_look_at_service(doctor);
        doctor_look_at_kernel(doctor);
        doctor_look_at_udev(doctor);
        doctor_look_at_others(doctor);
        doctor_look_at_memory(doctor);
        findings_sort(&doctor->findings);
}

static bool is_clean(const Findings *findings) {
        return findings_count(findings, FINDING_ERROR) +
                       findings_count(findings, FINDING_WARNING) ==
               0;
}

static void print_json(const Findings *findings) {
        _cleanup_(json_object_putp) json_object *object = json_new_object();

        json_add(object, "findings", findings_to_json(findings));
        json_add(object, "errors", json_new_number(findings_count(findings, FINDING_ERROR)));
        json_add(object, "warnings", json_new_number(findings_count(findings, FINDING_WARNING)));
        json_add(object, "notes", json_new_number(findings_count(findings, FINDING_NOTE)));
        json_print(object);
}

static int print(const Options *options, const Findings *findings) {
        int r;

        if (options_have(options, OPTION_JSON)) {
                print_json(findings);
                return 0;
        }

        r = findings_print(findings);
        if (r >= 0 && is_clean(findings))
                puts("Nothing found that fights memplugd.");
        return r;
}

int doctor_run(const Options *options, int n_arguments, char **arguments) {
        _cleanup_(doctor_done) Doctor doctor = {
                .root = options_sysroot(options),
                .is_live = !options_have(options, OPTION_SYSROOT),
        };
        int r;

        r = sysfs_open(doctor.root, &doctor.sysfs);
        if (r >= 0) {
                r = load(&doctor, options);
                if (r < 0)
                        return EXIT_FAILURE;
                look(&doctor);
        } else if (r == -ENOENT && access(doctor.root, F_OK) == 0) {
                findings_add(&doctor.findings, FINDING_ERROR, NULL, 0,
                             "there is no sys/devices/system/memory below '%s': memplugd can do "
                             "nothing here",
                             doctor.root);
                findings_remedy(&doctor.findings, "The kernel has no memory hot-plug, or this is "
                                                  "a container: then it is the host's business.");
        } else {
                (void)log_error_errno(r, "can't open the memory blocks below '%s': %m",
                                      doctor.root);
                return EXIT_FAILURE;
        }

        r = doctor.findings.no_memory ? -ENOMEM : print(options, &doctor.findings);
        if (r < 0) {
                (void)log_error_errno(r, "can't tell what was found: %m");
                return EXIT_FAILURE;
        }
        return is_clean(&doctor.findings) ? EXIT_SUCCESS : EXIT_FAILURE;
}
