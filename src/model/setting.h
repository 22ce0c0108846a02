#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's own settings about new memory: what it does with it before any program can.
 */
#include "base/string-table.h"

typedef enum Setting {
        SETTING_AUTO_ONLINE_BLOCKS,      /* "offline", "online", "online_kernel", … */
        SETTING_ONLINE_POLICY,           /* the zone of a plain "online": "contig-zones", … */
        SETTING_AUTO_MOVABLE_RATIO,      /* percents, for its "auto-movable" */
        SETTING_AUTO_MOVABLE_NUMA_AWARE, /* "Y" or "N", for the same */
        _SETTING_MAX,
        _SETTING_INVALID = -22, /* -EINVAL */
} Setting;

/* The names of their files. */
DECLARE_STRING_TABLE(setting, Setting);

/* Their values are single words or numbers, shorter than this. */
#define SETTING_TEXT_MAX 32

/* A text for each of them; "": none. */
typedef struct SettingTexts {
        char of[_SETTING_MAX][SETTING_TEXT_MAX];
} SettingTexts;
