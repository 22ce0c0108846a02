#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of doctor share. Each doctor_look_at_…() adds what it finds to the findings; what
 * there is no memory for, it says there.
 */
#include "ctl/finding.h"
#include "ctl/status.h"
#include "sysfs/sysfs-system.h"

typedef struct Doctor {
        const char *root;
        bool is_live; /* no --sysroot: processes are looked for, too */
        Sysfs *sysfs;
        Status status;
        Findings findings;
        char *command_line; /* the kernel's; NULL: that can't be read */
        bool runs;          /* memplugd does, on this machine */
        pid_t pid;          /* of it; 0: not known */
} Doctor;

/* The value of a word of the kernel's command line, "" for one without '='; false: it isn't there. */
bool doctor_find_word(const Doctor *doctor, const char *name, char text[SETTING_TEXT_MAX]);

/* Where a setting of the config was given; a place without a file if it has its default. */
ConfigPlace doctor_place_of(const Doctor *doctor, const char *name);

void doctor_look_at_config(Doctor *doctor);
void doctor_look_at_kernel(Doctor *doctor);
void doctor_look_at_memory(Doctor *doctor);
void doctor_look_at_udev(Doctor *doctor);
void doctor_look_at_others(Doctor *doctor);
void doctor_look_at_service(Doctor *doctor);

/* Sets 'runs' and 'pid'. */
void doctor_find_daemon(Doctor *doctor);

/*
 * Where systemd is told to start a unit: "DIR/sysinit.target.wants/UNIT", for any target. The
 * caller's; NULL: nowhere.
 */
char *doctor_find_enabled(Doctor *doctor, const char *unit);
