/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl hold: has memplugd leave new memory alone while a command runs, or until this ends.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include <systemd/sd-event.h>

#include "base/log.h"
#include "base/utf8.h"
#include "ctl/bus-client.h"
#include "ctl/verb.h"

/* What shells answer where a command isn't there, and where it can't be run. */
#define EXIT_NO_COMMAND 127
#define EXIT_CANT_RUN 126

#define DEFAULT_WHY CTL_NAME " hold"

typedef struct Hold {
        sd_bus *bus;
        sd_event *event;
        char *why;
        int fd;      /* as long as it is open, memplugd holds; no command inherits it */
        pid_t child; /* 0: there is no command */
} Hold;

static void hold_done(Hold *hold) {
        if (hold->fd >= 0)
                (void)close(hold->fd);
        (void)sd_event_unref(hold->event);
        (void)sd_bus_flush_close_unref(hold->bus);
        free(hold->why);
}

/* memplugd takes no control characters: each one becomes a blank. 'text' is UTF-8. */
static void blank_controls(char *text) {
        unsigned char *from = (unsigned char *)text, *to = from;

        for (; *from; from++)
                if (*from < ' ' || *from == 0x7f)
                        *to++ = ' ';
                else if (*from == 0xc2 && from[1] < 0xa0) {
                        /* U+0080 to U+009F */
                        *to++ = ' ';
                        from++;
                } else
                        *to++ = *from;
        *to = 0;
}

/* The command, if nothing else is given. NULL: no memory. */
static char *make_why(const Options *options, int n_words, char **words) {
        _cleanup_free_ char *text = NULL;
        const char *why = options->arguments[OPTION_WHY];
        char *command, *end;
        size_t size = 1;

        if (why || n_words == 0)
                return utf8_copy(why ?: DEFAULT_WHY, BUS_WHY_MAX - 1);

        for (int i = 0; i < n_words; i++)
                size += strlen(words[i]) + 1;
        text = end = malloc(size);
        if (!text)
                return NULL;

        *end = 0;
        for (int i = 0; i < n_words; i++)
                end = stpcpy(stpcpy(end, i > 0 ? " " : ""), words[i]);

        command = utf8_copy(text, BUS_WHY_MAX - 1);
        if (command)
                blank_controls(command);
        return command;
}

static int call_hold(Hold *hold, sd_bus_error *reterr_error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
        int fd, r;

        r = bus_client_new_call(hold->bus, BUS_METHOD_HOLD, &call);
        if (r < 0)
                return r;

        r = sd_bus_message_append(call, BUS_SIGNATURE_HOLD, hold->why);
        if (r < 0)
                return r;

        r = sd_bus_call(hold->bus, call, BUS_CLIENT_PATIENCE, reterr_error, &reply);
        if (r < 0)
                return r;

        /* The message's own ends with it. */
        r = sd_bus_message_read(reply, BUS_SIGNATURE_HOLD_REPLY, &fd);
        if (r < 0)
                return r;

        hold->fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        return hold->fd < 0 ? -errno : 0;
}

/* 0, or the exit code of what was told. */
static int take(Hold *hold) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        int r;

        r = call_hold(hold, &error);
        return r < 0 ? bus_client_tell("hold", &error, r) : 0;
}

/* The hold ended with the daemon; a new one doesn't know of it. */
static int on_daemon(sd_bus_message *message, void *userdata, sd_bus_error *reterr_error) {
        Hold *hold = userdata;

        if (hold->fd >= 0) {
                log_warning("memplugd ended, and the hold with it; it will be taken again");
                (void)close(hold->fd);
                hold->fd = -EBADF;
        }
        if (bus_client_daemon_is_back(message) && take(hold) == 0)
                log_notice("memplugd is back, and new memory is left alone again");

        return 0;
}

/* What the terminal sends, it sends to the command as well; what somebody sends to us is passed on. */
static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        Hold *hold = userdata;

        if (hold->child == 0)
                return sd_event_exit(hold->event, EXIT_SUCCESS);
        if (info->ssi_code != SI_KERNEL)
                (void)kill(hold->child, (int)info->ssi_signo);

        return 0;
}

static int on_child(sd_event_source *source, const siginfo_t *info, void *userdata) {
        Hold *hold = userdata;
        int status = info->si_status;

        return sd_event_exit(hold->event, info->si_code == CLD_EXITED ? status : 128 + status);
}

static void run_command(char **words, const sigset_t *mask) {
        (void)sigprocmask(SIG_SETMASK, mask, NULL);
        (void)execvp(words[0], words);
        (void)log_error_errno(-errno, "can't run '%s': %m", words[0]);
        _exit(errno == ENOENT ? EXIT_NO_COMMAND : EXIT_CANT_RUN);
}

static int start(Hold *hold, char **words, const sigset_t *mask) {
        hold->child = fork();
        if (hold->child < 0)
                return -errno;
        if (hold->child == 0)
                run_command(words, mask);

        return sd_event_add_child(hold->event, NULL, hold->child, WEXITED, on_child, hold);
}

/* From here on signals wait for the loop: not even one that comes at once is lost. */
static int prepare(Hold *hold, sigset_t *ret_mask) {
        static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
        sigset_t mask;
        int r;

        (void)sigemptyset(&mask);
        (void)sigaddset(&mask, SIGCHLD);
        for (size_t i = 0; i < ELEMENTSOF(signals); i++)
                (void)sigaddset(&mask, signals[i]);
        if (sigprocmask(SIG_BLOCK, &mask, ret_mask) < 0)
                return -errno;

        r = sd_event_new(&hold->event);
        if (r >= 0)
                r = sd_bus_attach_event(hold->bus, hold->event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = bus_client_watch_daemon(hold->bus, on_daemon, hold);
        for (size_t i = 0; i < ELEMENTSOF(signals) && r >= 0; i++)
                r = sd_event_add_signal(hold->event, NULL, signals[i], on_signal, hold);
        return r;
}

/* Answers the exit code, or a negative errno. */
static int hold_while(Hold *hold, int n_words, char **words) {
        sigset_t mask;
        int r;

        r = prepare(hold, &mask);
        if (r < 0)
                return r;

        r = take(hold);
        if (r != 0)
                return r;

        if (n_words > 0)
                r = start(hold, words, &mask);
        else
                log_notice("new memory is left alone until this ends (Ctrl-C)");
        if (r < 0)
                return r;

        return sd_event_loop(hold->event);
}

int hold_run(const Options *options, int n_arguments, char **arguments) {
        _cleanup_(hold_done) Hold hold = { .fd = -EBADF };
        int r;

        hold.why = make_why(options, n_arguments, arguments);
        if (!hold.why) {
                (void)log_error_errno(-ENOMEM, "can't hold: %m");
                return EXIT_FAILURE;
        }

        r = bus_client_open(&hold.bus);
        if (r != 0)
                return r;

        r = hold_while(&hold, n_arguments, arguments);
        if (r < 0) {
                (void)log_error_errno(r, "can't hold: %m");
                return EXIT_FAILURE;
        }

        return r;
}
