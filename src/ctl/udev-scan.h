#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a file of udev rules does with new memory blocks: udev(7)'s grammar, followed for the event
 * "add" of a block that is offline. Conditions that can't be known here, such as what a program
 * answers, are left open; jumps (GOTO) are followed with that in mind. Pure: it opens nothing.
 */
#include <stdbool.h>
#include <stddef.h>

/* In this order: the lesser of two holds for both together. */
typedef enum Truth {
        TRUTH_NO,
        TRUTH_MAYBE,
        TRUTH_YES,
} Truth;

typedef enum UdevAct {
        UDEV_ONLINES, /* writes to a block's state, or to the kernel's own setting */
        UDEV_RUNS,    /* runs a command that seems to put memory online */
        UDEV_KDUMP,   /* has the crash kernel loaded anew */
        UDEV_DAXCTL,  /* has daxctl put dax devices' memory online */
} UdevAct;

/* What a rule does, if it is reached at all. Its text is valid during the call. */
typedef struct UdevFound {
        UdevAct act;
        Truth truth;                         /* never TRUTH_NO */
        unsigned line;                       /* where the rule begins */
        const char *key, *attribute, *value; /* as in key{attribute}="value"; attribute may be "" */
} UdevFound;

#define UDEV_TEXT_MAX 256

/* What is known of the machine. */
typedef struct UdevFacts {
        const char *arch; /* as CONST{arch} has it; NULL: not known */
        /*
         * Writes what a memory block's attribute reads as, or "[SUBSYSTEM/NAME]ATTRIBUTE" of another
         * device. False: that isn't known. NULL: nothing is.
         */
        bool (*read_attribute)(void *userdata, const char *attribute, char text[UDEV_TEXT_MAX]);
        void *userdata;
} UdevFacts;

typedef void (*UdevTell)(void *userdata, const UdevFound *found);

/* Tells each rule of 'text' that does one of these things. 0 or -ENOMEM. */
int udev_scan(const char *text, const UdevFacts *facts, UdevTell tell, void *userdata);
