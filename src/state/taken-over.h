#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the kernel's settings were before memplugd changed them: a file of /run/memplugd for each
 * that was changed, of the setting's name. Its first line is what is to be put back, the others are
 * what memplugd wrote instead: only who still finds one of these puts back.
 *
 * The first line of a file that is there is never changed: what memplugd itself wrote is never taken
 * for the kernel's own. It is written under another name that then replaces it, so that a crash at
 * any moment leaves the old file or the new one. A symlink is never followed.
 */
#include <stdbool.h>

#include "model/setting.h"

#define TAKEN_OVER_WORDS_MAX 8

typedef struct TakenOver {
        char was[SETTING_TEXT_MAX];
        size_t n_wrote;
        char wrote[TAKEN_OVER_WORDS_MAX][SETTING_TEXT_MAX]; /* the newest last */
} TakenOver;

/*
 * 1: *ret is what was saved; 0: nothing is. -EBADMSG: what is there can't be understood; it was
 * renamed to SETTING.damaged. Another negative errno: it can't be read.
 */
int taken_over_load(int dir_fd, Setting setting, TakenOver *ret);

/*
 * To be called before 'word' is written to the setting, which reads as 'is'. Saves that, if nothing
 * was saved before, and 'word' with it. *saved is what was loaded, all zero if nothing was, and
 * what stands in the file afterwards. 0 or a negative errno: then the setting mustn't be written.
 */
int taken_over_save(int dir_fd, Setting setting, const char *is, const char *word,
                    TakenOver *saved);

/* It was put back. 0 or a negative errno; no file is no error. */
int taken_over_forget(int dir_fd, Setting setting);

/* Whether what a setting reads as was written by memplugd. */
bool taken_over_wrote(const TakenOver *saved, const char *word);
