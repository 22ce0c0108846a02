#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The budget of "auto": how much memory may be movable, beside how much kernel memory. It is counted
 * as the kernel's own policy "auto-movable" counts, in pages and rounded down where it rounds, so that
 * both give the same answer:
 *
 *   base     what is present in kernel zones, less what of it is cma, less the hot-added blocks;
 *            less what the other virtio-mem devices need for the movable memory they have, beyond
 *            the kernel memory they have themselves; plus the block's own virtio-mem device's
 *            kernel memory
 *   movable  what is present in the zone Movable, plus cma, less that of other virtio-mem devices
 *
 * and movable, with what is to be added, mustn't be more than movable_ratio of the base. The reason
 * for all that: boot memory stays, but hot-added kernel memory may be unplugged again, and only who
 * grows and shrinks one device knows to keep it in balance. What is the kernel's unit is ours: a DIMM
 * or a dax device as a whole; of a virtio-mem device a block.
 *
 * /proc/zoneinfo tells neither which blocks are hot-added nor which are whose. So the budget keeps
 * books of the hot-added blocks that are online, and of those that were promised to be. They are
 * begun out of one reading of all blocks, and kept up block by block afterwards: work in proportion
 * to the burst. Its owner (the daemon; while no rule in play says "auto", it need keep none) calls
 *
 *   budget_count()      with each reading of all blocks: at the start, after lost events;
 *   budget_note()       with a block that was read anew because of somebody else's event;
 *   budget_keep()       when what it promised came about: no reading needed;
 *   budget_forget()     when a block went offline or away, or what was promised didn't come about;
 *   budget_set_zones()  with /proc/zoneinfo, once before each burst that "auto" decides about;
 *   budget_judge()      for each block of it, and
 *   budget_promise()    with what was decided for the block, by whatever rule, so that the next one is
 *                       judged with that in mind.
 *
 * All of them may be called again with what is known already. A hot-added block for which there was no
 * memory leaves the books incomplete: see budget_is_complete().
 */
#include "model/snapshot.h"
#include "model/zoneinfo.h"
#include "rules/policy.h"

/* Pages of one node. */
typedef struct BudgetNode {
        int node;
        uint64_t kernel, cma, movable;     /* present now, by /proc/zoneinfo */
        uint64_t hot_kernel;               /* of 'kernel': hot-added */
        uint64_t promised[_ZONE_KIND_MAX]; /* not among them yet */
} BudgetNode;

/* A device that has blocks in the books. */
typedef struct BudgetDevice {
        Source source;
        uint32_t hash; /* of source and name, which are seldom compared for that */
        char name[DEVICE_NAME_MAX];
        int node;
        size_t n_blocks[_ZONE_KIND_MAX]; /* online or promised; none: the place is free */
} BudgetDevice;

typedef struct BudgetBlock {
        BlockIndex index;
        uint32_t device; /* its place in 'devices', from 1 on; 0: none */
        int16_t node;
        uint8_t zone; /* of type ZoneKind */
        bool hot_added : 1;
        bool promised : 1; /* it isn't online yet */
} BudgetBlock;

/* Everything in here is the budget's own. */
typedef struct Budget {
        uint64_t page_size, block_pages;
        bool zones_known;
        bool incomplete;
        size_t n_nodes, n_devices, n_blocks;
        size_t n_nodes_allocated, n_devices_allocated, n_blocks_allocated;
        size_t n_virtio_mem;  /* of the devices; some may be gone */
        uint32_t last_device; /* that was booked last: the next block most often is its, too */
        BudgetNode *nodes;
        BudgetDevice *devices;
        BudgetBlock *blocks; /* sorted by index */
} Budget;

typedef enum BudgetCause {
        BUDGET_NOT_ASKED,   /* no "auto" is in it */
        BUDGET_FITS,        /* movable */
        BUDGET_OVER_RATIO,  /* kernel: there would be too much movable memory, machine-wide */
        BUDGET_OVER_NODE,   /* kernel: the same on the block's node (numa_aware) */
        BUDGET_BELOW_MIN,   /* kernel: there isn't as much kernel memory as kernel_min asks for */
        BUDGET_BROKEN_UNIT, /* kernel: a part of its device is there, so it can't be pulled anyway */
        BUDGET_UNKNOWN,     /* kernel: it couldn't be counted, and kernel memory does no harm */
        _BUDGET_CAUSE_MAX,
} BudgetCause;

/* The numbers that led to an answer, in bytes. */
typedef struct BudgetReason {
        BudgetCause cause;
        int node;        /* BUDGET_OVER_NODE: the node they are of; else -1: the machine */
        uint64_t base;   /* kernel memory that counts */
        uint64_t before; /* movable memory now */
        uint64_t after;  /* with what was asked about */
        uint64_t limit;  /* as much may be movable: 'ratio' of 'base' */
        uint64_t ratio;  /* percents */
        uint64_t others; /* movable of other virtio-mem devices: not in 'before' and 'after' */
        uint64_t needed; /* kernel memory that those need beyond their own: not in 'base' */
        uint64_t kernel; /* BUDGET_BELOW_MIN: all that is in kernel zones, and kernel_min */
        uint64_t kernel_min;
} BudgetReason;

void budget_init(Budget *budget, uint64_t page_size, uint64_t block_size);

/* Takes memory for so many more blocks, so that booking them takes none. 0 or -ENOMEM. */
int budget_reserve(Budget *budget, size_t n_blocks);

/* Frees what it holds, not itself. */
void budget_done(Budget *budget);

/*
 * Begins the books anew out of all blocks, whose source and device were read. What was promised and
 * isn't online stays promised. 0 or -ENOMEM.
 */
int budget_count(Budget *budget, const Snapshot *snapshot);

/*
 * Books a block as it was read: a hot-added one that is online in its zone; any other is forgotten.
 * 'device' is the one it belongs to, or NULL. 0 or -ENOMEM.
 */
int budget_note(Budget *budget, const Block *block, const Device *device);

/* It is online in that zone now; 'block' is as it was when it was promised. 0 or -ENOMEM. */
int budget_settle(Budget *budget, const Block *block, const Device *device, ZoneKind zone);

/* It will be online in that zone; for a plain "online", the first of its valid_zones. 0 or -ENOMEM. */
int budget_promise(Budget *budget, const Block *block, const Device *device, ZoneKind zone);

/* What was promised of a block came about: it is online in that zone. Nothing if nothing was promised. */
void budget_keep(Budget *budget, BlockIndex index, ZoneKind zone);

void budget_forget(Budget *budget, BlockIndex index);

/* Takes how much the zones have now. NULL: that couldn't be read. 0 or -ENOMEM. */
int budget_set_zones(Budget *budget, const Zoneinfo *zoneinfo);

/* False: a block is missing in the books. budget_count() mends that. */
bool budget_is_complete(const Budget *budget);

/*
 * Whether the block, which is offline, may become movable under a rule that says "auto": with 'unit'
 * UNIT_DEVICE together with all of its device that isn't movable yet, unless that is a virtio-mem
 * device, which is judged step by step.
 */
BudgetReason budget_judge(const Budget *budget, const Policy *policy, Unit unit, const Block *block,
                          const Device *device);

/*
 * Whether what is movable now, by whatever rule, is within the budget (BUDGET_FITS) or not: an explicit
 * "movable" is obeyed beyond it, but status warns.
 */
BudgetReason budget_state(const Budget *budget, const Policy *policy);

/*
 * Whether anything on the node counts as kernel memory: if not, numa_aware lets none of its memory become
 * movable, ever. That is so where a node had no memory at boot.
 */
bool budget_node_has_base(const Budget *budget, int node);

/* The number of a device that has blocks in the books, or 0. For the budget's own files. */
uint32_t budget_find_device(const Budget *budget, const Device *device);

/* Whether a reason's answer is movable. */
static inline bool budget_allows(const BudgetReason *reason) {
        return reason->cause == BUDGET_FITS;
}

/* The reason in words, for people, as in "4096 MiB are in kernel zones, and …". Answers 'text'. */
#define BUDGET_REASON_TEXT_MAX 256
const char *budget_reason_format(const BudgetReason *reason, char text[BUDGET_REASON_TEXT_MAX]);
