#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lines with an ID, taken to the journal by its own protocol, which has room for fields.
 */
#include "base/log.h"

/* A LogSink. It allocates nothing. False: the journal didn't take it. */
bool journal_send(int level, const char *text, const LogMessage *message);
