/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * bench-watch BLOCKS SECONDS: waits until so many memory blocks have come online that were added since it
 * started, and prints, in seconds from the first "add":
 *
 *     last_add SECONDS
 *     last_online SECONDS
 *
 * It exits with 1 when that takes longer. "ready" is printed once it listens.
 */
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_SIZE (64 << 20)

static double seconds(void) {
        struct timespec now;

        (void)clock_gettime(CLOCK_MONOTONIC, &now);
        return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int listen_to_kernel(void) {
        struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
        int size = BUFFER_SIZE, fd;

        fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
        if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0 ||
            bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
                perror("bench-watch");
                exit(2);
        }
        return fd;
}

/* "ACTION@/devices/system/memory/memoryN" */
static int is_event(const char *text, const char *action) {
        static const char path[] = "@/devices/system/memory/memory";
        size_t n = strlen(action);

        return strncmp(text, action, n) == 0 && strncmp(text + n, path, strlen(path)) == 0;
}

int main(int argc, char *argv[]) {
        unsigned long n_wanted = argc == 3 ? strtoul(argv[1], NULL, 10) : 0, n_online = 0;
        double end = seconds() + (argc == 3 ? atof(argv[2]) : 0), first = 0, last_add = 0, now = 0;
        int fd = listen_to_kernel();

        (void)printf("ready\n");
        (void)fflush(stdout);
        while (n_online < n_wanted) {
                struct pollfd wait = { .fd = fd, .events = POLLIN };
                char text[8192] = "";

                now = seconds();
                if (now >= end || poll(&wait, 1, (int)((end - now) * 1000) + 1) <= 0) {
                        (void)fprintf(stderr, "bench-watch: %lu of %lu came online in time\n",
                                      n_online, n_wanted);
                        return 1;
                }
                if (recv(fd, text, sizeof(text) - 1, 0) < 0) {
                        perror("bench-watch");
                        return 2;
                }
                now = seconds();
                if (is_event(text, "add")) {
                        first = first > 0 ? first : now;
                        last_add = now;
                }
                n_online += first > 0 && is_event(text, "online");
        }

        (void)printf("last_add %.4f\nlast_online %.4f\n", last_add - first, now - first);
        return 0;
}
