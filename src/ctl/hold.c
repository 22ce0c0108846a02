/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl hold: has memplugd leave new memory alone while a command runs, or until this ends.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
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

/* So often a bus that ended is looked for. */
#define RETRY_USEC UINT64_C(500000)

typedef struct Hold {
        sd_bus *bus; /* NULL: it ended, and there is no new one yet */
        sd_event *event;
        BusDaemon daemon;
        /* The daemon that held last, as a unique name; "": none on this bus. */
        char holder[BUS_CLIENT_NAME_MAX];
        sd_bus_slot *call; /* memplugd was asked to hold; NULL: it has answered */
        /* Has the descriptor: while it is open, memplugd holds. No command inherits it. */
        sd_event_source *held;
        sd_event_source *retry; /* looks for a bus, when it ended */
        char *why;
        char **words;  /* of the command; of no words: there is none */
        sigset_t mask; /* of signals, for the command */
        bool begun;    /* it was held: from now on the command, or a signal, decides on the end */
        pid_t child;   /* 0: there is no command */
} Hold;

static void hold_done(Hold *hold) {
        (void)sd_event_source_disable_unref(hold->held);
        (void)sd_event_source_disable_unref(hold->retry);
        (void)sd_bus_slot_unref(hold->call);
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

static int start(Hold *hold);
static int watch_held(Hold *hold, sd_bus_message *reply);

/* 0 or a negative errno. */
static int begin(Hold *hold) {
        int r;

        if (hold->begun) {
                log_notice("memplugd is back, and new memory is left alone again");
                return 0;
        }

        if (hold->words[0]) {
                r = start(hold);
                if (r < 0)
                        return r;
        } else
                log_notice("new memory is left alone until this ends (Ctrl-C)");

        hold->begun = true;
        return 0;
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error) {
        const sd_bus_error *error = sd_bus_message_get_error(reply);
        Hold *hold = userdata;
        int r;

        hold->call = sd_bus_slot_unref(hold->call);
        r = error ? -sd_bus_error_get_errno(error) : watch_held(hold, reply);
        if (!error && r >= 0)
                r = begin(hold);
        if (!error && r >= 0)
                return 0;

        if (!hold->begun)
                return sd_event_exit(hold->event, bus_client_tell("hold", error, r));
        /* Where there is no daemon, it was told that it ended; the bus will tell of the next one. */
        if (sd_bus_is_open(hold->bus) > 0 && !bus_client_is_no_daemon(error))
                (void)bus_client_tell("hold", error, r);
        return 0;
}

/* Asks memplugd to hold. 0 or a negative errno. */
static int ask(Hold *hold) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r;

        r = bus_client_new_call(hold->bus, BUS_METHOD_HOLD, &call);
        if (r >= 0)
                r = sd_bus_message_append(call, BUS_SIGNATURE_HOLD, hold->why);
        if (r >= 0)
                r = sd_bus_call_async(hold->bus, &hold->call, call, on_reply, hold,
                                      BUS_CLIENT_PATIENCE);
        return r < 0 ? r : 0;
}

/* The daemon that has ended the hold needn't be asked: it is about to leave the bus. */
static void ask_again(Hold *hold) {
        const BusDaemon *daemon = &hold->daemon;
        int r;

        if (!hold->begun || hold->held || hold->call || !hold->bus)
                return;
        if (daemon->is_known && (!daemon->owner[0] || strcmp(daemon->owner, hold->holder) == 0))
                return;

        r = ask(hold);
        if (r < 0)
                (void)bus_client_tell("hold", NULL, r);
}

/* memplugd has closed its end, or is gone; a new one doesn't know of the hold. */
static int on_hold_ended(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Hold *hold = userdata;

        log_warning("memplugd ended, and the hold with it; it will be taken again");
        hold->held = sd_event_source_disable_unref(hold->held);
        ask_again(hold);
        return 0;
}

/* That it left the bus doesn't say that it has ended: the descriptor does. */
static void on_daemon(void *userdata, bool is_there) {
        if (is_there)
                ask_again(userdata);
}

static int watch_held(Hold *hold, sd_bus_message *reply) {
        const char *sender = sd_bus_message_get_sender(reply);
        _cleanup_close_ int own = -EBADF;
        int fd, r;

        /* The message's own ends with it. */
        r = sd_bus_message_read(reply, BUS_SIGNATURE_HOLD_REPLY, &fd);
        if (r < 0)
                return r;
        own = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        if (own < 0)
                return -errno;

        /* An error is told without being asked for. */
        r = sd_event_add_io(hold->event, &hold->held, own, /* events= */ 0, on_hold_ended, hold);
        if (r >= 0)
                r = sd_event_source_set_io_fd_own(hold->held, true);
        if (r < 0) {
                hold->held = sd_event_source_disable_unref(hold->held);
                return r;
        }

        (void)TAKE_FD(own);
        (void)snprintf(hold->holder, sizeof(hold->holder), "%s", sender ?: "");
        return 0;
}

static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *reterr_error) {
        Hold *hold = userdata;
        int r;

        /* Before it begins, the call's failure is told. */
        if (!hold->begun || sd_bus_is_open(hold->bus) > 0)
                return 0;

        hold->call = sd_bus_slot_unref(hold->call);
        log_warning(hold->held ? "the D-Bus system bus ended; the hold goes on, but were memplugd "
                                 "restarted before there is a bus again, it would end"
                               : "the D-Bus system bus ended");
        r = sd_event_source_set_time_relative(hold->retry, RETRY_USEC);
        if (r >= 0)
                r = sd_event_source_set_enabled(hold->retry, SD_EVENT_ONESHOT);
        return r;
}

/* Nothing of it waits for the bus to answer. */
static int watch_bus(Hold *hold) {
        int r;

        r = sd_bus_attach_event(hold->bus, hold->event, SD_EVENT_PRIORITY_NORMAL);
        if (r >= 0)
                r = bus_client_watch_daemon(hold->bus, &hold->daemon);
        if (r >= 0)
                r = sd_bus_match_signal_async(hold->bus, NULL, "org.freedesktop.DBus.Local",
                                              "/org/freedesktop/DBus/Local",
                                              "org.freedesktop.DBus.Local", "Disconnected",
                                              on_disconnected, /* install_callback= */ NULL, hold);
        return r;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata) {
        Hold *hold = userdata;
        int r;

        hold->holder[0] = 0;
        hold->bus = sd_bus_close_unref(hold->bus);
        r = sd_bus_open_system(&hold->bus);
        if (r >= 0)
                r = watch_bus(hold);
        if (r >= 0) {
                log_notice("the D-Bus system bus is back");
                ask_again(hold);
                return 0;
        }

        hold->bus = sd_bus_close_unref(hold->bus);
        r = sd_event_source_set_time_relative(source, RETRY_USEC);
        return r < 0 ? r : sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* What the terminal sends, it sends to the command as well; what somebody sends to us is passed on. */
static int on_signal(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata) {
        Hold *hold = userdata;

        if (!hold->begun)
                return sd_event_exit(hold->event, 128 + (int)info->ssi_signo);
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

static int start(Hold *hold) {
        pid_t child = fork();

        if (child < 0)
                return -errno;
        if (child == 0)
                run_command(hold->words, &hold->mask);

        hold->child = child;
        return sd_event_add_child(hold->event, NULL, hold->child, WEXITED, on_child, hold);
}

/* From here on signals wait for the loop: not even one that comes at once is lost. */
static int prepare(Hold *hold) {
        static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
        sigset_t mask;
        int r;

        (void)sigemptyset(&mask);
        (void)sigaddset(&mask, SIGCHLD);
        for (size_t i = 0; i < ELEMENTSOF(signals); i++)
                (void)sigaddset(&mask, signals[i]);
        if (sigprocmask(SIG_BLOCK, &mask, &hold->mask) < 0)
                return -errno;

        r = sd_event_new(&hold->event);
        if (r >= 0)
                r = sd_event_add_time(hold->event, &hold->retry, CLOCK_MONOTONIC, 0, 0, on_retry,
                                      hold);
        if (r >= 0)
                r = sd_event_source_set_enabled(hold->retry, SD_EVENT_OFF);
        if (r >= 0)
                r = watch_bus(hold);
        for (size_t i = 0; i < ELEMENTSOF(signals) && r >= 0; i++)
                r = sd_event_add_signal(hold->event, NULL, signals[i], on_signal, hold);
        return r;
}

/* Answers the exit code, or a negative errno. */
static int hold_while(Hold *hold) {
        int r;

        r = prepare(hold);
        if (r >= 0)
                r = ask(hold);
        return r < 0 ? r : sd_event_loop(hold->event);
}

int hold_run(const Options *options, int n_arguments, char **arguments) {
        _cleanup_(hold_done) Hold hold = { .words = arguments };
        int r;

        hold.why = make_why(options, n_arguments, arguments);
        if (!hold.why) {
                (void)log_error_errno(-ENOMEM, "can't hold: %m");
                return EXIT_FAILURE;
        }

        hold.daemon.changed = on_daemon;
        hold.daemon.userdata = &hold;
        r = bus_client_open(&hold.bus);
        if (r != 0)
                return r;

        r = hold_while(&hold);
        if (r < 0) {
                (void)log_error_errno(r, "can't hold: %m");
                return EXIT_FAILURE;
        }

        return r;
}
