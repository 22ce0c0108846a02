#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's own settings of what becomes of new memory: changed while memplugd runs, watched, and
 * put back. What each was is saved before it is changed (state/taken-over.h), so that it can be put
 * back by another process after this one was killed. What somebody else changes meanwhile is told,
 * once for each change, and left so. In which order they are changed: takeover-steps.h.
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
        TakenOver saved[_SETTING_MAX]; /* all zero: nothing is */
        SettingTexts wanted;           /* what they are to read as; "": as it will */
        SettingTexts seen;             /* as they read last; "": the kernel has no such setting */
} Takeover;

/*
 * Loads what an earlier memplugd saved. 'dir_fd' stays the caller's. 0, or the first negative errno of
 * what can't be loaded, which was told.
 */
int takeover_init(Takeover *takeover, const TakeoverOps *ops, void *userdata, int dir_fd);

/*
 * Has the settings read as 'words' from now on; "": as it would without memplugd, unless somebody
 * else changed it since. Setting the same again does nothing. 0 or a negative errno, and then they
 * read as before, and *reterr_setting is in the way: -ENOENT: the kernel has no such setting, and
 * it is needed; -EINVAL: it doesn't know the word; -EIO: it reads otherwise than was written. What
 * can't be put back is no error here, but told, and tried again the next time.
 */
int takeover_set(Takeover *takeover, const SettingTexts *words, Setting *reterr_setting);

/* Reads the settings, and tells which were changed since. */
void takeover_look(Takeover *takeover);

/* What becomes of memory whose rule says "kernel-policy". */
Online takeover_kernel_policy(const Takeover *takeover);

/*
 * Puts back all settings that an earlier memplugd, or this one, changed and that nobody else changed
 * since. 0 or the first negative errno; all was told.
 */
int takeover_put_back(const TakeoverOps *ops, void *userdata, int dir_fd);
