/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl unplug: has memplugd take a DIMM offline and eject it. For what isn't unplugged that way it
 * tells by what it is, and what keeps it from going.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "bus/names.h"
#include "ctl/groups.h"
#include "ctl/task-call.h"
#include "ctl/verb.h"
#include "ctl/view.h"
#include "ctl/what.h"

typedef struct Arguments {
        const char *device;
        uint64_t timeout; /* µs */
} Arguments;

static int append(const BlockCall *call, sd_bus_message *message) {
        const Arguments *arguments = call->arguments;

        return sd_bus_message_append(message, BUS_SIGNATURE_UNPLUG, arguments->device,
                                     arguments->timeout);
}

static int run(const Options *options, const Snapshot *snapshot, const What *what,
               const Arguments *arguments) {
        _cleanup_(block_call_done) BlockCall call = {
                .method = BUS_METHOD_UNPLUG,
                .doing = "unplug that",
                .task = "unplug",
                .append = append,
                .arguments = arguments,
                .block_size = snapshot->block_size,
        };

        for (size_t i = 0; i < snapshot->n_blocks; i++)
                if (what_has(what, &snapshot->blocks[i]) &&
                    block_results_add(&call.results, snapshot->blocks[i].index) < 0) {
                        (void)log_error_errno(-ENOMEM, "can't list the blocks: %m");
                        return EXIT_FAILURE;
                }
        return task_call_run(&call, options, "unplugged");
}

/* Of a device that others unplug: what would have to be offline first, by zone. */
static void tell_what_is_online(const Snapshot *snapshot, uint32_t device) {
        static const char *const words[_ZONE_KIND_MAX] = {
                [ZONE_KIND_KERNEL] = "in a kernel zone, so they may never go",
                [ZONE_KIND_MOVABLE] = "movable",
        };

        for (ZoneKind zone = 0; zone < _ZONE_KIND_MAX; zone++) {
                BlockList list = {};
                _cleanup_free_ char *text = NULL;
                int r = 0;

                for (size_t i = 0; i < snapshot->n_blocks && r >= 0; i++) {
                        const Block *block = &snapshot->blocks[i];

                        if (block->device == device && block->state != BLOCK_OFFLINE &&
                            (block_zone_kind(block) == ZONE_KIND_MOVABLE) ==
                                    (zone == ZONE_KIND_MOVABLE))
                                r = block_list_add(&list, block->index);
                }
                if (r >= 0 && list.n_ranges > 0)
                        text = block_list_format(&list);
                if (text)
                        log_notice("offline first: %s, %s", text, words[zone]);
                block_list_done(&list);
        }
}

static int tell_who_decides(const Snapshot *snapshot, const Device *device, uint32_t number) {
        if (device->source == SOURCE_VIRTIO_MEM)
                log_error("%s is a virtio-mem device: the hypervisor unplugs it, by a smaller "
                          "requested-size, and takes offline what it needs",
                          device->name);
        else
                log_error("%s is a dax device: 'daxctl offline-memory %s' and then 'daxctl "
                          "reconfigure-device --mode=devdax %s' take its memory away",
                          device->name, device->name, device->name);
        tell_what_is_online(snapshot, number);
        return EXIT_FAILURE;
}

/* Of blocks, addresses and nodes. */
static int tell_no_device(const Snapshot *snapshot, const What *what, const char *word) {
        _cleanup_free_ char *printable = format_printable(word);
        const Device *device = NULL;
        bool is_boot = true;

        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];

                if (!what_has(what, block))
                        continue;
                is_boot &= block->source == SOURCE_BOOT;
                device = device ?: snapshot_device(snapshot, block);
        }

        if (is_boot)
                log_error("'%s' is boot memory, which can't be unplugged", printable ?: "?");
        else if (device)
                log_error("'%s' is no device; it is part of %s, which is unplugged as a whole",
                          printable ?: "?", device->name);
        else
                log_error("'%s' is no device; 'memplugctl devices' lists them", printable ?: "?");
        return EXIT_FAILURE;
}

int unplug_run(const Options *options, int n_arguments, char **arguments) {
        Arguments given = {};
        _cleanup_(view_done) View view = {};
        const Snapshot *snapshot = &view.snapshot;
        const Device *device;
        What what;
        int r;

        if (n_arguments == 0) {
                log_error("unplug needs to be told what: a device");
                return EXIT_USAGE;
        }
        if (task_call_timeout(options, &given.timeout) < 0)
                return EXIT_USAGE;

        r = view_load_memory(options, &view);
        if (r >= 0)
                r = what_find(snapshot, arguments[0], &what);
        if (r < 0)
                return EXIT_FAILURE;
        if (what.kind != WHAT_DEVICE)
                return tell_no_device(snapshot, &what, arguments[0]);

        device = &snapshot->devices[what.device - 1];
        if (device->source != SOURCE_DIMM)
                return tell_who_decides(snapshot, device, what.device);

        given.device = device->name;
        return run(options, snapshot, &what, &given);
}
