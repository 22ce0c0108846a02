#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The files of one kind in several directories, systemd's and udev's way: a file replaces the one of
 * the same name in a weaker directory, and one that is empty or leads to /dev/null only does that.
 */
#include <stddef.h>

#include "ctl/finding.h"

typedef struct FileSet {
        size_t n_paths;
        char **paths; /* in the order of their names; those that only mask others are left out */
} FileSet;

/*
 * Finds them below 'root'. 'places' has the directories, the strongest first, and ends with NULL.
 * What can't be read is noted among the findings. 0 or -ENOMEM. The caller ends *ret.
 */
int file_set_find(const char *root, const char *const *places, const char *suffix, FileSet *ret,
                  Findings *findings);

/* Frees what it holds, not itself. */
void file_set_done(FileSet *set);

/* Whether it is empty, or a link to /dev/null, be it in a tree. */
bool file_is_mask(const char *path);

/* "ROOT/PATH" without a double slash. The caller's; NULL: no memory. */
char *file_below(const char *root, const char *path);

/*
 * Reads a file. NULL: there is none, or it can't be read, which then is noted among the findings. The
 * caller's.
 */
char *file_read(const char *path, Findings *findings);
