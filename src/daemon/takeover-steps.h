#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The order in which the kernel's settings are changed, so that memory that is plugged meanwhile
 * comes to what it came to before, to what it comes to afterwards, or stays offline for memplugd or
 * somebody else to look at; but never to a zone that comes from the half of each.
 *
 * The policy and its parameters matter to a plain "online" alone: so auto_online_blocks is written
 * last where it becomes that, and first where it becomes anything else. The kernel doesn't support
 * changing the parameters while "auto-movable" is on (mm/memory_hotplug.c, Linux 5.15): then the
 * policy is another one meanwhile, and if the kernel onlined with the policy, it mustn't meanwhile.
 */
#include <stddef.h>

#include "model/setting.h"

typedef struct TakeoverStep {
        Setting setting;
        const char *text; /* of what was given, or a constant */
} TakeoverStep;

#define TAKEOVER_STEPS_MAX 6

/*
 * The steps from what the settings are to what they are to be; both "" where the kernel has none. A
 * step to what a setting reads as anyhow isn't among them. Answers their number.
 */
size_t takeover_steps(const SettingTexts *is, const SettingTexts *to,
                      TakeoverStep steps[TAKEOVER_STEPS_MAX]);
