/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether memplugd itself is started, runs, and has what it needs.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/doctor.h"
#include "ctl/file-set.h"

#define UNIT "memplugd.service"
#define LOCK_FILE "/run/memplugd/lock"

/* Who runs holds it; see open_run_dir() of the daemon. */
void doctor_find_daemon(Doctor *doctor) {
        struct stat st;

        if (stat(LOCK_FILE, &st) < 0)
                return;

        doctor->runs =
                sysfs_find_lock_owner(doctor->sysfs, st.st_dev, st.st_ino, &doctor->pid) >= 0;
}

/* Where systemd takes the unit from; "" if there is none. The caller's; NULL: no memory. */
static char *find_unit(const Doctor *doctor) {
        static const char *const paths[] = {
                "/etc/systemd/system/" UNIT,           "/run/systemd/system/" UNIT,
                "/usr/local/lib/systemd/system/" UNIT, "/usr/lib/systemd/system/" UNIT,
                "/lib/systemd/system/" UNIT,
        };

        for (size_t i = 0; i < ELEMENTSOF(paths); i++) {
                char *path = file_below(doctor->root, paths[i]);
                struct stat st;

                if (!path || lstat(path, &st) == 0)
                        return path;
                free(path);
        }
        return strdup("");
}

static void add_stopped(Doctor *doctor, const char *unit) {
        findings_add(&doctor->findings, FINDING_WARNING, NULL, 0,
                     "memplugd doesn't run%s: nobody puts new memory online as the rules say",
                     unit[0] ? "" : ", and there is no " UNIT " to start it");
        if (unit[0])
                findings_remedy(&doctor->findings, "systemctl start " UNIT);
        else
                findings_remedy(&doctor->findings,
                                "Install memplugd with its unit, and enable it.");
}

/* Why it isn't started. False: nothing keeps it from that. */
static bool look_at_unit(Doctor *doctor, const char *unit) {
        _cleanup_free_ char *enabled = doctor_find_enabled(doctor, UNIT);
        Findings *findings = &doctor->findings;
        char text[SETTING_TEXT_MAX];

        if (!unit[0])
                return false;

        if (file_is_mask(unit)) {
                findings_add(findings, FINDING_WARNING, unit, 0,
                             UNIT " is masked: it can't be started");
                findings_remedy(findings, "systemctl unmask " UNIT);
        } else if (doctor_find_word(doctor, "memplugd.off", text)) {
                findings_add(findings, FINDING_WARNING, NULL, 0,
                             "the kernel's command line says memplugd.off: " UNIT " isn't started");
                findings_remedy(findings, "Boot without it.");
        } else if (!enabled) {
                findings_add(findings, FINDING_WARNING, unit, 0,
                             UNIT " isn't enabled: it isn't started at boot");
                findings_remedy(findings, "systemctl enable --now " UNIT);
        } else
                return false;

        return true;
}

void doctor_look_at_service(Doctor *doctor) {
        _cleanup_free_ char *unit = find_unit(doctor);
        bool explained;

        if (!unit) {
                doctor->findings.no_memory = true;
                return;
        }

        explained = look_at_unit(doctor, unit);
        if (!doctor->runs && doctor->is_live && !explained)
                add_stopped(doctor, unit);
}
