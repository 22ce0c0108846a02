#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of a task's books share.
 */
#include "actuate/task-work.h"

/* NULL: the block isn't one of it. */
TaskItem *task_work_item(const TaskWork *work, BlockIndex block);

/* Whether a block that came to that is online still, or not by the task. */
bool task_outcome_is_in_the_way(Outcome outcome);

/* What is tried next with the item has a deadline of its own. */
void task_item_begin_anew(TaskItem *item);

/* The last word on it, without a thought of the others. */
void task_item_answer(TaskItem *item, Outcome outcome, int error, ZoneKind zone);

/* The same, and with all or nothing that may be the end of the task. */
void task_work_settle(TaskWork *work, TaskItem *item, Outcome outcome, int error, ZoneKind zone);

/* Nothing more is taken offline, and what was goes back. What is under way ends first. */
void task_work_give_up(TaskWork *work);
