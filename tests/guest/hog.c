/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hog SPARE_KIB PIDFILE TIMES: fills the memory until no more than SPARE_KIB of it is available, and
 * exits once that is done. A child stays, with its pid in PIDFILE, and keeps it until it ends. When
 * memory is plugged, it leaves in TIMES how long after the first block's "add" the first "online"
 * came, in microseconds.
 *
 * Without swap nothing of this can be taken from it, but by the OOM killer, for which it is the first.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK_BYTES = 1 << 20, KERNEL_GROUP = 1 };

static void write_file(const char *path, const char *text) {
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

        if (fd < 0 || write(fd, text, strlen(text)) < 0 || close(fd) < 0)
                err(1, "%s", path);
}

static long available_kib(void) {
        static int fd = -1;
        char text[4096], *found;
        ssize_t n;

        if (fd < 0)
                fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
        n = pread(fd, text, sizeof(text) - 1, 0);
        if (n <= 0)
                err(1, "/proc/meminfo");
        text[n] = 0;
        found = strstr(text, "MemAvailable:");
        if (!found)
                errx(1, "no MemAvailable");

        return strtol(found + strlen("MemAvailable:"), NULL, 10);
}

static void fill(long spare_kib) {
        while (available_kib() > spare_kib) {
                void *chunk = mmap(NULL, CHUNK_BYTES, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

                if (chunk == MAP_FAILED)
                        err(1, "mmap");
                memset(chunk, 1, CHUNK_BYTES);
        }
}

static int listen_for_uevents(void) {
        struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = KERNEL_GROUP };
        int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

        if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
                err(1, "netlink");
        return fd;
}

/* When a block's event of that kind comes, in microseconds. */
static long long wait_for_uevent(int fd, const char *header) {
        struct timespec now;
        char text[4096];
        ssize_t n;

        do {
                n = recv(fd, text, sizeof(text) - 1, 0);
                text[n > 0 ? n : 0] = 0;
        } while (strncmp(text, header, strlen(header)) != 0);

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

__attribute__((__noreturn__)) static void hog(long spare_kib, const char *pid_file,
                                              const char *times, int done) {
        int fd = listen_for_uevents();
        long long add, online;
        char text[64];

        (void)setsid();
        write_file("/proc/self/oom_score_adj", "1000");
        (void)snprintf(text, sizeof(text), "%d\n", (int)getpid());
        write_file(pid_file, text);
        if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
                err(1, "mlockall");
        fill(spare_kib);
        if (write(done, "", 1) != 1)
                err(1, "write");

        add = wait_for_uevent(fd, "add@/devices/system/memory/memory");
        online = wait_for_uevent(fd, "online@/devices/system/memory/memory");
        (void)snprintf(text, sizeof(text), "%lld\n", online - add);
        write_file(times, text);
        for (;;)
                pause();
}

int main(int argc, char **argv) {
        int done[2];
        char c;

        if (argc != 4)
                errx(2, "usage: hog SPARE_KIB PIDFILE TIMES");
        if (pipe(done) < 0)
                err(1, "pipe");

        switch (fork()) {
        case -1:
                err(1, "fork");
        case 0:
                hog(strtol(argv[1], NULL, 10), argv[2], argv[3], done[1]);
        default:
                /* Without a byte the child has failed, and said why, or was killed. */
                (void)close(done[1]);
                return read(done[0], &c, 1) == 1 ? 0 : 1;
        }
}
