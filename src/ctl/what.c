/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/what.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/log.h"
#include "base/parse.h"
#include "ctl/format.h"

bool what_has(const What *what, const Block *block) {
        switch (what->kind) {
        case WHAT_DEVICE:
                return block->device == what->device;
        case WHAT_NODE:
                return block->node == what->node;
        default:
                return block->index >= what->first && block->index <= what->last;
        }
}

/* "34", or "34-41". */
static int parse_blocks(const char *text, What *ret) {
        _cleanup_free_ char *first = strdup(text);
        char *dash = first ? strchr(first, '-') : NULL;
        What what = { .kind = WHAT_BLOCKS };
        int r;

        if (!first)
                return -ENOMEM;

        if (dash)
                *dash = 0;
        r = parse_suffix(first, "", &what.first);
        if (r < 0)
                return r;

        what.last = what.first;
        if (dash)
                r = parse_suffix(dash + 1, "", &what.last);
        if (r < 0)
                return r;
        if (what.last < what.first)
                return -ERANGE;

        *ret = what;
        return 0;
}

static int parse_address(const Snapshot *snapshot, const char *text, What *ret) {
        uint64_t address;
        int r;

        if (strncmp(text, "0x", 2) != 0 || snapshot->block_size == 0)
                return -EINVAL;

        r = parse_u64(text, &address);
        if (r < 0)
                return r;

        *ret = (What){
                .kind = WHAT_ADDRESS,
                .first = address / snapshot->block_size,
                .last = address / snapshot->block_size,
        };
        return 0;
}

static int parse_node(const char *text, What *ret) {
        uint64_t node;
        int r;

        r = parse_suffix(text, "node", &node);
        if (r < 0)
                return r;
        if (node > INT_MAX)
                return -ERANGE;

        *ret = (What){ .kind = WHAT_NODE, .node = (int)node };
        return 0;
}

static int find_device(const Snapshot *snapshot, const char *name, What *ret) {
        for (Source source = 0; source < _SOURCE_MAX; source++) {
                uint32_t device = snapshot_find_device(snapshot, source, name);

                if (device > 0) {
                        *ret = (What){ .kind = WHAT_DEVICE, .device = device };
                        return 0;
                }
        }
        return -EINVAL;
}

static int read_word(const Snapshot *snapshot, const char *word, What *ret) {
        const char *blocks = strncmp(word, "memory", 6) == 0 ? word + 6 : word;
        int r;

        /* No device is named like a number, a node or a block. */
        r = find_device(snapshot, word, ret);
        if (r == -EINVAL)
                r = parse_node(word, ret);
        if (r == -EINVAL)
                r = parse_address(snapshot, word, ret);
        if (r == -EINVAL)
                r = parse_blocks(blocks, ret);
        return r;
}

static bool has_any(const Snapshot *snapshot, const What *what) {
        for (size_t i = 0; i < snapshot->n_blocks; i++)
                if (what_has(what, &snapshot->blocks[i]))
                        return true;

        return false;
}

static void tell(const Snapshot *snapshot, const char *word, int r) {
        _cleanup_free_ char *text = format_printable(word);

        if (r == -EINVAL && snapshot->sources_hidden)
                log_error(
                        "'%s' is no block, node or device, or a device that is shown to root alone",
                        text ?: "?");
        else if (r == -EINVAL)
                log_error("'%s' is no block, node or device of this machine", text ?: "?");
        else if (r == -ERANGE)
                log_error("'%s': there is no such range of blocks", text ?: "?");
        else if (r == -ENOENT)
                log_error("there is no memory block of '%s'", text ?: "?");
        else
                (void)log_error_errno(r, "can't read '%s': %m", text ?: "?");
}

int what_find(const Snapshot *snapshot, const char *word, What *ret) {
        What what = {};
        int r;

        r = read_word(snapshot, word, &what);
        if (r >= 0 && !has_any(snapshot, &what))
                r = -ENOENT;
        if (r < 0) {
                tell(snapshot, word, r);
                return r;
        }

        *ret = what;
        return 0;
}
