/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The arithmetic: what the books and the zones allow.
 */
#include "rules/budget.h"

#include <inttypes.h>
#include <stdio.h>

#define ALL_NODES (-1)

/* In pages, of one node or of all. */
typedef struct Sums {
        uint64_t kernel; /* all that is or will be in kernel zones, but cma */
        uint64_t early;  /* of that: not hot-added */
        uint64_t movable;
        uint64_t others, needed; /* as in BudgetReason */
        uint64_t own;            /* kernel memory of the block's own virtio-mem device */
} Sums;

/* The books may be ahead of /proc/zoneinfo for a moment, and behind it. */
static uint64_t less(uint64_t a, uint64_t b) {
        return a > b ? a - b : 0;
}

static uint64_t times(uint64_t a, uint64_t b) {
        uint64_t product;

        return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t plus(uint64_t a, uint64_t b) {
        uint64_t sum;

        return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

/* 'percents' of 'pages', rounded down, without an intermediate that wraps. */
static uint64_t percents_of(uint64_t pages, uint64_t percents) {
        return plus(times(pages / 100, percents), times(pages % 100, percents) / 100);
}

static void add_nodes(const Budget *budget, int node, Sums *sums) {
        uint64_t kernel = 0, cma = 0, hot = 0, movable = 0, promised = 0;

        for (size_t i = 0; i < budget->n_nodes; i++) {
                const BudgetNode *one = &budget->nodes[i];

                if (node != ALL_NODES && one->node != node)
                        continue;
                kernel += one->kernel;
                cma += one->cma;
                hot += one->hot_kernel;
                promised += one->promised[ZONE_KIND_KERNEL];
                movable += one->movable + one->promised[ZONE_KIND_MOVABLE];
        }

        sums->kernel = less(kernel, cma) + promised;
        sums->early = less(kernel, cma + hot);
        sums->movable = movable + cma;
}

/* The other virtio-mem devices keep their own memory in balance; what they lack, they need of us. */
static void add_devices(const Budget *budget, uint64_t ratio, int node, uint32_t own, Sums *sums) {
        if (budget->n_virtio_mem == 0)
                return;

        for (size_t i = 0; i < budget->n_devices; i++) {
                const BudgetDevice *device = &budget->devices[i];
                uint64_t kernel = device->n_blocks[ZONE_KIND_KERNEL] * budget->block_pages;
                uint64_t movable = device->n_blocks[ZONE_KIND_MOVABLE] * budget->block_pages;

                if (device->source != SOURCE_VIRTIO_MEM)
                        continue;
                if (i + 1 == own)
                        sums->own = kernel;
                else if (ratio > 0 && (node == ALL_NODES || device->node == node)) {
                        sums->others += movable;
                        sums->needed += less(times(movable, 100) / ratio, kernel);
                }
        }
}

static Sums sum_up(const Budget *budget, uint64_t ratio, int node, uint32_t own) {
        Sums sums = {};

        add_nodes(budget, node, &sums);
        add_devices(budget, ratio, node, own, &sums);
        return sums;
}

/* Whether 'pages' more may be movable, on that node or machine-wide. Writes its numbers. */
static bool fits(const Budget *budget, const Policy *policy, int node, uint32_t own, uint64_t pages,
                 BudgetReason *reason) {
        Sums sums = sum_up(budget, policy->movable_ratio, node, own);
        bool starved = pages > 0 ? sums.early <= sums.needed : sums.early < sums.needed;
        uint64_t base = starved ? 0 : sums.early - sums.needed + sums.own;
        uint64_t before = less(sums.movable, sums.others);
        uint64_t limit = percents_of(base, policy->movable_ratio);

        reason->base = times(base, budget->page_size);
        reason->before = times(before, budget->page_size);
        reason->after = times(before + pages, budget->page_size);
        reason->limit = times(limit, budget->page_size);
        reason->others = times(sums.others, budget->page_size);
        reason->needed = times(sums.needed, budget->page_size);
        return !starved && before + pages <= limit;
}

/* What has to become movable together with the block, in pages. */
static uint64_t pages_of_unit(const Budget *budget, const Device *device, uint32_t own) {
        uint64_t blocks = device->size / budget->page_size / budget->block_pages;
        uint64_t movable = own > 0 ? budget->devices[own - 1].n_blocks[ZONE_KIND_MOVABLE] : 0;

        /* At least the block itself, whatever the device seems to be. */
        return times(blocks > movable ? blocks - movable : 1, budget->block_pages);
}

static bool is_below_min(const Budget *budget, const Policy *policy, BudgetReason *reason) {
        Sums sums = sum_up(budget, policy->movable_ratio, ALL_NODES, 0);

        reason->kernel = times(sums.kernel, budget->page_size);
        reason->kernel_min = policy->kernel_min;
        return reason->kernel < reason->kernel_min;
}

static BudgetCause judge_ratio(const Budget *budget, const Policy *policy, int node, uint32_t own,
                               uint64_t pages, BudgetReason *reason) {
        BudgetReason of_node = *reason;

        if (!fits(budget, policy, ALL_NODES, own, pages, reason))
                return BUDGET_OVER_RATIO;
        if (!policy->numa_aware || fits(budget, policy, node, own, pages, &of_node))
                return BUDGET_FITS;

        *reason = of_node;
        reason->node = node;
        return BUDGET_OVER_NODE;
}

BudgetReason budget_judge(const Budget *budget, const Policy *policy, Unit unit, const Block *block,
                          const Device *device) {
        BudgetReason reason = { BUDGET_UNKNOWN, ALL_NODES, .ratio = policy->movable_ratio };
        uint64_t pages = budget->block_pages;
        uint32_t own;

        if (!budget->zones_known || budget->incomplete)
                return reason;

        if (!block->hot_added)
                device = NULL;
        own = device ? budget_find_device(budget, device) : 0;

        if (is_below_min(budget, policy, &reason)) {
                reason.cause = BUDGET_BELOW_MIN;
                return reason;
        }
        if (device && device->source != SOURCE_VIRTIO_MEM && unit == UNIT_DEVICE) {
                if (own > 0 && budget->devices[own - 1].n_blocks[ZONE_KIND_KERNEL] > 0) {
                        reason.cause = BUDGET_BROKEN_UNIT;
                        return reason;
                }
                pages = pages_of_unit(budget, device, own);
        }

        reason.cause = judge_ratio(budget, policy, block->node, own, pages, &reason);
        return reason;
}

BudgetReason budget_state(const Budget *budget, const Policy *policy) {
        BudgetReason reason = { BUDGET_UNKNOWN, ALL_NODES, .ratio = policy->movable_ratio };

        if (!budget->zones_known || budget->incomplete)
                return reason;

        (void)is_below_min(budget, policy, &reason);
        reason.cause = fits(budget, policy, ALL_NODES, 0, /* pages= */ 0, &reason)
                               ? BUDGET_FITS
                               : BUDGET_OVER_RATIO;
        return reason;
}

bool budget_node_has_base(const Budget *budget, int node) {
        Sums sums = {};

        add_nodes(budget, node, &sums);
        return sums.early > 0;
}

/* In a unit in which the number has four digits or more, so that what differs looks different. */
#define SIZE_TEXT_MAX 32
static const char *format_size(uint64_t bytes, char text[SIZE_TEXT_MAX]) {
        static const char *const units[] = { "KiB", "MiB", "GiB", "TiB" };
        size_t unit = 0;

        for (bytes /= 1024; bytes >= 1000000 && unit + 1 < ELEMENTSOF(units); unit++)
                bytes /= 1024;
        (void)snprintf(text, SIZE_TEXT_MAX, "%" PRIu64 " %s", bytes, units[unit]);
        return text;
}

static const char *format_ratio(const BudgetReason *reason, char text[BUDGET_REASON_TEXT_MAX]) {
        char after[SIZE_TEXT_MAX], limit[SIZE_TEXT_MAX], base[SIZE_TEXT_MAX], node[32] = "";

        if (reason->node >= 0)
                (void)snprintf(node, sizeof(node), " on node %d", reason->node);
        (void)snprintf(text, BUDGET_REASON_TEXT_MAX,
                       "with it %s %s movable%s, and %s may be: %" PRIu64
                       "%% of the %s of kernel memory that count",
                       format_size(reason->after, after),
                       reason->cause == BUDGET_FITS ? "are" : "would be", node,
                       format_size(reason->limit, limit), reason->ratio,
                       format_size(reason->base, base));
        return text;
}

const char *budget_reason_format(const BudgetReason *reason, char text[BUDGET_REASON_TEXT_MAX]) {
        char kernel[SIZE_TEXT_MAX], kernel_min[SIZE_TEXT_MAX];

        switch (reason->cause) {
        case BUDGET_BELOW_MIN:
                (void)snprintf(text, BUDGET_REASON_TEXT_MAX,
                               "%s are in kernel zones, and kernel_min asks for %s",
                               format_size(reason->kernel, kernel),
                               format_size(reason->kernel_min, kernel_min));
                return text;
        case BUDGET_BROKEN_UNIT:
                (void)snprintf(text, BUDGET_REASON_TEXT_MAX,
                               "a part of its device is in a kernel zone already");
                return text;
        case BUDGET_FITS:
        case BUDGET_OVER_RATIO:
        case BUDGET_OVER_NODE:
                return format_ratio(reason, text);
        case BUDGET_UNKNOWN:
                (void)snprintf(text, BUDGET_REASON_TEXT_MAX, "the budget can't be counted");
                return text;
        default:
                text[0] = 0;
                return text;
        }
}
