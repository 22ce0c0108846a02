/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Sends datagrams that look like the kernel's uevents to whom listens to those: each argument is a
 * field, and "--" ends a datagram.
 */
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char *argv[]) {
        struct sockaddr_nl group = { .nl_family = AF_NETLINK, .nl_groups = 1 };
        char datagram[4096];
        size_t n = 0;
        int fd;

        fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);
        if (fd < 0) {
                perror("socket");
                return EXIT_FAILURE;
        }

        for (int i = 1; i < argc; i++) {
                size_t size = strlen(argv[i]) + 1;

                if (strcmp(argv[i], "--") != 0 && n + size <= sizeof(datagram)) {
                        memcpy(datagram + n, argv[i], size);
                        n += size;
                        continue;
                }
                if (sendto(fd, datagram, n, 0, (struct sockaddr *)&group, sizeof(group)) < 0) {
                        perror("sendto");
                        return EXIT_FAILURE;
                }
                n = 0;
        }
        return EXIT_SUCCESS;
}
