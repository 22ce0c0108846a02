/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The world of the rounds: the kernel, the worker, timers, and whoever listens.
 */
#include "base/clock.h"
#include "base/log.h"
#include "daemon/manager-internal.h"

/* How long a block may take to be moved to its zone, and how often it is interrupted from then on. */
#define MOVE_DEADLINE_USEC (60 * 1000 * 1000)
#define INTERRUPT_USEC (100 * 1000)

/* Node links that are late are looked for again after so long. */
#define LINK_WAIT_USEC (50 * 1000)

/* Of both: sd-event's own is 250 ms. */
#define TIMER_ACCURACY_USEC (10 * 1000)

static int op_read_block(void *userdata, BlockIndex index, Block *ret) {
        return sysfs_read_block(((Manager *)userdata)->sysfs, index, ret);
}

static int op_read_all(void *userdata, Snapshot *ret) {
        return sysfs_read_all(((Manager *)userdata)->sysfs, ret);
}

static int op_read_devices(void *userdata, Snapshot *snapshot) {
        return sysfs_read_devices(((Manager *)userdata)->sysfs, snapshot);
}

static int op_read_cpu_nodes(void *userdata, RangeSet **ret) {
        return sysfs_read_cpu_nodes(((Manager *)userdata)->sysfs, ret);
}

static int op_read_zoneinfo(void *userdata, Zoneinfo *zoneinfo) {
        return sysfs_read_zoneinfo(((Manager *)userdata)->sysfs, zoneinfo);
}

static int op_read_inode(void *userdata, BlockIndex index, ino_t *ret) {
        return sysfs_read_inode(((Manager *)userdata)->sysfs, index, ret);
}

static int op_read_uevent(void *userdata, Uevent *ret) {
        return uevent_monitor_read(((Manager *)userdata)->monitor, ret);
}

static bool op_start_barrier(void *userdata) {
        Manager *manager = userdata;
        BlockIndex online_block;

        if (sysfs_find_block_in_state(manager->sysfs, BLOCK_ONLINE, &online_block) < 0)
                return false;

        manager_write_begins(manager);
        worker_start_barrier(manager->worker, online_block);
        return true;
}

static uint64_t op_available_memory(void *userdata) {
        uint64_t bytes;

        if (sysfs_read_available_memory(((Manager *)userdata)->sysfs, &bytes) < 0)
                return 0;
        return bytes;
}

static int on_move_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *manager = userdata;

        (void)usec;
        worker_interrupt(manager->worker);
        return manager_arm(source, INTERRUPT_USEC);
}

/* The kernel itself would try to take a block offline for ever. */
static void set_deadline(Manager *manager, bool move) {
        int r;

        if (!move)
                return;

        r = manager_arm(manager->move_timer, MOVE_DEADLINE_USEC);
        if (r < 0)
                (void)log_error_errno(r, "Failed to set a timer: %m");
}

static void op_start_attempt(void *userdata, const WorkItem *item, Online online, bool move) {
        Manager *manager = userdata;

        set_deadline(manager, move);
        manager_write_begins(manager);
        worker_start_attempt(manager->worker, item->verdict.block, item->inode, online, move);
}

/* Only 'taken offline' can be interrupted, and the task says when. */
static void op_start_step(void *userdata, const TaskStep *step, const char *device) {
        Manager *manager = userdata;
        const TaskItem *item = step->item;

        manager_write_begins(manager);
        if (step->action == TASK_EJECT)
                worker_start_eject(manager->worker, device);
        else if (step->action == TASK_TAKE_OFF)
                worker_start_offline(manager->worker, item->block, item->inode);
        else
                worker_start_attempt(manager->worker, item->block, item->inode, step->online,
                                     /* move= */ step->action == TASK_MOVE);
}

static void op_interrupt(void *userdata) {
        worker_interrupt(((Manager *)userdata)->worker);
}

static int on_task_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *manager = userdata;

        (void)source;
        (void)usec;
        rounds_on_task_timer(&manager->rounds);
        manager_update_status(manager);
        return 0;
}

static void op_set_task_timer(void *userdata, uint64_t at) {
        Manager *manager = userdata;
        int r;

        manager_disarm(manager->task_timer);
        if (at == 0)
                return;

        r = sd_event_source_set_time(manager->task_timer, at);
        if (r >= 0)
                r = sd_event_source_set_enabled(manager->task_timer, SD_EVENT_ONESHOT);
        if (r < 0)
                (void)log_error_errno(r, "Failed to set a timer: %m");
}

static void op_on_task(void *userdata, const Task *task, const TaskBlock *answers, int error) {
        manager_bus_task(userdata, task, answers, error);
}

static Online op_kernel_policy(void *userdata) {
        Manager *manager = userdata;

        takeover_look(&manager->takeover);
        return takeover_kernel_policy(&manager->takeover);
}

static int on_link_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *manager = userdata;

        (void)source;
        (void)usec;
        rounds_on_link_timer(&manager->rounds);
        manager_update_status(manager);
        return 0;
}

static int make_timer(Manager *manager, sd_event_source **timer, sd_event_time_handler_t call) {
        int r;

        r = sd_event_add_time(manager->event, timer, CLOCK_MONOTONIC, 0, TIMER_ACCURACY_USEC, call,
                              manager);
        return r < 0 ? r : sd_event_source_set_enabled(*timer, SD_EVENT_OFF);
}

int manager_make_timers(Manager *manager) {
        int r;

        r = make_timer(manager, &manager->link_timer, on_link_timer);
        if (r >= 0)
                r = make_timer(manager, &manager->move_timer, on_move_timer);
        if (r >= 0)
                r = make_timer(manager, &manager->task_timer, on_task_timer);
        if (r >= 0)
                r = make_timer(manager, &manager->hang_timer, manager_on_hang_timer);
        if (r >= 0)
                r = make_timer(manager, &manager->status_timer, manager_on_status_timer);
        return r;
}

int manager_arm(sd_event_source *timer, uint64_t usec) {
        int r;

        r = sd_event_source_set_time_relative(timer, usec);
        return r < 0 ? r : sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

void manager_disarm(sd_event_source *timer) {
        (void)sd_event_source_set_enabled(timer, SD_EVENT_OFF);
}

static uint64_t op_now(void *userdata) {
        (void)userdata;
        return clock_usec(CLOCK_MONOTONIC);
}

static bool op_wait_for_links(void *userdata) {
        Manager *manager = userdata;
        int r;

        r = manager_arm(manager->link_timer, LINK_WAIT_USEC);
        if (r < 0)
                (void)log_error_errno(r, "Failed to set a timer: %m");
        return r >= 0;
}

static void op_on_policy(void *userdata) {
        Manager *manager = userdata;

        /* The first one's is there before anything else. */
        if (manager->mode_is_due)
                manager_apply_mode(manager);
}

static void op_on_uevent(void *userdata, const Uevent *uevent) {
        manager_bus_uevent(userdata, uevent);
}

static void op_on_verdict(void *userdata, const Verdict *verdict) {
        manager_bus_verdict(userdata, verdict);
}

static void op_on_record(void *userdata, const Record *record) {
        Manager *manager = userdata;
        int r = 0;

        if (manager->records)
                r = records_add(manager->records, record);
        if (r < 0)
                manager_tell_lost(MANAGER_RUN_DIR "/" RECORD_FILE, r);
        manager_bus_record(manager, record);
}

const RoundsOps manager_rounds_ops = {
        .read_block = op_read_block,
        .read_all = op_read_all,
        .read_devices = op_read_devices,
        .read_cpu_nodes = op_read_cpu_nodes,
        .read_zoneinfo = op_read_zoneinfo,
        .read_inode = op_read_inode,
        .read_uevent = op_read_uevent,
        .available_memory = op_available_memory,
        .start_barrier = op_start_barrier,
        .start_attempt = op_start_attempt,
        .start_step = op_start_step,
        .interrupt = op_interrupt,
        .set_task_timer = op_set_task_timer,
        .wait_for_links = op_wait_for_links,
        .now = op_now,
        .kernel_policy = op_kernel_policy,
        .on_policy = op_on_policy,
        .on_uevent = op_on_uevent,
        .on_verdict = op_on_verdict,
        .on_record = op_on_record,
        .on_task = op_on_task,
};
