/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A daemon that does as it is told: takes memplugd's name on the system bus, answers and emits what
 * lines on its standard input say, and writes a line for each thing that happens to it. The tests of
 * memplugctl talk to this one.
 *
 *   answer METHOD ok|denied|NAME TEXT…     what Reload, Online, Hold, Offline, Rezone and Unplug come to
 *                                          from now on; "later": Hold is never answered, the others
 *                                          with "settle", and a task by CancelTask as well
 *   outcome BLOCK WORD ZONE ERRNO          what is answered for a block, which is "done" otherwise, or
 *                                          "cancelled" if a task is
 *   deaf                                   CancelTask ends nothing
 *   settle                                 answers the call that waits
 *   forge owner|Outcome|PropertiesChanged  somebody else sends such a signal to who called last, which
 *                                          has handled it by the time the command is done
 *   begin                                  takes the name; before it there may be "answer" and "outcome"
 *   task KIND SINCE BLOCKS DONE [PID]      the property Task, else with the pid of who called for one
 *                                          last; "-": none
 *   open N, writing BLOCK USEC, trouble USEC TEXT…, told LEVEL TEXT…, uevent BLOCK ACTION,
 *   verdict BLOCK WANTED RULE, emit BLOCK WORD ZONE ERRNO
 */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "base/macro.h"
#include "bus/names.h"

#define BLOCKS_MAX 1024
#define WORD_MAX 32
#define TEXT_MAX 256
#define LINE_MAX (TEXT_MAX * 2)

typedef struct Answer {
        char error[TEXT_MAX]; /* a D-Bus error's name; "": none; "later" */
        char text[TEXT_MAX];
} Answer;

typedef struct Result {
        char word[WORD_MAX], zone[WORD_MAX];
        int error;
} Result;

typedef struct Fake {
        sd_bus *bus;
        sd_event *event;
        Answer reload, online, hold, offline, rezone, unplug;
        Result results[BLOCKS_MAX]; /* of blocks, where they aren't to be "done" */
        sd_bus_message *waiting;    /* the call about blocks that isn't answered yet */
        char task[WORD_MAX];        /* "": none */
        uint64_t task_since, task_blocks, task_done;
        pid_t pid, other_pid;  /* of who called last for a task; 0, or who is said to have */
        char caller[TEXT_MAX]; /* who called last; "": nobody did */
        sd_event_source *held;
        uint32_t open;
        uint64_t block, since, trouble_since;
        char trouble[TEXT_MAX];
        bool has_hold;
        bool is_subscribed; /* somebody is: memplugd would send no signals otherwise */
        bool is_deaf;       /* it doesn't end a task that is cancelled */
} Fake;

_printf_(1, 2) static void say(const char *format, ...) {
        va_list list;

        va_start(list, format);
        (void)vprintf(format, list);
        va_end(list);
        (void)putchar('\n');
        assert(fflush(stdout) == 0);
}

/* 1: the call was answered with an error. */
static int refuse(const Answer *answer, sd_bus_message *call) {
        if (!answer->error[0] || strcmp(answer->error, "later") == 0)
                return 0;
        if (strcmp(answer->error, "denied") == 0)
                return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_ACCESS_DENIED, "no");

        return sd_bus_reply_method_errorf(call, answer->error, "%s", answer->text);
}

static int on_reload(sd_bus_message *call, void *userdata, sd_bus_error *reterr_error) {
        Fake *fake = userdata;
        int r;

        say("Reload");
        r = refuse(&fake->reload, call);
        return r != 0 ? r : sd_bus_reply_method_return(call, "");
}

/* Unplug names none: its device has the blocks 0 to 3. */
static bool read_block(sd_bus_message *call, uint64_t *i, uint64_t *ret) {
        if (strcmp(sd_bus_message_get_member(call), "Unplug") != 0)
                return sd_bus_message_read(call, "t", ret) > 0;

        *ret = *i;
        return ++*i <= 4;
}

static int reply_with_blocks(Fake *fake, sd_bus_message *call, const Result *otherwise) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        uint64_t block, i = 0;

        assert(sd_bus_message_rewind(call, /* complete= */ true) >= 0);
        if (strcmp(sd_bus_message_get_member(call), "Unplug") != 0)
                assert(sd_bus_message_enter_container(call, 'a', "t") >= 0);
        assert(sd_bus_message_new_method_return(call, &reply) >= 0);
        assert(sd_bus_message_open_container(reply, 'a', "(tssi)") >= 0);
        while (read_block(call, &i, &block)) {
                const Result *result = otherwise;

                assert(block < BLOCKS_MAX);
                if (fake->results[block].word[0])
                        result = &fake->results[block];
                assert(sd_bus_message_append(reply, "(tssi)", block, result->word, result->zone,
                                             result->error) >= 0);
        }
        assert(sd_bus_message_close_container(reply) >= 0);
        return sd_bus_send(fake->bus, reply, NULL);
}

/* What is "done" leaves it online, or offline. */
static int reply_done(Fake *fake, sd_bus_message *call) {
        static const Result online = { .word = "done", .zone = "movable" },
                            offline = { .word = "done" };
        const char *method = sd_bus_message_get_member(call);
        bool stays = strcmp(method, "Online") == 0 || strcmp(method, "Rezone") == 0;

        return reply_with_blocks(fake, call, stays ? &online : &offline);
}

static void say_blocks(sd_bus_message *call) {
        uint64_t block;

        printf("%s", sd_bus_message_get_member(call));
        assert(sd_bus_message_enter_container(call, 'a', "t") >= 0);
        while (sd_bus_message_read(call, "t", &block) > 0)
                printf(" %ju", (uintmax_t)block);
        assert(sd_bus_message_exit_container(call) >= 0);
}

/* Answers, or lets it wait. */
static int answer_blocks(Fake *fake, const Answer *answer, sd_bus_message *call) {
        int r;

        /* For it shows how far that is. */
        assert(fake->is_subscribed);
        (void)strcpy(fake->caller, sd_bus_message_get_sender(call));
        r = refuse(answer, call);
        if (r != 0)
                return r;
        if (!answer->error[0])
                return reply_done(fake, call);

        assert(!fake->waiting);
        fake->waiting = sd_bus_message_ref(call);
        return 1;
}

static int on_online(sd_bus_message *call, void *userdata, sd_bus_error *reterr_error) {
        Fake *fake = userdata;
        const char *zone;

        say_blocks(call);
        assert(sd_bus_message_read(call, "s", &zone) > 0);
        say(" '%s'", zone);
        return answer_blocks(fake, &fake->online, call);
}

static int answer_task(Fake *fake, const Answer *answer, sd_bus_message *call) {
        _cleanup_(sd_bus_creds_unrefp) sd_bus_creds *creds = NULL;

        assert(sd_bus_query_sender_creds(call, SD_BUS_CREDS_PID, &creds) >= 0);
        assert(sd_bus_creds_get_pid(creds, &fake->pid) >= 0);
        return answer_blocks(fake, answer, call);
}

static int on_offline(sd_bus_message *call, void *userdata, sd_bus_error *reterr_error) {
        Fake *fake = userdata;
        uint64_t timeout;
        int keep;

        say_blocks(call);
        assert(sd_bus_message_read(call, "tb", &timeout, &keep) > 0);
        say(" timeout %ju%s", (uintmax_t)timeout, keep ? " keep" : "");
        return answer_task(fake, &fake->offline, call);
}

static int on_rezone(sd_bus_message *call, void *userdata, sd_bus_error *reterr_error) {
        Fake *fake = userdata;
        const char *zone;
        uint64_t timeout;
        int force;

        say_blocks(call);
        assert(sd_bus_message_read(call, "stb", &zone, &timeout, &force) > 0);
        say(" '%s' timeout %ju%s", zone, (uintmax_t)timeout, force ? " force" : "");
        return answer_task(fake, &fake->rezone, call);
}

static int on_unplug(sd_bus_message *call, void *userdata, sd_bus_error *reterr_error) {
        Fake *fake = userdata;
        const char *device;
        uint64_t timeout;

        assert(sd_bus_message_read(call, "st", &device, &timeout) > 0);
        say("Unplug '%s' timeout %ju", device, (uintmax_t)timeout);
        return answer_task(fake, &fake->unplug, call);
}

static int on_cancel(sd_bus_message *call, void *userdata, sd_bus_error *reterr_error) {
        static const Result cancelled = { .word = "cancelled", .zone = "movable" };
        Fake *fake = userdata;

        say("CancelTask");
        if (fake->waiting && !fake->is_deaf) {
                assert(reply_with_blocks(fake, fake->waiting, &cancelled) >= 0);
                fake->waiting = sd_bus_message_unref(fake->waiting);
        }
        return sd_bus_reply_method_return(call, "");
}

static int on_hold_ended(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Fake *fake = userdata;

        say("hold ended");
        fake->held = sd_event_source_disable_unref(fake->held);
        return 0;
}

/* What memplugd takes as a reason. */
static bool is_fit(const char *why) {
        for (const unsigned char *p = (const unsigned char *)why; *p; p++)
                if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] < 0xa0))
                        return false;

        return *why && strlen(why) < BUS_WHY_MAX;
}

static int on_hold(sd_bus_message *call, void *userdata, sd_bus_error *reterr_error) {
        Fake *fake = userdata;
        _cleanup_close_ int writer = -EBADF;
        const char *why;
        int fds[2], r;

        (void)strcpy(fake->caller, sd_bus_message_get_sender(call));
        assert(sd_bus_message_read(call, "s", &why) > 0);
        say("Hold '%s'", why);
        if (!is_fit(why))
                return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_INVALID_ARGS,
                                                  "'why' must be a text of 1 to %d bytes without "
                                                  "control characters.",
                                                  BUS_WHY_MAX - 1);
        r = refuse(&fake->hold, call);
        if (r != 0)
                return r;
        if (fake->hold.error[0])
                return 1;

        assert(pipe2(fds, O_CLOEXEC) == 0);
        writer = fds[1];
        assert(!fake->held);
        assert(sd_event_add_io(fake->event, &fake->held, fds[0], /* events= */ 0, on_hold_ended,
                               fake) >= 0);
        assert(sd_event_source_set_io_fd_own(fake->held, true) >= 0);
        return sd_bus_reply_method_return(call, "h", writer);
}

static int on_subscribe(sd_bus_message *call, void *userdata, sd_bus_error *reterr_error) {
        Fake *fake = userdata;

        fake->is_subscribed = true;
        return sd_bus_reply_method_return(call, "");
}

static int get_taken_over(sd_bus *bus, const char *path, const char *interface,
                          const char *property, sd_bus_message *reply, void *userdata,
                          sd_bus_error *reterr_error) {
        return sd_bus_message_append(reply, "a(ss)", 1, "auto_online_blocks", "online");
}

static int get_outcomes(sd_bus *bus, const char *path, const char *interface, const char *property,
                        sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error) {
        return sd_bus_message_append(reply, "a{st}", 3, "done", UINT64_C(510), "busy", UINT64_C(2),
                                     "refused", UINT64_C(0));
}

static int get_holds(sd_bus *bus, const char *path, const char *interface, const char *property,
                     sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error) {
        const Fake *fake = userdata;

        if (!fake->has_hold)
                return sd_bus_message_append(reply, "a(tuus)", 0);

        return sd_bus_message_append(reply, "a(tuus)", 1, UINT64_C(1000000), 1000, 4321,
                                     "daxctl\nreconfigure");
}

static int get_task(sd_bus *bus, const char *path, const char *interface, const char *property,
                    sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error) {
        const Fake *fake = userdata;

        if (!fake->task[0])
                return sd_bus_message_append(reply, "(stttuu)", "", UINT64_C(0), UINT64_C(0),
                                             UINT64_C(0), 0, 0);

        return sd_bus_message_append(reply, "(stttuu)", fake->task, fake->task_since,
                                     fake->task_blocks, fake->task_done, 1000,
                                     (uint32_t)(fake->other_pid ?: fake->pid ?: 4321));
}

static int get_trouble(sd_bus *bus, const char *path, const char *interface, const char *property,
                       sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error) {
        Fake *fake = userdata;

        /* The last of the properties: so, all were asked for. */
        (void)strcpy(fake->caller, sd_bus_message_get_sender(sd_bus_get_current_message(bus)));
        say("GetAll");
        return sd_bus_message_append(reply, "(ts)", fake->trouble_since, fake->trouble);
}

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *property,
                    sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error) {
        static const char *const table[][2] = {
                { "Version", "0.1.0" },
                { "Mode", "auto" },
                { "ActiveMode", "uevent" },
                { "ModeReason", "the test says so" },
                { "Config", "/etc/memplugd/memplugd.conf" },
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                if (strcmp(property, table[i][0]) == 0)
                        return sd_bus_message_append(reply, "s", table[i][1]);

        return -ENOENT;
}

static int get_config_errors(sd_bus *bus, const char *path, const char *interface,
                             const char *property, sd_bus_message *reply, void *userdata,
                             sd_bus_error *reterr_error) {
        return sd_bus_message_append(reply, "u", 0);
}

static int get_busy(sd_bus *bus, const char *path, const char *interface, const char *property,
                    sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error) {
        const Fake *fake = userdata;

        return sd_bus_message_append(reply, "b", fake->open > 0);
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY("Version", "s", get_text, 0, 0),
        SD_BUS_PROPERTY("Mode", "s", get_text, 0, 0),
        SD_BUS_PROPERTY("ActiveMode", "s", get_text, 0, 0),
        SD_BUS_PROPERTY("ModeReason", "s", get_text, 0, 0),
        SD_BUS_PROPERTY("Config", "s", get_text, 0, 0),
        SD_BUS_PROPERTY("ConfigErrors", "u", get_config_errors, 0, 0),
        SD_BUS_PROPERTY("TakenOver", "a(ss)", get_taken_over, 0, 0),
        SD_BUS_PROPERTY("Busy", "b", get_busy, 0, 0),
        SD_BUS_PROPERTY("CurrentBlock", "t", NULL, offsetof(Fake, block),
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("CurrentSince", "t", NULL, offsetof(Fake, since),
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Open", "u", NULL, offsetof(Fake, open),
                        SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Outcomes", "a{st}", get_outcomes, 0, 0),
        SD_BUS_PROPERTY("Task", "(stttuu)", get_task, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
        SD_BUS_PROPERTY("Holds", "a(tuus)", get_holds, 0, 0),
        SD_BUS_PROPERTY("LastTrouble", "(ts)", get_trouble, 0, 0),
        SD_BUS_METHOD("Reload", "", "", on_reload, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Online", "ats", "a(tssi)", on_online, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Offline", "attb", "a(tssi)", on_offline, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Rezone", "atstb", "a(tssi)", on_rezone, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Unplug", "st", "a(tssi)", on_unplug, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("CancelTask", "", "", on_cancel, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Hold", "s", "h", on_hold, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("Subscribe", "", "", on_subscribe, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_SIGNAL("Uevent", "ts", 0),
        SD_BUS_SIGNAL("Verdict", "tsss", 0),
        SD_BUS_SIGNAL("Outcome", "tssitts", 0),
        SD_BUS_SIGNAL("Told", "tis", 0),
        SD_BUS_VTABLE_END,
};

static void emit(Fake *fake, const char *name, const char *types, ...) {
        va_list ap;

        assert(fake->is_subscribed);
        va_start(ap, types);
        assert(sd_bus_emit_signalv(fake->bus, BUS_PATH, BUS_INTERFACE_MANAGER, name, types, ap) >=
               0);
        va_end(ap);
}

static void emit_outcome(Fake *fake, uint64_t block, const Result *result) {
        emit(fake, "Outcome", "tssitts", block, result->word, result->zone, result->error,
             UINT64_C(12345), UINT64_C(1), "the test's rule (test.conf:3)");
}

static Answer *find_answer(Fake *fake, const char *method) {
        const struct {
                const char *method;
                Answer *answer;
        } answers[] = {
                { "Reload", &fake->reload }, { "Online", &fake->online },
                { "Hold", &fake->hold },     { "Offline", &fake->offline },
                { "Rezone", &fake->rezone }, { "Unplug", &fake->unplug },
        };

        for (size_t i = 0; i < ELEMENTSOF(answers); i++)
                if (strcmp(method, answers[i].method) == 0)
                        return answers[i].answer;
        abort();
}

/* true: this was the command. */
static bool run_answer(Fake *fake, const char *line) {
        char method[WORD_MAX], error[TEXT_MAX], text[TEXT_MAX] = "";
        Answer *answer;

        if (sscanf(line, "answer %31s %255s %255[^\n]", method, error, text) < 2)
                return false;

        answer = find_answer(fake, method);
        *answer = (Answer){};
        if (strcmp(error, "ok") != 0)
                (void)strcpy(answer->error, error);
        (void)strcpy(answer->text, text);
        return true;
}

static bool run_outcome(Fake *fake, const char *line) {
        unsigned long long block;
        Result result = {};
        bool is_emit = strncmp(line, "emit ", 5) == 0;

        if (!is_emit && strncmp(line, "outcome ", 8) != 0)
                return false;

        assert(sscanf(line, "%*s %llu %31s %31s %d", &block, result.word, result.zone,
                      &result.error) == 4);
        if (strcmp(result.zone, "-") == 0)
                result.zone[0] = 0;
        if (is_emit)
                emit_outcome(fake, block, &result);
        else {
                assert(block < BLOCKS_MAX);
                fake->results[block] = result;
        }
        return true;
}

static bool run_signal(Fake *fake, const char *line) {
        char word[WORD_MAX], text[TEXT_MAX] = "";
        unsigned long long number;
        int level;

        if (sscanf(line, "uevent %llu %31s", &number, word) == 2)
                emit(fake, "Uevent", "ts", (uint64_t)number, word);
        else if (sscanf(line, "verdict %llu %31s %255[^\n]", &number, word, text) == 3)
                emit(fake, "Verdict", "tsss", (uint64_t)number, word, text, "1G of 3G movable");
        else if (sscanf(line, "told %d %255[^\n]", &level, text) == 2)
                emit(fake, "Told", "tis", UINT64_C(1795327803123456), level, text);
        else
                return false;

        return true;
}

/* 'caller' handles what it receives in order: it has handled the signal when it answers. */
static void send_forged(sd_bus *stranger, sd_bus_message *signal, const char *caller) {
        assert(sd_bus_message_set_destination(signal, caller) >= 0);
        assert(sd_bus_send(stranger, signal, NULL) >= 0);
        assert(sd_bus_call_method(stranger, caller, "/", "org.freedesktop.DBus.Peer", "Ping", NULL,
                                  NULL, "") >= 0);
}

static bool run_forge(Fake *fake, const char *line) {
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *stranger = NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *signal = NULL;
        char what[WORD_MAX];

        if (sscanf(line, "forge %31s", what) != 1)
                return false;

        assert(sd_bus_open_system(&stranger) >= 0);
        if (strcmp(what, "owner") == 0) {
                assert(sd_bus_message_new_signal(stranger, &signal, "/org/freedesktop/DBus",
                                                 "org.freedesktop.DBus", "NameOwnerChanged") >= 0);
                assert(sd_bus_message_append(signal, "sss", BUS_NAME, ":1.1", "") >= 0);
        } else if (strcmp(what, "Outcome") == 0) {
                assert(sd_bus_message_new_signal(stranger, &signal, BUS_PATH, BUS_INTERFACE_MANAGER,
                                                 what) >= 0);
                assert(sd_bus_message_append(signal, "tssitts", UINT64_C(0), "done", "movable", 0,
                                             UINT64_C(1), UINT64_C(1), "forged") >= 0);
        } else {
                assert(sd_bus_message_new_signal(stranger, &signal, BUS_PATH,
                                                 "org.freedesktop.DBus.Properties",
                                                 "PropertiesChanged") >= 0);
                assert(sd_bus_message_append(signal, "sa{sv}as", BUS_INTERFACE_MANAGER, 2, "Open",
                                             "u", 77, "Task", "(stttuu)", "offline", UINT64_C(1),
                                             UINT64_C(4), UINT64_C(4), 0, (uint32_t)fake->pid,
                                             0) >= 0);
        }
        send_forged(stranger, signal, fake->caller);
        return true;
}

static bool run_task(Fake *fake, const char *line) {
        unsigned long long since, n_blocks, n_done;

        fake->other_pid = 0;
        if (sscanf(line, "task %31s %llu %llu %llu %d", fake->task, &since, &n_blocks, &n_done,
                   &fake->other_pid) < 4)
                return false;

        if (strcmp(fake->task, "-") == 0)
                fake->task[0] = 0;
        fake->task_since = since;
        fake->task_blocks = n_blocks;
        fake->task_done = n_done;
        return sd_bus_emit_properties_changed(fake->bus, BUS_PATH, BUS_INTERFACE_MANAGER, "Task",
                                              NULL) >= 0;
}

static bool run_property(Fake *fake, const char *line) {
        unsigned long long block, since;
        char text[TEXT_MAX] = "";
        unsigned n;

        if (sscanf(line, "open %u", &n) == 1) {
                fake->open = n;
                return sd_bus_emit_properties_changed(fake->bus, BUS_PATH, BUS_INTERFACE_MANAGER,
                                                      "Open", NULL) >= 0;
        }
        if (sscanf(line, "writing %llu %llu", &block, &since) == 2) {
                fake->block = block;
                fake->since = since;
                return sd_bus_emit_properties_changed(fake->bus, BUS_PATH, BUS_INTERFACE_MANAGER,
                                                      "CurrentBlock", "CurrentSince", NULL) >= 0;
        }
        if (sscanf(line, "trouble %llu %255[^\n]", &since, text) == 2) {
                fake->trouble_since = since;
                (void)strcpy(fake->trouble, text);
                return true;
        }
        if (strcmp(line, "held\n") == 0) {
                fake->has_hold = true;
                return true;
        }
        if (strcmp(line, "deaf\n") == 0) {
                fake->is_deaf = true;
                return true;
        }
        return false;
}

static void run_command(Fake *fake, const char *line) {
        if (run_answer(fake, line) || run_outcome(fake, line) || run_signal(fake, line) ||
            run_forge(fake, line) || run_property(fake, line) || run_task(fake, line))
                return;

        assert(strcmp(line, "settle\n") == 0);
        assert(fake->waiting);
        assert(reply_done(fake, fake->waiting) >= 0);
        fake->waiting = sd_bus_message_unref(fake->waiting);
}

/* Each byte is read for itself, so that no line waits in a buffer where the loop doesn't look. */
static bool read_line(char line[LINE_MAX]) {
        size_t n = 0;

        do {
                if (read(STDIN_FILENO, &line[n], 1) != 1)
                        return false;
                assert(n < LINE_MAX - 1);
        } while (line[n++] != '\n');
        line[n] = 0;
        return true;
}

static int on_input(sd_event_source *source, int fd, uint32_t events, void *userdata) {
        Fake *fake = userdata;
        char line[LINE_MAX];

        if (!read_line(line))
                return sd_event_exit(fake->event, 0);

        run_command(fake, line);
        say("ok");
        return 0;
}

int main(void) {
        Fake fake = { .block = UINT64_MAX };
        char line[LINE_MAX];

        assert(sd_event_new(&fake.event) >= 0);
        assert(sd_bus_open_system(&fake.bus) >= 0);
        assert(sd_bus_add_object_vtable(fake.bus, NULL, BUS_PATH, BUS_INTERFACE_MANAGER, vtable,
                                        &fake) >= 0);
        assert(sd_bus_attach_event(fake.bus, fake.event, SD_EVENT_PRIORITY_NORMAL) >= 0);
        assert(sd_event_add_io(fake.event, NULL, STDIN_FILENO, EPOLLIN, on_input, &fake) >= 0);
        while (read_line(line) && strcmp(line, "begin\n") != 0)
                run_command(&fake, line);
        assert(sd_bus_request_name(fake.bus, BUS_NAME, 0) >= 0);
        say("ready");
        assert(sd_event_loop(fake.event) >= 0);

        fake.held = sd_event_source_disable_unref(fake.held);
        fake.waiting = sd_bus_message_unref(fake.waiting);
        (void)sd_bus_flush_close_unref(fake.bus);
        (void)sd_event_unref(fake.event);
        return 0;
}
