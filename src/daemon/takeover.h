#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's own setting of what becomes of new memory, auto_online_blocks: changed while memplugd
 * runs, watched, and put back. What it was is saved before it is changed (state/taken-over.h), so
 * that it can be put back by another process after this one was killed. What somebody else changes
 * meanwhile is told, once for each change, and left so.
 */
#include "rules/policy.h"
#include "state/taken-over.h"

typedef struct TakeoverOps {
        /* As sysfs_read_setting() and sysfs_write_setting(). */
        int (*read)(void *userdata, Setting setting, char text[SETTING_TEXT_MAX]);
        int (*write)(void *userdata, Setting setting, const char *text);
} TakeoverOps;

/* The kernel's; 'userdata' is a Sysfs. */
extern const TakeoverOps takeover_kernel_ops;

typedef struct Takeover {
        const TakeoverOps *ops;
        void *userdata;
        int dir_fd;                    /* of /run/memplugd; negative: nothing can be saved */
        TakenOver saved;               /* all zero: nothing is */
        char wanted[SETTING_TEXT_MAX]; /* what it is to read as; "": as it will */
        char seen[SETTING_TEXT_MAX];   /* as it read last; "": the kernel has no such setting */
} Takeover;

/* Loads what an earlier memplugd saved. 'dir_fd' stays the caller's. */
void takeover_init(Takeover *takeover, const TakeoverOps *ops, void *userdata, int dir_fd);

/*
 * Has the setting read as 'word' from now on; NULL: as it would without memplugd. Setting the same
 * again does nothing. 0 or a negative errno, and then it reads as before: -ENOENT: the kernel has no
 * such setting, and 'word' isn't "offline"; -EINVAL: it doesn't know the word.
 */
int takeover_set(Takeover *takeover, const char *word);

/* Reads the setting, and tells if it was changed since. */
void takeover_look(Takeover *takeover);

/* What becomes of memory whose rule says "kernel-policy". */
Online takeover_kernel_policy(const Takeover *takeover);

/*
 * Puts back all settings that an earlier memplugd, or this one, changed and that nobody else changed
 * since. 0 or the first negative errno; all was told.
 */
int takeover_put_back(const TakeoverOps *ops, void *userdata, int dir_fd);
