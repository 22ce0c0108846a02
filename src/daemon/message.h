#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The messages that the journal knows by an ID, and their fields. Each ID has an entry in
 * systemd/memplugd.catalog, which says what it means and what to do; an ID is never given to
 * another meaning.
 */
#include "base/log.h"
#include "base/text.h"
#include "model/block.h"
#include "model/outcome.h"
#include "rules/policy.h"

/* A block that isn't as the rules want it: online in the wrong zone, or offline. */
#define MESSAGE_WRONG_ZONE "377ea8d14bf949d190546edb19b986f7"
#define MESSAGE_STAYS_OFFLINE "d1b5921c562a49c085f9ac6ff162461b"

/* The kernel couldn't unplug a device, and put its blocks online again. */
#define MESSAGE_UNPLUG_FAILED "c7cf64c9b5d04fc5bc4285b6de6ced63"

#define MESSAGE_CONFIG_REFUSED "f3f6be4c12a246a9afa40d4ef77be285"

/* One of the kernel's settings: memplugd set it; somebody else changed it since. */
#define MESSAGE_SETTING_TAKEN_OVER "81e49d2edea94741b4c7c108de1a10bc"
#define MESSAGE_SETTING_CHANGED "1933a5c88b334cc7ba23e6867faa3446"

#define MESSAGE_STATE_DAMAGED "936905644d7c4efe88a11a163f6dae87"

/* memplugd ends, and the kernel hasn't come back from a write. */
#define MESSAGE_WRITE_HANGS "19567dcca9824c6bb71a34d40d961241"

/* It hasn't come back for long, and memplugd waits. MEMPLUG_BLOCK: the one that is going offline. */
#define MESSAGE_WRITE_WAITS "6686114277ce4746bc90d3bffc4cc83b"

#define FIELD_BLOCK "MEMPLUG_BLOCK" /* a number */
#define FIELD_OUTCOME "MEMPLUG_OUTCOME"
#define FIELD_RULE "MEMPLUG_RULE" /* its name */
#define FIELD_DEVICE "MEMPLUG_DEVICE"
#define FIELD_SETTING "MEMPLUG_SETTING"
#define FIELD_VALUE "MEMPLUG_VALUE" /* of the setting, now */
#define FIELD_FILE "MEMPLUG_FILE"
#define FIELD_ERRORS "MEMPLUG_ERRORS" /* how many */

#define MESSAGE_NUMBER_MAX TEXT_NUMBER_MAX

/*
 * What is told of a block that came to that outcome; without ID unless it is one that the rules don't
 * want. 'rule' may be NULL. Valid as long as 'number', which it writes, and the rule.
 */
LogMessage message_of_block(BlockIndex block, Outcome outcome, const Rule *rule,
                            char number[MESSAGE_NUMBER_MAX]);

/* Valid as long as the texts. */
LogMessage message_of_setting(const char *id, const char *setting, const char *value);
