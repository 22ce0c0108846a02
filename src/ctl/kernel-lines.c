/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/kernel-lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "base/parse.h"
#include "ctl/format.h"

void kernel_lines_done(KernelLines *lines) {
        for (size_t i = 0; i < lines->n; i++)
                free(lines->lines[i].text);
        lines->n = 0;
}

/* Hexadecimal, with 0x or without, up to what is no digit. */
static bool read_hex(const char *text, uint64_t *ret) {
        char digits[17] = "";
        size_t n;

        if (strncmp(text, "0x", 2) == 0)
                text += 2;
        n = strspn(text, "0123456789abcdefABCDEF");
        if (n == 0 || n >= sizeof(digits))
                return false;

        (void)memcpy(digits, text, n);
        return parse_hex(digits, ret) >= 0;
}

/* "pfn:0x10a3f5", "pfn 10a3f5". */
static bool find_page(const char *text, uint64_t *ret) {
        for (const char *p = strstr(text, "pfn"); p; p = strstr(p + 3, "pfn"))
                if ((p == text || p[-1] == ' ') && (p[3] == ' ' || p[3] == ':') &&
                    read_hex(p + 4, ret))
                        return true;

        return false;
}

static bool find_block(KernelLines *lines, const char *text, BlockIndex *ret) {
        const char *range = strstr(text, "[mem ");
        bool goes_on = lines->has_page && strncmp(text, "page dumped because: ", 21) == 0;
        uint64_t number;

        if (goes_on) {
                lines->has_page = false;
                *ret = lines->page_block;
                return true;
        }
        if (strstr(text, "offlin") && range && read_hex(range + 5, &number)) {
                *ret = number / lines->block_size;
                return true;
        }
        if (!find_page(text, &number) || number > UINT64_MAX / lines->page_size)
                return false;

        *ret = number * lines->page_size / lines->block_size;
        lines->has_page = true;
        lines->page_block = *ret;
        return true;
}

static void drop(KernelLines *lines, size_t i) {
        free(lines->lines[i].text);
        lines->n--;
        memmove(&lines->lines[i], &lines->lines[i + 1], (lines->n - i) * sizeof(KernelLine));
}

/* Of the same block: the same line, or what is one too many. */
static void make_room(KernelLines *lines, BlockIndex block, const char *text) {
        size_t n = 0, oldest = 0;

        for (size_t i = lines->n; i > 0; i--) {
                const KernelLine *line = &lines->lines[i - 1];

                if (line->block != block)
                        continue;
                if (strcmp(line->text, text) == 0) {
                        drop(lines, i - 1);
                        return;
                }
                n++;
                oldest = i - 1;
        }
        if (n == KERNEL_LINES_PER_BLOCK)
                drop(lines, oldest);
}

int kernel_lines_add(KernelLines *lines, const char *text,
                     bool (*wants)(const void *userdata, BlockIndex block), const void *userdata) {
        BlockIndex block;
        char *printable;

        if (!find_block(lines, text, &block) || !wants(userdata, block))
                return 0;

        printable = format_printable(text);
        if (!printable)
                return -ENOMEM;

        make_room(lines, block, printable);
        if (lines->n == KERNEL_LINES_MAX)
                drop(lines, 0);
        lines->lines[lines->n++] = (KernelLine){ .block = block, .text = printable };
        return 0;
}
