/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/manager.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/manager-internal.h"
#include "daemon/message.h"

#define RUN_DIR MANAGER_RUN_DIR

/* A stop waits so often for a write that is under way, this long each time: 5 s in all. */
#define STOP_WAITS_MAX 50
#define STOP_WAIT_USEC (100 * 1000)

/* How long a block may take to be moved to its zone, and how often it is interrupted from then on. */
#define MOVE_DEADLINE_USEC (60 * 1000 * 1000)
#define INTERRUPT_USEC (100 * 1000)

/* Node links that are late are looked for again after so long. */
#define LINK_WAIT_USEC (50 * 1000)

/* Of both: sd-event's own is 250 ms, and 50 waits of a stop would take 17 s. */
#define TIMER_ACCURACY_USEC (10 * 1000)

/* The world of the rounds */

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

        if (sysfs_find_online_block(manager->sysfs, &online_block) < 0)
                return false;

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
        (void)sd_event_source_set_time_relative(source, INTERRUPT_USEC);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* The kernel itself would try to take a block offline for ever. */
static void set_deadline(Manager *manager, bool move) {
        int r;

        manager->move_timer = sd_event_source_unref(manager->move_timer);
        if (!move)
                return;

        r = sd_event_add_time_relative(manager->event, &manager->move_timer, CLOCK_MONOTONIC,
                                       MOVE_DEADLINE_USEC, TIMER_ACCURACY_USEC, on_move_timer,
                                       manager);
        if (r < 0)
                (void)log_error_errno(r, "Failed to set a timer: %m");
}

static void op_start_attempt(void *userdata, const WorkItem *item, Online online, bool move) {
        Manager *manager = userdata;

        set_deadline(manager, move);
        worker_start_attempt(manager->worker, item->verdict.block, item->inode, online, move);
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

static uint64_t op_now(void *userdata) {
        (void)userdata;
        return clock_usec(CLOCK_MONOTONIC);
}

static bool op_wait_for_links(void *userdata) {
        Manager *manager = userdata;
        int r;

        manager->link_timer = sd_event_source_unref(manager->link_timer);
        r = sd_event_add_time_relative(manager->event, &manager->link_timer, CLOCK_MONOTONIC,
                                       LINK_WAIT_USEC, TIMER_ACCURACY_USEC, on_link_timer, manager);
        if (r < 0)
                (void)log_error_errno(r, "Failed to set a timer: %m");
        return r >= 0;
}

static const RoundsOps rounds_ops = {
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
        .wait_for_links = op_wait_for_links,
        .now = op_now,
        .kernel_policy = op_kernel_policy,
};

/* Ending */

static void end_if_idle(Manager *manager) {
        if (manager->rounds.stopping && manager->rounds.phase == PHASE_IDLE)
                (void)sd_event_exit(manager->event, 0);
}

static int on_stop_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *manager = userdata;

        (void)usec;
        if (++manager->n_stop_waits > STOP_WAITS_MAX) {
                log_message(&(LogMessage){ .id = MESSAGE_WRITE_HANGS }, LOG_WARNING,
                            "A write still waits in the kernel; ending without it.");
                return sd_event_exit(manager->event, 0);
        }

        worker_interrupt(manager->worker);
        (void)sd_event_source_set_time_relative(source, STOP_WAIT_USEC);
        return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int on_stop_signal(sd_event_source *source, const struct signalfd_siginfo *info,
                          void *userdata) {
        Manager *manager = userdata;

        (void)source;
        if (manager->rounds.stopping)
                return 0;

        log_info("Ending, as %s says.", strsignal((int)info->ssi_signo));
        manager->rounds.stopping = true;
        (void)sd_notify(/* unset_environment= */ 0, "STOPPING=1");
        if (manager->rounds.phase != PHASE_IDLE) {
                worker_interrupt(manager->worker);
                return sd_event_add_time_relative(manager->event, &manager->stop_timer,
                                                  CLOCK_MONOTONIC, STOP_WAIT_USEC,
                                                  TIMER_ACCURACY_USEC, on_stop_timer, manager);
        }

        end_if_idle(manager);
        return 0;
}

/* Events */

static int on_reload_signal(sd_event_source *source, const struct signalfd_siginfo *info,
                            void *userdata) {
        Manager *manager = userdata;

        (void)source;
        (void)info;
        (void)sd_notify(/* unset_environment= */ 0, "RELOADING=1");
        (void)manager_load_config(manager);
        (void)sd_notify(/* unset_environment= */ 0, "READY=1");

        if (manager->n_config_errors == 0) {
                manager_apply_mode(manager);
                rounds_set_policy(&manager->rounds, manager->policy);
        }
        rounds_step(&manager->rounds);
        manager_update_status(manager);
        return 0;
}

static int on_uevents(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Manager *manager = userdata;

        (void)source;
        (void)fd;
        (void)events;
        rounds_step(&manager->rounds);
        manager_update_status(manager);
        return 0;
}

static int on_reports(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Manager *manager = userdata;
        WorkerReport report;

        (void)source;
        (void)fd;
        (void)events;
        if (!worker_read(manager->worker, &report))
                return 0;

        manager->move_timer = sd_event_source_unref(manager->move_timer);
        if (report.job == WORKER_ATTEMPT)
                rounds_on_attempt(&manager->rounds, report.block, &report.attempt);
        else
                rounds_on_barrier(&manager->rounds, report.error);

        manager_update_status(manager);
        end_if_idle(manager);
        return 0;
}

/* Beginning */

static int open_run_dir(Manager *manager) {
        (void)mkdir(RUN_DIR, 0755);
        manager->run_fd = open(RUN_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (manager->run_fd < 0)
                return log_warning_errno(-errno, "Failed to open " RUN_DIR
                                                 ", nothing will be remembered: %m");

        manager->lock_fd =
                openat(manager->run_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (manager->lock_fd < 0)
                return log_warning_errno(-errno, "Failed to open " RUN_DIR "/lock, ignoring: %m");

        if (flock(manager->lock_fd, LOCK_EX | LOCK_NB) < 0) {
                log_error("Another memplugd is running.");
                return -EBUSY;
        }
        return 0;
}

static void keep_history(void *userdata, int level, const char *text) {
        history_add(userdata, &(HistoryEntry){ .usec = clock_usec(CLOCK_REALTIME),
                                               .level = level,
                                               .text = text });
}

static void open_history(Manager *manager) {
        int r;

        if (manager->run_fd < 0)
                return;

        r = history_open(manager->run_fd, &manager->history);
        if (r < 0)
                (void)log_warning_errno(r, "Failed to keep " RUN_DIR "/" HISTORY_FILE
                                           ", ignoring: %m");
        else
                log_set_keeper(keep_history, manager->history);
}

static int open_table(Manager *manager) {
        sd_id128_t id;
        bool damaged;
        int r;

        (void)strcpy(manager->boot_id, "unknown");
        if (sd_id128_get_boot(&id) >= 0)
                (void)sd_id128_to_string(id, manager->boot_id);

        r = block_table_open(manager->run_fd, "blocks", manager->boot_id, &manager->table,
                             &damaged);
        if (damaged)
                log_message(&(LogMessage){ .id = MESSAGE_STATE_DAMAGED,
                                           .fields = { { FIELD_FILE, "blocks" } } },
                            LOG_ERR,
                            RUN_DIR "/blocks is damaged and was set aside as blocks.damaged: what "
                                    "was released before is not known any more.");
        if (r < 0)
                (void)log_warning_errno(r, "Failed to keep " RUN_DIR "/blocks, ignoring: %m");
        if (!manager->table)
                return r;

        rounds_init(&manager->rounds, &rounds_ops, manager, sysfs_block_size(manager->sysfs),
                    manager->table);
        manager->rounds.own_setting = manager->own_setting;
        rounds_set_policy(&manager->rounds, manager->policy);
        return 0;
}

/*
 * /proc/iomem shows its addresses to whom has CAP_SYS_ADMIN when it is opened. A service has it opened
 * by systemd, as its standard input, and needs no such capability.
 */
static void take_iomem(Manager *manager) {
        struct statfs fs;
        int fd;

        if (!manager->is_service || fstatfs(STDIN_FILENO, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)
                return;

        fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
        if (fd >= 0)
                sysfs_take_iomem(manager->sysfs, fd);
}

static int open_kernel(Manager *manager) {
        int r;

        r = sysfs_open("/", &manager->sysfs);
        if (r == -ENOENT)
                return log_error_errno(r, "This machine has no memory blocks "
                                          "(/sys/devices/system/memory): nothing to do here.");
        if (r < 0)
                return log_error_errno(r, "Failed to open /sys/devices/system/memory: %m");

        take_iomem(manager);

        /* Before anything is read: what changes after that is told by an event. */
        r = uevent_monitor_new(&manager->monitor);
        if (r < 0)
                return log_error_errno(r, "Failed to listen to the kernel's events: %m");

        r = worker_new(manager->sysfs, &manager->worker);
        if (r < 0)
                return log_error_errno(r, "Failed to start the worker thread: %m");
        return 0;
}

static int open_events(Manager *manager) {
        sigset_t signals;
        int r;

        (void)sigemptyset(&signals);
        (void)sigaddset(&signals, SIGTERM);
        (void)sigaddset(&signals, SIGINT);
        (void)sigaddset(&signals, SIGHUP);
        if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
                return -errno;

        r = sd_event_new(&manager->event);
        if (r >= 0)
                r = sd_event_set_watchdog(manager->event, /* b= */ true);
        if (r >= 0)
                r = sd_event_add_signal(manager->event, NULL, SIGTERM, on_stop_signal, manager);
        if (r >= 0)
                r = sd_event_add_signal(manager->event, NULL, SIGINT, on_stop_signal, manager);
        if (r >= 0)
                r = sd_event_add_signal(manager->event, NULL, SIGHUP, on_reload_signal, manager);
        return r < 0 ? log_error_errno(r, "Failed to set up the event loop: %m") : 0;
}

static int watch_kernel(Manager *manager) {
        int r;

        r = sd_event_add_io(manager->event, NULL, uevent_monitor_fd(manager->monitor), EPOLLIN,
                            on_uevents, manager);
        if (r >= 0)
                r = sd_event_add_io(manager->event, NULL, worker_fd(manager->worker), EPOLLIN,
                                    on_reports, manager);
        return r < 0 ? log_error_errno(r, "Failed to watch the kernel's events: %m") : 0;
}

static int check_rights(const Manager *manager) {
        if (geteuid() == 0 || manager->policy->mode == MODE_OBSERVE)
                return 0;

        return log_error_errno(-EPERM, "Only root may put memory online "
                                       "(mode = \"observe\" needs no rights).");
}

static int open_all(Manager *manager) {
        int r;

        r = open_events(manager);
        if (r >= 0)
                r = manager_load_config(manager);
        if (r >= 0)
                r = check_rights(manager);
        if (r >= 0) {
                r = open_run_dir(manager);
                r = r == -EBUSY ? r : 0; /* the others cost the memory of restarts, no more */
        }
        if (r >= 0)
                open_history(manager);
        if (r >= 0)
                r = open_kernel(manager);
        if (r >= 0) {
                manager_open_takeover(manager);
                manager_apply_mode(manager);
                r = open_table(manager);
        }
        if (r >= 0)
                r = watch_kernel(manager);
        return r;
}

int manager_new(const char *config_file, bool is_service, Manager **ret) {
        _cleanup_(manager_freep) Manager *manager = NULL;
        int r;

        manager = calloc(1, sizeof(Manager));
        if (!manager)
                return log_error_errno(-ENOMEM, "Failed to start: %m");

        manager->run_fd = manager->lock_fd = -EBADF;
        manager->config_file = config_file;
        manager->is_service = is_service;

        r = open_all(manager);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(manager);
        return 0;
}

Manager *manager_free(Manager *manager) {
        if (!manager)
                return NULL;

        manager_put_back(manager);
        worker_free(manager->worker);
        rounds_done(&manager->rounds);
        block_table_free(manager->table);
        uevent_monitor_free(manager->monitor);
        sysfs_close(manager->sysfs);
        policy_unref(manager->policy);
        free(manager->config_text);
        sd_event_source_unref(manager->link_timer);
        sd_event_source_unref(manager->move_timer);
        sd_event_source_unref(manager->stop_timer);
        sd_event_source_unref(manager->status_timer);
        sd_event_unref(manager->event);
        log_set_keeper(NULL, NULL);
        history_close(manager->history);
        closep(&manager->run_fd);
        closep(&manager->lock_fd);
        free(manager);
        return NULL;
}

int manager_run(Manager *manager) {
        int r;

        /* Ready before the first write, which may wait for as long as somebody holds the lock. */
        (void)sd_notify(/* unset_environment= */ 0, "READY=1");
        rounds_step(&manager->rounds);
        manager_update_status(manager);

        r = sd_event_loop(manager->event);
        manager_put_back(manager); /* who is stuck isn't freed */
        return r < 0 ? log_error_errno(r, "Failed to wait for events: %m") : 0;
}

bool manager_is_stuck(const Manager *manager) {
        return manager->rounds.phase != PHASE_IDLE;
}
