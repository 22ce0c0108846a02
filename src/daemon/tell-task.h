#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What memplugd tells the journal of a task: a line for each block, and one for all of it.
 */
#include "actuate/task-work.h"

#define TELL_TASK_TEXT_MAX 512

void tell_task_item(const Task *task, const TaskItem *item);
void tell_task(const TaskWork *work);

/* Why the block came to that, and what it is now, in words. Answers 'text'. */
const char *tell_task_reason(const Task *task, const TaskItem *item, char text[TELL_TASK_TEXT_MAX]);
