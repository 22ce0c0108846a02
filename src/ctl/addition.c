/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/addition.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/parse.h"
#include "ctl/format.h"

/* As many as the largest machines have; more is a slip of the pen. */
#define BLOCKS_MAX (UINT64_C(1) << 19)

/* Below that is boot memory, and the addresses of devices. */
#define HOT_PLUG_START (UINT64_C(4) << 30)
#define HOT_PLUG_ALIGNMENT (UINT64_C(1) << 30)

/* Answers -EINVAL. */
_printf_(2, 3) static int complain(const char *text, const char *format, ...) {
        _cleanup_free_ char *what = NULL, *line = NULL, *printable = NULL;
        va_list list;

        va_start(list, format);
        if (vasprintf(&what, format, list) < 0)
                what = NULL;
        va_end(list);
        if (what && asprintf(&line, "--add '%s': %s", text, what) < 0)
                line = NULL;
        if (line)
                printable = format_printable(line);

        log_error("%s", printable ?: "out of memory");
        return -EINVAL;
}

static bool can_be_plugged(Source source) {
        return source >= 0 && source != SOURCE_UNKNOWN && source != SOURCE_BOOT;
}

/* "dimm, virtio-mem, …" */
static void list_sources(char *text, size_t size) {
        size_t n = 0;

        text[0] = 0;
        for (Source source = 0; source < _SOURCE_MAX && n < size; source++)
                if (can_be_plugged(source))
                        n += (size_t)snprintf(text + n, size - n, "%s%s", n > 0 ? ", " : "",
                                              source_to_string(source));
}

static int parse_source(const char *text, const char *word, Addition *addition) {
        char sources[256];

        addition->source = source_from_string(word);
        if (can_be_plugged(addition->source))
                return 0;

        list_sources(sources, sizeof(sources));
        return complain(text, "'%s' is no source of memory that can be plugged; these are: %s",
                        word, sources);
}

static int parse_amount(const char *text, const char *word, uint64_t block_size,
                        Addition *addition) {
        char size[FORMAT_TEXT_MAX];
        int r;

        r = parse_size(word, &addition->size);
        if (r < 0)
                return complain(text, "'%s' is no size, such as 512M or 64G", word);
        if (addition->size == 0)
                return complain(text, "that is no memory at all");
        if (addition->size % block_size != 0)
                return complain(text, "%s isn't made of whole blocks, which are of %s here", word,
                                format_size(block_size, size));
        if (addition->size / block_size > BLOCKS_MAX)
                return complain(text, "that is more than %" PRIu64 " blocks", BLOCKS_MAX);

        return 0;
}

static bool has_memory(const Snapshot *snapshot, int node) {
        for (size_t i = 0; i < snapshot->n_blocks; i++)
                if (snapshot->blocks[i].node == node)
                        return true;

        return false;
}

/* A node may be without memory, and not online yet; but the kernel must have room for it. */
static int check_node(const char *text, int node, Sysfs *sysfs, const Snapshot *snapshot) {
        _cleanup_(range_set_freep) RangeSet *nodes = NULL;
        int r;

        if (!snapshot->numa)
                return node == 0 ? 0 : complain(text, "this kernel has no nodes but node 0");

        r = sysfs_read_possible_nodes(sysfs, &nodes);
        if (r == -ENOMEM)
                return log_error_errno(r, "can't read the nodes: %m");
        if (r >= 0 && !range_set_contains(nodes, (uint64_t)node))
                return complain(text, "this machine can never have node %d", node);
        if (r < 0 && !has_memory(snapshot, node))
                log_warning("nothing is known of node %d here", node);
        return 0;
}

static int parse_node(const char *text, const char *word, Addition *addition) {
        uint64_t node;

        if (parse_suffix(word, "", &node) < 0 || node > NODE_MAX)
                return complain(text, "'%s' is no number of a node", word);

        addition->node = (int)node;
        return 0;
}

int addition_parse(const char *text, Sysfs *sysfs, const Snapshot *snapshot, Addition *ret) {
        _cleanup_free_ char *copy = strdup(text);
        char *source = copy, *size, *node;
        Addition addition = { .text = text };
        int r;

        if (!copy)
                return log_error_errno(-ENOMEM, "can't read --add: %m");

        size = strchr(copy, ':');
        if (!size)
                return complain(text, "expected SOURCE:SIZE@NODE, such as dimm:64G@1");
        *size++ = 0;
        node = strchr(size, '@');
        if (node)
                *node++ = 0;

        r = parse_source(text, source, &addition);
        if (r == 0)
                r = parse_amount(text, size, snapshot->block_size, &addition);
        if (r == 0 && node)
                r = parse_node(text, node, &addition);
        if (r == 0)
                r = check_node(text, addition.node, sysfs, snapshot);
        if (r == 0)
                *ret = addition;
        return r;
}

/* -ERANGE: there is no room behind the last block. */
static int find_place(const Snapshot *snapshot, Addition *addition) {
        uint64_t size = snapshot->block_size, n = addition->size / size;
        const Block *last =
                snapshot->n_blocks > 0 ? &snapshot->blocks[snapshot->n_blocks - 1] : NULL;
        BlockIndex first = last ? last->index + 1 : 0, end = UINT64_MAX / size;

        if (!last || !last->hot_added) {
                BlockIndex blocks = HOT_PLUG_ALIGNMENT / size ?: 1;
                BlockIndex start = (HOT_PLUG_START + size - 1) / size;

                first = first > end - blocks ? end : (first + blocks - 1) / blocks * blocks;
                first = first < start ? start : first;
        }
        if (first > end || n > end - first)
                return -ERANGE;

        addition->first = first;
        addition->last = first + n - 1;
        return 0;
}

/* Only three kinds are devices; balloons and platforms have none. */
static int add_device(const Addition *addition, size_t number, Snapshot *snapshot, uint32_t *ret) {
        Device device = { .source = addition->source,
                          .size = addition->size,
                          .node = addition->node };

        *ret = 0;
        if (addition->source != SOURCE_DIMM && addition->source != SOURCE_VIRTIO_MEM &&
            addition->source != SOURCE_DAX)
                return 0;

        (void)snprintf(device.name, sizeof(device.name), "new-%zu", number);
        *ret = snapshot_add_device(snapshot, &device);
        return *ret > 0 ? 0 : -ENOMEM;
}

int addition_plug(Addition *addition, size_t number, Snapshot *snapshot) {
        Block block = { .node = (int16_t)addition->node,
                        .state = BLOCK_OFFLINE,
                        .source = addition->source,
                        .hot_added = true };
        int r;

        if (find_place(snapshot, addition) < 0)
                return complain(addition->text, "there are no addresses left behind memory%" PRIu64,
                                snapshot->blocks[snapshot->n_blocks - 1].index);

        r = add_device(addition, number, snapshot, &block.device);
        for (block.index = addition->first; r == 0 && block.index <= addition->last; block.index++)
                r = snapshot_add(snapshot, &block);
        return r;
}
