/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Writes from which the kernel doesn't come back for long: most often because it can't take some block
 * offline, tries on, and holds its hotplug lock meanwhile. Whose block that is, its state tells.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/manager-internal.h"
#include "daemon/message.h"

/* From then on it isn't the day's work any more: a whole DIMM takes the lock for a second or two. */
#define HANG_USEC (10 * 1000 * 1000)

#define TEXT_MAX 64

static const char *name_of(BlockIndex block, char text[TEXT_MAX]) {
        (void)snprintf(text, TEXT_MAX, "memory%" PRIu64, block);
        return text;
}

bool manager_is_writing_to(const Manager *manager, BlockIndex block) {
        const Rounds *rounds = &manager->rounds;

        return rounds_is_at_block(rounds) && rounds->current == block;
}

static void tell_hang(Manager *manager) {
        const Rounds *rounds = &manager->rounds;
        bool is_barrier = rounds->phase == PHASE_BARRIER, is_known;
        char number[MESSAGE_NUMBER_MAX] = "", name[TEXT_MAX], other[TEXT_MAX];
        LogMessage message = { .id = MESSAGE_WRITE_WAITS, .fields = { { FIELD_BLOCK, number } } };
        BlockIndex leaving;

        is_known = sysfs_find_block_in_state(manager->sysfs, BLOCK_GOING_OFFLINE, &leaving) == 0;
        if (is_known)
                (void)snprintf(number, sizeof(number), "%" PRIu64, leaving);

        if (is_known && manager_is_writing_to(manager, leaving))
                log_message(&message, LOG_NOTICE,
                            "%s: the kernel has been trying for %d s to take it offline.",
                            name_of(leaving, name), HANG_USEC / 1000000);
        else
                log_message(&message, LOG_NOTICE,
                            "%s has been waiting for the kernel's hotplug lock for %d s%s%s%s.",
                            is_barrier                   ? "New memory"
                            : rounds_is_at_block(rounds) ? name_of(rounds->current, name)
                                                         : rounds->task.task.device,
                            HANG_USEC / 1000000, is_known ? ", while " : "",
                            is_known ? name_of(leaving, other) : "",
                            is_known ? " reads 'going-offline'" : "");

        manager->write_hangs = true;
        manager->hanging_block = is_known ? leaving : BUS_NO_BLOCK;
        manager_update_status(manager);
}

int manager_on_hang_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *manager = userdata;
        uint64_t waited = clock_usec(CLOCK_MONOTONIC) - manager->write_since;

        (void)usec;
        if (manager->rounds.phase == PHASE_IDLE)
                return 0;
        if (waited >= HANG_USEC) {
                tell_hang(manager);
                return 0;
        }

        /* It is another write than the one that it was set for. */
        return manager_arm(source, HANG_USEC - waited);
}

void manager_write_begins(Manager *manager) {
        manager->write_since = clock_usec(CLOCK_MONOTONIC);
        manager->bus.current_since = clock_usec(CLOCK_REALTIME);
        if (sd_event_source_get_enabled(manager->hang_timer, NULL) != 0)
                return;

        (void)manager_arm(manager->hang_timer, HANG_USEC);
}

void manager_write_ends(Manager *manager) {
        if (!manager->write_hangs)
                return;

        manager->write_hangs = false;
        log_notice("The kernel has come back from that write after %" PRIu64 " s.",
                   (clock_usec(CLOCK_MONOTONIC) - manager->write_since) / 1000000);
}
