/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * pin NODE PIDFILE: pins memory of a node, and exits once that is done. A child stays, with its pid
 * in PIDFILE; the memory is pinned until it ends.
 *
 * Pages that vmsplice() put into a pipe can't be migrated, so the kernel tries for ever to take the
 * block offline that they are in, and holds its hotplug lock meanwhile.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { N_PAGES = 16, PAGE_BYTES = 4096 };

/* linux/mempolicy.h isn't installed everywhere. */
enum { MODE_BIND = 2 };

static void pin_pages(unsigned long node) {
        const unsigned long nodes = 1UL << node;
        struct iovec pages = { .iov_len = N_PAGES * PAGE_BYTES };
        int fds[2];

        pages.iov_base = mmap(NULL, pages.iov_len, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (pages.iov_base == MAP_FAILED)
                err(1, "mmap");
        if (syscall(SYS_mbind, pages.iov_base, pages.iov_len, MODE_BIND, &nodes, sizeof(nodes) * 8,
                    0) < 0)
                err(1, "mbind to node %lu", node);

        memset(pages.iov_base, 1, pages.iov_len);
        if (pipe(fds) < 0)
                err(1, "pipe");
        if (vmsplice(fds[1], &pages, 1, 0) != (ssize_t)pages.iov_len)
                err(1, "vmsplice");
}

static void leave_pid(const char *path) {
        FILE *file = fopen(path, "w");

        if (!file || fprintf(file, "%d\n", (int)getpid()) < 0 || fclose(file) != 0)
                err(1, "%s", path);
}

int main(int argc, char **argv) {
        int done[2];
        char c;

        if (argc != 3)
                errx(2, "usage: pin NODE PIDFILE");
        if (pipe(done) < 0)
                err(1, "pipe");

        switch (fork()) {
        case -1:
                err(1, "fork");
        case 0:
                pin_pages(strtoul(argv[1], NULL, 10));
                (void)setsid();
                leave_pid(argv[2]);
                if (write(done[1], "", 1) != 1)
                        err(1, "write");
                for (;;)
                        pause();
        default:
                /* Without a byte the child has failed, and said why. */
                (void)close(done[1]);
                return read(done[0], &c, 1) == 1 ? 0 : 1;
        }
}
