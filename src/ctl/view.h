#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * All that the verbs show, read at once: the memory blocks, the kernel's own setting, the config,
 * and which rule each block falls under.
 */
#include "config/config.h"
#include "ctl/judgement.h"
#include "ctl/options.h"
#include "model/snapshot.h"
#include "rules/verdict.h"
#include "sysfs/sysfs.h"

typedef struct View {
        Snapshot snapshot;
        char auto_online[SETTING_TEXT_MAX]; /* "": the kernel has no such setting */
        char taken_over
                [SETTING_TEXT_MAX]; /* what it was before memplugd changed it; "": it didn't */
        OwnMap own_map;
        Policy *policy; /* the built-in rules alone if the config is broken */
        bool config_is_valid;
        ConfigReport report;
        Judgement judgement; /* empty as long as either the config or the memory wasn't read */
} View;

/* What is wrong with a block that has a rule. */
typedef enum Trouble {
        TROUBLE_NONE,
        TROUBLE_OFFLINE,    /* offline, and the rule wants it online */
        TROUBLE_WRONG_ZONE, /* online in a zone that the rule asks for in no case */
        _TROUBLE_MAX,
        _TROUBLE_INVALID = -22, /* -EINVAL */
} Trouble;

DECLARE_STRING_TABLE(trouble, Trouble);

/*
 * Reads it. 0; or a negative errno, which was told on standard error. A broken config is no
 * failure: the built-in rules take its place. The caller ends *ret with view_done().
 */
int view_load(const Options *options, View *ret);

/* The same of the memory alone: without policy and report. */
int view_load_memory(const Options *options, View *ret);

/* Reads the config alone: 'file', or the usual files. The same otherwise. */
int view_load_config(const Options *options, const char *file, View *ret);

/* The same of files and directories: see config_load_paths(). */
int view_load_config_paths(char *const *paths, size_t n_paths, View *ret);

/* Reads the memory and the kernel's settings to a config that is there already, and judges it. */
int view_read_memory(const Options *options, View *view);

/* Frees what it holds, not itself. */
void view_done(View *view);

/*
 * What the rules want of a block of the snapshot, and by which one; its rule is NULL as long as the
 * block isn't linked to its node. Config and memory must have been read. Valid as long as the view.
 */
const Verdict *view_verdict_of(const View *view, const Block *block);

/* What is wrong with a block, by that verdict. */
Trouble view_trouble_of(const Block *block, const Verdict *verdict);
