/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What D-Bus shows of the manager and asks of it, and what the manager tells D-Bus.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/utf8.h"
#include "daemon/manager-internal.h"

static void op_read_state(void *userdata, BusState *ret) {
        const Manager *manager = userdata;
        const Rounds *rounds = &manager->rounds;
        bool has_task = task_work_is_under_way(&rounds->task);
        bool is_attempt = rounds_is_at_block(rounds);

        *ret = (BusState){
                .mode = manager->policy->mode,
                .active = manager->policy->active,
                .n_config_errors = (uint32_t)manager->n_config_errors,
                .is_busy = rounds->phase != PHASE_IDLE,
                .current = is_attempt ? rounds->current : BUS_NO_BLOCK,
                .current_since = is_attempt ? manager->bus.current_since : 0,
                .n_open = (uint32_t)rounds->work.n_open,
                .task = has_task ? rounds->task.task.kind : _TASK_KIND_INVALID,
                .task_since = has_task ? manager->bus.task_since : 0,
                .n_task_blocks = rounds->task.n_items,
                .n_task_done = task_work_count_done(&rounds->task),
                .trouble_usec = manager->bus.trouble_usec,
        };
        if (ret->mode != ret->active)
                (void)utf8_copy_into(ret->mode_reason, sizeof(ret->mode_reason),
                                     manager->mode_reason);
        (void)utf8_copy_into(ret->config, sizeof(ret->config), manager->config_text);
        (void)utf8_copy_into(ret->trouble, sizeof(ret->trouble), manager->bus.trouble);
        for (Setting setting = 0; setting < _SETTING_MAX; setting++)
                (void)utf8_copy_into(ret->taken_over.of[setting], SETTING_TEXT_MAX,
                                     manager->takeover.saved[setting].was);
        (void)memcpy(ret->n_outcomes, rounds->n_outcomes, sizeof(ret->n_outcomes));
}

static int op_reload(void *userdata, char **reterr_text) {
        Manager *manager = userdata;

        int r;

        r = manager_reload(manager);
        if (r < 0)
                return r;
        if (manager->n_config_errors == 0)
                return 0;

        *reterr_text = manager->config_error ? strdup(manager->config_error) : NULL;
        return -EINVAL;
}

static void go_on(Manager *manager) {
        rounds_step(&manager->rounds);
        manager_update_status(manager);
}

static int op_ask(void *userdata, const BlockIndex *blocks, size_t n_blocks, Online online) {
        Manager *manager = userdata;
        int r;

        r = rounds_ask(&manager->rounds, blocks, n_blocks,
                       online == _ONLINE_INVALID ? ROUNDS_BY_RULES : online);
        if (r >= 0)
                go_on(manager);
        return r;
}

static int op_start_task(void *userdata, const Task *task) {
        Manager *manager = userdata;
        int r;

        r = rounds_start_task(&manager->rounds, task);
        if (r < 0)
                return r;

        manager->bus.task_since = clock_usec(CLOCK_REALTIME);
        manager_bus_changed(manager);
        go_on(manager);
        return 0;
}

static void op_cancel_task(void *userdata) {
        Manager *manager = userdata;

        rounds_cancel_task(&manager->rounds);
        go_on(manager);
}

static void op_hold(void *userdata, const BusHold *hold, bool begins, size_t n_holds) {
        Manager *manager = userdata;

        log_info("%s by pid %d of uid %u: %s", begins ? "Held" : "No longer held", (int)hold->pid,
                 (unsigned)hold->uid, hold->why);
        if (begins && manager_kernel_is_first(manager))
                log_warning("The kernel itself puts new memory online (auto_online_blocks is "
                            "'%s'): that isn't held.",
                            manager->takeover.seen.of[SETTING_AUTO_ONLINE_BLOCKS]);
        if (manager->rounds.held == (n_holds > 0))
                return;

        rounds_hold(&manager->rounds, n_holds > 0);
        go_on(manager);
}

static int op_read_devices(void *userdata, Snapshot *ret) {
        _cleanup_(snapshot_done) Snapshot snapshot = {};
        Manager *manager = userdata;
        int r;

        r = sysfs_read_all(manager->sysfs, &snapshot);
        if (r >= 0)
                r = sysfs_read_devices(manager->sysfs, &snapshot);
        if (r < 0)
                return r;

        *ret = snapshot;
        snapshot = (Snapshot){};
        return 0;
}

const BusOps manager_bus_ops = {
        .read_state = op_read_state,
        .reload = op_reload,
        .ask = op_ask,
        .hold = op_hold,
        .read_devices = op_read_devices,
        .start_task = op_start_task,
        .cancel_task = op_cancel_task,
};

void manager_bus_uevent(Manager *manager, const Uevent *uevent) {
        if (manager->bus.server)
                bus_server_uevent(manager->bus.server, uevent);
}

void manager_bus_verdict(Manager *manager, const Verdict *verdict) {
        if (manager->bus.server)
                bus_server_verdict(manager->bus.server, verdict);
}

void manager_bus_record(Manager *manager, const Record *record) {
        if (manager->bus.server)
                bus_server_record(manager->bus.server, record);
}

void manager_bus_task(Manager *manager, const Task *task, const TaskBlock *answers, int error) {
        if (manager->bus.server)
                bus_server_task_done(manager->bus.server, answers, task->n_blocks, error);
        manager_bus_changed(manager);
}

void manager_bus_told(Manager *manager, uint64_t usec, int level, const char *text) {
        ManagerBus *bus = &manager->bus;

        if (level <= LOG_WARNING) {
                bus->trouble_usec = usec;
                (void)utf8_copy_into(bus->trouble, sizeof(bus->trouble), text);
        }
        if (!bus->server)
                return;

        bus_server_told(bus->server, usec, level, text);
        if (level <= LOG_WARNING)
                bus_server_changed(bus->server);
}

void manager_bus_changed(Manager *manager) {
        if (manager->bus.server)
                bus_server_changed(manager->bus.server);
}
