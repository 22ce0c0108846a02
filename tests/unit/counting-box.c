/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include "counting-box.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "actuate/worker.h"
#include "base/clock.h"
#include "base/log.h"
#include "daemon/rounds.h"
#include "state/history.h"
#include "sysfs/sysfs.h"

static atomic_bool counting;
static atomic_size_t n_calls, n_other_calls, n_allocations;

static void count_call(void) {
        if (counting)
                n_calls++;
}

static void count_other_call(void) {
        if (counting)
                n_other_calls++;
}

/* Memory. A sanitizer has functions of its own for that. */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER 1
#endif
#endif

#ifndef HAS_SANITIZER
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static void count_allocation(void) {
        if (counting)
                n_allocations++;
}

void *malloc(size_t size) {
        count_allocation();
        return __libc_malloc(size);
}

void *calloc(size_t n, size_t size) {
        count_allocation();
        return __libc_calloc(n, size);
}

void *realloc(void *p, size_t size) {
        count_allocation();
        return __libc_realloc(p, size);
}
#endif

/* Calls of the kernel */

int __real_openat64(int dir_fd, const char *path, int flags, ...);
int __wrap_openat64(int dir_fd, const char *path, int flags, ...);
int __real_close(int fd);
int __wrap_close(int fd);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
ssize_t __real_read(int fd, void *buffer, size_t size);
ssize_t __wrap_read(int fd, void *buffer, size_t size);
ssize_t __real_pread64(int fd, void *buffer, size_t size, off_t at);
ssize_t __wrap_pread64(int fd, void *buffer, size_t size, off_t at);
ssize_t __real_write(int fd, const void *buffer, size_t size);
ssize_t __wrap_write(int fd, const void *buffer, size_t size);
ssize_t __real_pwrite64(int fd, const void *buffer, size_t size, off_t at);
ssize_t __wrap_pwrite64(int fd, const void *buffer, size_t size, off_t at);
int __real_fstatat64(int dir_fd, const char *path, struct stat *st, int flags);
int __wrap_fstatat64(int dir_fd, const char *path, struct stat *st, int flags);
int __real_faccessat(int dir_fd, const char *path, int mode, int flags);
int __wrap_faccessat(int dir_fd, const char *path, int mode, int flags);
ssize_t __real_readlinkat(int dir_fd, const char *path, char *buffer, size_t size);
ssize_t __wrap_readlinkat(int dir_fd, const char *path, char *buffer, size_t size);
ssize_t __real_getdents64(int fd, void *buffer, size_t size);
ssize_t __wrap_getdents64(int fd, void *buffer, size_t size);
DIR *__real_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd);

int __wrap_openat64(int dir_fd, const char *path, int flags, ...) {
        unsigned mode = 0;

        if (flags & O_CREAT) {
                va_list ap;

                va_start(ap, flags);
                mode = va_arg(ap, unsigned);
                va_end(ap);
        }
        count_call();
        return __real_openat64(dir_fd, path, flags, mode);
}

int __wrap_close(int fd) {
        count_call();
        return __real_close(fd);
}

/* That is close_range(2). */
long __wrap_syscall(long number, ...) {
        unsigned first, last;
        va_list ap;

        va_start(ap, number);
        first = va_arg(ap, unsigned);
        last = va_arg(ap, unsigned);
        va_end(ap);
        count_call();
        return __real_syscall(number, first, last, 0);
}

/* The kernel's small files are read and written by pread() and pwrite(). */
ssize_t __wrap_read(int fd, void *buffer, size_t size) {
        count_other_call();
        return __real_read(fd, buffer, size);
}

ssize_t __wrap_pread64(int fd, void *buffer, size_t size, off_t at) {
        count_call();
        return __real_pread64(fd, buffer, size, at);
}

/* To the journal, or what stands for it: not counted. */
ssize_t __wrap_write(int fd, const void *buffer, size_t size) {
        if (fd == STDERR_FILENO)
                return (ssize_t)size;

        count_other_call();
        return __real_write(fd, buffer, size);
}

int __wrap_fstatat64(int dir_fd, const char *path, struct stat *st, int flags) {
        count_call();
        return __real_fstatat64(dir_fd, path, st, flags);
}

int __wrap_faccessat(int dir_fd, const char *path, int mode, int flags) {
        count_call();
        return __real_faccessat(dir_fd, path, mode, flags);
}

ssize_t __wrap_readlinkat(int dir_fd, const char *path, char *buffer, size_t size) {
        count_call();
        return __real_readlinkat(dir_fd, path, buffer, size);
}

ssize_t __wrap_getdents64(int fd, void *buffer, size_t size) {
        count_call();
        return __real_getdents64(fd, buffer, size);
}

/* What lists a directory with it lists all of it: nothing for a hot path. */
DIR *__wrap_fdopendir(int fd) {
        if (counting)
                n_calls += 1000;
        return __real_fdopendir(fd);
}

/* As the kernel answers a write to memoryN/state, whose file and neighbour say so from then on. */

static void replace(int dir_fd, const char *name, const char *text) {
        int fd = __real_openat64(dir_fd, name, O_WRONLY | O_TRUNC | O_CLOEXEC);

        assert(fd >= 0);
        assert(__real_write(fd, text, strlen(text)) == (ssize_t)strlen(text));
        (void)__real_close(fd);
}

static bool is_online(int dir_fd) {
        int fd = __real_openat64(dir_fd, "state", O_RDONLY | O_CLOEXEC);
        char state[16] = "";

        assert(fd >= 0);
        assert(__real_read(fd, state, sizeof(state) - 1) > 0);
        (void)__real_close(fd);
        return strcmp(state, "online\n") == 0;
}

ssize_t __wrap_pwrite64(int fd, const void *buffer, size_t size, off_t at) {
        char link[64], path[PATH_MAX] = "";
        bool refuses;
        int dir_fd;

        (void)at;
        count_call();
        (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
        assert(__real_readlinkat(AT_FDCWD, link, path, sizeof(path) - 1) > 0);
        *strrchr(path, '/') = 0;
        dir_fd = __real_openat64(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert(dir_fd >= 0);

        refuses = is_online(dir_fd);
        if (!refuses) {
                replace(dir_fd, "state", "online\n");
                replace(dir_fd, "valid_zones",
                        size == strlen("online_movable") ? "Movable\n" : "Normal\n");
        }
        (void)__real_close(dir_fd);
        errno = EINVAL;
        return refuses ? -1 : (ssize_t)size;
}

/* A machine with a memplugd's rounds */

static int op_read_block(void *userdata, BlockIndex index, Block *ret) {
        return sysfs_read_block(((Box *)userdata)->sysfs, index, ret);
}

static int op_read_all(void *userdata, Snapshot *ret) {
        return sysfs_read_all(((Box *)userdata)->sysfs, ret);
}

static int op_read_devices(void *userdata, Snapshot *snapshot) {
        return sysfs_read_devices(((Box *)userdata)->sysfs, snapshot);
}

static int op_read_cpu_nodes(void *userdata, RangeSet **ret) {
        return sysfs_read_cpu_nodes(((Box *)userdata)->sysfs, ret);
}

static int op_read_zoneinfo(void *userdata, Zoneinfo *zoneinfo) {
        return sysfs_read_zoneinfo(((Box *)userdata)->sysfs, zoneinfo);
}

static int op_read_inode(void *userdata, BlockIndex index, ino_t *ret) {
        return sysfs_read_inode(((Box *)userdata)->sysfs, index, ret);
}

static int op_read_uevent(void *userdata, Uevent *ret) {
        Box *box = userdata;

        if (box->read_uevent)
                return box->read_uevent(ret);
        if (box->next == box->n_queue)
                return 0;
        *ret = box->queue[box->next++];
        return 1;
}

static Online op_kernel_policy(void *userdata) {
        (void)userdata;
        return ONLINE_LEAVE;
}

static uint64_t op_available_memory(void *userdata) {
        (void)userdata;
        return UINT64_MAX;
}

static bool op_start_barrier(void *userdata) {
        Box *box = userdata;
        BlockIndex online_block;

        assert(sysfs_find_block_in_state(box->sysfs, BLOCK_ONLINE, &online_block) == 0);
        worker_start_barrier(box->worker, online_block);
        return true;
}

static void op_start_attempt(void *userdata, const WorkItem *item, Online online, bool move) {
        Box *box = userdata;

        worker_start_attempt(box->worker, item->verdict.block, item->inode, online, move);
}

static bool op_wait_for_links(void *userdata) {
        (void)userdata;
        return false; /* all blocks are linked */
}

static uint64_t op_now(void *userdata) {
        (void)userdata;
        return clock_usec(CLOCK_MONOTONIC);
}

static void op_on_record(void *userdata, const Record *record) {
        Box *box = userdata;

        records_add(box->records, record);
        box->n_done += record->kind == RECORD_SETTLED && record->outcome == OUTCOME_DONE;
        if (box->n_done == box->n_wanted)
                counting = false;
}

static const RoundsOps ops = {
        .read_block = op_read_block,
        .read_all = op_read_all,
        .read_devices = op_read_devices,
        .read_cpu_nodes = op_read_cpu_nodes,
        .read_zoneinfo = op_read_zoneinfo,
        .read_inode = op_read_inode,
        .read_uevent = op_read_uevent,
        .kernel_policy = op_kernel_policy,
        .available_memory = op_available_memory,
        .start_barrier = op_start_barrier,
        .start_attempt = op_start_attempt,
        .wait_for_links = op_wait_for_links,
        .now = op_now,
        .on_record = op_on_record,
};

void box_send(Box *box, UeventAction action, BlockIndex block) {
        assert(box->n_queue < QUEUE_MAX);
        box->queue[box->n_queue++] = (Uevent){ action, block };
}

void box_run(Box *box) {
        rounds_step(&box->rounds);
        while (box->rounds.phase != PHASE_IDLE) {
                struct pollfd fd = { .fd = worker_fd(box->worker), .events = POLLIN };
                WorkerReport report;

                assert(poll(&fd, 1, -1) == 1);
                assert(worker_read(box->worker, &report) == 1);
                if (report.job == WORKER_BARRIER)
                        rounds_on_barrier(&box->rounds, report.error);
                else {
                        box_send(box, UEVENT_ONLINE, report.block);
                        rounds_on_attempt(&box->rounds, report.block, &report.attempt);
                }
        }
}

Box *box_new(FakeTree *tree) {
        Box *box = calloc(1, sizeof(Box));
        char run_path[128];

        assert(box);
        box->tree = tree;
        fake_file(box->tree, "run/made", "");
        (void)snprintf(run_path, sizeof(run_path), "%s/run", box->tree->root);
        box->run_fd = open(run_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert(box->run_fd >= 0);

        bool damaged;
        assert(sysfs_open(box->tree->root, &box->sysfs) == 0);
        assert(worker_new(box->sysfs, &box->worker) == 0);
        assert(records_open(box->run_fd, &box->records) == 0);
        assert(block_table_open(box->run_fd, "blocks", "boot", &box->table, &damaged) == 0);
        box->policy = policy_new_default();
        assert(box->policy);
        rounds_init(&box->rounds, &ops, box, UINT64_C(128) << 20, box->table);
        rounds_set_policy(&box->rounds, box->policy);
        return box;
}

void box_free(Box *box) {
        rounds_done(&box->rounds);
        policy_unref(box->policy);
        block_table_free(box->table);
        log_file_close(box->records);
        worker_free(box->worker);
        sysfs_close(box->sysfs);
        (void)close(box->run_fd);
        free(box);
}

void box_plug(Box *box, BlockIndex first, size_t n) {
        char name[32];

        (void)snprintf(name, sizeof(name), "PNP0C80:%02" PRIx64, first);
        fake_blocks(box->tree, first, first + n - 1, "offline", "Normal Movable", 1);
        fake_dimm(box->tree, name, first, first + n - 1);
        for (size_t i = 0; i < n; i++)
                box_send(box, UEVENT_ADD, first + i);
}

void box_begin_counting(void) {
        n_calls = n_other_calls = n_allocations = 0;
        counting = true;
}

Cost box_end_counting(void) {
        counting = false;
        return (Cost){ n_calls, n_other_calls, n_allocations };
}

Cost box_count(Box *box) {
        box_begin_counting();
        box_run(box);
        return box_end_counting();
}

Cost box_measure(Box *box, BlockIndex first, size_t n) {
        size_t n_done = box->n_done;
        Cost cost;

        box_plug(box, first, n);
        box->n_wanted = n_done + n;
        cost = box_count(box);
        assert(box->n_done == n_done + n);
        return cost;
}
