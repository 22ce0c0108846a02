/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/daemon-state.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/bus-client.h"

/* It answers from its main loop, which never waits for the kernel's writes. */
#define ANSWER_USEC (UINT64_C(5) * 1000000)

typedef struct SimpleProperty {
        const char *name;
        char type;
        size_t offset;
} SimpleProperty;

static const SimpleProperty simple_table[] = {
        { BUS_PROPERTY_VERSION, 's', offsetof(DaemonState, version) },
        { BUS_PROPERTY_MODE, 's', offsetof(DaemonState, mode) },
        { BUS_PROPERTY_ACTIVE_MODE, 's', offsetof(DaemonState, active_mode) },
        { BUS_PROPERTY_MODE_REASON, 's', offsetof(DaemonState, mode_reason) },
        { BUS_PROPERTY_CONFIG, 's', offsetof(DaemonState, config) },
        { BUS_PROPERTY_CONFIG_ERRORS, 'u', offsetof(DaemonState, config_errors) },
        { BUS_PROPERTY_BUSY, 'b', offsetof(DaemonState, busy) },
        { BUS_PROPERTY_CURRENT_BLOCK, 't', offsetof(DaemonState, current_block) },
        { BUS_PROPERTY_CURRENT_SINCE, 't', offsetof(DaemonState, current_since) },
        { BUS_PROPERTY_OPEN, 'u', offsetof(DaemonState, open) },
};

static void clear_holds(DaemonState *state) {
        for (size_t i = 0; i < state->n_holds; i++)
                free(state->holds[i].why);
        free(state->holds);
        state->holds = NULL;
        state->n_holds = 0;
}

static void clear_taken_over(DaemonState *state) {
        for (size_t i = 0; i < state->n_taken_over; i++) {
                free(state->taken_over[i].name);
                free(state->taken_over[i].before);
        }
        free(state->taken_over);
        state->taken_over = NULL;
        state->n_taken_over = 0;
}

void daemon_state_done(DaemonState *state) {
        clear_holds(state);
        clear_taken_over(state);
        free(state->task.kind);
        free(state->version);
        free(state->mode);
        free(state->active_mode);
        free(state->mode_reason);
        free(state->config);
        free(state->trouble);
}

static int replace(char **text, const char *with) {
        char *copy = strdup(with);

        if (!copy)
                return -ENOMEM;

        free(*text);
        *text = copy;
        return 0;
}

static int read_simple(sd_bus_message *message, const SimpleProperty *property,
                       DaemonState *state) {
        void *place = (char *)state + property->offset;
        const char *text;
        int r;

        if (property->type != 's')
                return sd_bus_message_read_basic(message, property->type, place);

        r = sd_bus_message_read_basic(message, 's', &text);
        return r < 0 ? r : replace(place, text);
}

static int read_outcomes(sd_bus_message *message, DaemonState *state) {
        const char *word;
        uint64_t n;
        int r;

        memset(state->outcomes, 0, sizeof(state->outcomes));
        r = sd_bus_message_enter_container(message, 'a', "{st}");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_read(message, "{st}", &word, &n)) > 0) {
                Outcome outcome = outcome_from_string(word);

                /* A newer daemon may have others. */
                if (outcome >= 0)
                        state->outcomes[outcome] = n;
        }
        return r < 0 ? r : sd_bus_message_exit_container(message);
}

/* 'why' isn't the hold's yet. */
static int add_hold(DaemonState *state, DaemonHold hold, const char *why) {
        DaemonHold *holds = reallocarray(state->holds, state->n_holds + 1, sizeof(DaemonHold));

        if (!holds)
                return -ENOMEM;
        state->holds = holds;

        hold.why = strdup(why);
        if (!hold.why)
                return -ENOMEM;

        holds[state->n_holds++] = hold;
        return 0;
}

static int read_holds(sd_bus_message *message, DaemonState *state) {
        DaemonHold hold = {};
        const char *why;
        int r;

        clear_holds(state);
        r = sd_bus_message_enter_container(message, 'a', "(tuus)");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_read(message, "(tuus)", &hold.since, &hold.uid, &hold.pid,
                                        &why)) > 0) {
                r = add_hold(state, hold, why);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int add_taken_over(DaemonState *state, const char *name, const char *before) {
        DaemonSetting *all =
                reallocarray(state->taken_over, state->n_taken_over + 1, sizeof(DaemonSetting));
        DaemonSetting setting = {};
        int r;

        if (!all)
                return -ENOMEM;
        state->taken_over = all;

        r = replace(&setting.name, name);
        if (r < 0)
                return r;
        r = replace(&setting.before, before);
        if (r < 0) {
                free(setting.name);
                return r;
        }

        all[state->n_taken_over++] = setting;
        return 0;
}

static int read_taken_over(sd_bus_message *message, DaemonState *state) {
        const char *name, *before;
        int r;

        clear_taken_over(state);
        r = sd_bus_message_enter_container(message, 'a', "(ss)");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_read(message, "(ss)", &name, &before)) > 0) {
                r = add_taken_over(state, name, before);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(message);
}

static int read_task(sd_bus_message *message, DaemonState *state) {
        DaemonTask *task = &state->task;
        const char *kind;
        int r;

        r = sd_bus_message_read(message, "(stttuu)", &kind, &task->since, &task->n_blocks,
                                &task->n_done, &task->uid, &task->pid);
        return r < 0 ? r : replace(&task->kind, kind);
}

static int read_trouble(sd_bus_message *message, DaemonState *state) {
        const char *text;
        int r;

        r = sd_bus_message_read(message, "(ts)", &state->trouble_usec, &text);
        return r < 0 ? r : replace(&state->trouble, text);
}

typedef struct Property {
        const char *name, *signature;
        int (*read)(sd_bus_message *message, DaemonState *state);
} Property;

static const Property property_table[] = {
        { BUS_PROPERTY_OUTCOMES, "a{st}", read_outcomes },
        { BUS_PROPERTY_TASK, "(stttuu)", read_task },
        { BUS_PROPERTY_HOLDS, "a(tuus)", read_holds },
        { BUS_PROPERTY_TAKEN_OVER, "a(ss)", read_taken_over },
        { BUS_PROPERTY_LAST_TROUBLE, "(ts)", read_trouble },
};

/* The value, a variant, is next. */
static int read_value(sd_bus_message *message, const char *name, DaemonState *state) {
        const SimpleProperty *simple = NULL;
        const Property *property = NULL;
        char type[2] = "";
        int r;

        for (size_t i = 0; i < ELEMENTSOF(simple_table); i++)
                if (strcmp(simple_table[i].name, name) == 0)
                        simple = &simple_table[i];
        for (size_t i = 0; i < ELEMENTSOF(property_table); i++)
                if (strcmp(property_table[i].name, name) == 0)
                        property = &property_table[i];
        if (!simple && !property)
                return sd_bus_message_skip(message, "v");

        if (simple)
                type[0] = simple->type;
        r = sd_bus_message_enter_container(message, 'v', simple ? type : property->signature);
        if (r < 0)
                return r;
        r = simple ? read_simple(message, simple, state) : property->read(message, state);
        return r < 0 ? r : sd_bus_message_exit_container(message);
}

int daemon_state_read(sd_bus_message *message, DaemonState *state) {
        const char *name;
        int r;

        r = sd_bus_message_enter_container(message, 'a', "{sv}");
        if (r < 0)
                return r;

        while ((r = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
                r = sd_bus_message_read(message, "s", &name);
                if (r >= 0)
                        r = read_value(message, name, state);
                if (r >= 0)
                        r = sd_bus_message_exit_container(message);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(message);
}

int daemon_state_get(sd_bus *bus, sd_bus_error *reterr_error, DaemonState *state) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL, *reply = NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &call, BUS_NAME, BUS_PATH,
                                           "org.freedesktop.DBus.Properties", "GetAll");
        if (r >= 0)
                r = sd_bus_message_set_auto_start(call, false);
        if (r >= 0)
                r = sd_bus_message_append(call, "s", BUS_INTERFACE_MANAGER);
        if (r >= 0)
                r = sd_bus_call(bus, call, ANSWER_USEC, reterr_error, &reply);
        return r < 0 ? r : daemon_state_read(reply, state);
}

void daemon_state_ask(DaemonState *ret) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        DaemonState state = {};
        int r;

        r = sd_bus_open_system(&bus);
        if (r < 0) {
                *ret = (DaemonState){ .presence = DAEMON_NO_BUS };
                return;
        }

        r = daemon_state_get(bus, &error, &state);
        if (r >= 0)
                state.presence = DAEMON_RUNS;
        else
                state.presence = bus_client_is_no_daemon(&error) ? DAEMON_ABSENT : DAEMON_SILENT;
        *ret = state;
}
