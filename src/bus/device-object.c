/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The interface org.memplug1.Device. Devices are read when somebody asks, and anybody may ask as
 * often as he likes: so they are read again only when ten times as long has passed as it took, and five
 * seconds, unless the kernel told of a block since; and not while something is under way.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "bus/server-internal.h"

#define TIMES_BETWEEN_READS 10
#define USEC_BETWEEN_READS (5 * 1000 * 1000)

static bool is_busy(const BusServer *server) {
        BusState state = {};

        server->ops->read_state(server->userdata, &state);
        return state.is_busy;
}

/* Whether what was read last is to be shown once more. */
static bool is_fresh(const BusServer *server, uint64_t now) {
        uint64_t age = now - server->devices_read_at;

        if (server->devices_read_at == 0)
                return false;
        if (age < TIMES_BETWEEN_READS * server->devices_took)
                return true;

        return (age < USEC_BETWEEN_READS && !server->devices_are_old) || is_busy(server);
}

static int read_devices(BusServer *server) {
        _cleanup_(snapshot_done) Snapshot snapshot = {};
        uint64_t begin = clock_usec(CLOCK_MONOTONIC);
        DeviceList list;
        int r;

        if (is_fresh(server, begin))
                return 0;

        server->devices_are_old = false;
        r = server->ops->read_devices(server->userdata, &snapshot);
        if (r >= 0)
                r = device_list_make(&snapshot, &server->stuck, &list);
        if (r < 0)
                return r;

        device_list_done(&server->devices);
        server->devices = list;
        server->devices_read_at = clock_usec(CLOCK_MONOTONIC);
        server->devices_took = server->devices_read_at - begin;
        return 0;
}

static int find_device(sd_bus *bus, const char *path, const char *interface, void *userdata,
                       void **ret, sd_bus_error *reterr) {
        BusServer *server = userdata;
        _cleanup_free_ char *name = NULL;
        int r;

        (void)bus;
        (void)interface;
        (void)reterr;
        r = sd_bus_path_decode(path, BUS_DEVICE_PREFIX, &name);
        if (r <= 0)
                return r;

        r = read_devices(server);
        if (r < 0)
                return r;
        for (size_t i = 0; i < server->devices.n_devices; i++)
                if (strcmp(server->devices.devices[i].device.name, name) == 0) {
                        *ret = &server->devices.devices[i];
                        return 1;
                }
        return 0;
}

static void strv_free(char **strings) {
        for (char **s = strings; s && *s; s++)
                free(*s);
        free(strings);
}
DEFINE_CLEANUP(char **, strv_free)

static int enumerate_devices(sd_bus *bus, const char *prefix, void *userdata, char ***ret,
                             sd_bus_error *reterr) {
        _cleanup_(strv_freep) char **paths = NULL;
        BusServer *server = userdata;
        int r;

        (void)bus;
        (void)prefix;
        (void)reterr;
        r = read_devices(server);
        if (r < 0)
                return r;

        paths = calloc(server->devices.n_devices + 1, sizeof(char *));
        if (!paths)
                return -ENOMEM;
        for (size_t i = 0; i < server->devices.n_devices; i++) {
                r = sd_bus_path_encode(BUS_DEVICE_PREFIX, server->devices.devices[i].device.name,
                                       &paths[i]);
                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(paths);
        return 0;
}

static int append_nodes(sd_bus_message *reply, const DeviceInfo *info) {
        return sd_bus_message_append_array(reply, 'i', info->nodes, info->n_nodes * sizeof(int));
}

static int append_blocks(sd_bus_message *reply, const DeviceInfo *info) {
        int r;

        r = sd_bus_message_open_container(reply, 'a', "(tt)");
        for (size_t i = 0; i < info->blocks.n_ranges && r >= 0; i++)
                r = sd_bus_message_append(reply, "(tt)", info->blocks.ranges[i].first,
                                          info->blocks.ranges[i].last);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_hindrance(sd_bus_message *reply, const DeviceInfo *info) {
        _cleanup_free_ char *text = device_info_hindrance(info);

        return text ? sd_bus_message_append(reply, "s", text) : -ENOMEM;
}

static int get_list(sd_bus *bus, const char *path, const char *interface, const char *name,
                    sd_bus_message *reply, void *userdata, sd_bus_error *reterr) {
        (void)bus;
        (void)path;
        (void)interface;
        (void)reterr;
        return strcmp(name, BUS_PROPERTY_NODES) == 0 ? append_nodes(reply, userdata)
                                                     : append_blocks(reply, userdata);
}

static int get_text(sd_bus *bus, const char *path, const char *interface, const char *name,
                    sd_bus_message *reply, void *userdata, sd_bus_error *reterr) {
        const DeviceInfo *info = userdata;

        (void)bus;
        (void)path;
        (void)interface;
        (void)reterr;
        if (strcmp(name, BUS_PROPERTY_HINDRANCE) == 0)
                return append_hindrance(reply, info);

        return sd_bus_message_append(reply, "s",
                                     strcmp(name, BUS_PROPERTY_NAME) == 0
                                             ? info->device.name
                                             : source_to_string(info->device.source));
}

static int get_bytes(sd_bus *bus, const char *path, const char *interface, const char *name,
                     sd_bus_message *reply, void *userdata, sd_bus_error *reterr) {
        const DeviceInfo *info = userdata;
        uint64_t n;

        (void)bus;
        (void)path;
        (void)interface;
        (void)reterr;
        if (strcmp(name, BUS_PROPERTY_KERNEL) == 0)
                n = info->n_kernel;
        else if (strcmp(name, BUS_PROPERTY_MOVABLE) == 0)
                n = info->n_movable;
        else if (strcmp(name, BUS_PROPERTY_OFFLINE) == 0)
                n = info->n_offline;
        else
                n = info->n_kernel + info->n_movable + info->n_offline + info->n_unknown;
        return sd_bus_message_append(reply, "t", n * info->block_size);
}

static int get_can_be_unplugged(sd_bus *bus, const char *path, const char *interface,
                                const char *name, sd_bus_message *reply, void *userdata,
                                sd_bus_error *reterr) {
        (void)bus;
        (void)path;
        (void)interface;
        (void)name;
        (void)reterr;
        return sd_bus_message_append(reply, "b", (int)device_info_can_be_unplugged(userdata));
}

static const sd_bus_vtable vtable[] = {
        SD_BUS_VTABLE_START(0),
        SD_BUS_PROPERTY(BUS_PROPERTY_NAME, "s", get_text, 0, 0),
        SD_BUS_PROPERTY(BUS_PROPERTY_SOURCE, "s", get_text, 0, 0),
        SD_BUS_PROPERTY(BUS_PROPERTY_NODES, "ai", get_list, 0, 0),
        SD_BUS_PROPERTY(BUS_PROPERTY_BLOCKS, "a(tt)", get_list, 0, 0),
        SD_BUS_PROPERTY(BUS_PROPERTY_SIZE, "t", get_bytes, 0, 0),
        SD_BUS_PROPERTY(BUS_PROPERTY_KERNEL, "t", get_bytes, 0, 0),
        SD_BUS_PROPERTY(BUS_PROPERTY_MOVABLE, "t", get_bytes, 0, 0),
        SD_BUS_PROPERTY(BUS_PROPERTY_OFFLINE, "t", get_bytes, 0, 0),
        SD_BUS_PROPERTY(BUS_PROPERTY_CAN_BE_UNPLUGGED, "b", get_can_be_unplugged, 0, 0),
        SD_BUS_PROPERTY(BUS_PROPERTY_HINDRANCE, "s", get_text, 0, 0),
        SD_BUS_VTABLE_END,
};

int device_objects_add(BusServer *server, sd_bus *bus) {
        int r;

        r = sd_bus_add_fallback_vtable(bus, NULL, BUS_DEVICE_PREFIX, BUS_INTERFACE_DEVICE, vtable,
                                       find_device, server);
        if (r >= 0)
                r = sd_bus_add_node_enumerator(bus, NULL, BUS_DEVICE_PREFIX, enumerate_devices,
                                               server);
        if (r >= 0)
                r = sd_bus_add_object_manager(bus, NULL, BUS_PATH);
        return r;
}
