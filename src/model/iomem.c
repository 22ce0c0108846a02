/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/iomem.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/parse.h"

/* Deeper levels aren't printed deeper: MAX_IORES_LEVEL in kernel/resource.c is 5, and 8 from 6.19. */
#define LEVEL_MAX 8

/* 16 hexadecimal digits, and the NUL. */
#define ADDRESS_TEXT_MAX 17

typedef struct Line {
        size_t level;
        uint64_t first;
        uint64_t last;
        const char *name; /* up to the line's end, not to a NUL */
        size_t name_length;
} Line;

/* The names of the resources that the current line lies below; "": none that matters. */
typedef struct Parents {
        char names[LEVEL_MAX + 1][DEVICE_NAME_MAX];
} Parents;

/* Reads an address that ends with 'end'. Answers what is behind that, or NULL. */
static const char *read_address(const char *text, char end, uint64_t *ret) {
        char digits[ADDRESS_TEXT_MAX];
        size_t n = strspn(text, "0123456789abcdef");

        if (n >= sizeof(digits) || text[n] != end)
                return NULL;

        (void)stpcpy(mempcpy(digits, text, n), "");
        return parse_hex(digits, ret) < 0 ? NULL : text + n + 1;
}

/* "  160000000-17fffffff : NAME" */
static bool read_line(const char *text, Line *ret) {
        Line line = { .level = strspn(text, " ") / 2 };

        text = read_address(text + strspn(text, " "), '-', &line.first);
        if (text)
                text = read_address(text, ' ', &line.last);
        if (!text || strncmp(text, ": ", 2) != 0 || line.first > line.last)
                return false;

        line.name = text + 2;
        line.name_length = strcspn(line.name, "\n");
        *ret = line;
        return true;
}

/* No device is called otherwise, and what is stranger could do things to a terminal. */
static bool is_device_name(const char *name, size_t length) {
        static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                      "0123456789.:_-";

        return length > 0 && length < DEVICE_NAME_MAX && strspn(name, allowed) >= length;
}

static void remember_parent(Parents *parents, const Line *line) {
        /* What was below the one before is no parent of what comes. */
        for (size_t level = line->level; level <= LEVEL_MAX; level++)
                parents->names[level][0] = 0;

        if (is_device_name(line->name, line->name_length))
                (void)stpcpy(mempcpy(parents->names[line->level], line->name, line->name_length),
                             "");
}

static bool has_name(const Line *line, const char *name) {
        return line->name_length == strlen(name) &&
               memcmp(line->name, name, line->name_length) == 0;
}

/* "dax0.0", "virtio3" */
static Source source_of_device(const char *name) {
        uint64_t number;

        if (parse_suffix(name, "virtio", &number) == 0)
                return SOURCE_VIRTIO_MEM;
        if (strncmp(name, "dax", 3) == 0 && name[3] >= '0' && name[3] <= '9')
                return SOURCE_DAX;

        return SOURCE_UNKNOWN;
}

/* SOURCE_UNKNOWN: not what a driver added. */
static Source source_of_line(const Line *line, const char *parent) {
        if (has_name(line, "System RAM (virtio_mem)"))
                return SOURCE_VIRTIO_MEM;
        if (has_name(line, "System RAM (kmem)"))
                return SOURCE_DAX;
        if (has_name(line, "System RAM"))
                return source_of_device(parent);

        return SOURCE_UNKNOWN;
}

static int add_range(Iomem *iomem, const IomemRange *range) {
        IomemRange *ranges = iomem->ranges;
        size_t n = iomem->n_ranges;

        /* A power of two is full. */
        if ((n & (n - 1)) == 0) {
                ranges = reallocarray(ranges, n ? n * 2 : 1, sizeof(IomemRange));
                if (!ranges)
                        return -ENOMEM;
                iomem->ranges = ranges;
        }

        ranges[iomem->n_ranges++] = *range;
        return 0;
}

static int take_line(Iomem *iomem, Parents *parents, const Line *line) {
        const char *parent = line->level > 0 ? parents->names[line->level - 1] : "";
        IomemRange range = {
                .first = line->first,
                .last = line->last,
                .source = source_of_line(line, parent),
        };

        remember_parent(parents, line);
        if (range.source == SOURCE_UNKNOWN)
                return 0;

        (void)strcpy(range.device, parent);
        return add_range(iomem, &range);
}

static int range_compare(const void *a, const void *b) {
        const IomemRange *x = a, *y = b;

        return x->first < y->first ? -1 : x->first > y->first;
}

int iomem_parse(const char *text, Iomem *ret) {
        _cleanup_(iomem_done) Iomem iomem = {};
        bool has_address = false;
        Parents parents = {};

        for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
                Line line;
                int r;

                if (!read_line(p, &line) || line.level > LEVEL_MAX)
                        continue;
                has_address = has_address || line.last > 0;
                r = take_line(&iomem, &parents, &line);
                if (r < 0)
                        return r;
        }
        if (iomem.n_ranges > 0)
                qsort(iomem.ranges, iomem.n_ranges, sizeof(IomemRange), range_compare);

        iomem.hidden = iomem.n_ranges > 0 && !has_address;
        *ret = iomem;
        iomem = (Iomem){};
        return 0;
}

void iomem_done(Iomem *iomem) {
        free(iomem->ranges);
        *iomem = (Iomem){};
}

const IomemRange *iomem_find(const Iomem *iomem, uint64_t first, uint64_t last) {
        size_t low = 0, high = iomem->n_ranges;

        /* They don't overlap: the one that is sought is the last that doesn't begin too late. */
        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (iomem->ranges[middle].first <= last)
                        low = middle + 1;
                else
                        high = middle;
        }

        return low > 0 && iomem->ranges[low - 1].last >= first ? &iomem->ranges[low - 1] : NULL;
}

static bool same_device(const IomemRange *a, const IomemRange *b) {
        return a == b ||
               (a->source == b->source && a->device[0] && strcmp(a->device, b->device) == 0);
}

uint64_t iomem_device_size(const Iomem *iomem, const IomemRange *range) {
        uint64_t size = 0;

        for (size_t i = 0; i < iomem->n_ranges; i++)
                if (same_device(&iomem->ranges[i], range))
                        size += iomem->ranges[i].last - iomem->ranges[i].first + 1;

        return size;
}
