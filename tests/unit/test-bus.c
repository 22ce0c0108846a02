/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugd's objects, with a client at the other end of a socket pair. The client also plays the bus,
 * which knows who calls, and polkit; there is no daemon, of either kind.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <systemd/sd-id128.h>

#include "base/clock.h"
#include "base/io.h"
#include "bus/server.h"
#include "suite.h"

#define CALLER ":1.7"

typedef enum Polkit {
        POLKIT_NO,
        POLKIT_YES,
        POLKIT_CHALLENGE,
        POLKIT_MISSING,
        POLKIT_SILENT,
} Polkit;

typedef struct Fake {
        sd_event *event;
        BusServer *server;
        sd_bus *ours, *theirs; /* ours: memplugd's end */

        /* What bus and polkit say, and were asked. */
        uint32_t uid;
        Polkit polkit;
        size_t n_polkit;
        const char *caller; /* NULL: CALLER */
        bool has_left;
        char action[64];
        uint32_t flags;

        /* What the daemon shows, and was asked for. */
        BusState state;
        const char *config_error;
        int reload_error;
        int ask_error;
        size_t n_reloads, n_asks, n_asked, n_held, n_devices_read;
        BlockIndex asked[16];
        Online online;
        int task_error;
        size_t n_tasks, n_cancels;
        Device other_device; /* in place of the DIMM */
        bool ends_at_once;   /* a task, before start_task() comes back */
        Task task;
        BlockIndex task_blocks[16];
        size_t n_signals;
        char signals[8192]; /* a line each */
} Fake;

/* The daemon */

static void op_read_state(void *userdata, BusState *ret) {
        *ret = ((Fake *)userdata)->state;
}

static int op_reload(void *userdata, char **reterr_text) {
        Fake *fake = userdata;

        if (fake->reload_error < 0)
                return fake->reload_error;
        fake->n_reloads++;
        if (!fake->config_error)
                return 0;
        *reterr_text = strdup(fake->config_error);
        return -EINVAL;
}

static int op_ask(void *userdata, const BlockIndex *blocks, size_t n_blocks, Online online) {
        Fake *fake = userdata;

        if (fake->ask_error < 0)
                return fake->ask_error;
        ck_assert_uint_le(n_blocks, ELEMENTSOF(fake->asked));
        (void)memcpy(fake->asked, blocks, n_blocks * sizeof(BlockIndex));
        fake->n_asked = n_blocks;
        fake->n_asks++;
        fake->online = online;
        return 0;
}

static void end_task(Fake *fake, Outcome outcome, ZoneKind zone, int error) {
        TaskBlock answers[ELEMENTSOF(fake->task_blocks)];

        for (size_t i = 0; i < fake->task.n_blocks; i++)
                answers[i] = (TaskBlock){ fake->task_blocks[i], outcome, zone, error };
        fake->state.task = _TASK_KIND_INVALID;
        bus_server_task_done(fake->server, answers, fake->task.n_blocks, 0);
}

static int op_start_task(void *userdata, const Task *task) {
        Fake *fake = userdata;

        if (fake->task_error < 0)
                return fake->task_error;
        ck_assert_uint_le(task->n_blocks, ELEMENTSOF(fake->task_blocks));
        ck_assert_int_eq(fake->state.task, _TASK_KIND_INVALID);
        (void)memcpy(fake->task_blocks, task->blocks, task->n_blocks * sizeof(BlockIndex));
        fake->task = *task;
        fake->n_tasks++;
        fake->state.task = task->kind;
        fake->state.n_task_blocks = task->n_blocks;
        if (fake->ends_at_once)
                end_task(fake, OUTCOME_ALREADY, _ZONE_KIND_INVALID, 0);
        return 0;
}

/* Its end is told later, as the daemon's usually is. */
static void op_cancel_task(void *userdata) {
        ((Fake *)userdata)->n_cancels++;
}

static void op_hold(void *userdata, const BusHold *hold, bool begins, size_t n_holds) {
        Fake *fake = userdata;

        (void)begins;
        ck_assert_uint_eq(hold->uid, fake->uid);
        ck_assert_int_eq(hold->pid, 4711);
        fake->n_held = n_holds;
}

static int op_read_devices(void *userdata, Snapshot *ret) {
        static const char zones[][16] = { "Movable", "Normal", "Normal Movable" };
        Fake *fake = userdata;
        Snapshot snapshot = { .block_size = 128 << 20, .numa = true };
        Device dimm = { .source = SOURCE_DIMM, .name = "PNP0C80:01", .node = 1 };

        if (fake->other_device.name[0])
                dimm = fake->other_device;
        fake->n_devices_read++;
        for (BlockIndex i = 0; i < 3; i++) {
                Block block = { .index = 32 + i,
                                .inode = 1,
                                .node = 1,
                                .state = i < 2 ? BLOCK_ONLINE : BLOCK_OFFLINE,
                                .source = SOURCE_DIMM,
                                .hot_added = true };

                ck_assert_int_eq(valid_zones_parse(zones[i], &block.valid_zones), 0);
                block.device = snapshot_add_device(&snapshot, &dimm);
                ck_assert_int_eq(snapshot_add(&snapshot, &block), 0);
        }
        *ret = snapshot;
        return 0;
}

static const BusOps fake_ops = {
        .read_state = op_read_state,
        .reload = op_reload,
        .ask = op_ask,
        .hold = op_hold,
        .read_devices = op_read_devices,
        .start_task = op_start_task,
        .cancel_task = op_cancel_task,
};

/* The bus and polkit */

static int on_get_credentials(sd_bus_message *call, void *userdata, sd_bus_error *reterr) {
        Fake *fake = userdata;
        const char *name;

        (void)reterr;
        ck_assert_int_gt(sd_bus_message_read(call, "s", &name), 0);
        ck_assert_str_eq(name, fake->caller ?: CALLER);
        return sd_bus_reply_method_return(call, "a{sv}", 3, "ProcessID", "u", 4711,
                                          "LinuxSecurityLabel", "s", "nobody's", "UnixUserID", "u",
                                          fake->uid);
}

static int on_name_has_owner(sd_bus_message *call, void *userdata, sd_bus_error *reterr) {
        Fake *fake = userdata;
        const char *name;

        (void)reterr;
        ck_assert_int_gt(sd_bus_message_read(call, "s", &name), 0);
        ck_assert_str_eq(name, fake->caller ?: CALLER);
        return sd_bus_reply_method_return(call, "b", !fake->has_left);
}

static int on_check_authorization(sd_bus_message *call, void *userdata, sd_bus_error *reterr) {
        const char *kind, *key, *name, *action, *cookie;
        Fake *fake = userdata;
        uint32_t flags;

        ck_assert_int_gt(
                sd_bus_message_read(call, "(sa{sv})s", &kind, 1, &key, "s", &name, &action), 0);
        ck_assert_int_ge(sd_bus_message_skip(call, "a{ss}"), 0);
        ck_assert_int_gt(sd_bus_message_read(call, "us", &flags, &cookie), 0);
        ck_assert_str_eq(kind, "system-bus-name");
        ck_assert_str_eq(key, "name");
        ck_assert_str_eq(name, CALLER);
        fake->n_polkit++;
        fake->flags = flags;
        (void)snprintf(fake->action, sizeof(fake->action), "%s", action);
        if (fake->polkit == POLKIT_SILENT)
                return 1;
        if (fake->polkit == POLKIT_MISSING)
                return sd_bus_error_set(reterr, "org.freedesktop.DBus.Error.ServiceUnknown",
                                        "The name is not activatable");
        return sd_bus_reply_method_return(call, "(bba{ss})", fake->polkit == POLKIT_YES,
                                          fake->polkit == POLKIT_CHALLENGE, 0);
}

static const sd_bus_vtable bus_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("GetConnectionCredentials", "s", "a{sv}", on_get_credentials,
                      SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_METHOD("NameHasOwner", "s", "b", on_name_has_owner, SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

static const sd_bus_vtable polkit_vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_METHOD("CheckAuthorization", "(sa{sv})sa{ss}us", "(bba{ss})", on_check_authorization,
                      SD_BUS_VTABLE_UNPRIVILEGED),
        SD_BUS_VTABLE_END,
};

/* The client */

/* Keeps a line of each signal: its name, and its arguments. */
static int on_signal(sd_bus_message *message, void *userdata, sd_bus_error *reterr) {
        const char *name = sd_bus_message_get_member(message), *text[3] = {};
        Fake *fake = userdata;
        size_t n = strlen(fake->signals);
        char *end = fake->signals + n;
        uint64_t number[3];
        int level;

        (void)reterr;
        fake->n_signals++;
        n = sizeof(fake->signals) - n;
        if (strcmp(name, BUS_SIGNAL_UEVENT) == 0) {
                ck_assert_int_gt(sd_bus_message_read(message, "ts", &number[0], &text[0]), 0);
                (void)snprintf(end, n, "Uevent %lu %s\n", number[0], text[0]);
        } else if (strcmp(name, BUS_SIGNAL_VERDICT) == 0) {
                ck_assert_int_gt(sd_bus_message_read(message, "tsss", &number[0], &text[0],
                                                     &text[1], &text[2]),
                                 0);
                (void)snprintf(end, n, "Verdict %lu %s|%s|%s\n", number[0], text[0], text[1],
                               text[2]);
        } else if (strcmp(name, BUS_SIGNAL_OUTCOME) == 0) {
                ck_assert_int_gt(sd_bus_message_read(message, "tssitts", &number[0], &text[0],
                                                     &text[1], &level, &number[1], &number[2],
                                                     &text[2]),
                                 0);
                (void)snprintf(end, n, "Outcome %lu %s|%s|%d %lu %lu|%s\n", number[0], text[0],
                               text[1], level, number[1], number[2], text[2]);
        } else if (strcmp(name, BUS_SIGNAL_TOLD) == 0) {
                ck_assert_int_gt(sd_bus_message_read(message, "tis", &number[0], &level, &text[0]),
                                 0);
                (void)snprintf(end, n, "Told %d %s\n", level, text[0]);
        } else if (strcmp(name, "PropertiesChanged") == 0) {
                (void)snprintf(end, n, "Changed");
                ck_assert_int_ge(sd_bus_message_skip(message, "s"), 0);
                ck_assert_int_gt(sd_bus_message_enter_container(message, 'a', "{sv}"), 0);
                while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
                        ck_assert_int_gt(sd_bus_message_read(message, "s", &text[0]), 0);
                        ck_assert_int_ge(sd_bus_message_skip(message, "v"), 0);
                        (void)sd_bus_message_exit_container(message);
                        (void)strcat(strcat(fake->signals, " "), text[0]);
                }
                (void)strcat(fake->signals, "\n");
        }
        return 0;
}

static void run_until(Fake *fake, const bool *done) {
        while (!*done)
                ck_assert_int_ge(sd_event_run(fake->event, UINT64_MAX), 0);
}

typedef struct Reply {
        bool is_there;
        sd_bus_message *message;
} Reply;

static int on_reply(sd_bus_message *message, void *userdata, sd_bus_error *reterr) {
        Reply *reply = userdata;

        (void)reterr;
        reply->message = sd_bus_message_ref(message);
        reply->is_there = true;
        return 0;
}

static sd_bus_message *new_call(Fake *fake, const char *path, const char *interface,
                                const char *method, const char *types, va_list ap) {
        sd_bus_message *call;

        ck_assert_int_ge(sd_bus_message_new_method_call(fake->theirs, &call, BUS_NAME, path,
                                                        interface, method),
                         0);
        ck_assert_int_ge(sd_bus_message_set_sender(call, fake->caller ?: CALLER), 0);
        if (*types)
                ck_assert_int_ge(sd_bus_message_appendv(call, types, ap), 0);
        return call;
}

/* Calls a method of the manager, and lets the answer come into 'reply'. */
static void begin_call(Fake *fake, Reply *reply, const char *method, const char *types, ...) {
        sd_bus_message *call;
        va_list ap;

        va_start(ap, types);
        call = new_call(fake, BUS_PATH, BUS_INTERFACE_MANAGER, method, types, ap);
        va_end(ap);
        ck_assert_int_ge(sd_bus_call_async(fake->theirs, NULL, call, on_reply, reply, 0), 0);
        sd_bus_message_unref(call);
}

/* The same, and waits for it. The answer is the caller's. */
static sd_bus_message *call_on(Fake *fake, const char *path, const char *interface,
                               const char *method, const char *types, ...) {
        sd_bus_message *call;
        Reply reply = {};
        va_list ap;

        va_start(ap, types);
        call = new_call(fake, path, interface, method, types, ap);
        va_end(ap);
        ck_assert_int_ge(sd_bus_call_async(fake->theirs, NULL, call, on_reply, &reply, 0), 0);
        sd_bus_message_unref(call);
        run_until(fake, &reply.is_there);
        return reply.message;
}

/* Online(), or another method of blocks, with the same block so often. */
static void begin_with(Fake *fake, Reply *reply, const char *method, size_t n) {
        BlockIndex *blocks = calloc(n, sizeof(BlockIndex));
        sd_bus_message *call;

        ck_assert_int_ge(sd_bus_message_new_method_call(fake->theirs, &call, BUS_NAME, BUS_PATH,
                                                        BUS_INTERFACE_MANAGER, method),
                         0);
        ck_assert_int_ge(sd_bus_message_set_sender(call, CALLER), 0);
        ck_assert_int_ge(sd_bus_message_append_array(call, 't', blocks, n * sizeof(BlockIndex)), 0);
        if (strcmp(method, BUS_METHOD_ONLINE) == 0)
                ck_assert_int_ge(sd_bus_message_append(call, "s", ""), 0);
        else
                ck_assert_int_ge(sd_bus_message_append(call, "tb", UINT64_C(0), 0), 0);
        ck_assert_int_ge(sd_bus_call_async(fake->theirs, NULL, call, on_reply, reply, 0), 0);
        sd_bus_message_unref(call);
        free(blocks);
}

static void begin_online_of(Fake *fake, Reply *reply, size_t n) {
        begin_with(fake, reply, BUS_METHOD_ONLINE, n);
}

#define call_manager(fake, method, ...) \
        call_on(fake, BUS_PATH, BUS_INTERFACE_MANAGER, method, __VA_ARGS__)

static void expect_error(sd_bus_message *reply, const char *name, const char *text) {
        const sd_bus_error *error = sd_bus_message_get_error(reply);

        ck_assert_msg(error, "no error, but %s was expected", name);
        ck_assert_str_eq(error->name, name);
        ck_assert_msg(strstr(error->message, text), "'%s' isn't in '%s'", text, error->message);
        sd_bus_message_unref(reply);
}

static void expect_success(sd_bus_message *reply) {
        const sd_bus_error *error = sd_bus_message_get_error(reply);

        ck_assert_msg(!error, "%s: %s", error ? error->name : "", error ? error->message : "");
        sd_bus_message_unref(reply);
}

/* All that was sent so far has been dealt with, and so has what came of it. */
static void settle(Fake *fake) {
        sd_bus_message_unref(call_on(fake, BUS_PATH, "org.freedesktop.DBus.Peer", "Ping", ""));
        while (sd_event_run(fake->event, 0) > 0)
                ;
}

static sd_bus *new_end(Fake *fake, int fd, bool is_server) {
        sd_id128_t id;
        sd_bus *bus;

        ck_assert_int_ge(sd_bus_new(&bus), 0);
        ck_assert_int_ge(sd_bus_set_fd(bus, fd, fd), 0);
        if (is_server) {
                ck_assert_int_ge(sd_id128_randomize(&id), 0);
                ck_assert_int_ge(sd_bus_set_server(bus, true, id), 0);
        }
        ck_assert_int_ge(sd_bus_negotiate_fds(bus, true), 0);
        ck_assert_int_ge(sd_bus_start(bus), 0);
        ck_assert_int_ge(sd_bus_attach_event(bus, fake->event, 0), 0);
        return bus;
}

static void connect_ends(Fake *fake) {
        int fds[2];

        ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds),
                         0);
        fake->ours = new_end(fake, fds[0], true);
        fake->theirs = new_end(fake, fds[1], false);
        ck_assert_int_ge(sd_bus_add_object_vtable(fake->theirs, NULL, "/org/freedesktop/DBus",
                                                  "org.freedesktop.DBus", bus_vtable, fake),
                         0);
        ck_assert_int_ge(sd_bus_add_object_vtable(
                                 fake->theirs, NULL, "/org/freedesktop/PolicyKit1/Authority",
                                 "org.freedesktop.PolicyKit1.Authority", polkit_vtable, fake),
                         0);
        ck_assert_int_ge(sd_bus_add_match(fake->theirs, NULL, "type='signal'", on_signal, fake), 0);
        ck_assert_int_ge(bus_server_attach(fake->server, fake->ours), 0);
}

static void disconnect_ends(Fake *fake) {
        bus_server_detach(fake->server);
        fake->ours = sd_bus_close_unref(fake->ours);
        fake->theirs = sd_bus_close_unref(fake->theirs);
}

static void begin(Fake *fake) {
        *fake = (Fake){ .state = { .current = BUS_NO_BLOCK, .task = _TASK_KIND_INVALID },
                        .uid = 1000 };
        ck_assert_int_ge(sd_event_new(&fake->event), 0);
        ck_assert_int_ge(bus_server_new(fake->event, &fake_ops, fake, &fake->server), 0);
        connect_ends(fake);
        bus_server_begin(fake->server);
}

/* Has what happens told as signals. */
static void subscribe(Fake *fake) {
        expect_success(call_manager(fake, BUS_METHOD_SUBSCRIBE, ""));
        settle(fake);
}

static void end(Fake *fake) {
        disconnect_ends(fake);
        bus_server_free(fake->server);
        sd_event_unref(fake->event);
}

/* Reading */

/* What stands in a file of the interface must be what is really there. */
static void expect_interface(Fake *fake, const char *path, const char *name) {
        char file[512], first[128];
        _cleanup_free_ char *text = NULL;
        sd_bus_message *reply;
        const char *xml, *begins, *ends, *wanted, *wanted_end;
        size_t size;

        (void)snprintf(file, sizeof(file), "%s/conf/%s.xml", getenv("SOURCE_ROOT"), name);
        ck_assert_int_eq(read_file_at(AT_FDCWD, file, 1 << 20, &text, &size), 0);
        (void)snprintf(first, sizeof(first), " <interface name=\"%s\">\n", name);

        reply = call_on(fake, path, "org.freedesktop.DBus.Introspectable", "Introspect", "");
        ck_assert_int_gt(sd_bus_message_read(reply, "s", &xml), 0);
        ck_assert_ptr_nonnull(begins = strstr(xml, first));
        ck_assert_ptr_nonnull(ends = strstr(begins, " </interface>\n"));
        ck_assert_ptr_nonnull(wanted = strstr(text, first));
        ck_assert_ptr_nonnull(wanted_end = strstr(wanted, " </interface>\n"));
        if (ends - begins != wanted_end - wanted ||
            memcmp(begins, wanted, (size_t)(ends - begins)) != 0)
                ck_abort_msg("%s isn't what is there:\n%.*s", file, (int)(ends - begins), begins);
        sd_bus_message_unref(reply);
}

START_TEST(interfaces) {
        Fake fake;

        begin(&fake);
        expect_interface(&fake, BUS_PATH, BUS_INTERFACE_MANAGER);
        expect_interface(&fake, BUS_DEVICE_PREFIX "/PNP0C80_3a01", BUS_INTERFACE_DEVICE);
        end(&fake);
}
END_TEST

static sd_bus_message *get(Fake *fake, const char *path, const char *interface, const char *name) {
        return call_on(fake, path, "org.freedesktop.DBus.Properties", "Get", "ss", interface, name);
}

static void expect_text(Fake *fake, const char *path, const char *interface, const char *name,
                        const char *wanted) {
        sd_bus_message *reply = get(fake, path, interface, name);
        const char *text;

        ck_assert_int_gt(sd_bus_message_read(reply, "v", "s", &text), 0);
        ck_assert_str_eq(text, wanted);
        sd_bus_message_unref(reply);
}

START_TEST(properties) {
        sd_bus_message *reply;
        const char *setting, *was;
        uint64_t usec;
        Fake fake;

        begin(&fake);
        fake.state.mode = MODE_AUTO;
        fake.state.active = MODE_KERNEL;
        (void)strcpy(fake.state.mode_reason, "because");
        (void)strcpy(fake.state.config, "built-in rules only");
        (void)strcpy(fake.state.taken_over.of[SETTING_ONLINE_POLICY], "contig-zones");
        fake.state.trouble_usec = 12;
        (void)strcpy(fake.state.trouble, "oh");
        fake.state.n_outcomes[OUTCOME_REFUSED] = 7;

        expect_text(&fake, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_PROPERTY_VERSION, MEMPLUGD_VERSION);
        expect_text(&fake, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_PROPERTY_MODE, "auto");
        expect_text(&fake, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_PROPERTY_ACTIVE_MODE, "kernel");
        expect_text(&fake, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_PROPERTY_MODE_REASON, "because");
        expect_text(&fake, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_PROPERTY_CONFIG,
                    "built-in rules only");

        reply = get(&fake, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_PROPERTY_TAKEN_OVER);
        ck_assert_int_gt(sd_bus_message_read(reply, "v", "a(ss)", 1, &setting, &was), 0);
        ck_assert_str_eq(setting, "online_policy");
        ck_assert_str_eq(was, "contig-zones");
        sd_bus_message_unref(reply);

        reply = get(&fake, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_PROPERTY_LAST_TROUBLE);
        ck_assert_int_gt(sd_bus_message_read(reply, "v", "(ts)", &usec, &was), 0);
        ck_assert_uint_eq(usec, 12);
        ck_assert_str_eq(was, "oh");
        sd_bus_message_unref(reply);
        ck_assert_uint_eq(fake.n_polkit, 0);
        end(&fake);
}
END_TEST

START_TEST(devices) {
        static const char path[] = BUS_DEVICE_PREFIX "/PNP0C80_3a01";
        sd_bus_message *reply;
        const char *there;
        uint64_t first, last;
        Fake fake;
        int32_t node;

        begin(&fake);
        expect_text(&fake, path, BUS_INTERFACE_DEVICE, BUS_PROPERTY_NAME, "PNP0C80:01");
        expect_text(&fake, path, BUS_INTERFACE_DEVICE, BUS_PROPERTY_SOURCE, "dimm");
        expect_text(&fake, path, BUS_INTERFACE_DEVICE, BUS_PROPERTY_HINDRANCE,
                    "1 block in the kernel zone: 33; "
                    "'memplugctl rezone PNP0C80:01 --to movable' could move it");
        reply = get(&fake, path, BUS_INTERFACE_DEVICE, BUS_PROPERTY_BLOCKS);
        ck_assert_int_gt(sd_bus_message_read(reply, "v", "a(tt)", 1, &first, &last), 0);
        ck_assert(first == 32 && last == 34);
        sd_bus_message_unref(reply);
        reply = get(&fake, path, BUS_INTERFACE_DEVICE, BUS_PROPERTY_NODES);
        ck_assert_int_gt(sd_bus_message_read(reply, "v", "ai", 1, &node), 0);
        ck_assert_int_eq(node, 1);
        sd_bus_message_unref(reply);
        reply = get(&fake, path, BUS_INTERFACE_DEVICE, BUS_PROPERTY_SIZE);
        ck_assert_int_gt(sd_bus_message_read(reply, "v", "t", &first), 0);
        ck_assert_uint_eq(first, 3 * (128 << 20));
        sd_bus_message_unref(reply);

        reply = call_on(&fake, BUS_PATH, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
                        "");
        ck_assert_int_gt(sd_bus_message_enter_container(reply, 'a', "{oa{sa{sv}}}"), 0);
        ck_assert_int_gt(sd_bus_message_enter_container(reply, 'e', "oa{sa{sv}}"), 0);
        ck_assert_int_gt(sd_bus_message_read(reply, "o", &there), 0);
        ck_assert_str_eq(there, path);
        ck_assert_int_ge(sd_bus_message_skip(reply, "a{sa{sv}}"), 0);
        ck_assert_int_ge(sd_bus_message_exit_container(reply), 0);
        ck_assert_int_gt(sd_bus_message_at_end(reply, false), 0);
        sd_bus_message_unref(reply);

        expect_error(get(&fake, BUS_DEVICE_PREFIX "/none", BUS_INTERFACE_DEVICE, BUS_PROPERTY_NAME),
                     "org.freedesktop.DBus.Error.UnknownObject", "none");
        end(&fake);
}
END_TEST

/* Whoever asks for them, and how often. */
START_TEST(devices_are_read_now_and_then) {
        static const char path[] = BUS_DEVICE_PREFIX "/PNP0C80_3a01";
        uint64_t begun = clock_usec(CLOCK_MONOTONIC);
        Fake fake;

        begin(&fake);
        for (size_t i = 0; i < 100; i++)
                expect_text(&fake, path, BUS_INTERFACE_DEVICE, BUS_PROPERTY_SOURCE, "dimm");
        if (clock_usec(CLOCK_MONOTONIC) - begun < UINT64_C(5) * 1000 * 1000)
                ck_assert_uint_eq(fake.n_devices_read, 1);

        /* Not in the middle of something, even if they aren't what they were. */
        fake.state.is_busy = true;
        fake.n_devices_read = 0;
        bus_server_uevent(fake.server, &(Uevent){ UEVENT_ADD, 33 });
        for (size_t i = 0; i < 100; i++)
                expect_text(&fake, path, BUS_INTERFACE_DEVICE, BUS_PROPERTY_SOURCE, "dimm");
        ck_assert_uint_eq(fake.n_devices_read, 0);
        fake.state.is_busy = false;
        while (fake.n_devices_read == 0)
                expect_text(&fake, path, BUS_INTERFACE_DEVICE, BUS_PROPERTY_SOURCE, "dimm");
        end(&fake);
}
END_TEST

/* By what was tried; and what was tried last counts. */
START_TEST(devices_with_busy_blocks) {
        static const char path[] = BUS_DEVICE_PREFIX "/PNP0C80_3a01",
                          kernel[] =
                                  "1 block in the kernel zone: 33; 1 block that didn't go offline "
                                  "when that was tried last: 32; 'memplugctl rezone PNP0C80:01 "
                                  "--to movable' could move it";
        Record record = { .block = 32,
                          .inode = 1,
                          .kind = RECORD_SETTLED,
                          .outcome = OUTCOME_BUSY,
                          .onliner = ONLINER_UNKNOWN,
                          .wanted = "",
                          .zone = ZONE_KIND_MOVABLE,
                          .error = -EBUSY,
                          .reason = "",
                          .rule = "",
                          .file = "" };
        Fake fake;

        begin(&fake);
        bus_server_record(fake.server, &record);
        expect_text(&fake, path, BUS_INTERFACE_DEVICE, BUS_PROPERTY_HINDRANCE, kernel);
        record.outcome = OUTCOME_DONE;
        record.error = 0;
        bus_server_record(fake.server, &record);
        while (fake.n_devices_read < 2)
                expect_text(&fake, path, BUS_INTERFACE_DEVICE, BUS_PROPERTY_SOURCE, "dimm");
        expect_text(&fake, path, BUS_INTERFACE_DEVICE, BUS_PROPERTY_HINDRANCE,
                    "1 block in the kernel zone: 33; "
                    "'memplugctl rezone PNP0C80:01 --to movable' could move it");
        end(&fake);
}
END_TEST

/* Rights */

static sd_bus_message *call_each(Fake *fake, size_t i) {
        switch (i) {
        case 0:
                return call_manager(fake, BUS_METHOD_RELOAD, "");
        case 1:
                return call_manager(fake, BUS_METHOD_ONLINE, "ats", 1, (uint64_t)32, "movable");
        case 2:
                return call_manager(fake, BUS_METHOD_OFFLINE, "attb", 1, (uint64_t)32, UINT64_C(0),
                                    0);
        case 3:
                return call_manager(fake, BUS_METHOD_REZONE, "atstb", 1, (uint64_t)32, "kernel",
                                    UINT64_C(0), 0);
        case 4:
                return call_manager(fake, BUS_METHOD_UNPLUG, "st", "PNP0C80:01", UINT64_C(0));
        default:
                return call_manager(fake, BUS_METHOD_HOLD, "s", "a test");
        }
}

START_TEST(strangers_are_refused) {
        static const char *const actions[] = { BUS_ACTION_RELOAD,  BUS_ACTION_ONLINE,
                                               BUS_ACTION_OFFLINE, BUS_ACTION_OFFLINE,
                                               BUS_ACTION_OFFLINE, BUS_ACTION_HOLD };
        static const struct {
                Polkit polkit;
                const char *text;
        } cases[] = {
                { POLKIT_NO, "polkit doesn't" },
                { POLKIT_CHALLENGE, "takes an authentication" },
                { POLKIT_MISSING, "polkit can't be asked (The name is not activatable)" },
        };
        Fake fake;

        begin(&fake);
        for (size_t i = 0; i < ELEMENTSOF(actions); i++)
                for (size_t k = 0; k < ELEMENTSOF(cases); k++) {
                        fake.polkit = cases[k].polkit;
                        expect_error(call_each(&fake, i), BUS_ERROR_ACCESS_DENIED, cases[k].text);
                        ck_assert_str_eq(fake.action, actions[i]);
                        ck_assert_uint_eq(fake.flags, 0);
                }
        ck_assert_uint_eq(fake.n_polkit, 3 * ELEMENTSOF(actions));
        ck_assert_uint_eq(fake.n_reloads + fake.n_asks + fake.n_held + fake.n_tasks, 0);
        ck_assert_uint_eq(fake.n_devices_read, 0);
        end(&fake);
}
END_TEST

START_TEST(root_needs_no_polkit) {
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        fake.polkit = POLKIT_MISSING;
        expect_success(call_manager(&fake, BUS_METHOD_RELOAD, ""));
        ck_assert_uint_eq(fake.n_reloads, 1);
        ck_assert_uint_eq(fake.n_polkit, 0);
        end(&fake);
}
END_TEST

static void begin_interactive(Fake *fake, Reply *reply) {
        sd_bus_message *call;

        ck_assert_int_ge(sd_bus_message_new_method_call(fake->theirs, &call, BUS_NAME, BUS_PATH,
                                                        BUS_INTERFACE_MANAGER, BUS_METHOD_RELOAD),
                         0);
        ck_assert_int_ge(sd_bus_message_set_sender(call, CALLER), 0);
        ck_assert_int_ge(sd_bus_message_set_allow_interactive_authorization(call, true), 0);
        ck_assert_int_ge(sd_bus_call_async(fake->theirs, NULL, call, on_reply, reply, 0), 0);
        sd_bus_message_unref(call);
}

START_TEST(polkit_allows) {
        Reply reply = {};
        Fake fake;

        begin(&fake);
        fake.polkit = POLKIT_YES;
        expect_success(call_manager(&fake, BUS_METHOD_RELOAD, ""));
        ck_assert_uint_eq(fake.n_reloads, 1);

        /* Who is allowed to be asked for a password is. */
        begin_interactive(&fake, &reply);
        run_until(&fake, &reply.is_there);
        expect_success(reply.message);
        ck_assert_uint_eq(fake.flags, 1);
        end(&fake);
}
END_TEST

/* So many that wait for somebody's password are enough; and they wait for nobody any more then. */
START_TEST(too_many_wait_for_polkit) {
        Reply replies[64] = {};
        Fake fake;

        begin(&fake);
        fake.polkit = POLKIT_SILENT;
        for (size_t i = 0; i < ELEMENTSOF(replies); i++) {
                fake.uid = 1000 + (uint32_t)i / 4;
                begin_call(&fake, &replies[i], BUS_METHOD_RELOAD, "");
                settle(&fake);
        }
        ck_assert_uint_eq(fake.n_polkit, 64);
        fake.uid = 2000;
        expect_error(call_manager(&fake, BUS_METHOD_RELOAD, ""), BUS_ERROR_LIMITS, "polkit");
        fake.uid = 0;
        expect_success(call_manager(&fake, BUS_METHOD_RELOAD, ""));

        disconnect_ends(&fake);
        for (size_t i = 0; i < ELEMENTSOF(replies); i++)
                sd_bus_message_unref(replies[i].message);
        connect_ends(&fake);
        fake.uid = 1000;
        fake.polkit = POLKIT_YES;
        expect_success(call_manager(&fake, BUS_METHOD_RELOAD, ""));
        end(&fake);
}
END_TEST

/* One user can't take all of the places. */
START_TEST(too_many_of_one_user_wait_for_polkit) {
        Reply replies[5] = {};
        Fake fake;

        begin(&fake);
        fake.polkit = POLKIT_SILENT;
        for (size_t i = 0; i < 4; i++)
                begin_call(&fake, &replies[i], BUS_METHOD_RELOAD, "");
        settle(&fake);
        expect_error(call_manager(&fake, BUS_METHOD_RELOAD, ""), BUS_ERROR_LIMITS, "polkit");
        fake.uid = 1001;
        begin_call(&fake, &replies[4], BUS_METHOD_RELOAD, "");
        settle(&fake);
        ck_assert_uint_eq(fake.n_polkit, 5);
        disconnect_ends(&fake);
        for (size_t i = 0; i < ELEMENTSOF(replies); i++)
                sd_bus_message_unref(replies[i].message);
        connect_ends(&fake);
        end(&fake);
}
END_TEST

/* What a call takes is what stands in it, however often the same. */
START_TEST(too_much_waits_for_polkit) {
        Reply replies[2] = {};
        Fake fake;

        begin(&fake);
        fake.polkit = POLKIT_SILENT;
        begin_online_of(&fake, &replies[0], BUS_ONLINE_MAX);
        while (fake.n_polkit == 0)
                ck_assert_int_ge(sd_event_run(fake.event, UINT64_MAX), 0);
        begin_online_of(&fake, &replies[1], 1);
        run_until(&fake, &replies[1].is_there);
        expect_error(replies[1].message, BUS_ERROR_LIMITS, "polkit");
        disconnect_ends(&fake);
        sd_bus_message_unref(replies[0].message);
        connect_ends(&fake);
        end(&fake);
}
END_TEST

/* Nobody is waited for without end. */
START_TEST(a_password_takes_its_time) {
        uint64_t minute = UINT64_C(60) * 1000 * 1000, begun, ends;
        Reply reply = {};
        Fake fake;

        begin(&fake);
        fake.polkit = POLKIT_SILENT;
        begun = clock_usec(CLOCK_MONOTONIC);
        begin_interactive(&fake, &reply);
        while (fake.n_polkit == 0)
                ck_assert_int_ge(sd_event_run(fake.event, UINT64_MAX), 0);
        ck_assert_int_ge(sd_bus_get_timeout(fake.ours, &ends), 0);
        ck_assert_uint_ge(ends, begun + 5 * minute);
        ck_assert_uint_le(ends, clock_usec(CLOCK_MONOTONIC) + 5 * minute);
        disconnect_ends(&fake);
        sd_bus_message_unref(reply.message);
        connect_ends(&fake);
        end(&fake);
}
END_TEST

START_TEST(broken_config) {
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        fake.config_error = "/etc/x.conf:3: mode: \xff";
        expect_error(call_manager(&fake, BUS_METHOD_RELOAD, ""), BUS_ERROR_INVALID_CONFIG,
                     "/etc/x.conf:3: mode: ?");
        fake.reload_error = -ESHUTDOWN;
        expect_error(call_manager(&fake, BUS_METHOD_RELOAD, ""), "org.memplug1.Error.Cancelled",
                     "is ending");
        end(&fake);
}
END_TEST

/* Holds */

/* Holds, and answers the descriptor. */
static int hold(Fake *fake, const char *why) {
        sd_bus_message *reply = call_manager(fake, BUS_METHOD_HOLD, "s", why);
        int fd, copy;

        ck_assert_ptr_null(sd_bus_message_get_error(reply));
        ck_assert_int_gt(sd_bus_message_read(reply, "h", &fd), 0);
        copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        ck_assert_int_ge(copy, 0);
        sd_bus_message_unref(reply);
        return copy;
}

static void expect_hold(Fake *fake, const char *wanted) {
        sd_bus_message *reply = get(fake, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_PROPERTY_HOLDS);
        uint32_t uid, pid;
        const char *why;
        uint64_t since;

        ck_assert_int_gt(sd_bus_message_read(reply, "v", "a(tuus)", 1, &since, &uid, &pid, &why),
                         0);
        ck_assert_uint_eq(uid, 0);
        ck_assert_uint_eq(pid, 4711);
        ck_assert_str_eq(why, wanted);
        sd_bus_message_unref(reply);
}

START_TEST(hold_ends_with_its_descriptor) {
        int fd, copy, other;
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        fd = hold(&fake, "first");
        ck_assert_uint_eq(fake.n_held, 1);
        expect_hold(&fake, "first");
        copy = dup(fd);
        other = hold(&fake, "second");
        ck_assert_uint_eq(fake.n_held, 2);

        /* What is written into it is nobody's business. */
        ck_assert_int_eq(write(other, "x", 1), 1);
        (void)close(fd);
        settle(&fake);
        ck_assert_uint_eq(fake.n_held, 2);
        (void)close(copy);
        settle(&fake);
        ck_assert_uint_eq(fake.n_held, 1);
        expect_hold(&fake, "second");

        /* Not with the connection; and it is shown on the next one. */
        disconnect_ends(&fake);
        connect_ends(&fake);
        bus_server_begin(fake.server);
        expect_hold(&fake, "second");
        (void)close(other);
        settle(&fake);
        ck_assert_uint_eq(fake.n_held, 0);
        end(&fake);
}
END_TEST

START_TEST(holds_are_bounded) {
        static const char *const wrong[] = {
                "",
                "two\nlines",
                "\x7f",
                "esc \xc2\x9b",
                "line \xe2\x80\xa8",
                "paragraph \xe2\x80\xa9",
                "embedding \xe2\x80\xaa",
                "override \xe2\x80\xae",
                "isolate \xe2\x81\xa6",
                "its end \xe2\x81\xa9",
        };
        char longest[BUS_WHY_MAX + 1];
        int fds[BUS_HOLDS_MAX];
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                expect_error(call_manager(&fake, BUS_METHOD_HOLD, "s", wrong[i]),
                             BUS_ERROR_INVALID_ARGS, "control characters");
        (void)memset(longest, 'x', BUS_WHY_MAX);
        longest[BUS_WHY_MAX] = 0;
        expect_error(call_manager(&fake, BUS_METHOD_HOLD, "s", longest), BUS_ERROR_INVALID_ARGS,
                     "255 bytes");
        longest[BUS_WHY_MAX - 1] = 0;
        for (size_t i = 0; i < BUS_HOLDS_MAX; i++)
                fds[i] = hold(&fake, i == 0 ? longest : "why not: ä\u2027 \u202f \u2065 \u206a");
        expect_error(call_manager(&fake, BUS_METHOD_HOLD, "s", "x"), BUS_ERROR_LIMITS, "64 holds");
        ck_assert_uint_eq(fake.n_held, BUS_HOLDS_MAX);
        for (size_t i = 0; i < BUS_HOLDS_MAX; i++)
                (void)close(fds[i]);
        settle(&fake);
        ck_assert_uint_eq(fake.n_held, 0);
        end(&fake);
}
END_TEST

/* Online */

static void record(Fake *fake, BlockIndex block, Outcome outcome, ZoneKind zone, int error) {
        bus_server_record(fake->server, &(Record){ .block = block,
                                                   .asked = true,
                                                   .outcome = outcome,
                                                   .zone = zone,
                                                   .error = error,
                                                   .duration = 5,
                                                   .n_writes = 1,
                                                   .rule = "asked for by hand",
                                                   .file = "",
                                                   .reason = "" });
}

static void expect_answer(sd_bus_message *reply, BlockIndex block, const char *outcome,
                          const char *zone, int error) {
        const char *word, *zone_word;
        uint64_t number;
        int32_t answer;

        ck_assert_int_gt(sd_bus_message_read(reply, "(tssi)", &number, &word, &zone_word, &answer),
                         0);
        ck_assert_uint_eq(number, block);
        ck_assert_str_eq(word, outcome);
        ck_assert_str_eq(zone_word, zone);
        ck_assert_int_eq(answer, error);
}

START_TEST(online_answers_when_all_are_settled) {
        Reply reply = {};
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        begin_call(&fake, &reply, BUS_METHOD_ONLINE, "ats", 5, (uint64_t)40, (uint64_t)33,
                   (uint64_t)40, (uint64_t)33, (uint64_t)32, "movable");
        settle(&fake);
        ck_assert_uint_eq(fake.n_asks, 1);
        ck_assert_uint_eq(fake.n_asked, 3);
        ck_assert(fake.asked[0] == 32 && fake.asked[1] == 33 && fake.asked[2] == 40);
        ck_assert_int_eq(fake.online, ONLINE_MOVABLE);

        record(&fake, 40, OUTCOME_BUSY, _ZONE_KIND_INVALID, -EBUSY);
        record(&fake, 39, OUTCOME_DONE, ZONE_KIND_MOVABLE, 0);
        record(&fake, 33, OUTCOME_DONE, ZONE_KIND_MOVABLE, 0);
        settle(&fake);
        ck_assert(!reply.is_there);
        record(&fake, 32, OUTCOME_WRONG_ZONE, ZONE_KIND_KERNEL, 0);
        run_until(&fake, &reply.is_there);

        ck_assert_int_gt(sd_bus_message_enter_container(reply.message, 'a', "(tssi)"), 0);
        expect_answer(reply.message, 32, "wrong-zone", "kernel", 0);
        expect_answer(reply.message, 33, "done", "movable", 0);
        expect_answer(reply.message, 40, "busy", "", EBUSY);
        sd_bus_message_unref(reply.message);
        end(&fake);
}
END_TEST

START_TEST(online_fails_if_all_failed) {
        static const struct {
                Outcome outcome;
                const char *error;
        } cases[] = {
                { OUTCOME_REFUSED, "org.memplug1.Error.Refused" },
                { OUTCOME_POISONED, "org.memplug1.Error.Poisoned" },
                { OUTCOME_GONE, "org.memplug1.Error.Gone" },
        };
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                Reply reply = {};

                begin_call(&fake, &reply, BUS_METHOD_ONLINE, "ats", 2, (uint64_t)33, (uint64_t)32,
                           "");
                settle(&fake);
                ck_assert_int_eq(fake.online, _ONLINE_INVALID);
                record(&fake, 33, OUTCOME_BUSY, _ZONE_KIND_INVALID, -EBUSY);
                record(&fake, 32, cases[i].outcome, _ZONE_KIND_INVALID, -EINVAL);
                run_until(&fake, &reply.is_there);
                expect_error(reply.message, cases[i].error, "memory32: ");
        }
        end(&fake);
}
END_TEST

START_TEST(online_of_two_callers) {
        Reply first = {}, second = {}, third = {};
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        begin_call(&fake, &first, BUS_METHOD_ONLINE, "ats", 2, (uint64_t)32, (uint64_t)33,
                   "movable");
        settle(&fake);
        begin_call(&fake, &second, BUS_METHOD_ONLINE, "ats", 2, (uint64_t)33, (uint64_t)34,
                   "movable");
        settle(&fake);
        ck_assert_uint_eq(fake.n_asks, 2);
        ck_assert_uint_eq(fake.n_asked, 1);
        ck_assert_uint_eq(fake.asked[0], 34);
        begin_call(&fake, &third, BUS_METHOD_ONLINE, "ats", 1, (uint64_t)33, "kernel");
        settle(&fake);
        ck_assert_uint_eq(fake.n_asks, 2);

        record(&fake, 33, OUTCOME_DONE, ZONE_KIND_MOVABLE, 0);
        run_until(&fake, &third.is_there);
        expect_error(third.message, "org.memplug1.Error.WrongZone", "memory33: wrong-zone");
        ck_assert(!first.is_there && !second.is_there);
        record(&fake, 34, OUTCOME_DONE, ZONE_KIND_MOVABLE, 0);
        run_until(&fake, &second.is_there);
        expect_success(second.message);
        ck_assert(!first.is_there);

        /* It is asked for anew once it is settled, also as long as another call waits. */
        second = (Reply){};
        begin_call(&fake, &second, BUS_METHOD_ONLINE, "ats", 1, (uint64_t)33, "");
        settle(&fake);
        ck_assert_uint_eq(fake.n_asks, 3);
        record(&fake, 33, OUTCOME_ALREADY, ZONE_KIND_MOVABLE, 0);
        record(&fake, 32, OUTCOME_DONE, ZONE_KIND_MOVABLE, 0);
        run_until(&fake, &second.is_there);
        run_until(&fake, &first.is_there);
        expect_success(second.message);
        ck_assert_int_gt(sd_bus_message_enter_container(first.message, 'a', "(tssi)"), 0);
        expect_answer(first.message, 32, "done", "movable", 0);
        expect_answer(first.message, 33, "done", "movable", 0);
        sd_bus_message_unref(first.message);
        end(&fake);
}
END_TEST

START_TEST(online_of_one_who_leaves) {
        Reply reply = {};
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        begin_call(&fake, &reply, BUS_METHOD_ONLINE, "ats", 1, (uint64_t)32, "movable");
        settle(&fake);
        ck_assert_uint_eq(fake.n_asks, 1);
        disconnect_ends(&fake);
        sd_bus_message_unref(reply.message);
        connect_ends(&fake);
        bus_server_begin(fake.server);

        /* Somebody else who asks for the same gets the answer. */
        reply = (Reply){};
        begin_call(&fake, &reply, BUS_METHOD_ONLINE, "ats", 1, (uint64_t)32, "movable");
        settle(&fake);
        ck_assert_uint_eq(fake.n_asks, 1);
        record(&fake, 32, OUTCOME_DONE, ZONE_KIND_MOVABLE, 0);
        run_until(&fake, &reply.is_there);
        expect_success(reply.message);
        end(&fake);
}
END_TEST

START_TEST(online_that_cannot_be) {
        static const struct {
                int error;
                const char *name;
        } cases[] = {
                { -EROFS, "org.memplug1.Error.Refused" },
                { -EBUSY, "org.memplug1.Error.Busy" },
                { -ESHUTDOWN, "org.memplug1.Error.Cancelled" },
                { -ENOMEM, BUS_ERROR_FAILED },
        };
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        expect_error(call_manager(&fake, BUS_METHOD_ONLINE, "ats", 0, ""), BUS_ERROR_INVALID_ARGS,
                     "No blocks");
        expect_error(call_manager(&fake, BUS_METHOD_ONLINE, "ats", 1, (uint64_t)1, "leave"),
                     BUS_ERROR_INVALID_ARGS, "'zone'");
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                fake.ask_error = cases[i].error;
                expect_error(call_manager(&fake, BUS_METHOD_ONLINE, "ats", 1, (uint64_t)1, ""),
                             cases[i].name, "");
        }
        end(&fake);
}
END_TEST

START_TEST(online_of_too_many) {
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        for (size_t i = 0; i < 2; i++) {
                Reply reply = {};

                begin_online_of(&fake, &reply, BUS_ONLINE_MAX + 1 - i);
                if (i == 0) {
                        run_until(&fake, &reply.is_there);
                        expect_error(reply.message, BUS_ERROR_LIMITS, "524288 blocks");
                } else {
                        while (fake.n_asks == 0)
                                ck_assert_int_ge(sd_event_run(fake.event, UINT64_MAX), 0);
                        ck_assert_uint_eq(fake.n_asked, 1);
                        record(&fake, 0, OUTCOME_DONE, ZONE_KIND_KERNEL, 0);
                        run_until(&fake, &reply.is_there);
                        expect_success(reply.message);
                }
        }
        end(&fake);
}
END_TEST

/* Tasks */

static void begin_offline(Fake *fake, Reply *reply) {
        begin_call(fake, reply, BUS_METHOD_OFFLINE, "attb", 3, (uint64_t)40, (uint64_t)32,
                   (uint64_t)40, UINT64_C(5000000), 1);
        settle(fake);
}

static void expect_task(Fake *fake, const char *wanted_kind, uint64_t wanted_blocks,
                        uint64_t wanted_done, uint32_t wanted_pid) {
        sd_bus_message *reply = get(fake, BUS_PATH, BUS_INTERFACE_MANAGER, BUS_PROPERTY_TASK);
        uint64_t since, n_blocks, n_done;
        uint32_t uid, pid;
        const char *kind;

        ck_assert_int_gt(sd_bus_message_read(reply, "v", "(stttuu)", &kind, &since, &n_blocks,
                                             &n_done, &uid, &pid),
                         0);
        ck_assert_str_eq(kind, wanted_kind);
        ck_assert(n_blocks == wanted_blocks && n_done == wanted_done);
        ck_assert(uid == 0 && pid == wanted_pid);
        sd_bus_message_unref(reply);
}

START_TEST(task_answers_at_its_end) {
        Reply reply = {};
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        expect_task(&fake, "", 0, 0, 0);
        begin_offline(&fake, &reply);
        ck_assert_int_eq(fake.task.kind, TASK_OFFLINE);
        ck_assert_uint_eq(fake.task.n_blocks, 2);
        ck_assert(fake.task_blocks[0] == 32 && fake.task_blocks[1] == 40);
        ck_assert(fake.task.pid == 4711 && fake.task.uid == 0);
        ck_assert(fake.task.timeout == 5000000 && fake.task.keep_partial && !fake.task.force);
        ck_assert(!reply.is_there);
        fake.state.n_task_done = 1;
        expect_task(&fake, "offline", 2, 1, 4711);

        bus_server_task_done(fake.server,
                             (TaskBlock[]){ { 32, OUTCOME_DONE, _ZONE_KIND_INVALID, 0 },
                                            { 40, OUTCOME_BUSY, ZONE_KIND_MOVABLE, -EBUSY } },
                             2, 0);
        run_until(&fake, &reply.is_there);
        ck_assert_int_gt(sd_bus_message_enter_container(reply.message, 'a', "(tssi)"), 0);
        expect_answer(reply.message, 32, "done", "", 0);
        expect_answer(reply.message, 40, "busy", "movable", EBUSY);
        sd_bus_message_unref(reply.message);
        ck_assert_uint_eq(fake.n_cancels, 0);
        end(&fake);
}
END_TEST

/* Nothing of it came to anything: that is an answer, too. And it may end before it has begun. */
START_TEST(rezone_and_unplug) {
        Reply reply = {};
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        begin_call(&fake, &reply, BUS_METHOD_REZONE, "atstb", 1, (uint64_t)33, "kernel",
                   UINT64_C(0), 1);
        settle(&fake);
        ck_assert(fake.task.kind == TASK_REZONE && fake.task.zone == ZONE_KIND_KERNEL);
        ck_assert(fake.task.force && fake.task.timeout == 0);
        end_task(&fake, OUTCOME_WRONG_ZONE, ZONE_KIND_MOVABLE, -EBUSY);
        run_until(&fake, &reply.is_there);
        ck_assert_int_gt(sd_bus_message_enter_container(reply.message, 'a', "(tssi)"), 0);
        expect_answer(reply.message, 33, "wrong-zone", "movable", EBUSY);
        sd_bus_message_unref(reply.message);

        fake.ends_at_once = true;
        expect_success(call_manager(&fake, BUS_METHOD_UNPLUG, "st", "PNP0C80:01", UINT64_C(7)));
        ck_assert(fake.task.kind == TASK_UNPLUG && fake.task.timeout == 7);
        ck_assert_str_eq(fake.task.device, "PNP0C80:01");
        ck_assert_uint_eq(fake.task.n_blocks, 3);
        ck_assert(fake.task_blocks[0] == 32 && fake.task_blocks[2] == 34);
        end(&fake);
}
END_TEST

/* What the device as a whole came to is told of each block that is still there. */
START_TEST(eject_that_fails) {
        Reply reply = {};
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        begin_call(&fake, &reply, BUS_METHOD_UNPLUG, "st", "PNP0C80:01", UINT64_C(0));
        settle(&fake);
        bus_server_task_done(fake.server,
                             (TaskBlock[]){ { 32, OUTCOME_DONE, _ZONE_KIND_INVALID, 0 },
                                            { 33, OUTCOME_CANCELLED, ZONE_KIND_MOVABLE, 0 },
                                            { 34, OUTCOME_BUSY, ZONE_KIND_MOVABLE, -EAGAIN } },
                             3, -EBUSY);
        run_until(&fake, &reply.is_there);
        ck_assert_int_gt(sd_bus_message_enter_container(reply.message, 'a', "(tssi)"), 0);
        expect_answer(reply.message, 32, "done", "", 0);
        expect_answer(reply.message, 33, "cancelled", "movable", EBUSY);
        expect_answer(reply.message, 34, "busy", "movable", EAGAIN);
        sd_bus_message_unref(reply.message);
        end(&fake);
}
END_TEST

START_TEST(one_task_at_a_time) {
        Reply reply = {};
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        begin_offline(&fake, &reply);
        fake.caller = ":1.8";
        expect_error(call_manager(&fake, BUS_METHOD_REZONE, "atstb", 1, (uint64_t)50, "movable",
                                  UINT64_C(0), 0),
                     "org.memplug1.Error.Busy", "offline, asked for by process 4711 of uid 0");
        ck_assert_uint_eq(fake.n_tasks, 1);
        end_task(&fake, OUTCOME_DONE, _ZONE_KIND_INVALID, 0);
        run_until(&fake, &reply.is_there);
        expect_success(reply.message);

        fake.ends_at_once = true;
        expect_success(call_manager(&fake, BUS_METHOD_REZONE, "atstb", 1, (uint64_t)50, "movable",
                                    UINT64_C(0), 0));
        ck_assert_uint_eq(fake.n_tasks, 2);
        end(&fake);
}
END_TEST

/* It is answered then as ever; nobody else's call cancels it. */
START_TEST(task_is_cancelled) {
        Reply reply = {};
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        expect_success(call_manager(&fake, BUS_METHOD_CANCEL_TASK, ""));
        begin_offline(&fake, &reply);
        fake.caller = ":1.8";
        expect_error(call_manager(&fake, BUS_METHOD_CANCEL_TASK, ""), BUS_ERROR_ACCESS_DENIED,
                     "somebody else's");
        ck_assert_uint_eq(fake.n_cancels, 0);
        fake.caller = NULL;
        fake.polkit = POLKIT_NO;
        fake.uid = 1000;
        expect_success(call_manager(&fake, BUS_METHOD_CANCEL_TASK, ""));
        ck_assert_uint_eq(fake.n_cancels, 1);
        ck_assert_uint_eq(fake.n_polkit, 0);
        ck_assert(!reply.is_there);
        end_task(&fake, OUTCOME_CANCELLED, ZONE_KIND_MOVABLE, 0);
        run_until(&fake, &reply.is_there);
        expect_success(reply.message);
        end(&fake);
}
END_TEST

/* As long as somebody is asked for a password there is nothing to be put back. */
START_TEST(task_is_cancelled_before_it_begins) {
        Reply reply = {}, other = {};
        Fake fake;

        begin(&fake);
        fake.polkit = POLKIT_SILENT;
        begin_offline(&fake, &reply);
        begin_call(&fake, &other, BUS_METHOD_RELOAD, "");
        settle(&fake);
        expect_success(call_manager(&fake, BUS_METHOD_CANCEL_TASK, ""));
        run_until(&fake, &reply.is_there);
        expect_error(reply.message, "org.memplug1.Error.Cancelled", "before it was begun");
        settle(&fake);
        ck_assert(!other.is_there);
        ck_assert_uint_eq(fake.n_tasks + fake.n_cancels, 0);
        disconnect_ends(&fake);
        sd_bus_message_unref(other.message);
        connect_ends(&fake);
        end(&fake);
}
END_TEST

/* Tells that a name has no owner any more; 'sender' may be no bus at all. */
static void tell_left(Fake *fake, const char *sender, const char *name, const char *new_owner) {
        sd_bus_message *signal;

        ck_assert_int_ge(sd_bus_message_new_signal(fake->theirs, &signal, "/org/freedesktop/DBus",
                                                   "org.freedesktop.DBus", "NameOwnerChanged"),
                         0);
        ck_assert_int_ge(sd_bus_message_set_sender(signal, sender), 0);
        ck_assert_int_ge(sd_bus_message_append(signal, "sss", name, name, new_owner), 0);
        ck_assert_int_ge(sd_bus_send(fake->theirs, signal, NULL), 0);
        sd_bus_message_unref(signal);
        settle(fake);
}

START_TEST(task_of_one_who_leaves) {
        Reply reply = {};
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        begin_offline(&fake, &reply);
        tell_left(&fake, "org.freedesktop.DBus", ":1.8", "");
        tell_left(&fake, ":1.8", CALLER, "");
        tell_left(&fake, "org.freedesktop.DBus", CALLER, CALLER);
        ck_assert_uint_eq(fake.n_cancels, 0);
        tell_left(&fake, "org.freedesktop.DBus", CALLER, "");
        ck_assert_uint_eq(fake.n_cancels, 1);
        end_task(&fake, OUTCOME_CANCELLED, ZONE_KIND_MOVABLE, 0);
        settle(&fake);
        sd_bus_message_unref(reply.message);

        /* He left before he could be watched. */
        fake.has_left = true;
        reply = (Reply){};
        begin_offline(&fake, &reply);
        ck_assert_uint_eq(fake.n_tasks, 2);
        ck_assert_uint_eq(fake.n_cancels, 2);
        end_task(&fake, OUTCOME_CANCELLED, ZONE_KIND_MOVABLE, 0);
        settle(&fake);
        sd_bus_message_unref(reply.message);
        end(&fake);
}
END_TEST

/* With the bus, all of them leave. Until its task has ended there is no other. */
START_TEST(task_without_a_bus) {
        Reply reply = {};
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        begin_offline(&fake, &reply);
        disconnect_ends(&fake);
        ck_assert_uint_eq(fake.n_cancels, 1);
        sd_bus_message_unref(reply.message);
        connect_ends(&fake);
        bus_server_begin(fake.server);
        expect_task(&fake, "offline", 2, 0, 4711);
        expect_error(call_manager(&fake, BUS_METHOD_UNPLUG, "st", "PNP0C80:01", UINT64_C(0)),
                     "org.memplug1.Error.Busy", "offline, asked for by");
        expect_error(call_manager(&fake, BUS_METHOD_CANCEL_TASK, ""), BUS_ERROR_ACCESS_DENIED, "");
        end_task(&fake, OUTCOME_CANCELLED, ZONE_KIND_MOVABLE, 0);
        expect_task(&fake, "", 0, 0, 0);

        /* One that is under way at the end of all. */
        reply = (Reply){};
        begin_offline(&fake, &reply);
        ck_assert_uint_eq(fake.n_tasks, 2);
        disconnect_ends(&fake);
        sd_bus_message_unref(reply.message);
        bus_server_free(fake.server);
        sd_event_unref(fake.event);
}
END_TEST

START_TEST(task_that_cannot_be) {
        static const struct {
                int error;
                const char *name, *text;
        } cases[] = {
                { -EROFS, "org.memplug1.Error.Refused", "observe" },
                { -EBUSY, "org.memplug1.Error.Busy", "held" },
                { -EALREADY, "org.memplug1.Error.Busy", "Another task" },
                { -ESHUTDOWN, "org.memplug1.Error.Cancelled", "ending" },
                { -ENOMEM, BUS_ERROR_FAILED, "memory" },
        };
        Fake fake;
        int held;

        begin(&fake);
        fake.uid = 0;
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                fake.task_error = cases[i].error;
                expect_error(call_manager(&fake, BUS_METHOD_OFFLINE, "attb", 1, (uint64_t)1,
                                          UINT64_C(0), 0),
                             cases[i].name, cases[i].text);
                expect_error(
                        call_manager(&fake, BUS_METHOD_UNPLUG, "st", "PNP0C80:01", UINT64_C(0)),
                        cases[i].name, cases[i].text);
        }
        held = hold(&fake, "a test");
        fake.task_error = -EBUSY;
        expect_error(
                call_manager(&fake, BUS_METHOD_OFFLINE, "attb", 1, (uint64_t)1, UINT64_C(0), 0),
                "org.memplug1.Error.Busy", "It is held by process 4711 of uid 0: a test.");
        (void)close(held);
        expect_error(call_manager(&fake, BUS_METHOD_OFFLINE, "attb", 0, UINT64_C(0), 0),
                     BUS_ERROR_INVALID_ARGS, "No blocks");
        expect_error(call_manager(&fake, BUS_METHOD_OFFLINE, "attb", 1, (uint64_t)1,
                                  BUS_TIMEOUT_MAX + 1, 0),
                     BUS_ERROR_INVALID_ARGS, "'timeout_usec'");
        expect_error(call_manager(&fake, BUS_METHOD_REZONE, "atstb", 1, (uint64_t)1, "default",
                                  UINT64_C(0), 0),
                     BUS_ERROR_INVALID_ARGS, "'zone'");
        expect_error(call_manager(&fake, BUS_METHOD_REZONE, "atstb", 0, "kernel", UINT64_C(0), 0),
                     BUS_ERROR_INVALID_ARGS, "No blocks");
        ck_assert_uint_eq(fake.n_tasks, 0);
        end(&fake);
}
END_TEST

START_TEST(unplug_of_what_is_no_dimm) {
        static const struct {
                Device device;
                const char *text;
        } cases[] = {
                { { .source = SOURCE_VIRTIO_MEM, .name = "virtio0" }, "requested-size" },
                { { .source = SOURCE_DAX, .name = "dax0.0" }, "daxctl" },
        };
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                fake.other_device = cases[i].device;
                expect_error(call_manager(&fake, BUS_METHOD_UNPLUG, "st", cases[i].device.name,
                                          UINT64_C(0)),
                             "org.memplug1.Error.Refused", cases[i].text);
        }
        for (size_t i = 0; i < 3; i++)
                expect_error(call_manager(&fake, BUS_METHOD_UNPLUG, "st",
                                          i == 0   ? "PNP0C80:01"
                                          : i == 1 ? ""
                                                   : "a-name-of-more-than-thirty-one-bytes",
                                          UINT64_C(0)),
                             BUS_ERROR_INVALID_ARGS, i == 0 ? "'PNP0C80:01'" : "'device'");
        ck_assert_uint_eq(fake.n_tasks, 0);
        end(&fake);
}
END_TEST

START_TEST(task_of_too_many) {
        Fake fake;

        begin(&fake);
        fake.uid = 0;
        fake.ends_at_once = true;
        for (size_t i = 0; i < 2; i++) {
                Reply reply = {};

                begin_with(&fake, &reply, BUS_METHOD_OFFLINE, BUS_ONLINE_MAX + 1 - i);
                run_until(&fake, &reply.is_there);
                if (i == 0)
                        expect_error(reply.message, BUS_ERROR_LIMITS, "524288 blocks");
                else
                        expect_success(reply.message);
        }
        ck_assert_uint_eq(fake.task.n_blocks, 1);
        end(&fake);
}
END_TEST

/* Signals */

START_TEST(signals) {
        Rule rule = { .name = (char *)(uintptr_t) "x",
                      .file = (char *)(uintptr_t) "/f",
                      .line = 3 };
        Verdict verdict = { .block = 33, .online = ONLINE_MOVABLE, .rule = &rule };
        Fake fake;

        begin(&fake);
        subscribe(&fake);
        bus_server_uevent(fake.server, &(Uevent){ UEVENT_ADD, 33 });
        bus_server_uevent(fake.server, &(Uevent){ UEVENT_OTHER, 33 });
        bus_server_verdict(fake.server, &verdict);
        bus_server_told(fake.server, 1, 4, "cut in h\xc3");
        record(&fake, 33, OUTCOME_VETOED, _ZONE_KIND_INVALID, -EPERM);
        ck_assert_uint_eq(fake.n_signals, 0);
        settle(&fake);
        ck_assert_str_eq(fake.signals, "Uevent 33 add\n"
                                       "Verdict 33 movable|rule 'x' (/f:3)|\n"
                                       "Told 4 cut in h?\n"
                                       "Outcome 33 vetoed||1 5 1|asked for by hand\n");
        end(&fake);
}
END_TEST

/* Who has subscribed is told by the bus when he leaves; and he may leave before that is so. */
START_TEST(signals_are_for_subscribers) {
        Fake fake;

        begin(&fake);
        bus_server_told(fake.server, 1, 6, "nobody");
        subscribe(&fake);
        subscribe(&fake);
        fake.caller = ":1.8";
        subscribe(&fake);
        bus_server_told(fake.server, 1, 6, "both");
        settle(&fake);

        tell_left(&fake, "org.freedesktop.DBus", ":1.8", "");
        tell_left(&fake, "org.freedesktop.DBus", ":1.9", "");
        tell_left(&fake, "org.freedesktop.DBus", CALLER, CALLER);
        tell_left(&fake, ":1.9", CALLER, "");
        bus_server_told(fake.server, 1, 6, "one");
        settle(&fake);

        /* What is left of it when the last one goes is dropped. */
        bus_server_told(fake.server, 1, 6, "too late");
        fake.caller = CALLER;
        expect_success(call_manager(&fake, BUS_METHOD_UNSUBSCRIBE, ""));
        expect_success(call_manager(&fake, BUS_METHOD_UNSUBSCRIBE, ""));
        bus_server_told(fake.server, 1, 6, "nobody");
        fake.has_left = true;
        subscribe(&fake);
        bus_server_told(fake.server, 1, 6, "nobody");
        fake.has_left = false;
        subscribe(&fake);
        tell_left(&fake, "org.freedesktop.DBus", CALLER, "");
        bus_server_told(fake.server, 1, 6, "nobody");
        subscribe(&fake);
        bus_server_told(fake.server, 1, 6, "again");
        settle(&fake);
        ck_assert_str_eq(fake.signals, "Told 6 both\nTold 6 one\nTold 6 again\n");
        end(&fake);
}
END_TEST

START_TEST(no_signals_without_a_bus) {
        Fake fake;

        begin(&fake);
        subscribe(&fake);
        bus_server_told(fake.server, 1, 6, "lost with the connection");
        disconnect_ends(&fake);
        bus_server_told(fake.server, 1, 6, "nobody listens");
        connect_ends(&fake);
        subscribe(&fake);
        bus_server_told(fake.server, 1, 6, "without a name");
        bus_server_begin(fake.server);
        bus_server_told(fake.server, 1, 6, "heard");
        settle(&fake);
        ck_assert_str_eq(fake.signals, "Told 6 heard\n");
        end(&fake);
}
END_TEST

/* More than there is room for: the newest come, and how many don't is told before. */
START_TEST(too_many_signals) {
        char text[BUS_TEXT_MAX], wanted[64];
        size_t n = 4000, n_lost;
        Fake fake;

        begin(&fake);
        subscribe(&fake);
        (void)memset(text, 'x', sizeof(text) - 1);
        text[sizeof(text) - 1] = 0;
        for (size_t i = 0; i < n; i++)
                bus_server_told(fake.server, 1, 7, text);
        bus_server_told(fake.server, 1, 6, "the last");
        while (!strstr(fake.signals, "Told 6 the last\n")) {
                ck_assert_int_ge(sd_event_run(fake.event, UINT64_MAX), 0);
                /* The first one, and then the last one only. */
                if (fake.n_signals > 1 && fake.n_signals < n && strstr(fake.signals, "Told 7"))
                        *strstr(fake.signals, "Told 7") = 0;
        }
        n_lost = n + 1 + 1 - fake.n_signals;
        ck_assert_uint_gt(n_lost, 1000);
        (void)snprintf(wanted, sizeof(wanted), "Told 5 %zu signals couldn't be sent", n_lost);
        ck_assert_msg(strstr(fake.signals, wanted) == fake.signals, "'%s' isn't before '%.60s'",
                      wanted, fake.signals);
        end(&fake);
}
END_TEST

static uint64_t fill_and_finish(Fake *fake) {
        char text[BUS_TEXT_MAX];
        uint64_t n_unwritten;
        int size = 4096;

        /* sd-bus asks for very much. */
        ck_assert_int_eq(
                setsockopt(sd_bus_get_fd(fake->ours), SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)),
                0);
        (void)memset(text, 'x', sizeof(text) - 1);
        text[sizeof(text) - 1] = 0;
        for (size_t i = 0; i < 1000; i++)
                bus_server_told(fake->server, 1, 6, text);
        bus_server_finish(fake->server);
        ck_assert_int_ge(sd_bus_get_n_queued_write(fake->ours, &n_unwritten), 0);
        return n_unwritten;
}

/* Reads what comes to the client, in its place. */
static pid_t begin_reading(Fake *fake) {
        struct pollfd poll_fd = { .fd = sd_bus_get_fd(fake->theirs), .events = POLLIN };
        static char buffer[65536];
        pid_t reader = fork();

        ck_assert_int_ge(reader, 0);
        while (reader == 0)
                if (poll(&poll_fd, 1, -1) < 0 || read(poll_fd.fd, buffer, sizeof(buffer)) == 0)
                        _exit(0);
        return reader;
}

/* What is more than the socket holds arrives, too, if it is read. */
START_TEST(the_end_waits_for_the_bus) {
        pid_t reader;
        Fake fake;

        begin(&fake);
        subscribe(&fake);
        ck_assert_uint_gt(fill_and_finish(&fake), 0);
        end(&fake);

        begin(&fake);
        subscribe(&fake);
        reader = begin_reading(&fake);
        ck_assert_uint_eq(fill_and_finish(&fake), 0);
        (void)kill(reader, SIGKILL);
        (void)waitpid(reader, NULL, 0);
        end(&fake);
}
END_TEST

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata) {
        (void)source;
        (void)usec;
        *(bool *)userdata = true;
        return 0;
}

/* A second, but not once somebody has subscribed: then it is told before that second is over. */
START_TEST(changes_wait_while_nobody_watches) {
        for (size_t i = 0; i < 2; i++) {
                uint64_t begun = clock_usec(CLOCK_MONOTONIC);
                sd_event_source *timer = NULL;
                bool is_over = false;
                Fake fake;

                begin(&fake);
                fake.state.is_busy = true;
                bus_server_changed(fake.server);
                ck_assert_int_ge(sd_event_add_time_relative(fake.event, &timer, CLOCK_MONOTONIC,
                                                            900 * 1000, 0, on_timer, &is_over),
                                 0);
                ck_assert_int_ge(sd_event_source_set_priority(timer, SD_EVENT_PRIORITY_IDLE + 1),
                                 0);
                if (i == 1)
                        subscribe(&fake);
                while (fake.n_signals == 0)
                        ck_assert_int_ge(sd_event_run(fake.event, UINT64_MAX), 0);
                if (i == 1)
                        ck_assert(!is_over);
                else
                        ck_assert_uint_ge(clock_usec(CLOCK_MONOTONIC) - begun, 1000 * 1000);
                ck_assert_str_eq(fake.signals, "Changed Busy\n");
                sd_event_source_unref(timer);
                end(&fake);
        }
}
END_TEST

START_TEST(changes_are_told_together) {
        Fake fake;

        begin(&fake);
        subscribe(&fake);
        fake.state.is_busy = true;
        bus_server_changed(fake.server);
        for (size_t i = 0; i < 100; i++) {
                fake.state.n_outcomes[OUTCOME_DONE]++;
                bus_server_changed(fake.server);
        }
        while (fake.n_signals == 0)
                ck_assert_int_ge(sd_event_run(fake.event, UINT64_MAX), 0);
        settle(&fake);
        ck_assert_str_eq(fake.signals, "Changed Busy Outcomes\n");

        /* What is back where it was is no change; and one more of a hold is. */
        fake.state.is_busy = false;
        bus_server_changed(fake.server);
        fake.state.is_busy = true;
        fake.uid = 0;
        (void)close(hold(&fake, "x"));
        while (fake.n_signals == 1)
                ck_assert_int_ge(sd_event_run(fake.event, UINT64_MAX), 0);
        ck_assert_str_eq(fake.signals, "Changed Busy Outcomes\nChanged Holds\n");

        fake.state.n_task_done++;
        bus_server_changed(fake.server);
        while (fake.n_signals == 2)
                ck_assert_int_ge(sd_event_run(fake.event, UINT64_MAX), 0);
        ck_assert_str_eq(fake.signals, "Changed Busy Outcomes\nChanged Holds\nChanged Task\n");
        end(&fake);
}
END_TEST

TEST_PROGRAM("bus", interfaces, properties, devices, strangers_are_refused, root_needs_no_polkit,
             polkit_allows, too_many_wait_for_polkit, too_many_of_one_user_wait_for_polkit,
             too_much_waits_for_polkit, a_password_takes_its_time, broken_config,
             hold_ends_with_its_descriptor, holds_are_bounded, online_answers_when_all_are_settled,
             online_fails_if_all_failed, online_of_two_callers, online_of_one_who_leaves,
             online_that_cannot_be, online_of_too_many, task_answers_at_its_end, rezone_and_unplug,
             eject_that_fails, one_task_at_a_time, task_is_cancelled,
             task_is_cancelled_before_it_begins, task_of_one_who_leaves, task_without_a_bus,
             task_that_cannot_be, unplug_of_what_is_no_dimm, task_of_too_many, signals,
             signals_are_for_subscribers, no_signals_without_a_bus, too_many_signals,
             changes_are_told_together, changes_wait_while_nobody_watches,
             the_end_waits_for_the_bus, devices_are_read_now_and_then, devices_with_busy_blocks);
