/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/manager.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/manager-internal.h"
#include "daemon/message.h"

#define RUN_DIR MANAGER_RUN_DIR

/*
 * A stop waits so often for a write that is under way, this long each time: 5 s. For all of them together,
 * as those of a task that puts back what it took offline, it has less than systemd gives it (20 s).
 */
#define STOP_WAITS_MAX 50
#define STOP_WAIT_USEC (100 * 1000)
#define STOP_USEC (15 * 1000 * 1000)

/* sd-event's own is 250 ms, and 50 waits of a stop would take 17 s. */
#define TIMER_ACCURACY_USEC (10 * 1000)

/* Ending */

static void end_if_idle(Manager *manager) {
        if (manager->rounds.stopping && manager->rounds.phase == PHASE_IDLE)
                (void)sd_event_exit(manager->event, 0);
}

static int on_stop_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        Manager *manager = userdata;

        (void)usec;
        if (++manager->n_stop_waits > STOP_WAITS_MAX ||
            clock_usec(CLOCK_MONOTONIC) - manager->stopping_since > STOP_USEC) {
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
        manager->stopping_since = clock_usec(CLOCK_MONOTONIC);
        rounds_stop(&manager->rounds);
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
        (void)manager_reload(manager);
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

        manager_disarm(manager->move_timer);
        manager_write_ends(manager);
        manager->n_stop_waits = 0;
        if (report.job == WORKER_ATTEMPT)
                rounds_on_attempt(&manager->rounds, report.block, &report.attempt);
        else if (report.job == WORKER_EJECT)
                rounds_on_eject(&manager->rounds, report.error);
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

/* Each line that is told. */
static void keep_line(void *userdata, int level, const char *text) {
        uint64_t now = clock_usec(CLOCK_REALTIME);
        Manager *manager = userdata;
        int r = 0;

        if (manager->history)
                r = history_add(manager->history,
                                &(HistoryEntry){ .usec = now, .level = level, .text = text });
        manager_bus_told(manager, now, level, text);
        /* It comes here itself, when this is told already. */
        if (r < 0)
                manager_tell_lost(RUN_DIR "/" HISTORY_FILE, r);
}

void manager_tell_lost(const char *file, int error) {
        (void)log_warning_errno(error, "Failed to add to %s, lines are missing there: %m", file);
}

static void open_history(Manager *manager) {
        int r;

        log_set_keeper(keep_line, manager);
        if (manager->run_fd < 0)
                return;

        r = history_open(manager->run_fd, &manager->history);
        if (r < 0)
                (void)log_warning_errno(r, "Failed to keep " RUN_DIR "/" HISTORY_FILE
                                           ", ignoring: %m");

        r = records_open(manager->run_fd, &manager->records);
        if (r < 0)
                (void)log_warning_errno(r,
                                        "Failed to keep " RUN_DIR "/" RECORD_FILE ", ignoring: %m");
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

        rounds_init(&manager->rounds, &manager_rounds_ops, manager,
                    sysfs_block_size(manager->sysfs), manager->table);
        manager->rounds.own_setting = manager->own_setting;
        rounds_set_policy(&manager->rounds, manager->policy);
        return 0;
}

static int open_kernel(Manager *manager) {
        int r;

        r = sysfs_open("/", &manager->sysfs);
        if (r == -ENOENT)
                return log_error_errno(r, "This machine has no memory blocks "
                                          "(/sys/devices/system/memory): nothing to do here.");
        if (r < 0)
                return log_error_errno(r, "Failed to open /sys/devices/system/memory: %m");

        manager_take_iomem(manager);

        /* Before anything is read: what changes after that is told by an event. */
        r = manager_listen(manager);
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
        if (r >= 0)
                r = manager_make_timers(manager);
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
        if (r >= 0)
                manager_bus_open(manager);
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
        manager_bus_close(manager);
        sd_event_source_unref(manager->hang_timer);
        worker_free(manager->worker);
        rounds_done(&manager->rounds);
        block_table_free(manager->table);
        uevent_monitor_free(manager->monitor);
        sysfs_close(manager->sysfs);
        policy_unref(manager->policy);
        free(manager->config_text);
        free(manager->config_error);
        sd_event_source_unref(manager->link_timer);
        sd_event_source_unref(manager->move_timer);
        sd_event_source_unref(manager->task_timer);
        sd_event_source_unref(manager->stop_timer);
        sd_event_source_unref(manager->status_timer);
        sd_event_unref(manager->event);
        log_set_keeper(NULL, NULL);
        log_file_close(manager->history);
        log_file_close(manager->records);
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
        manager_bus_finish(manager);
        manager_put_back(manager); /* who is stuck isn't freed */
        return r < 0 ? log_error_errno(r, "Failed to wait for events: %m") : 0;
}

bool manager_is_stuck(const Manager *manager) {
        return manager->rounds.phase != PHASE_IDLE;
}
