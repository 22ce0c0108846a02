/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/manager-internal.h"

#define TEXT_MAX 512
#define STATUS_DELAY_USEC (200 * 1000)

/* "THE CONFIG HAS 2 ERRORS …", or nothing. */
static const char *describe_errors(size_t n_errors, char text[TEXT_MAX]) {
        text[0] = 0;
        if (n_errors > 0)
                (void)snprintf(text, TEXT_MAX,
                               "THE CONFIG HAS %zu ERROR%s and is not in force (memplugctl "
                               "check-config); ",
                               n_errors, n_errors == 1 ? "" : "S");
        return text;
}

/* Of a task. */
static void describe_step(const Rounds *rounds, char text[TEXT_MAX]) {
        if (rounds->task_action == TASK_EJECT)
                (void)snprintf(text, TEXT_MAX, "ejecting %s; ", rounds->task.task.device);
        else
                (void)snprintf(text, TEXT_MAX, "%s memory%" PRIu64 "%s; ",
                               rounds->task_action == TASK_TAKE_OFF ? "taking"
                               : rounds->task_action == TASK_MOVE   ? "moving"
                                                                    : "putting",
                               rounds->current,
                               rounds->task_action == TASK_TAKE_OFF ? " offline"
                               : rounds->task_action == TASK_MOVE   ? " to the other zone"
                                                                    : " back online");
}

static const char *describe_phase(const Rounds *rounds, char text[TEXT_MAX]) {
        text[0] = 0;
        if (rounds->held)
                (void)snprintf(text, TEXT_MAX, "HELD, new memory is left alone; ");
        else if (rounds->phase == PHASE_BARRIER)
                (void)snprintf(text, TEXT_MAX, "waiting for the kernel's hotplug lock; ");
        else if (rounds->phase == PHASE_ATTEMPT)
                (void)snprintf(text, TEXT_MAX, "%s memory%" PRIu64 "%s; ",
                               rounds->current_move ? "moving" : "putting", rounds->current,
                               rounds->current_move ? " to its zone" : " online");
        else if (rounds->phase == PHASE_TASK)
                describe_step(rounds, text);
        else if (task_work_is_under_way(&rounds->task))
                (void)snprintf(text, TEXT_MAX, "a task waits to try again; ");
        return text;
}

/* "memory32 reads going-offline; ", of somebody else's block that a write waits for; or nothing. */
static const char *describe_hang(const Manager *manager, char text[TEXT_MAX]) {
        text[0] = 0;
        if (manager->write_hangs && manager->hanging_block != BUS_NO_BLOCK &&
            !manager_is_writing_to(manager, manager->hanging_block))
                (void)snprintf(text, TEXT_MAX, "memory%" PRIu64 " reads going-offline; ",
                               manager->hanging_block);
        return text;
}

/* "done 8, refused 1", or "nothing to do so far". */
static const char *describe_outcomes(const Rounds *rounds, char text[TEXT_MAX]) {
        size_t n = 0;

        for (Outcome outcome = 0; outcome < _OUTCOME_MAX; outcome++)
                if (rounds->n_outcomes[outcome] > 0)
                        n += (size_t)snprintf(text + n, TEXT_MAX - n, "%s%s %" PRIu64,
                                              n > 0 ? ", " : "", outcome_to_string(outcome),
                                              rounds->n_outcomes[outcome]);
        if (n == 0)
                (void)snprintf(text, TEXT_MAX, "nothing to do so far");
        return text;
}

/* "mode uevent", "mode auto (uevent is active: …)" */
static const char *describe_mode(const Manager *manager, char text[TEXT_MAX]) {
        const Policy *policy = manager->policy;

        if (policy->mode == policy->active)
                (void)snprintf(text, TEXT_MAX, "mode %s", mode_to_string(policy->mode));
        else
                (void)snprintf(text, TEXT_MAX, "mode %s (%s is active%s%s)",
                               mode_to_string(policy->mode), mode_to_string(policy->active),
                               manager->mode_reason[0] ? ": " : "", manager->mode_reason);
        return text;
}

void manager_cut_half_character(char *text) {
        size_t n = strlen(text), i = n;

        while (i > 0 && ((unsigned char)text[i - 1] & 0xc0) == 0x80)
                i--;
        if (i > 0 && (unsigned char)text[i - 1] >= 0xc0) {
                unsigned char lead = (unsigned char)text[i - 1];
                size_t wanted = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;

                if (n - (i - 1) < wanted)
                        text[i - 1] = 0;
        }
}

static void tell_status(Manager *manager) {
        char errors[TEXT_MAX], phase[TEXT_MAX], mode[TEXT_MAX], outcomes[TEXT_MAX],
                status[MANAGER_STATUS_MAX], hang[TEXT_MAX];

        (void)snprintf(status, sizeof(status), "STATUS=%s%s%s%s, %s; blocks: %s",
                       describe_errors(manager->n_config_errors, errors),
                       describe_phase(&manager->rounds, phase), describe_hang(manager, hang),
                       describe_mode(manager, mode), manager->config_text,
                       describe_outcomes(&manager->rounds, outcomes));
        manager_cut_half_character(status);
        if (strcmp(status, manager->status) == 0)
                return;

        (void)strcpy(manager->status, status);
        (void)sd_notify(/* unset_environment= */ 0, status);
}

int manager_on_status_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *manager = userdata;

        (void)source;
        (void)usec;
        manager->status_is_due = false;
        tell_status(manager);
        return 0;
}

void manager_update_status(Manager *manager) {
        manager_bus_changed(manager);
        if (manager->rounds.phase == PHASE_IDLE)
                tell_status(manager);
        else if (!manager->status_is_due)
                manager->status_is_due = manager_arm(manager->status_timer, STATUS_DELAY_USEC) >= 0;
}
