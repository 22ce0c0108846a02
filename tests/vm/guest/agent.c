/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Runs what the host asks for over the second serial line: in each guest. A shell could do it, too,
 * but under emulation each process that it starts costs tens of milliseconds.
 *
 *   host: + BASE64        a piece of the request; the answer is "+". A tty holds but 4 KiB that
 *                         nobody has read yet, so the host waits for it before the next piece.
 *   host: ! SEQ           run the request, a shell script; the answer is
 *                           = SEQ EXITCODE ENCODING     ENCODING: plain or gzip
 *                           BASE64 ...                  what it wrote
 *                           .
 * A line of its own says "ready" when the agent has begun.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define HOME_DIR "/run/vm-agent"
#define REQUEST HOME_DIR "/request"
#define OUTPUT HOME_DIR "/output"
#define PACKED HOME_DIR "/output.gz"

/* Longer output is worth packing: the line is slow. */
enum { PACK_FROM = 4096, LINE_BYTES = 768 };

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static FILE *line_in, *line_out;

/* Tests fill the memory on purpose; what they run for that is fair game, and the agent isn't. */
static void set_oom_score(const char *score) {
        int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

        if (fd < 0 || write(fd, score, strlen(score)) < 0)
                warn("oom_score_adj");
        close(fd);
}

static void open_line(void) {
        struct termios settings;
        int fd = open("/dev/ttyS1", O_RDWR | O_NOCTTY | O_CLOEXEC);

        if (fd < 0 || tcgetattr(fd, &settings) < 0)
                err(1, "/dev/ttyS1");
        cfmakeraw(&settings);
        settings.c_cflag |= CLOCAL;
        if (tcsetattr(fd, TCSANOW, &settings) < 0)
                err(1, "/dev/ttyS1");

        line_in = fdopen(fd, "r");
        line_out = fdopen(fcntl(fd, F_DUPFD_CLOEXEC, 0), "w");
        if (!line_in || !line_out)
                err(1, "/dev/ttyS1");
}

/* Writes what the text means to the file. The host never breaks a group of four. */
static void decode(const char *text, FILE *file) {
        for (; strlen(text) >= 4; text += 4) {
                unsigned long bits = 0;

                for (int i = 0; i < 4; i++) {
                        const char *digit = strchr(digits, text[i]);

                        bits = bits << 6 | (digit ? (unsigned long)(digit - digits) : 0);
                }
                fputc(bits >> 16 & 0xff, file);
                if (text[2] != '=')
                        fputc(bits >> 8 & 0xff, file);
                if (text[3] != '=')
                        fputc(bits & 0xff, file);
        }
}

static void encode(FILE *file) {
        unsigned char bytes[LINE_BYTES];
        size_t n;

        while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0) {
                for (size_t i = 0; i < n; i += 3) {
                        unsigned long bits = (unsigned long)bytes[i] << 16 |
                                             (i + 1 < n ? bytes[i + 1] << 8 : 0) |
                                             (i + 2 < n ? bytes[i + 2] : 0);

                        fputc(digits[bits >> 18 & 63], line_out);
                        fputc(digits[bits >> 12 & 63], line_out);
                        fputc(i + 1 < n ? digits[bits >> 6 & 63] : '=', line_out);
                        fputc(i + 2 < n ? digits[bits & 63] : '=', line_out);
                }
                fputc('\n', line_out);
        }
}

/* Answers the exit code as a shell would. */
static int run(char *const arguments[], const char *output) {
        int status;
        pid_t pid = fork();

        if (pid == 0) {
                int in = open("/dev/null", O_RDONLY),
                    out = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0644);

                if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 ||
                    chdir("/") < 0)
                        _exit(126);
                close(in);
                close(out);
                set_oom_score("0");
                execvp(arguments[0], arguments);
                _exit(127);
        }
        if (pid < 0 || waitpid(pid, &status, 0) < 0)
                return 125;
        return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void answer(const char *sequence, int code) {
        static char *pack[] = { "gzip", "-1", "-c", OUTPUT, NULL };
        const char *encoding = "plain", *path = OUTPUT;
        struct stat st;
        FILE *file;

        if (stat(OUTPUT, &st) >= 0 && st.st_size >= PACK_FROM && run(pack, PACKED) == 0) {
                encoding = "gzip";
                path = PACKED;
        }

        fprintf(line_out, "= %s %d %s\n", sequence, code, encoding);
        file = fopen(path, "re");
        if (file) {
                encode(file);
                fclose(file);
        }
        fputs(".\n", line_out);
}

static void serve(void) {
        static char *script[] = { "sh", REQUEST, NULL };
        char *text = NULL;
        size_t size = 0;
        FILE *request = fopen(REQUEST, "we");

        while (request && getline(&text, &size, line_in) > 0) {
                text[strcspn(text, "\r\n")] = 0;
                if (strncmp(text, "+ ", 2) == 0) {
                        decode(text + 2, request);
                        fputs("+\n", line_out);
                } else if (strncmp(text, "! ", 2) == 0) {
                        fclose(request);
                        answer(text + 2, run(script, OUTPUT));
                        request = fopen(REQUEST, "we");
                }
                fflush(line_out);
        }
}

int main(void) {
        (void)setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
        (void)setenv("HOME", "/root", 1);
        (void)setenv("TERM", "dumb", 1);
        (void)setenv("LC_ALL", "C", 1);
        (void)mkdir(HOME_DIR, 0755);
        set_oom_score("-1000");
        open_line();
        fputs("ready\n", line_out);
        fflush(line_out);
        serve();
        return 1;
}
