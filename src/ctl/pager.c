/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/macro.h"
#include "ctl/output.h"

#define WORDS_MAX 16

/* Standard output is one for the whole program, and so is what it leads to. */
static pid_t pager_pid;
static bool pager_terminal;
static size_t pager_width;

/* Splits at blanks; what is beyond WORDS_MAX isn't a pager's command line. */
static size_t split(char *text, char *words[WORDS_MAX + 1]) {
        size_t n = 0;

        for (char *save, *word = strtok_r(text, " \t", &save); word && n < WORDS_MAX;
             word = strtok_r(NULL, " \t", &save))
                words[n++] = word;
        words[n] = NULL;
        return n;
}

/* Who became root by asking may do no more than what was asked for. */
static bool is_borrowed(void) {
        return geteuid() != getuid() || getenv("SUDO_UID") || getenv("PKEXEC_UID");
}

/*
 * less shows colours, ends by itself if all fits the screen, and leaves it there. Only words of
 * $PAGER may have options; it isn't given to a shell.
 */
static void run_pager(const char *command) {
        _cleanup_free_ char *text = strdup(command);
        char *words[WORDS_MAX + 1];

        (void)setenv("LESS", "FRSXMK", /* replace= */ false);
        if (is_borrowed())
                (void)setenv("LESSSECURE", "1", /* replace= */ true);
        if (text && split(text, words) > 0)
                (void)execvp(words[0], words);
}

static void run_child(int input, int report, const char *first) {
        static const char *const others[] = { "less", "more" };
        char failed = 1;

        (void)signal(SIGINT, SIG_DFL);
        (void)signal(SIGPIPE, SIG_DFL);
        if (dup2(input, STDIN_FILENO) >= 0) {
                if (first)
                        run_pager(first);
                for (size_t i = 0; i < ELEMENTSOF(others); i++)
                        run_pager(others[i]);
        }
        (void)!write(report, &failed, 1);
        _exit(EXIT_FAILURE);
}

/* The command; NULL: none of the user's own. false: the user wants none. */
static bool find_command(const char **ret) {
        const char *command = getenv("PAGER");

        /* What somebody else set decides what runs as root. */
        if (command && is_borrowed() && strcmp(command, "cat") != 0 && *command)
                command = NULL;
        if (command && (!*command || strcmp(command, "cat") == 0))
                return false;

        *ret = command;
        return true;
}

/* Whether it was started: the report's end closes by itself when a program takes over. */
static bool has_started(int report) {
        char failed;
        ssize_t n;

        do
                n = read(report, &failed, 1);
        while (n < 0 && errno == EINTR);
        return n == 0;
}

static pid_t start(const char *command, int *ret_output) {
        _cleanup_close_ int reader = -EBADF, writer = -EBADF, report = -EBADF, reporter = -EBADF;
        int text[2], result[2];
        pid_t pid;

        if (pipe2(text, O_CLOEXEC) < 0)
                return 0;
        reader = text[0];
        writer = text[1];
        if (pipe2(result, O_CLOEXEC) < 0)
                return 0;
        report = result[0];
        reporter = result[1];

        pid = fork();
        if (pid == 0)
                run_child(reader, reporter, command);
        if (pid < 0)
                return 0;

        (void)close(TAKE_FD(reporter));
        if (!has_started(report)) {
                (void)waitpid(pid, NULL, 0);
                return 0;
        }

        *ret_output = TAKE_FD(writer);
        return pid;
}

void pager_open(void) {
        _cleanup_close_ int output = -EBADF;
        bool is_terminal = output_is_terminal();
        size_t columns = output_columns();
        const char *command = NULL;
        pid_t pid;

        if (!isatty(STDOUT_FILENO) || !find_command(&command))
                return;

        pid = start(command, &output);
        if (pid <= 0)
                return;

        /* From here on the terminal's signals are the pager's; that it ended is seen by writing. */
        (void)signal(SIGINT, SIG_IGN);
        (void)signal(SIGPIPE, SIG_IGN);
        (void)dup2(output, STDOUT_FILENO);
        pager_pid = pid;
        pager_terminal = is_terminal;
        pager_width = columns;
}

bool pager_is_open(void) {
        return pager_pid > 0;
}

bool pager_has_terminal(void) {
        return pager_terminal;
}

size_t pager_columns(void) {
        return pager_width;
}

void pager_close(void) {
        if (pager_pid <= 0)
                return;

        while (waitpid(pager_pid, NULL, 0) < 0 && errno == EINTR)
                ;
        pager_pid = 0;
}
