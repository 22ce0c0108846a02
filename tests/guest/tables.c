/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * tables NODE PIDFILE: has the kernel keep memory of its own on a node, and exits once that is done.
 * A child stays, with its pid in PIDFILE; the memory is the kernel's until it ends.
 *
 * It looks at one page in every 2 MiB of a large mapping: each takes a page table, which is the
 * kernel's, lies in a kernel zone, and can't be moved.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define N_TABLES 1024UL
#define TABLE_BYTES (2UL << 20)

/* linux/mempolicy.h isn't installed everywhere. */
enum { MODE_BIND = 2 };

static void take_tables(unsigned long node) {
        const unsigned long nodes = 1UL << node;
        const volatile char *pages;

        if (syscall(SYS_set_mempolicy, MODE_BIND, &nodes, 8 * sizeof(nodes)) < 0)
                err(1, "set_mempolicy");
        pages = mmap(NULL, N_TABLES * TABLE_BYTES, PROT_READ,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (pages == MAP_FAILED)
                err(1, "mmap");
        /* Else one huge page would do for each. */
        if (madvise((void *)pages, N_TABLES * TABLE_BYTES, MADV_NOHUGEPAGE) < 0)
                err(1, "madvise");
        for (size_t i = 0; i < N_TABLES; i++)
                (void)pages[i * TABLE_BYTES];
}

static void write_pid(const char *path, pid_t pid) {
        FILE *file = fopen(path, "we");

        if (!file || fprintf(file, "%d\n", (int)pid) < 0 || fclose(file) != 0)
                err(1, "%s", path);
}

int main(int argc, char *argv[]) {
        pid_t child;
        int ready[2];
        char byte;

        if (argc != 3)
                errx(2, "usage: tables NODE PIDFILE");
        if (pipe(ready) < 0)
                err(1, "pipe");

        child = fork();
        if (child < 0)
                err(1, "fork");
        if (child == 0) {
                (void)close(ready[0]);
                take_tables(strtoul(argv[1], NULL, 10));
                if (write(ready[1], "", 1) != 1)
                        err(1, "write");
                (void)close(ready[1]);
                (void)close(STDOUT_FILENO);
                (void)close(STDERR_FILENO);
                for (;;)
                        (void)pause();
        }

        (void)close(ready[1]);
        if (read(ready[0], &byte, 1) != 1)
                errx(1, "the tables can't be had");
        write_pid(argv[2], child);
        return 0;
}
