/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/output.h"

#include <fcntl.h>
#include <langinfo.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/log.h"
#include "base/parse.h"
#include "ctl/pager.h"

#define COLUMNS_DEFAULT 80

static const char *const colour_table[_COLOUR_MAX] = {
        [COLOUR_BAD] = "\033[31m",
        [COLOUR_WAITING] = "\033[33m",
        [COLOUR_KERNEL] = "\033[34m",
        [COLOUR_MOVABLE] = "\033[32m",
};

void output_open(void) {
        /* The lowest free descriptor is taken: once 0 is filled, 1 is the next to be looked at. */
        for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
                if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
                        (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

bool output_is_terminal(void) {
        const char *term = getenv("TERM");

        if (!term || strcmp(term, "dumb") == 0)
                return false;

        return isatty(STDOUT_FILENO);
}

size_t output_columns(void) {
        const char *columns = getenv("COLUMNS");
        struct winsize size;
        uint64_t number;

        if (pager_is_open())
                return pager_columns();
        if (columns && parse_u64(columns, &number) == 0 && number > 0 && number <= INT_MAX)
                return (size_t)number;
        if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
                return size.ws_col;

        return COLUMNS_DEFAULT;
}

bool output_has_colours(void) {
        const char *no_color = getenv("NO_COLOR");

        if (no_color && *no_color)
                return false;

        return pager_is_open() ? pager_has_terminal() : output_is_terminal();
}

bool output_is_utf8(void) {
        return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

const char *output_colour(Colour colour) {
        return output_has_colours() ? colour_table[colour] : "";
}

const char *output_no_colour(void) {
        return output_has_colours() ? "\033[0m" : "";
}

/*
 * What a long output failed of before its end, the stream has forgotten: one more byte behind what is
 * torn anyway tells.
 */
static int find_error(void) {
        return write(STDOUT_FILENO, "\n", 1) < 0 ? -errno : -EIO;
}

int output_finish(int status) {
        int r = ferror(stdout) ? find_error() : 0;

        errno = EIO;
        if ((fflush(stdout) != 0 || fclose(stdout) != 0) && r == 0)
                r = -errno;
        if (r == 0)
                return status;

        /* A pager that was left before the end has shown what the user wanted to see. */
        if (r == -EPIPE && pager_is_open())
                return status;
        if (r != -EPIPE)
                (void)log_error_errno(r, "can't write the output: %m");
        return EXIT_FAILURE;
}
