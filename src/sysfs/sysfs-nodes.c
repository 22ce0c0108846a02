/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>

#include "base/io.h"
#include "sysfs/sysfs-internal.h"

/* The kernel writes at most a page. */
#define TEXT_MAX 4097

int sysfs_read_possible_nodes(Sysfs *sysfs, RangeSet **ret) {
        char text[TEXT_MAX];
        int r;

        if (sysfs->node_fd < 0)
                return -ENOENT;

        r = read_attribute_at(sysfs->node_fd, "possible", text, sizeof(text));
        if (r < 0)
                return r;

        r = range_set_parse(text, ret);
        return r == -ENOMEM || r >= 0 ? r : -EBADMSG;
}
