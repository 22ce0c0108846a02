/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the daemon's rounds cost on a machine with very many blocks, all online: make-tree's.
 *
 *     sweep ROOT BLOCKS
 *
 * Prints "NAME VALUE" lines: of the sweep at the start, calls of the kernel and bytes of memory a block;
 * of a burst of 8 blocks after that, all of its calls; and of 100,000 synthetic "add" events, datagrams
 * as the kernel sends them, processor time for each, calls about files that isn't the one look, and how
 * much memory grew. These go the daemon's way, from its event loop (sd-event) through the socket that
 * systemd would have passed (uevent_monitor_adopt()) to the rounds; the loop's other sources aren't there.
 */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "../unit/counting-box.h"
#include "base/log.h"
#include "uevent/uevent.h"

#define N_EVENTS 100000
#define BURST 8

static size_t memory_of(const char *what) {
        FILE *f = fopen("/proc/self/status", "re");
        size_t n = strlen(what), kib = 0;
        char line[256];

        assert(f);
        while (fgets(line, sizeof(line), f))
                if (strncmp(line, what, n) == 0)
                        kib = strtoul(line + n + 1, NULL, 10);
        (void)fclose(f);
        return kib * 1024;
}

static double processor_seconds(void) {
        struct rusage usage;

        assert(getrusage(RUSAGE_SELF, &usage) == 0);
        return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* In a process of its own, as udevadm(8) has them made. */
static pid_t send_events(int fd, size_t n_blocks, size_t n_events) {
        pid_t pid = fork();

        assert(pid >= 0);
        if (pid > 0)
                return pid;

        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (size_t i = 0; i < n_events; i++) {
                char text[512];
                size_t block = i * 17 % n_blocks;
                int n;

                n = snprintf(text, sizeof(text),
                             "add@/devices/system/memory/memory%zu%cACTION=add%c"
                             "DEVPATH=/devices/system/memory/memory%zu%cSUBSYSTEM=memory%c"
                             "SYNTH_UUID=0%cSEQNUM=%zu%c",
                             block, 0, 0, block, 0, 0, 0, i, 0);
                if (send(fd, text, (size_t)n, 0) != n)
                        _exit(1);
        }
        _exit(0);
}

/* To those who ask (--wrap), the socket is the kernel's of events. */

int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *size);
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *size);

int __wrap_getsockname(int fd, struct sockaddr *address, socklen_t *size) {
        const struct sockaddr_nl netlink = { .nl_family = AF_NETLINK, .nl_groups = 1 };

        (void)fd;
        assert(*size >= sizeof(netlink));
        (void)memcpy(address, &netlink, sizeof(netlink));
        *size = sizeof(netlink);
        return 0;
}

int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *size) {
        const int protocol = NETLINK_KOBJECT_UEVENT;

        (void)fd;
        assert(level == SOL_SOCKET && option == SO_PROTOCOL && *size == sizeof(protocol));
        (void)memcpy(value, &protocol, sizeof(protocol));
        return 0;
}

static UeventMonitor *monitor;
static size_t n_received;

/* One for each turn of the event loop: the worst that it can have. */
static int read_monitor(Uevent *ret) {
        static bool is_over;
        int r = is_over ? 0 : uevent_monitor_read(monitor, ret);

        is_over = r > 0;
        n_received += r > 0;
        return r;
}

static int on_uevents(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        (void)source;
        (void)fd;
        (void)events;
        box_run(userdata);
        return 0;
}

static void receive_events(Box *box, sd_event *event, size_t n_events) {
        n_received = 0;
        while (n_received < n_events)
                assert(sd_event_run(event, 10 * 1000 * 1000) > 0);
        assert(box->rounds.phase == PHASE_IDLE && n_received == n_events);
}

static Cost take_events(Box *box, size_t n_blocks, size_t n_events) {
        sd_event *event = NULL;
        int fds[2], status;
        Cost cost;
        pid_t pid;

        assert(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, fds) == 0);
        assert(uevent_monitor_adopt(fds[0], &monitor) == 0);
        assert(sd_event_new(&event) >= 0);
        assert(sd_event_add_io(event, NULL, uevent_monitor_fd(monitor), EPOLLIN, on_uevents, box) >=
               0);
        box->read_uevent = read_monitor;
        /* What it takes for its first turn isn't for each event. */
        assert(sd_event_run(event, 0) == 0);

        pid = send_events(fds[1], n_blocks, n_events);
        box_begin_counting();
        receive_events(box, event, n_events);
        cost = box_end_counting();
        assert(waitpid(pid, &status, 0) == pid && status == 0);

        box->read_uevent = NULL;
        sd_event_unref(event);
        monitor = uevent_monitor_free(monitor);
        (void)close(fds[1]);
        return cost;
}

static void measure_events(Box *box, size_t n_blocks) {
        double begin, end;
        size_t memory;
        Cost cost;

        /* What is paged in for them is the program's, and not for each. */
        (void)take_events(box, n_blocks, 1000);
        memory = memory_of("VmRSS:");
        begin = processor_seconds();
        cost = take_events(box, n_blocks, N_EVENTS);
        end = processor_seconds();

        printf("event_usec %.2f\n", (end - begin) / N_EVENTS * 1e6);
        printf("event_looks %.3f\n", (double)cost.n_calls / N_EVENTS);
        printf("event_writes %zu\n", cost.n_other_calls);
        printf("event_allocations %zu\n", cost.n_allocations);
        printf("events_grew_bytes %zd\n", (ssize_t)(memory_of("VmRSS:") - memory));
}

int main(int argc, char *argv[]) {
        size_t n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0, before, after;
        FakeTree tree = {};
        Cost cost;
        Box *box;

        if (n == 0 || strlen(argv[1]) >= sizeof(tree.root))
                return 2;

        log_set_level(LOG_ERR);
        (void)strcpy(tree.root, argv[1]);
        box = box_new(&tree);
        before = memory_of("VmHWM:");
        cost = box_count(box);
        after = memory_of("VmHWM:");
        printf("sweep_calls_a_block %.3f\n",
               (double)(cost.n_calls + cost.n_other_calls) / (double)n);
        printf("sweep_bytes_a_block %.1f\n", (double)(after - before) / (double)n);

        cost = box_measure(box, n + 4096, BURST);
        printf("burst_calls %zu\n", cost.n_calls);
        printf("burst_other_calls %zu\n", cost.n_other_calls);
        printf("burst_allocations %zu\n", cost.n_allocations);

        measure_events(box, n);
        box_free(box);
        return 0;
}
