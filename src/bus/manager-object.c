/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interface org.memplug1.Manager: its vtable, what its properties say, and its methods up to the
 * question whether the caller may.
 */
#include <errno.h>
#include <string.h>

#include "bus/errors.h"
#include "bus/server-internal.h"

/* Properties */

static int append_mode(const BusState *state, sd_bus_message *reply) {
        return sd_bus_message_append(reply, "s", mode_to_string(state->mode));
}

static int append_active_mode(const BusState *state, sd_bus_message *reply) {
        return sd_bus_message_append(reply, "s", mode_to_string(state->active));
}

static int append_mode_reason(const BusState *state, sd_bus_message *reply) {
        return sd_bus_message_append(reply, "s", state->mode_reason);
}

static int append_config(const BusState *state, sd_bus_message *reply) {
        return sd_bus_message_append(reply, "s", state->config);
}

static int append_config_errors(const BusState *state, sd_bus_message *reply) {
        return sd_bus_message_append(reply, "u", state->n_config_errors);
}

static int append_taken_over(const BusState *state, sd_bus_message *reply) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(ss)");
        for (Setting setting = 0; setting < _SETTING_MAX && r >= 0; setting++)
                if (state->taken_over.of[setting][0])
                        r = sd_bus_message_append(reply, "(ss)", setting_to_string(setting),
                                                  state->taken_over.of[setting]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_busy(const BusState *state, sd_bus_message *reply) {
        return sd_bus_message_append(reply, "b", (int)state->is_busy);
}

static int append_current_block(const BusState *state, sd_bus_message *reply) {
        return sd_bus_message_append(reply, "t", state->current);
}

static int append_current_since(const BusState *state, sd_bus_message *reply) {
        return sd_bus_message_append(reply, "t", state->current_since);
}

static int append_open(const BusState *state, sd_bus_message *reply) {
        return sd_bus_message_append(reply, "u", state->n_open);
}

static int append_outcomes(const BusState *state, sd_bus_message *reply) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "{st}");
        for (Outcome outcome = 0; outcome < _OUTCOME_MAX && r >= 0; outcome++)
                r = sd_bus_message_append(reply, "{st}", outcome_to_string(outcome),
                                          state->n_outcomes[outcome]);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_last_trouble(const BusState *state, sd_bus_message *reply) {
        return sd_bus_message_append(reply, "(ts)", state->trouble_usec, state->trouble);
}

/* What a property says, and which part of the state that is. */
static const struct {
        const char *name;
        int (*append)(const BusState *state, sd_bus_message *reply);
        size_t offset, size;
} properties[] = {
#define PROPERTY(name, append, member) \
        { name, append, offsetof(BusState, member), sizeof(((BusState *)NULL)->member) }
        PROPERTY(BUS_PROPERTY_MODE, append_mode, mode),
        PROPERTY(BUS_PROPERTY_ACTIVE_MODE, append_active_mode, active),
        PROPERTY(BUS_PROPERTY_MODE_REASON, append_mode_reason, mode_reason),
        PROPERTY(BUS_PROPERTY_CONFIG, append_config, config),
        PROPERTY(BUS_PROPERTY_CONFIG_ERRORS, append_config_errors, n_config_errors),
        PROPERTY(BUS_PROPERTY_TAKEN_OVER, append_taken_over, taken_over),
        PROPERTY(BUS_PROPERTY_BUSY, append_busy, is_busy),
        PROPERTY(BUS_PROPERTY_CURRENT_BLOCK, append_current_block, current),
        PROPERTY(BUS_PROPERTY_CURRENT_SINCE, append_current_since, current_since),
        PROPERTY(BUS_PROPERTY_OPEN, append_open, n_open),
        PROPERTY(BUS_PROPERTY_OUTCOMES, append_outcomes, n_outcomes),
        PROPERTY(BUS_PROPERTY_LAST_TROUBLE, append_last_trouble, trouble),
#undef PROPERTY
};

static int get_property(sd_bus *bus, const char *path, const char *interface, const char *name,
                        sd_bus_message *reply, void *userdata, sd_bus_error *reterr) {
        BusServer *server = userdata;
        BusState state = {};

        (void)bus;
        (void)path;
        (void)interface;
        (void)reterr;
        server->ops->read_state(server->userdata, &state);
        for (size_t i = 0; i < ELEMENTSOF(properties); i++)
                if (strcmp(properties[i].name, name) == 0)
                        return properties[i].append(&state, reply);
        return -ENOENT;
}

static int get_version(sd_bus *bus, const char *path, const char *interface, const char *name,
                       sd_bus_message *reply, void *userdata, sd_bus_error *reterr) {
        (void)bus;
        (void)path;
        (void)interface;
        (void)name;
        (void)userdata;
        (void)reterr;
        return sd_bus_message_append(reply, "s", MEMPLUGD_VERSION);
}

static int get_holds(sd_bus *bus, const char *path, const char *interface, const char *name,
                     sd_bus_message *reply, void *userdata, sd_bus_error *reterr) {
        (void)bus;
        (void)path;
        (void)interface;
        (void)name;
        (void)reterr;
        return holds_append(userdata, reply);
}

static int get_task(sd_bus *bus, const char *path, const char *interface, const char *name,
                    sd_bus_message *reply, void *userdata, sd_bus_error *reterr) {
        BusServer *server = userdata;
        BusState state = {};

        (void)bus;
        (void)path;
        (void)interface;
        (void)name;
        (void)reterr;
        server->ops->read_state(server->userdata, &state);
        return task_append(server, &state, reply);
}

static bool is_same_task(const BusState *a, const BusState *b) {
        return a->task == b->task && a->task_since == b->task_since &&
               a->n_task_blocks == b->n_task_blocks && a->n_task_done == b->n_task_done;
}

void manager_object_emit_changes(BusServer *server) {
        char *changed[ELEMENTSOF(properties) + 3];
        BusState now = {};
        size_t n = 0;

        server->ops->read_state(server->userdata, &now);
        for (size_t i = 0; i < ELEMENTSOF(properties); i++)
                if (memcmp((const char *)&now + properties[i].offset,
                           (const char *)&server->shown + properties[i].offset,
                           properties[i].size) != 0)
                        changed[n++] = (char *)(uintptr_t)properties[i].name;
        if (!is_same_task(&now, &server->shown))
                changed[n++] = (char *)(uintptr_t)BUS_PROPERTY_TASK;
        if (server->n_hold_changes != server->n_shown_hold_changes)
                changed[n++] = (char *)(uintptr_t)BUS_PROPERTY_HOLDS;
        changed[n] = NULL;

        server->shown = now;
        server->n_shown_hold_changes = server->n_hold_changes;
        if (n > 0 && server->sends)
                (void)sd_bus_emit_properties_changed_strv(server->bus, BUS_PATH,
                                                          BUS_INTERFACE_MANAGER, changed);
}

/* Methods */

static void reload_run(Request *request) {
        BusServer *server = request->server;
        _cleanup_free_ char *text = NULL;
        int r;

        r = server->ops->reload(server->userdata, &text);
        if (r == -ESHUTDOWN)
                request_fail(request, bus_error_to_string(OUTCOME_CANCELLED),
                             "memplugd is ending.");
        else if (r == -EINVAL)
                request_fail(request, BUS_ERROR_INVALID_CONFIG, "%s",
                             text ?: "The config has errors.");
        else if (r < 0)
                request_fail(request, BUS_ERROR_FAILED, "Failed to load the config: %s",
                             strerror(-r));
        else
                request_done(request, NULL);
}

static int method_reload(sd_bus_message *call, void *userdata, sd_bus_error *reterr) {
        Request *request = calloc(1, sizeof(Request));

        if (!request)
                return -ENOMEM;

        return request_begin(request, call, userdata, BUS_ACTION_RELOAD, reload_run, reterr);
}

/*
 * U+2028 to U+202E and U+2066 to U+2069: ends of lines and paragraphs, and what turns the direction of
 * the text around, so that it reads as another one.
 */
static bool is_layout(const unsigned char *p) {
        return p[0] == 0xe2 && ((p[1] == 0x80 && p[2] >= 0xa8 && p[2] <= 0xae) ||
                                (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));
}

/* It is told in the journal and shown on terminals; that it is UTF-8, the bus has seen to. */
static bool is_printable(const char *text) {
        for (const unsigned char *p = (const unsigned char *)text; *p; p++)
                if (*p < 0x20 || *p == 0x7f || (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0) ||
                    is_layout(p))
                        return false;
        return true;
}

static int method_hold(sd_bus_message *call, void *userdata, sd_bus_error *reterr) {
        Request *request;
        const char *why;
        int r;

        r = sd_bus_message_read(call, BUS_SIGNATURE_HOLD, &why);
        if (r < 0)
                return r;
        if (!why[0] || strlen(why) >= BUS_WHY_MAX || !is_printable(why))
                return sd_bus_error_setf(reterr, BUS_ERROR_INVALID_ARGS,
                                         "'why' must be a text of 1 to %d bytes without control "
                                         "characters.",
                                         BUS_WHY_MAX - 1);

        request = calloc(1, sizeof(Request));
        if (!request)
                return -ENOMEM;
        (void)strcpy(request->why, why);
        return request_begin(request, call, userdata, BUS_ACTION_HOLD, hold_run, reterr);
}

/* False: there is no such zone. */
static bool parse_zone(const char *zone, Online *ret) {
        if (strcmp(zone, BUS_ZONE_BY_RULES) == 0)
                *ret = _ONLINE_INVALID;
        else if (strcmp(zone, BUS_ZONE_MOVABLE) == 0 || strcmp(zone, BUS_ZONE_KERNEL) == 0 ||
                 strcmp(zone, BUS_ZONE_DEFAULT) == 0)
                *ret = online_from_string(zone);
        else
                return false;
        return true;
}

static int method_online(sd_bus_message *call, void *userdata, sd_bus_error *reterr) {
        _cleanup_(request_freep) Request *request = NULL;
        const char *zone;
        int r;

        r = request_read_blocks(call, &request, reterr);
        if (r < 0)
                return r;
        r = sd_bus_message_read(call, "s", &zone);
        if (r < 0)
                return r;
        if (!parse_zone(zone, &request->online))
                return sd_bus_error_set(reterr, BUS_ERROR_INVALID_ARGS,
                                        "'zone' must be \"\", \"movable\", \"kernel\" or "
                                        "\"default\".");

        return request_begin(TAKE_PTR(request), call, userdata, BUS_ACTION_ONLINE, online_run,
                             reterr);
}

/*
 * Each method is UNPRIVILEGED to sd-bus, which would else ask for the caller's capabilities and wait
 * for the answer: see request.c.
 */
#define CHANGING_PROPERTY(name, signature, get) \
        SD_BUS_PROPERTY(name, signature, get, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE)

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),

        SD_BUS_PROPERTY(BUS_PROPERTY_VERSION, "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
        CHANGING_PROPERTY(BUS_PROPERTY_MODE, "s", get_property),
        CHANGING_PROPERTY(BUS_PROPERTY_ACTIVE_MODE, "s", get_property),
        CHANGING_PROPERTY(BUS_PROPERTY_MODE_REASON, "s", get_property),
        CHANGING_PROPERTY(BUS_PROPERTY_CONFIG, "s", get_property),
        CHANGING_PROPERTY(BUS_PROPERTY_CONFIG_ERRORS, "u", get_property),
        CHANGING_PROPERTY(BUS_PROPERTY_TAKEN_OVER, "a(ss)", get_property),
        CHANGING_PROPERTY(BUS_PROPERTY_BUSY, "b", get_property),
        CHANGING_PROPERTY(BUS_PROPERTY_CURRENT_BLOCK, "t", get_property),
        CHANGING_PROPERTY(BUS_PROPERTY_CURRENT_SINCE, "t", get_property),
        CHANGING_PROPERTY(BUS_PROPERTY_OPEN, "u", get_property),
        CHANGING_PROPERTY(BUS_PROPERTY_OUTCOMES, "a{st}", get_property),
        CHANGING_PROPERTY(BUS_PROPERTY_TASK, "(stttuu)", get_task),
        CHANGING_PROPERTY(BUS_PROPERTY_HOLDS, "a(tuus)", get_holds),
        CHANGING_PROPERTY(BUS_PROPERTY_LAST_TROUBLE, "(ts)", get_property),

        SD_BUS_METHOD_WITH_ARGS(BUS_METHOD_RELOAD, SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, method_reload,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS(BUS_METHOD_ONLINE, SD_BUS_ARGS("at", blocks, "s", zone),
                                SD_BUS_RESULT("a(tssi)", outcomes), method_online,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS(BUS_METHOD_OFFLINE,
                                SD_BUS_ARGS("at", blocks, "t", timeout_usec, "b", keep_partial),
                                SD_BUS_RESULT("a(tssi)", outcomes), task_method_offline,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS(BUS_METHOD_REZONE,
                                SD_BUS_ARGS("at", blocks, "s", zone, "t", timeout_usec, "b", force),
                                SD_BUS_RESULT("a(tssi)", outcomes), task_method_rezone,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS(BUS_METHOD_UNPLUG, SD_BUS_ARGS("s", device, "t", timeout_usec),
                                SD_BUS_RESULT("a(tssi)", outcomes), task_method_unplug,
                                SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS(BUS_METHOD_CANCEL_TASK, SD_BUS_NO_ARGS, SD_BUS_NO_RESULT,
                                task_method_cancel, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS(BUS_METHOD_HOLD, SD_BUS_ARGS("s", why), SD_BUS_RESULT("h", hold),
                                method_hold, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS(BUS_METHOD_SUBSCRIBE, SD_BUS_NO_ARGS, SD_BUS_NO_RESULT,
                                subscribers_method_subscribe, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD_WITH_ARGS(BUS_METHOD_UNSUBSCRIBE, SD_BUS_NO_ARGS, SD_BUS_NO_RESULT,
                                subscribers_method_unsubscribe, SD_BUS_VTABLE_UNPRIVILEGED),

        SD_BUS_SIGNAL_WITH_ARGS(BUS_SIGNAL_UEVENT, SD_BUS_ARGS("t", block, "s", action), 0),
        SD_BUS_SIGNAL_WITH_ARGS(BUS_SIGNAL_VERDICT,
                                SD_BUS_ARGS("t", block, "s", online, "s", rule, "s", reason), 0),
        SD_BUS_SIGNAL_WITH_ARGS(BUS_SIGNAL_OUTCOME,
                                SD_BUS_ARGS("t", block, "s", outcome, "s", zone, "i", error, "t",
                                            duration, "t", writes, "s", rule),
                                0),
        SD_BUS_SIGNAL_WITH_ARGS(BUS_SIGNAL_TOLD, SD_BUS_ARGS("t", time, "i", level, "s", text), 0),
        SD_BUS_VTABLE_END,
};

int manager_object_add(BusServer *server, sd_bus *bus) {
        return sd_bus_add_object_vtable(bus, NULL, BUS_PATH, BUS_INTERFACE_MANAGER, vtable, server);
}
