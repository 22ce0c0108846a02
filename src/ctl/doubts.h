#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What in a config is right by itself but makes no sense on this machine.
 */
#include "ctl/view.h"

/*
 * Adds it to the report of 'view', whose config must be valid, as warnings. Where the machine has no
 * memory blocks to be seen, as in a container, nothing is in doubt. 0, or a negative errno, which was
 * told.
 */
int doubts_add(const Options *options, View *view);
