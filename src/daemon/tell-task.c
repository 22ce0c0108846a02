/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/tell-task.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "daemon/message.h"

#define TEXT_MAX TELL_TASK_TEXT_MAX

/* "EBUSY (Device or resource busy) after 3 writes", or "" */
static const char *describe_error(const TaskItem *item, char text[TEXT_MAX]) {
        int error = item->answer.error;

        *text = 0;
        if (error < 0)
                (void)snprintf(text, TEXT_MAX, "%s (%s) after %u write%s", strerrorname_np(-error),
                               strerror(-error), item->n_writes, item->n_writes == 1 ? "" : "s");
        return text;
}

/* What it is now, and by whom. */
static const char *describe_place(const Task *task, const TaskItem *item, char text[TEXT_MAX]) {
        const char *zone = zone_kind_to_string(item->answer.zone);
        bool is_done = item->answer.outcome == OUTCOME_DONE;

        *text = 0;
        if (item->is_gone)
                return strcpy(text, "it is gone");
        if (item->is_stranded)
                return strcpy(text,
                              "it was taken offline, and can't be put back: it stays so until "
                              "memplugd is started again");
        if (item->by_others && item->answer.outcome == OUTCOME_ALREADY)
                return strcpy(text, "somebody else took it offline");
        if (item->by_others)
                return strcpy(text, zone ? "somebody else put it online meanwhile"
                                         : "somebody else had the last word on it meanwhile");
        if (is_done && item->had != _ZONE_KIND_INVALID)
                (void)snprintf(text, TEXT_MAX, "it was in the zone %s",
                               zone_kind_to_string(item->had));
        else if (item->was_taken && zone)
                (void)snprintf(text, TEXT_MAX, "it was taken offline, and is back in the zone %s",
                               zone);
        else if (zone)
                (void)snprintf(text, TEXT_MAX, "it %s in the zone %s",
                               item->answer.outcome == OUTCOME_ALREADY ? "was" : "stays", zone);
        else if (item->answer.outcome == OUTCOME_REFUSED && task->kind == TASK_REZONE)
                (void)strcpy(text, "it isn't online");
        return text;
}

const char *tell_task_reason(const Task *task, const TaskItem *item,
                             char text[TELL_TASK_TEXT_MAX]) {
        bool is_boot = task->kind == TASK_REZONE && item->answer.outcome == OUTCOME_REFUSED &&
                       item->n_writes == 0 && item->answer.zone != _ZONE_KIND_INVALID;
        char place[TEXT_MAX];

        (void)snprintf(text, TEXT_MAX, "%s%s", is_boot ? "it is boot memory; " : "",
                       describe_place(task, item, place));
        return text;
}

static const char *describe_who(const Task *task, char text[TEXT_MAX]) {
        if (task->pid > 0)
                (void)snprintf(text, TEXT_MAX, "asked for by pid %d of uid %u", (int)task->pid,
                               (unsigned)task->uid);
        else
                (void)strcpy(text, "asked for by hand");
        return text;
}

/* "offline", "rezone to movable", "unplug PNP0C80:01" */
static const char *describe_task(const Task *task, char text[TEXT_MAX]) {
        const char *kind = task_kind_to_string(task->kind);

        if (task->kind == TASK_REZONE)
                (void)snprintf(text, TEXT_MAX, "%s to %s", kind, zone_kind_to_string(task->zone));
        else if (task->kind == TASK_UNPLUG)
                (void)snprintf(text, TEXT_MAX, "%s %s", kind, task->device);
        else
                (void)strcpy(text, kind);
        return text;
}

/* What wasn't had is its caller's affair; what stays offline against everybody's will is trouble. */
static int level_of(const TaskItem *item) {
        switch (item->answer.outcome) {
        case OUTCOME_DONE:
        case OUTCOME_ALREADY:
        case OUTCOME_GONE:
        case OUTCOME_CANCELLED:
                return item->is_stranded ? LOG_WARNING : LOG_INFO;
        default:
                return item->is_stranded ? LOG_WARNING : LOG_NOTICE;
        }
}

void tell_task_item(const Task *task, const TaskItem *item) {
        char what[TEXT_MAX], who[TEXT_MAX], error[TEXT_MAX], reason[TEXT_MAX],
                number[MESSAGE_NUMBER_MAX];
        LogMessage message =
                message_of_block(item->block, item->answer.outcome, /* rule= */ NULL, number);

        message.id = item->is_stranded ? MESSAGE_STAYS_OFFLINE : NULL;
        describe_error(item, error);
        tell_task_reason(task, item, reason);
        log_message(&message, level_of(item), "memory%" PRIu64 ": %s: %s%s%s%s%s; %s", item->block,
                    describe_task(task, what), outcome_to_string(item->answer.outcome),
                    *error ? ": " : "", error, *reason ? "; " : "", reason,
                    describe_who(task, who));
}

/* "7 done, 1 busy" */
static void count(const TaskWork *work, char text[TEXT_MAX]) {
        size_t n[_OUTCOME_MAX] = {}, length = 0;

        *text = 0;
        for (size_t i = 0; i < work->n_items; i++)
                n[work->items[i].answer.outcome]++;
        for (Outcome outcome = 0; outcome < _OUTCOME_MAX; outcome++)
                if (n[outcome] > 0 && length < TEXT_MAX)
                        length += (size_t)snprintf(text + length, TEXT_MAX - length, "%s%zu %s",
                                                   length > 0 ? ", " : "", n[outcome],
                                                   outcome_to_string(outcome));
}

void tell_task(const TaskWork *work) {
        char what[TEXT_MAX], who[TEXT_MAX], counts[TEXT_MAX];

        count(work, counts);
        log_info("%s of %zu block%s: %s%s%s; %s", describe_task(&work->task, what), work->n_items,
                 work->n_items == 1 ? "" : "s", counts,
                 work->error < 0 ? "; ejecting failed: " : "",
                 work->error < 0 ? strerror(-work->error) : "", describe_who(&work->task, who));
}
