#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The two files that memplugd only adds to: what it told (model/history.h), and what became of each
 * block (model/record.h).
 */
#include "model/history.h"
#include "model/record.h"
#include "state/log-file.h"

/* Open them below 'dir_fd', which must outlive them. 0 or a negative errno. */
int history_open(int dir_fd, LogFile **ret);
int records_open(int dir_fd, LogFile **ret);

/* 0; of the first that is lost, a negative errno. */
int history_add(LogFile *history, const HistoryEntry *entry);
int records_add(LogFile *records, const Record *record);
