/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "sysfs/sysfs-internal.h"

#define WORD "\nMemAvailable:"

/* /proc/meminfo has some 50 lines; this one is the third. */
#define TEXT_MAX 4096

int sysfs_read_available_memory(Sysfs *sysfs, uint64_t *ret) {
        char text[TEXT_MAX];
        const char *line;
        uint64_t kib;
        int r;

        r = read_attribute_at(sysfs->root_fd, "proc/meminfo", text, sizeof(text));
        if (r < 0)
                return r;

        line = strstr(text, WORD);
        if (!line || sscanf(line + strlen(WORD), "%" SCNu64 " kB", &kib) != 1 ||
            __builtin_mul_overflow(kib, UINT64_C(1024), ret))
                return -ENODATA;
        return 0;
}
