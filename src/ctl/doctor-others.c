/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Other programs that put memory online, and files that have the kernel do it.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "ctl/doctor.h"
#include "ctl/file-set.h"
#include "ctl/line-scan.h"

typedef struct Manager {
        const char *process; /* as the kernel cuts it off behind 15 characters */
        const char *unit;
        FindingLevel level;
        const char *text, *remedy;
} Manager;

static const Manager managers[] = {
        { "kata-agent", "kata-agent.service", FINDING_WARNING,
          "puts new memory online as soon as it is asked to, in the zone that the kernel chooses",
          "The agent is in charge of such a guest: don't run memplugd in it." },
        { "systemd-memhpd", "systemd-memhpd.service", FINDING_WARNING,
          "is another daemon that puts new memory online",
          "systemctl disable --now systemd-memhpd.service" },
        { "nvidia-persiste", "nvidia-persistenced.service", FINDING_NOTE,
          "puts GPUs' memory online itself, and wants it movable",
          "Where GPUs have memory of their own, have a rule say online = \"leave\" for its nodes." },
};

/* Files of settings */

typedef bool (*LineTest)(const char *line);

static void look_at_lines(Doctor *doctor, const char *path, LineTest onlines) {
        _cleanup_free_ char *text = file_read(path, &doctor->findings);
        unsigned number = 1;
        char *end;

        for (char *line = text; line; line = end ? end + 1 : NULL, number++) {
                end = strchr(line, '\n');
                if (end)
                        *end = 0;
                if (!onlines(line))
                        continue;
                findings_add(&doctor->findings, FINDING_WARNING, path, number,
                             "puts memory online, or has the kernel do so: %s", line);
                findings_remedy(&doctor->findings,
                                "Take the line out; memplugd sets auto_online_blocks itself.");
        }
}

static void look_at_places(Doctor *doctor, const char *const *places, LineTest onlines) {
        _cleanup_(file_set_done) FileSet set = {};

        if (file_set_find(doctor->root, places, ".conf", &set, &doctor->findings) < 0)
                doctor->findings.no_memory = true;
        for (size_t i = 0; i < set.n_paths; i++)
                look_at_lines(doctor, set.paths[i], onlines);
}

static void look_at_settings(Doctor *doctor) {
        static const char *const tmpfiles[] = { "/etc/tmpfiles.d", "/run/tmpfiles.d",
                                                "/usr/local/lib/tmpfiles.d", "/usr/lib/tmpfiles.d",
                                                NULL };
        static const char *const sysfsutils[] = { "/etc/sysfs.d", NULL };
        static const char *const scripts[] = { "/etc/sysfs.conf", "/etc/rc.local",
                                               "/etc/rc.d/rc.local" };

        look_at_places(doctor, tmpfiles, line_of_tmpfiles_onlines);
        look_at_places(doctor, sysfsutils, line_of_script_onlines);
        for (size_t i = 0; i < ELEMENTSOF(scripts); i++) {
                _cleanup_free_ char *path = file_below(doctor->root, scripts[i]);

                if (path)
                        look_at_lines(doctor, path, line_of_script_onlines);
                else
                        doctor->findings.no_memory = true;
        }
}

/* Units */

/* "DIR/ANY.target.wants/UNIT", if there is one. */
static char *find_in(const char *dir_path, const char *unit) {
        _cleanup_(closedirp) DIR *dir = opendir(dir_path);
        struct dirent *entry;

        while (dir && (entry = readdir(dir))) {
                const char *dot = strrchr(entry->d_name, '.');
                char *path;

                if (!dot || strcmp(dot, ".wants") != 0)
                        continue;
                if (asprintf(&path, "%s/%s/%s", dir_path, entry->d_name, unit) < 0)
                        return NULL;
                /* Its target is meant as the machine's, in a tree, too. */
                if (faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
                        return path;
                free(path);
        }
        return NULL;
}

char *doctor_find_enabled(Doctor *doctor, const char *unit) {
        static const char *const dirs[] = { "/etc/systemd/system", "/run/systemd/system",
                                            "/usr/local/lib/systemd/system",
                                            "/usr/lib/systemd/system", "/lib/systemd/system" };

        for (size_t i = 0; i < ELEMENTSOF(dirs); i++) {
                _cleanup_free_ char *dir = file_below(doctor->root, dirs[i]);
                char *path = dir ? find_in(dir, unit) : NULL;

                if (path)
                        return path;
        }
        return NULL;
}

/* Processes */

typedef struct Search {
        Doctor *doctor;
        bool found[ELEMENTSOF(managers)];
        bool saw_first; /* process 1: others' are shown */
} Search;

static void look_at_process(void *userdata, pid_t pid, const char *name) {
        Search *search = userdata;

        search->saw_first |= pid == 1;
        for (size_t i = 0; i < ELEMENTSOF(managers); i++) {
                if (search->found[i] || strcmp(managers[i].process, name) != 0)
                        continue;
                search->found[i] = true;
                findings_add(&search->doctor->findings, managers[i].level, NULL, 0,
                             "%s, which runs (process %d), %s", name, (int)pid, managers[i].text);
                findings_remedy(&search->doctor->findings, "%s", managers[i].remedy);
        }
}

static void look_at_processes(Search *search) {
        Findings *findings = &search->doctor->findings;

        if (sysfs_each_process(search->doctor->sysfs, look_at_process, search) >= 0 &&
            search->saw_first)
                return;

        findings_add(findings, FINDING_NOTE, NULL, 0,
                     "other users' processes aren't shown to this user: programs that put memory "
                     "online weren't looked for among them");
        findings_remedy(findings, "Root sees more.");
}

void doctor_look_at_others(Doctor *doctor) {
        Search search = { .doctor = doctor };

        look_at_settings(doctor);
        if (doctor->is_live)
                look_at_processes(&search);

        for (size_t i = 0; i < ELEMENTSOF(managers); i++) {
                _cleanup_free_ char *path = NULL;

                path = search.found[i] ? NULL : doctor_find_enabled(doctor, managers[i].unit);
                if (!path)
                        continue;
                findings_add(&doctor->findings, managers[i].level, path, 0,
                             "%s, which is started at boot, %s", managers[i].unit,
                             managers[i].text);
                findings_remedy(&doctor->findings, "%s", managers[i].remedy);
        }
}
