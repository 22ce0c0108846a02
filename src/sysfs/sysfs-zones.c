/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How much memory each zone has, and which nodes have CPUs.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/io.h"
#include "sysfs/sysfs-internal.h"

/* Takes the whole lines of text[0 … n) off its front, and answers how much is left. */
static ssize_t take_lines(char *text, size_t n, Zoneinfo *zoneinfo) {
        char *line = text, *end;

        while ((end = memchr(line, '\n', n))) {
                int r;

                *end = 0;
                r = zoneinfo_add_line(zoneinfo, line);
                if (r < 0)
                        return r;
                n -= (size_t)(end + 1 - line);
                line = end + 1;
        }

        (void)memmove(text, line, n);
        return (ssize_t)n;
}

/*
 * The file is megabytes long on a machine with many CPUs, and read while memory may be short: so it
 * goes through a small buffer, and only its zones are kept.
 */
static int read_lines(int fd, Zoneinfo *zoneinfo) {
        char text[4096];
        size_t n = 0;

        for (;;) {
                ssize_t k = read(fd, text + n, sizeof(text) - n);

                if (k < 0 && errno == EINTR)
                        continue;
                if (k < 0)
                        return -errno;
                if (k == 0)
                        return n == 0 && zoneinfo->n_zones > 0 ? 0 : -EBADMSG;

                k = take_lines(text, n + (size_t)k, zoneinfo);
                if (k < 0)
                        return (int)k;
                n = (size_t)k;
                if (n == sizeof(text))
                        return -EBADMSG;
        }
}

int sysfs_read_zoneinfo(Sysfs *sysfs, Zoneinfo *zoneinfo) {
        _cleanup_close_ int fd = -EBADF;
        int r;

        zoneinfo_clear(zoneinfo);
        fd = openat(sysfs->root_fd, "proc/zoneinfo", O_RDONLY | O_CLOEXEC | O_NOCTTY);
        if (fd < 0)
                return -errno;

        r = read_lines(fd, zoneinfo);
        if (r < 0)
                zoneinfo_clear(zoneinfo);
        return r;
}

int sysfs_read_cpu_nodes(Sysfs *sysfs, RangeSet **ret) {
        char text[4096];
        int r;

        /* Without NUMA there is but node 0, which runs this. */
        if (sysfs->node_fd < 0)
                return range_set_parse("0", ret);

        r = read_attribute_at(sysfs->node_fd, "has_cpu", text, sizeof(text));
        if (r < 0)
                return r;

        return range_set_parse(text, ret);
}
