/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/monitor-event.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "base/log.h"
#include "bus/names.h"
#include "model/outcome.h"

/* Its texts are the message's. */
typedef struct Event {
        const char *signal;
        uint64_t usec; /* CLOCK_REALTIME: that it was told, else that it was received */
        BlockIndex block;
        const char *word; /* action, what is wanted, outcome, or what was told */
        const char *rule, *reason, *zone;
        int number; /* errno or level */
        uint64_t duration, n_writes;
} Event;

static int read_event(sd_bus_message *message, uint64_t now, Event *ret) {
        Event event = { .signal = sd_bus_message_get_member(message), .usec = now };
        int r;

        if (!event.signal)
                return -EBADMSG;

        if (strcmp(event.signal, BUS_SIGNAL_UEVENT) == 0)
                r = sd_bus_message_read(message, BUS_SIGNATURE_UEVENT, &event.block, &event.word);
        else if (strcmp(event.signal, BUS_SIGNAL_VERDICT) == 0)
                r = sd_bus_message_read(message, BUS_SIGNATURE_VERDICT, &event.block, &event.word,
                                        &event.rule, &event.reason);
        else if (strcmp(event.signal, BUS_SIGNAL_OUTCOME) == 0)
                r = sd_bus_message_read(message, BUS_SIGNATURE_OUTCOME, &event.block, &event.word,
                                        &event.zone, &event.number, &event.duration,
                                        &event.n_writes, &event.rule);
        else if (strcmp(event.signal, BUS_SIGNAL_TOLD) == 0)
                r = sd_bus_message_read(message, BUS_SIGNATURE_TOLD, &event.usec, &event.number,
                                        &event.word);
        else
                r = -EBADMSG;
        if (r < 0)
                return r;

        *ret = event;
        return 0;
}

_printf_(1, 2) static char *make_text(const char *format, ...) {
        va_list list;
        char *text;
        int n;

        va_start(list, format);
        n = vasprintf(&text, format, list);
        va_end(list);
        return n < 0 ? NULL : text;
}

static const char *action_text(const char *action) {
        static const char *const table[][2] = {
                { "add", "added" },
                { "online", "came online" },
                { "offline", "went offline" },
                { "remove", "removed" },
        };

        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                if (strcmp(table[i][0], action) == 0)
                        return table[i][1];

        return action;
}

static bool is_failure(const char *word) {
        Outcome outcome = outcome_from_string(word);

        return outcome >= 0 && outcome != OUTCOME_DONE && outcome != OUTCOME_ALREADY &&
               outcome != OUTCOME_CANCELLED && outcome != OUTCOME_GONE;
}

static char *outcome_text(const Event *event) {
        return make_text("%s%s%s%s%s%s%s", event->word, event->zone[0] ? ", " : "", event->zone,
                         event->number > 0 ? ": " : "",
                         event->number > 0 ? strerror(event->number) : "",
                         event->rule[0] ? "; " : "", event->rule);
}

int monitor_event_to_line(sd_bus_message *message, uint64_t now, MonitorLine *ret) {
        MonitorLine line = {};
        Event event = {};
        int r;

        r = read_event(message, now, &event);
        if (r < 0)
                return r;

        line.usec = line.newest = event.usec;
        line.has_blocks = true;
        line.first = line.last = event.block;
        if (strcmp(event.signal, BUS_SIGNAL_UEVENT) == 0)
                line.text = strdup(action_text(event.word));
        else if (strcmp(event.signal, BUS_SIGNAL_VERDICT) == 0) {
                line.text = make_text("to be %s, by %s", event.word, event.rule);
                line.detail = event.reason[0] ? strdup(event.reason) : NULL;
        } else if (strcmp(event.signal, BUS_SIGNAL_OUTCOME) == 0) {
                line.text = outcome_text(&event);
                line.is_bad = is_failure(event.word);
                line.duration = event.duration;
                line.n_writes = event.n_writes;
        } else {
                line.has_blocks = false;
                line.text = make_text("memplugd: %s", event.word);
                line.is_bad = event.number <= LOG_WARNING;
        }
        if (!line.text) {
                monitor_line_done(&line);
                return -ENOMEM;
        }

        *ret = line;
        return 0;
}

static void add_outcome(json_object *object, const Event *event) {
        bool failed = event->number > 0;

        json_add(object, "outcome", json_new_text(event->word));
        json_add(object, "zone", event->zone[0] ? json_new_text(event->zone) : NULL);
        json_add(object, "errno", failed ? json_new_number((uint64_t)event->number) : NULL);
        json_add(object, "error", failed ? json_new_text(strerror(event->number)) : NULL);
        json_add(object, "duration_usec", json_new_number(event->duration));
        json_add(object, "writes", json_new_number(event->n_writes));
        json_add(object, "rule", json_new_text(event->rule));
}

int monitor_event_to_json(sd_bus_message *message, uint64_t now, json_object **ret) {
        json_object *object;
        Event event = {};
        int r;

        r = read_event(message, now, &event);
        if (r < 0)
                return r;

        object = json_new_object();
        json_add(object, "time_usec", json_new_number(event.usec));
        if (strcmp(event.signal, BUS_SIGNAL_TOLD) == 0) {
                json_add(object, "event", json_new_text("told"));
                json_add(object, "level", json_new_text(log_level_to_string(event.number)));
                json_add(object, "message", json_new_text(event.word));
        } else if (strcmp(event.signal, BUS_SIGNAL_UEVENT) == 0) {
                json_add(object, "event", json_new_text("uevent"));
                json_add(object, "block", json_new_number(event.block));
                json_add(object, "action", json_new_text(event.word));
        } else if (strcmp(event.signal, BUS_SIGNAL_VERDICT) == 0) {
                json_add(object, "event", json_new_text("verdict"));
                json_add(object, "block", json_new_number(event.block));
                json_add(object, "wanted", json_new_text(event.word));
                json_add(object, "rule", json_new_text(event.rule));
                json_add(object, "reason", event.reason[0] ? json_new_text(event.reason) : NULL);
        } else {
                json_add(object, "event", json_new_text("outcome"));
                json_add(object, "block", json_new_number(event.block));
                add_outcome(object, &event);
        }

        *ret = object;
        return 0;
}
