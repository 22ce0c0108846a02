/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actuate/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/io.h"

/* Interrupts a write: see worker_interrupt(). */
#define CANCEL_SIGNAL SIGUSR1

typedef enum JobKind {
        JOB_NONE,
        JOB_ONLINE,
        JOB_MOVE,
        JOB_OFFLINE,
        JOB_BARRIER,
        JOB_EJECT,
        JOB_END,
} JobKind;

typedef struct Job {
        JobKind kind;
        BlockIndex block;
        ino_t inode;
        Online online;
        char device[DEVICE_NAME_MAX];
} Job;

struct Worker {
        Sysfs *sysfs;
        pthread_t thread;
        pthread_mutex_t lock; /* protects job */
        pthread_cond_t job_given;
        Job job;
        bool started;
        int report_fds[2]; /* a pipe of WorkerReport */

        /*
         * A write that waits for the hotplug lock is begun anew by the kernel after each signal
         * (restart_syscall() in lock_device_hotplug_sysfs()). So the signal's handler, which runs in the
         * thread itself, puts another file in the place of the one that is written to, on which it then
         * fails. What it came to before that stays as it was.
         */
        int closed_fd; /* open for reading only: EBADF is the answer to a write */
        volatile sig_atomic_t
                offline_fd; /* of the write of "offline" that is under way; or negative */
        SysfsBlock block;   /* the thread's: the one of the attempt, once it was looked at */
};

/* In the thread */

static void report(Worker *worker, const WorkerReport *report) {
        ssize_t n;

        /* Shorter than PIPE_BUF, so it is written as a whole. */
        do
                n = write(worker->report_fds[1], report, sizeof(*report));
        while (n < 0 && errno == EINTR);
}

static int op_read(void *userdata, BlockIndex index, Block *ret) {
        Worker *worker = userdata;
        int r;

        /* It is the same block for the whole attempt: where that was removed, it is gone. */
        if (worker->block.state_fd < 0) {
                r = sysfs_open_block(worker->sysfs, index, /* writable= */ true, &worker->block);
                if (r < 0)
                        return r;
        }

        return sysfs_read_open_block(worker->sysfs, &worker->block, ret);
}

/* By a descriptor of its own, which the handler may take away. */
static int write_offline(Worker *worker, const char *word) {
        _cleanup_close_ int fd = fcntl(worker->block.state_fd, F_DUPFD_CLOEXEC, 0);
        int r;

        if (fd < 0)
                return -errno;

        worker->offline_fd = fd;
        r = write_attribute(fd, word);
        worker->offline_fd = -EBADF;
        return r == -EBADF ? -EINTR : r;
}

static int op_write(void *userdata, BlockIndex index, ino_t inode, const char *word) {
        Worker *worker = userdata;

        /* What is written to was looked at before. */
        (void)index;
        if (worker->block.state_fd < 0 || worker->block.inode != inode)
                return -ENODEV;

        return strcmp(word, "offline") == 0 && worker->block.write_error == 0
                       ? write_offline(worker, word)
                       : sysfs_write_open_block(&worker->block, word);
}

static uint64_t op_now(void *userdata) {
        (void)userdata;
        return clock_usec(CLOCK_MONOTONIC);
}

static void make_attempt(Worker *worker, const Job *job) {
        static const ActuateOps ops = { op_read, op_write, op_now };
        Attempt attempt =
                job->kind == JOB_OFFLINE ? attempt_offline(&ops, worker, job->block, job->inode)
                : job->kind == JOB_MOVE
                        ? attempt_move(&ops, worker, job->block, job->inode, job->online)
                        : attempt_online(&ops, worker, job->block, job->inode, job->online);

        sysfs_close_block(&worker->block);
        report(worker, &(WorkerReport){
                               .job = WORKER_ATTEMPT,
                               .block = job->block,
                               .attempt = attempt,
                       });
}

/*
 * The state is looked at right before, for on a block that is offline this would be no barrier but
 * an onlining that nobody asked for.
 */
static int pass_barrier(Worker *worker, BlockIndex index) {
        BlockState state;
        ino_t inode;
        int r;

        r = sysfs_read_inode(worker->sysfs, index, &inode);
        if (r < 0)
                return r;
        r = sysfs_read_state(worker->sysfs, index, &state);
        if (r < 0)
                return r;
        if (state != BLOCK_ONLINE)
                return -ESTALE;

        r = sysfs_write_state(worker->sysfs, index, inode, "online");
        if (r == -EINVAL)
                return 0;
        if (r < 0)
                return r;

        /* Somebody took it offline in between, and this put it back: that is undone at once. */
        (void)sysfs_write_state(worker->sysfs, index, inode, "offline");
        return -ESTALE;
}

static Job wait_for_job(Worker *worker) {
        Job job;

        (void)pthread_mutex_lock(&worker->lock);
        while (worker->job.kind == JOB_NONE)
                (void)pthread_cond_wait(&worker->job_given, &worker->lock);
        job = worker->job;
        worker->job = (Job){};
        (void)pthread_mutex_unlock(&worker->lock);
        return job;
}

static void *worker_main(void *userdata) {
        Worker *worker = userdata;

        for (;;) {
                Job job = wait_for_job(worker);

                if (job.kind == JOB_END)
                        return NULL;
                if (job.kind == JOB_EJECT)
                        report(worker, &(WorkerReport){
                                               .job = WORKER_EJECT,
                                               .error = sysfs_eject(worker->sysfs, job.device),
                                       });
                else if (job.kind != JOB_BARRIER)
                        make_attempt(worker, &job);
                else
                        report(worker, &(WorkerReport){
                                               .job = WORKER_BARRIER,
                                               .block = job.block,
                                               .error = pass_barrier(worker, job.block),
                                       });
        }
}

/* In the main loop */

/* In the thread: see offline_fd. */
static void on_cancel_signal(int signal, siginfo_t *info, void *context) {
        const Worker *worker = info->si_value.sival_ptr;
        int saved_errno = errno;

        (void)signal;
        (void)context;
        if (info->si_code == SI_QUEUE && info->si_pid == getpid() && worker->offline_fd >= 0)
                (void)dup3(worker->closed_fd, worker->offline_fd, O_CLOEXEC);
        errno = saved_errno;
}

/* The thread takes no signal but the one that cancels: all others are the main loop's. */
static int start_thread(Worker *worker) {
        const struct sigaction action = { .sa_sigaction = on_cancel_signal,
                                          .sa_flags = SA_SIGINFO };
        pthread_attr_t attributes;
        sigset_t all, before;
        int r;

        if (sigaction(CANCEL_SIGNAL, &action, NULL) < 0)
                return -errno;

        (void)sigfillset(&all);
        (void)sigdelset(&all, CANCEL_SIGNAL);
        (void)pthread_attr_init(&attributes);
        (void)pthread_attr_setstacksize(&attributes, 64 * 1024);
        (void)pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&worker->thread, &attributes, worker_main, worker);
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
        (void)pthread_attr_destroy(&attributes);

        worker->started = r == 0;
        return -r;
}

int worker_new(Sysfs *sysfs, Worker **ret) {
        _cleanup_(worker_freep) Worker *worker = NULL;
        int r;

        worker = calloc(1, sizeof(Worker));
        if (!worker)
                return -ENOMEM;

        worker->sysfs = sysfs;
        worker->report_fds[0] = worker->report_fds[1] = worker->closed_fd = -EBADF;
        worker->offline_fd = -EBADF;
        worker->report_fds[0] = worker->report_fds[1] = -EBADF;
        worker->block.state_fd = worker->block.zones_fd = -EBADF;
        (void)pthread_mutex_init(&worker->lock, NULL);
        (void)pthread_cond_init(&worker->job_given, NULL);

        /* Only the reader mustn't wait. */
        if (pipe2(worker->report_fds, O_CLOEXEC) < 0)
                return -errno;
        if (fcntl(worker->report_fds[0], F_SETFL, O_NONBLOCK) < 0)
                return -errno;

        worker->closed_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        if (worker->closed_fd < 0)
                return -errno;

        r = start_thread(worker);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(worker);
        return 0;
}

static void give_job(Worker *worker, Job job) {
        (void)pthread_mutex_lock(&worker->lock);
        worker->job = job;
        (void)pthread_cond_signal(&worker->job_given);
        (void)pthread_mutex_unlock(&worker->lock);
}

Worker *worker_free(Worker *worker) {
        if (!worker)
                return NULL;

        if (worker->started) {
                give_job(worker, (Job){ .kind = JOB_END });
                (void)pthread_join(worker->thread, NULL);
        }
        closep(&worker->report_fds[0]);
        closep(&worker->report_fds[1]);
        closep(&worker->closed_fd);
        (void)pthread_cond_destroy(&worker->job_given);
        (void)pthread_mutex_destroy(&worker->lock);
        free(worker);
        return NULL;
}

int worker_fd(const Worker *worker) {
        return worker->report_fds[0];
}

int worker_read(Worker *worker, WorkerReport *ret) {
        ssize_t n = read(worker->report_fds[0], ret, sizeof(*ret));

        return n == (ssize_t)sizeof(*ret);
}

void worker_start_attempt(Worker *worker, BlockIndex block, ino_t inode, Online online, bool move) {
        give_job(worker, (Job){
                                 .kind = move ? JOB_MOVE : JOB_ONLINE,
                                 .block = block,
                                 .inode = inode,
                                 .online = online,
                         });
}

void worker_start_offline(Worker *worker, BlockIndex block, ino_t inode) {
        give_job(worker, (Job){ .kind = JOB_OFFLINE, .block = block, .inode = inode });
}

void worker_start_eject(Worker *worker, const char *device) {
        Job job = { .kind = JOB_EJECT };

        (void)snprintf(job.device, sizeof(job.device), "%s", device);
        give_job(worker, job);
}

void worker_start_barrier(Worker *worker, BlockIndex online_block) {
        give_job(worker, (Job){ .kind = JOB_BARRIER, .block = online_block });
}

void worker_interrupt(Worker *worker) {
        (void)pthread_sigqueue(worker->thread, CANCEL_SIGNAL,
                               (union sigval){ .sival_ptr = worker });
}
