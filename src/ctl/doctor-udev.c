/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * udev rules that put memory online, or are run at each block.
 */
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "ctl/doctor.h"
#include "ctl/file-set.h"
#include "ctl/udev-scan.h"

typedef struct Reader {
        Doctor *doctor;
        const char *path; /* of the file that is read */
} Reader;

/* As systemd calls them, where it doesn't as the kernel does. */
static const char *arch_of(const char *machine) {
        static const char *const names[][2] = {
                { "x86_64", "x86-64" }, { "aarch64", "arm64" }, { "ppc64le", "ppc64-le" },
                { "i686", "x86" },      { "armv7l", "arm" },
        };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (strcmp(names[i][0], machine) == 0)
                        return names[i][1];

        return machine;
}

/* Of other devices only those that a class leads to, as in "[dmi/id]sys_vendor". */
static bool read_attribute(void *userdata, const char *attribute, char text[UDEV_TEXT_MAX]) {
        const Reader *reader = userdata;
        char class[UDEV_TEXT_MAX], device[UDEV_TEXT_MAX], name[UDEV_TEXT_MAX];

        if (strcmp(attribute, "auto_online_blocks") == 0) {
                (void)strcpy(text, reader->doctor->status.view.auto_online);
                return true;
        }
        /* Each part of it is shorter than the whole. */
        if (strlen(attribute) >= UDEV_TEXT_MAX ||
            // cppcheck-suppress invalidscanf
            sscanf(attribute, "[%[^]/]/%[^]/]]%[^/]", class, device, name) != 3)
                return false;

        return sysfs_read_class_attribute(reader->doctor->sysfs, class, device, name, text,
                                          UDEV_TEXT_MAX) >= 0;
}

/* The file below the root, without the root. */
static const char *below_root(const Doctor *doctor, const char *path) {
        size_t n = strlen(doctor->root);

        while (n > 0 && doctor->root[n - 1] == '/')
                n--;
        return path + n;
}

static void add_remedy(const Reader *reader) {
        const char *path = below_root(reader->doctor, reader->path), *name = strrchr(path, '/') + 1;

        if (strncmp(path, "/etc/", strlen("/etc/")) == 0)
                findings_remedy(&reader->doctor->findings,
                                "Take the rule out of the file, then: udevadm control --reload");
        else
                findings_remedy(&reader->doctor->findings,
                                "Put a copy without the rule into /etc/udev/rules.d, or leave all "
                                "of the file out: ln -s /dev/null /etc/udev/rules.d/%s; then: "
                                "udevadm control --reload",
                                name);
}

static void add_onlining_rule(const Reader *reader, const UdevFound *found) {
        bool runs = found->act == UDEV_RUNS;

        findings_add(&reader->doctor->findings, FINDING_WARNING, reader->path, found->line,
                     "a udev rule %s: %s%s%s%s=\"%s\"",
                     found->truth == TRUTH_YES ? "puts new memory online, whatever the config says"
                     : runs                    ? "runs a command that may put memory online"
                                               : "may put new memory online",
                     found->key, found->attribute[0] ? "{" : "", found->attribute,
                     found->attribute[0] ? "}" : "", found->value);
        add_remedy(reader);
}

static void add_kdump(const Reader *reader, const UdevFound *found) {
        char text[SETTING_TEXT_MAX];

        if (sysfs_read_crash_hotplug(reader->doctor->sysfs, text) >= 0 && strcmp(text, "1") == 0)
                return;

        findings_add(&reader->doctor->findings, FINDING_NOTE, reader->path, found->line,
                     "a udev rule has the crash kernel loaded anew for each block that goes online "
                     "or offline");
        findings_remedy(&reader->doctor->findings,
                        "It costs time, no more; kernels whose crash_hotplug is 1 needn't do it.");
}

static void tell(void *userdata, const UdevFound *found) {
        const Reader *reader = userdata;

        switch (found->act) {
        case UDEV_KDUMP:
                add_kdump(reader, found);
                return;
        case UDEV_DAXCTL:
                findings_add(&reader->doctor->findings, FINDING_NOTE, reader->path, found->line,
                             "a udev rule has daxctl look after dax devices, and put their memory "
                             "online where its own config says so");
                findings_remedy(&reader->doctor->findings,
                                "Let either daxctl do that, or a rule with source = [ \"dax\" ].");
                return;
        default:
                add_onlining_rule(reader, found);
        }
}

void doctor_look_at_udev(Doctor *doctor) {
        static const char *const places[] = {
                "/etc/udev/rules.d",     "/run/udev/rules.d", "/usr/local/lib/udev/rules.d",
                "/usr/lib/udev/rules.d", "/lib/udev/rules.d", NULL,
        };
        _cleanup_(file_set_done) FileSet set = {};
        Reader reader = { .doctor = doctor };
        UdevFacts facts = { .read_attribute = read_attribute, .userdata = &reader };
        struct utsname name;

        /* A tree may be another machine's. */
        if (doctor->is_live && uname(&name) == 0)
                facts.arch = arch_of(name.machine);

        if (file_set_find(doctor->root, places, ".rules", &set, &doctor->findings) < 0)
                doctor->findings.no_memory = true;
        for (size_t i = 0; i < set.n_paths; i++) {
                _cleanup_free_ char *text = file_read(set.paths[i], &doctor->findings);

                reader.path = set.paths[i];
                if (text && udev_scan(text, &facts, tell, &reader) < 0)
                        doctor->findings.no_memory = true;
        }
}
