/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/block.h"

static const char *const block_state_table[] = {
        [BLOCK_OFFLINE] = "offline",
        [BLOCK_ONLINE] = "online",
        [BLOCK_GOING_OFFLINE] = "going-offline",
};
DEFINE_STRING_TABLE(block_state, BlockState);
