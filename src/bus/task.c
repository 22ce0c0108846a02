/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The methods that begin a task, Offline(), Rezone() and Unplug(), and CancelTask(). A task is its
 * caller's: it is given up when he leaves the bus, or when that goes away, and nobody else may cancel
 * it. It is answered once, when it has ended, block by block, whatever came of it.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "bus/errors.h"
#include "bus/server-internal.h"

/* Ends */

static int append_answer(sd_bus_message *reply, const TaskBlock *answer, int error) {
        bool went = answer->outcome == OUTCOME_DONE || answer->outcome == OUTCOME_ALREADY;

        /* What came of the device as a whole is what kept its blocks. */
        return sd_bus_message_append(reply, "(tssi)", answer->block,
                                     outcome_to_string(answer->outcome) ?: "",
                                     zone_kind_to_string(answer->zone) ?: "",
                                     went || answer->error < 0 ? -answer->error : -error);
}

static int make_reply(sd_bus_message *call, const TaskBlock *answers, size_t n_answers, int error,
                      sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_message_new_method_return(call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(tssi)");
        for (size_t i = 0; i < n_answers && r >= 0; i++)
                r = append_answer(reply, &answers[i], error);
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        if (r >= 0)
                *ret = TAKE_PTR(reply);
        return r;
}

void bus_server_task_done(BusServer *server, const TaskBlock *answers, size_t n_answers,
                          int error) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        Request *request = TAKE_PTR(server->task);
        int r;

        bus_server_changed(server);
        if (!request)
                return;

        r = request->call ? make_reply(request->call, answers, n_answers, error, &reply) : 0;
        if (r < 0)
                request_fail(request, BUS_ERROR_FAILED, "Failed to answer: %s", strerror(-r));
        else
                request_done(request, reply);
}

/* Who asked for it */

static void give_up(Request *request) {
        if (request->server->task == request)
                request->server->ops->cancel_task(request->server->userdata);
}

static int on_name_gone(sd_bus_message *message, void *userdata, sd_bus_error *reterr) {
        const char *name = message_name_gone(message);
        Request *request = userdata;

        (void)reterr;
        if (name && request->call && strcmp(name, sd_bus_message_get_sender(request->call)) == 0)
                give_up(request);
        return 0;
}

/* Nothing may go on without end that can't be watched. */
static int on_watch(sd_bus_message *reply, void *userdata, sd_bus_error *reterr) {
        (void)reterr;
        if (sd_bus_message_is_method_error(reply, NULL))
                give_up(userdata);
        return 0;
}

static int on_has_owner(sd_bus_message *reply, void *userdata, sd_bus_error *reterr) {
        int has_owner = false;

        (void)reterr;
        if (sd_bus_message_is_method_error(reply, NULL) ||
            sd_bus_message_read(reply, "b", &has_owner) < 0 || !has_owner)
                give_up(userdata);
        return 0;
}

/* He may have left before the watch is there: so it is asked afterwards whether he did. */
static int watch(Request *request) {
        const char *sender = sd_bus_message_get_sender(request->call) ?: "";
        char match[512];
        int r;

        (void)snprintf(match, sizeof(match),
                       "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',"
                       "interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='%s'",
                       sender);
        r = sd_bus_add_match_async(request->server->bus, &request->watch, match, on_name_gone,
                                   on_watch, request);
        if (r < 0)
                return r;

        return sd_bus_call_method_async(request->server->bus, &request->asking,
                                        "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus", "NameHasOwner", on_has_owner,
                                        request, "s", sender);
}

/* Begins */

static void refuse_as_held(Request *request) {
        const BusHold *hold = NULL;

        for (size_t i = 0; i < BUS_HOLDS_MAX && !hold; i++)
                if (request->server->holds[i].fd >= 0)
                        hold = &request->server->holds[i].hold;
        if (hold)
                request_fail(request, bus_error_to_string(OUTCOME_BUSY),
                             "It is held by process %d of uid %u: %s.", (int)hold->pid,
                             (unsigned)hold->uid, hold->why);
        else
                request_fail(request, bus_error_to_string(OUTCOME_BUSY), "It is held.");
}

static void refuse(Request *request, int error) {
        if (error == -EROFS)
                request_fail(request, bus_error_to_string(OUTCOME_REFUSED),
                             "In mode \"observe\" no memory is touched.");
        else if (error == -EBUSY)
                refuse_as_held(request);
        else if (error == -EALREADY)
                request_fail(request, bus_error_to_string(OUTCOME_BUSY),
                             "Another task is under way, or one of the blocks is being put "
                             "online, as somebody asked for.");
        else if (error == -ESHUTDOWN)
                request_fail(request, bus_error_to_string(OUTCOME_CANCELLED),
                             "memplugd is ending.");
        else
                request_fail(request, BUS_ERROR_FAILED, "Failed to begin: %s", strerror(-error));
}

static void refuse_as_second(Request *request) {
        const Request *first = request->server->task;

        request_fail(request, bus_error_to_string(OUTCOME_BUSY),
                     "Another task is under way: %s, asked for by process %d of uid %u.",
                     task_kind_to_string(first->task.kind), (int)first->pid, (unsigned)first->uid);
}

static void run(Request *request) {
        BusServer *server = request->server;
        int r;

        if (server->task) {
                refuse_as_second(request);
                return;
        }

        request->task.blocks = request->blocks;
        request->task.n_blocks = request->n_blocks;
        request->task.pid = request->pid;
        request->task.uid = request->uid;
        /* It may have ended, and be freed, when it has begun. */
        server->task = request;
        r = watch(request);
        if (r >= 0)
                r = server->ops->start_task(server->userdata, &request->task);
        bus_server_changed(server);
        if (r < 0) {
                server->task = NULL;
                refuse(request, r);
        }
}

/* Unplug() */

/* Whose device it is to give, and to take. */
static const char *who_decides(Source source) {
        switch (source) {
        case SOURCE_VIRTIO_MEM:
                return "the hypervisor unplugs virtio-mem devices: it is to lower the device's "
                       "requested-size";
        case SOURCE_DAX:
                return "daxctl(1) unplugs dax devices: 'daxctl offline-memory', then 'daxctl "
                       "reconfigure-device --mode=devdax'";
        default:
                return "it is no ACPI DIMM";
        }
}

static const Device *find_device(const Snapshot *snapshot, const char *name, uint32_t *ret) {
        for (size_t i = 0; i < snapshot->n_devices; i++)
                if (strcmp(snapshot->devices[i].name, name) == 0) {
                        *ret = (uint32_t)i + 1;
                        return &snapshot->devices[i];
                }
        return NULL;
}

/* 0 or -ENOMEM. */
static int take_blocks(Request *request, const Snapshot *snapshot, uint32_t device) {
        request->blocks = calloc(snapshot->n_blocks ?: 1, sizeof(BlockIndex));
        if (!request->blocks)
                return -ENOMEM;

        for (size_t i = 0; i < snapshot->n_blocks; i++)
                if (snapshot->blocks[i].device == device)
                        request->blocks[request->n_blocks++] = snapshot->blocks[i].index;
        return 0;
}

static void run_unplug(Request *request) {
        BusServer *server = request->server;
        _cleanup_(snapshot_done) Snapshot snapshot = {};
        const char *name = request->task.device;
        const Device *device;
        uint32_t number;
        int r;

        r = server->ops->read_devices(server->userdata, &snapshot);
        if (r < 0) {
                request_fail(request, BUS_ERROR_FAILED, "Failed to read the devices: %s",
                             strerror(-r));
                return;
        }

        device = find_device(&snapshot, name, &number);
        if (!device)
                request_fail(request, BUS_ERROR_INVALID_ARGS,
                             "There is no device '%s' that has memory.", name);
        else if (device->source != SOURCE_DIMM)
                request_fail(request, bus_error_to_string(OUTCOME_REFUSED), "%s: %s.", name,
                             who_decides(device->source));
        else if (take_blocks(request, &snapshot, number) < 0)
                refuse(request, -ENOMEM);
        else
                run(request);
}

/* Methods */

static int check_timeout(uint64_t timeout, sd_bus_error *reterr) {
        if (timeout <= BUS_TIMEOUT_MAX)
                return 0;

        return sd_bus_error_setf(reterr, BUS_ERROR_INVALID_ARGS,
                                 "'timeout_usec' must be at most %" PRIu64 ".", BUS_TIMEOUT_MAX);
}

static int begin(Request *request, sd_bus_message *call, BusServer *server, RequestRun task_run,
                 sd_bus_error *reterr) {
        request->is_task = true;
        return request_begin(request, call, server, BUS_ACTION_OFFLINE, task_run, reterr);
}

int task_method_offline(sd_bus_message *call, void *userdata, sd_bus_error *reterr) {
        _cleanup_(request_freep) Request *request = NULL;
        uint64_t timeout;
        int keep, r;

        r = request_read_blocks(call, &request, reterr);
        if (r >= 0)
                r = sd_bus_message_read(call, "tb", &timeout, &keep);
        if (r >= 0)
                r = check_timeout(timeout, reterr);
        if (r < 0)
                return r;

        request->task = (Task){
                .kind = TASK_OFFLINE,
                .zone = _ZONE_KIND_INVALID,
                .timeout = timeout,
                .keep_partial = keep,
        };
        return begin(TAKE_PTR(request), call, userdata, run, reterr);
}

int task_method_rezone(sd_bus_message *call, void *userdata, sd_bus_error *reterr) {
        _cleanup_(request_freep) Request *request = NULL;
        const char *zone;
        uint64_t timeout;
        int force, r;

        r = request_read_blocks(call, &request, reterr);
        if (r >= 0)
                r = sd_bus_message_read(call, "stb", &zone, &timeout, &force);
        if (r >= 0)
                r = check_timeout(timeout, reterr);
        if (r < 0)
                return r;

        request->task = (Task){
                .kind = TASK_REZONE,
                .zone = zone_kind_from_string(zone),
                .timeout = timeout,
                .force = force,
        };
        if (request->task.zone < 0)
                return sd_bus_error_set(reterr, BUS_ERROR_INVALID_ARGS,
                                        "'zone' must be \"kernel\" or \"movable\".");
        return begin(TAKE_PTR(request), call, userdata, run, reterr);
}

int task_method_unplug(sd_bus_message *call, void *userdata, sd_bus_error *reterr) {
        Request *request;
        const char *device;
        uint64_t timeout;
        int r;

        r = sd_bus_message_read(call, BUS_SIGNATURE_UNPLUG, &device, &timeout);
        if (r >= 0)
                r = check_timeout(timeout, reterr);
        if (r < 0)
                return r;
        if (!device[0] || strlen(device) >= DEVICE_NAME_MAX)
                return sd_bus_error_setf(reterr, BUS_ERROR_INVALID_ARGS,
                                         "'device' must be a name of 1 to %d bytes.",
                                         DEVICE_NAME_MAX - 1);

        request = calloc(1, sizeof(Request));
        if (!request)
                return -ENOMEM;
        request->task = (Task){
                .kind = TASK_UNPLUG,
                .zone = _ZONE_KIND_INVALID,
                .timeout = timeout,
        };
        (void)strcpy(request->task.device, device);
        return begin(request, call, userdata, run_unplug, reterr);
}

static bool is_of(const Request *request, sd_bus_message *call) {
        const char *his = request->call ? sd_bus_message_get_sender(request->call) : NULL;
        const char *sender = sd_bus_message_get_sender(call);

        return his && sender && strcmp(his, sender) == 0;
}

/* His, and of these also those that wait for polkit: then nobody needs to type the password any more. */
int task_method_cancel(sd_bus_message *call, void *userdata, sd_bus_error *reterr) {
        BusServer *server = userdata;
        bool had_one = false;

        for (Request *request = server->requests, *next; request; request = next) {
                next = request->next;
                if (!request->is_task || request == server->task || !is_of(request, call))
                        continue;
                had_one = true;
                request_fail(request, bus_error_to_string(OUTCOME_CANCELLED),
                             "It was given up before it was begun.");
        }

        if (server->task && is_of(server->task, call))
                give_up(server->task);
        else if (server->task && !had_one)
                return sd_bus_error_set(reterr, BUS_ERROR_ACCESS_DENIED,
                                        "The task that is under way is somebody else's.");
        return sd_bus_reply_method_return(call, NULL);
}

/* The property */

int task_append(const BusServer *server, const BusState *state, sd_bus_message *reply) {
        const char *kind = task_kind_to_string(state->task);
        const Request *request = server->task;

        if (!kind)
                return sd_bus_message_append(reply, "(stttuu)", "", (uint64_t)0, (uint64_t)0,
                                             (uint64_t)0, 0, 0);

        return sd_bus_message_append(reply, "(stttuu)", kind, state->task_since,
                                     (uint64_t)state->n_task_blocks, (uint64_t)state->n_task_done,
                                     request ? (uint32_t)request->uid : 0,
                                     request ? (uint32_t)request->pid : 0);
}
