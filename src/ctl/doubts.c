/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/doubts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "config/report.h"
#include "ctl/format.h"

/* What the rules are held against, and where that is told. */
typedef struct Machine {
        const View *view;
        RangeSet *nodes; /* that it can ever have; NULL: the kernel doesn't say */
        Reporter reporter;
} Machine;

#define doubt(machine, rule, ...) \
        config_warning(&(machine)->reporter, (rule)->file, (rule)->line, __VA_ARGS__)

static bool meets(const RangeSet *set, const Range *range) {
        for (size_t i = 0; i < set->n_ranges; i++)
                if (set->ranges[i].first <= range->last && set->ranges[i].last >= range->first)
                        return true;

        return false;
}

/* Not of nodes without memory: that memory will come is what rules are for. */
static void doubt_nodes(Machine *machine, const Rule *rule) {
        const RangeSet *nodes = rule->match.nodes;

        for (size_t i = 0; nodes && machine->nodes && i < nodes->n_ranges; i++) {
                const Range *range = &nodes->ranges[i];
                char text[FORMAT_TEXT_MAX];

                if (!meets(machine->nodes, range))
                        doubt(machine, rule, "'%s': this machine can never have node%s %s",
                              rule->name, format_plural(range->last - range->first + 1),
                              format_blocks(range->first, range->last, text));
        }
}

static void doubt_addresses(Machine *machine, const Rule *rule) {
        const RangeSet *addresses = rule->match.addresses;
        uint64_t size = machine->view->snapshot.block_size;

        for (size_t i = 0; addresses && i < addresses->n_ranges; i++) {
                const Range *range = &addresses->ranges[i];
                char text[FORMAT_TEXT_MAX];

                if (range->first % size != 0 || (range->last + 1) % size != 0)
                        doubt(machine, rule,
                              "'%s': %#" PRIx64 "-%#" PRIx64
                              " isn't made of whole blocks, which are of %s here: a block that "
                              "lies only partly in it doesn't match",
                              rule->name, range->first, range->last, format_size(size, text));
        }
}

/* Counts the offline blocks of a rule: all, and those that may have the zone. Answers the first. */
static const Block *count_blocks(const View *view, const Rule *rule, size_t *ret_n,
                                 size_t *ret_n_allowed) {
        const Block *first = NULL;

        *ret_n = *ret_n_allowed = 0;
        for (size_t i = 0; i < view->snapshot.n_blocks; i++) {
                const Block *block = &view->snapshot.blocks[i];
                const Verdict *verdict = view_verdict_of(view, block);

                if (block->state != BLOCK_OFFLINE || verdict->rule != rule)
                        continue;
                first = first ?: block;
                ++*ret_n;
                *ret_n_allowed += online_is_allowed(verdict->online, &block->valid_zones);
        }
        return first;
}

/*
 * Only where no block at all can have its zone: before 4.13 each that gets it makes room for the
 * next one (zone-model.h).
 */
static void doubt_zone(Machine *machine, const Rule *rule) {
        char zones[FORMAT_TEXT_MAX];
        const Block *block;
        size_t n, n_allowed;

        if (rule->online != ONLINE_MOVABLE && rule->online != ONLINE_KERNEL)
                return;

        block = count_blocks(machine->view, rule, &n, &n_allowed);
        if (n > 0 && n_allowed == 0)
                doubt(machine, rule,
                      "'%s' asks for \"%s\", which the kernel gives now to none of its %zu offline "
                      "block%s: memory%" PRIu64 " has %s",
                      rule->name, online_to_string(rule->online), n, format_plural(n), block->index,
                      format_zones(block, zones));
}

static void doubt_mode(Machine *machine) {
        const View *view = machine->view;
        const ConfigPlace *place = config_report_find_place(&view->report, "mode");

        if (place && view->policy->mode == MODE_KERNEL && !view->auto_online[0])
                config_warning(&machine->reporter, place->file, place->line,
                               "mode = \"kernel\" can't be had: this kernel has no "
                               "auto_online_blocks");
}

/* Without NUMA all memory is on node 0. */
static int read_nodes(const Options *options, RangeSet **ret) {
        _cleanup_(sysfs_closep) Sysfs *sysfs = NULL;
        int r;

        r = sysfs_open(options_sysroot(options), &sysfs);
        if (r < 0)
                return r;
        if (!sysfs_has_nodes(sysfs))
                return range_set_parse("0", ret);

        r = sysfs_read_possible_nodes(sysfs, ret);
        return r == -ENOMEM ? r : 0;
}

int doubts_add(const Options *options, View *view) {
        _cleanup_(range_set_freep) RangeSet *nodes = NULL;
        Machine machine = { .view = view, .reporter.report = &view->report };
        int r;

        r = read_nodes(options, &nodes);
        if (r < 0 && r != -ENOMEM)
                return 0;
        if (r >= 0)
                r = view_read_memory(options, view);
        if (r < 0)
                return r;

        machine.nodes = nodes;
        doubt_mode(&machine);
        for (size_t i = 0; i < view->policy->n_rules; i++) {
                const Rule *rule = &view->policy->rules[i];

                if (!rule->file)
                        continue;
                doubt_nodes(&machine, rule);
                doubt_addresses(&machine, rule);
                doubt_zone(&machine, rule);
        }
        config_report_sort(&machine.reporter, 0);
        if (machine.reporter.no_memory)
                return log_error_errno(-ENOMEM, "can't hold the config against the machine: %m");

        return 0;
}
