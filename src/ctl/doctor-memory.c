/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the memory that is there makes impossible.
 */
#include <inttypes.h>

#include "ctl/doctor.h"
#include "ctl/format.h"
#include "ctl/status-budget.h"

static void look_at_budget(Doctor *doctor) {
        const View *view = &doctor->status.view;
        const BudgetReason *state = &view->judgement.state;
        char before[FORMAT_TEXT_MAX], limit[FORMAT_TEXT_MAX];

        if (state->cause == BUDGET_UNKNOWN) {
                findings_add(&doctor->findings,
                             doctor->is_live && geteuid() == 0 ? FINDING_WARNING : FINDING_NOTE,
                             NULL, 0,
                             "/proc/zoneinfo can't be read: the budget can't be counted, and "
                             "\"auto\" makes nothing movable");
                return;
        }
        if (state->cause != BUDGET_OVER_RATIO)
                return;

        findings_add(&doctor->findings, FINDING_WARNING, NULL, 0,
                     "%s%s are movable, and %s may be by movable_ratio (%" PRIu64
                     "%%): \"auto\" makes no more movable, and the kernel may run short of memory "
                     "that it can use itself",
                     view->snapshot.sources_hidden ? "about " : "",
                     format_size(state->before, before), format_size(state->limit, limit),
                     state->ratio);
        findings_remedy(&doctor->findings,
                        "Have a rule put some of it into kernel zones, or raise movable_ratio if "
                        "that is meant.");
}

static void look_at_barred_nodes(Doctor *doctor) {
        _cleanup_free_ char *nodes = status_budget_barred_nodes(&doctor->status);
        ConfigPlace place = doctor_place_of(doctor, "numa_aware");

        if (!nodes) {
                doctor->findings.no_memory = true;
                return;
        }
        if (!nodes[0])
                return;

        findings_add(&doctor->findings, FINDING_WARNING, place.file, place.line,
                     "numa_aware: \"auto\" never makes memory of these nodes movable, since they "
                     "had no memory at boot: %s",
                     nodes);
        findings_remedy(&doctor->findings,
                        "A rule can: { match = { node = \"%s\"; }; online = \"movable\"; }", nodes);
}

/* Only kernels before 4.13 name more than its zone for a block that is online. */
static void look_at_order(Doctor *doctor) {
        const Snapshot *snapshot = &doctor->status.view.snapshot;

        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];

                if (block->state != BLOCK_ONLINE || !block->valid_zones.known ||
                    block->valid_zones.n_zones < 2)
                        continue;
                findings_add(&doctor->findings, FINDING_NOTE, NULL, 0,
                             "this kernel makes memory movable only from the last block of a node "
                             "downwards (valid_zones of memory%" PRIu64
                             ", which is online, has %u words)",
                             block->index, block->valid_zones.n_zones);
                findings_remedy(&doctor->findings,
                                "memplugd goes downwards. By hand, do so too; and a block in a "
                                "kernel zone keeps those below it there.");
                return;
        }
}

static const Device *largest_dimm(const Snapshot *snapshot) {
        const Device *largest = NULL;

        for (size_t i = 0; i < snapshot->n_devices; i++) {
                const Device *device = &snapshot->devices[i];

                if (device->source == SOURCE_DIMM && (!largest || device->size > largest->size))
                        largest = device;
        }
        return largest;
}

static uint64_t count_free_kernel_pages(const Zoneinfo *zoneinfo) {
        uint64_t pages = 0;

        for (size_t i = 0; i < zoneinfo->n_zones; i++)
                if (zone_to_kind(zoneinfo->zones[i].zone) == ZONE_KIND_KERNEL)
                        pages += zoneinfo->zones[i].free;

        return pages;
}

/* The map of new memory is taken from the kernel's, at the moment when it is plugged. */
static void look_at_room_for_map(Doctor *doctor) {
        const View *view = &doctor->status.view;
        const Device *dimm = largest_dimm(&view->snapshot);
        _cleanup_(zoneinfo_done) Zoneinfo zoneinfo = {};
        char size[FORMAT_TEXT_MAX], wanted[FORMAT_TEXT_MAX], is_free[FORMAT_TEXT_MAX];
        uint64_t page_size = (uint64_t)sysconf(_SC_PAGESIZE), needed, free_bytes;

        if (!dimm || sysfs_read_zoneinfo(doctor->sysfs, &zoneinfo) < 0)
                return;
        if (own_map_of(&view->own_map, SOURCE_DIMM, dimm->size / view->snapshot.block_size) > 0)
                return;

        needed = memory_map_bytes(dimm->size, page_size);
        free_bytes = count_free_kernel_pages(&zoneinfo) * page_size;
        if (free_bytes >= needed)
                return;

        findings_add(&doctor->findings, FINDING_NOTE, NULL, 0,
                     "another device of %s, like %s, couldn't be plugged now: its memory map takes "
                     "%s of kernel memory, and %s are free",
                     format_size(dimm->size, size), dimm->name, format_size(needed, wanted),
                     format_size(free_bytes, is_free));
        findings_remedy(&doctor->findings,
                        "Free some before, or boot with memory_hotplug.memmap_on_memory=1.");
}

static void look_at_hidden_sources(Doctor *doctor) {
        if (!doctor->status.view.snapshot.sources_hidden)
                return;

        findings_add(&doctor->findings, FINDING_NOTE, NULL, 0,
                     "/proc/iomem shows no addresses to this user: which memory is a virtio-mem or "
                     "dax device's isn't known, nor what rules by source come to");
        findings_remedy(&doctor->findings, "Root sees more.");
}

void doctor_look_at_memory(Doctor *doctor) {
        look_at_budget(doctor);
        look_at_barred_nodes(doctor);
        look_at_order(doctor);
        look_at_room_for_map(doctor);
        look_at_hidden_sources(doctor);
}
