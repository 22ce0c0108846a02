/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/takeover-steps.h"

#include <stdbool.h>
#include <string.h>

#include "base/macro.h"

/* The words that mean something for the order. */
#define OFFLINE "offline"
#define ONLINE_BY_POLICY "online"
#define AUTO_MOVABLE "auto-movable"
#define CONTIG_ZONES "contig-zones"

typedef struct Change {
        const SettingTexts *is, *to;
} Change;

static bool reads(const SettingTexts *texts, Setting setting, const char *text) {
        return strcmp(texts->of[setting], text) == 0;
}

static bool changes(const Change *change, Setting setting) {
        return !reads(change->is, setting, change->to->of[setting]);
}

static bool changes_parameters(const Change *change) {
        return changes(change, SETTING_AUTO_MOVABLE_RATIO) ||
               changes(change, SETTING_AUTO_MOVABLE_NUMA_AWARE);
}

static const char *first_policy(const Change *change) {
        if (reads(change->is, SETTING_ONLINE_POLICY, AUTO_MOVABLE) && changes_parameters(change))
                return CONTIG_ZONES;

        return change->is->of[SETTING_ONLINE_POLICY];
}

/* Whether the policy is one for a moment that it neither was nor is to be. */
static bool has_other_policy(const Change *change) {
        const char *first = first_policy(change);

        return !reads(change->is, SETTING_ONLINE_POLICY, first) &&
               !reads(change->to, SETTING_ONLINE_POLICY, first);
}

static const char *first_word(const Change *change) {
        if (!reads(change->to, SETTING_AUTO_ONLINE_BLOCKS, ONLINE_BY_POLICY))
                return change->to->of[SETTING_AUTO_ONLINE_BLOCKS];
        if (reads(change->is, SETTING_AUTO_ONLINE_BLOCKS, ONLINE_BY_POLICY) &&
            has_other_policy(change))
                return OFFLINE;

        return change->is->of[SETTING_AUTO_ONLINE_BLOCKS];
}

size_t takeover_steps(const SettingTexts *is, const SettingTexts *to,
                      TakeoverStep steps[TAKEOVER_STEPS_MAX]) {
        const Change change = { is, to };
        const TakeoverStep all[TAKEOVER_STEPS_MAX] = {
                { SETTING_AUTO_ONLINE_BLOCKS, first_word(&change) },
                { SETTING_ONLINE_POLICY, first_policy(&change) },
                { SETTING_AUTO_MOVABLE_RATIO, to->of[SETTING_AUTO_MOVABLE_RATIO] },
                { SETTING_AUTO_MOVABLE_NUMA_AWARE, to->of[SETTING_AUTO_MOVABLE_NUMA_AWARE] },
                { SETTING_ONLINE_POLICY, to->of[SETTING_ONLINE_POLICY] },
                { SETTING_AUTO_ONLINE_BLOCKS, to->of[SETTING_AUTO_ONLINE_BLOCKS] },
        };
        const char *now[_SETTING_MAX];
        size_t n = 0;

        for (Setting setting = 0; setting < _SETTING_MAX; setting++)
                now[setting] = is->of[setting];

        for (size_t i = 0; i < ELEMENTSOF(all); i++) {
                if (strcmp(now[all[i].setting], all[i].text) == 0)
                        continue;
                now[all[i].setting] = all[i].text;
                steps[n++] = all[i];
        }
        return n;
}
