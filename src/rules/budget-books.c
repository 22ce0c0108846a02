/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The books: which hot-added blocks are online or promised, and what that comes to.
 */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/search.h"
#include "rules/budget.h"

void budget_init(Budget *budget, uint64_t page_size, uint64_t block_size) {
        *budget = (Budget){ .page_size = page_size, .block_pages = block_size / page_size };
}

/* Of each burst, there are few of them. */
#define NODES_SPARE 8
#define DEVICES_SPARE 16

int budget_reserve(Budget *budget, size_t n_blocks) {
        BudgetDevice *devices;
        BudgetBlock *blocks;
        BudgetNode *nodes;

        nodes = array_reserve(budget->nodes, &budget->n_nodes_allocated,
                              budget->n_nodes + NODES_SPARE, sizeof(BudgetNode));
        if (!nodes)
                return -ENOMEM;
        budget->nodes = nodes;

        devices = array_reserve(budget->devices, &budget->n_devices_allocated,
                                budget->n_devices + DEVICES_SPARE, sizeof(BudgetDevice));
        if (!devices)
                return -ENOMEM;
        budget->devices = devices;

        blocks = array_reserve(budget->blocks, &budget->n_blocks_allocated,
                               budget->n_blocks + n_blocks, sizeof(BudgetBlock));
        if (!blocks)
                return -ENOMEM;
        budget->blocks = blocks;
        return 0;
}

void budget_done(Budget *budget) {
        free(budget->nodes);
        free(budget->devices);
        free(budget->blocks);
        *budget = (Budget){};
}

bool budget_is_complete(const Budget *budget) {
        return !budget->incomplete;
}

static BudgetNode *find_node(const Budget *budget, int node) {
        for (size_t i = 0; i < budget->n_nodes; i++)
                if (budget->nodes[i].node == node)
                        return &budget->nodes[i];

        return NULL;
}

static BudgetNode *get_node(Budget *budget, int node) {
        BudgetNode *found = find_node(budget, node), *nodes;

        if (found)
                return found;

        nodes = array_grow(budget->nodes, &budget->n_nodes_allocated, budget->n_nodes,
                           sizeof(BudgetNode));
        if (!nodes)
                return NULL;

        budget->nodes = nodes;
        budget->nodes[budget->n_nodes] = (BudgetNode){ .node = node };
        return &budget->nodes[budget->n_nodes++];
}

static bool device_is_gone(const BudgetDevice *device) {
        return device->n_blocks[ZONE_KIND_KERNEL] == 0 && device->n_blocks[ZONE_KIND_MOVABLE] == 0;
}

static uint32_t hash_of(const Device *device) {
        uint32_t hash = UINT32_C(2166136261) ^ (uint32_t)device->source;

        for (const char *p = device->name; *p; p++)
                hash = (hash ^ (uint8_t)*p) * UINT32_C(16777619);
        return hash;
}

static bool is_device(const BudgetDevice *known, const Device *device) {
        return !device_is_gone(known) && known->source == device->source &&
               strcmp(known->name, device->name) == 0;
}

uint32_t budget_find_device(const Budget *budget, const Device *device) {
        uint32_t last = budget->last_device, hash;

        if (last > 0 && is_device(&budget->devices[last - 1], device))
                return last;

        hash = hash_of(device);
        for (size_t i = 0; i < budget->n_devices; i++)
                if (budget->devices[i].hash == hash && is_device(&budget->devices[i], device))
                        return (uint32_t)i + 1;
        return 0;
}

/* A place for one that has no blocks yet. */
static BudgetDevice *free_device(Budget *budget) {
        BudgetDevice *devices;

        for (size_t i = 0; i < budget->n_devices; i++)
                if (device_is_gone(&budget->devices[i]))
                        return &budget->devices[i];

        devices = array_grow(budget->devices, &budget->n_devices_allocated, budget->n_devices,
                             sizeof(BudgetDevice));
        if (!devices)
                return NULL;

        budget->devices = devices;
        budget->devices[budget->n_devices] = (BudgetDevice){};
        return &budget->devices[budget->n_devices++];
}

/* Its number, or 0: no memory. The device's node is that of its first block. */
static uint32_t get_device(Budget *budget, const Device *device, int node) {
        uint32_t number = budget_find_device(budget, device);
        BudgetDevice *added;

        if (number > 0)
                return number;

        added = free_device(budget);
        if (!added)
                return 0;

        budget->n_virtio_mem -= added->source == SOURCE_VIRTIO_MEM;
        budget->n_virtio_mem += device->source == SOURCE_VIRTIO_MEM;
        *added = (BudgetDevice){ .source = device->source, .hash = hash_of(device), .node = node };
        (void)memcpy(added->name, device->name, DEVICE_NAME_MAX);
        return (uint32_t)(added - budget->devices) + 1;
}

/* Where the block is in the books, or would be. */
static size_t block_place(const Budget *budget, BlockIndex index) {
        return search_place(budget->blocks, budget->n_blocks, sizeof(BudgetBlock), index);
}

static bool is_at(const Budget *budget, size_t place, BlockIndex index) {
        return place < budget->n_blocks && budget->blocks[place].index == index;
}

/* Adds the block to what its node and its device come to, or takes it off: 'sign' is 1 or -1. */
static void account(Budget *budget, const BudgetBlock *block, int sign) {
        uint64_t pages = sign < 0 ? -budget->block_pages : budget->block_pages;
        BudgetNode *node = find_node(budget, block->node);

        if (block->promised)
                node->promised[block->zone] += pages;
        else if (block->zone == ZONE_KIND_KERNEL)
                node->hot_kernel += pages;
        if (block->device > 0)
                budget->devices[block->device - 1].n_blocks[block->zone] += (size_t)sign;
}

void budget_forget(Budget *budget, BlockIndex index) {
        size_t place = block_place(budget, index);
        BudgetBlock *block = budget->blocks + place;

        if (!is_at(budget, place, index))
                return;

        account(budget, block, -1);
        budget->n_blocks--;
        (void)memmove(block, block + 1, (budget->n_blocks - place) * sizeof(BudgetBlock));
}

void budget_keep(Budget *budget, BlockIndex index, ZoneKind zone) {
        size_t place = block_place(budget, index);
        BudgetBlock *block = budget->blocks + place;

        if (!is_at(budget, place, index) || !block->promised)
                return;
        if (!block->hot_added) {
                budget_forget(budget, index);
                return;
        }

        account(budget, block, -1);
        block->zone = (uint8_t)zone;
        block->promised = false;
        account(budget, block, 1);
}

static int insert(Budget *budget, const BudgetBlock *block) {
        size_t place = block_place(budget, block->index);
        BudgetBlock *blocks = array_grow(budget->blocks, &budget->n_blocks_allocated,
                                         budget->n_blocks, sizeof(BudgetBlock));

        if (!blocks)
                return -ENOMEM;
        budget->blocks = blocks;

        (void)memmove(&budget->blocks[place + 1], &budget->blocks[place],
                      (budget->n_blocks - place) * sizeof(BudgetBlock));
        budget->blocks[place] = *block;
        budget->n_blocks++;
        account(budget, block, 1);
        return 0;
}

/* Puts it into the books in place of what stood there about the block. */
static int book(Budget *budget, const Block *block, const Device *device, ZoneKind zone,
                bool promised) {
        BudgetBlock booked = { .index = block->index,
                               .node = block->node,
                               .zone = (uint8_t)zone,
                               .hot_added = block->hot_added,
                               .promised = promised };

        budget_forget(budget, block->index);
        if (!get_node(budget, block->node))
                goto fail;

        /* To the kernel, what was there when it started belongs to no device. */
        if (device && block->hot_added) {
                booked.device = get_device(budget, device, block->node);
                if (booked.device == 0)
                        goto fail;
                budget->last_device = booked.device;
        }
        if (insert(budget, &booked) == 0)
                return 0;

fail:
        budget->incomplete = true;
        return -ENOMEM;
}

/* A zone that isn't known counts as kernel memory: so there may rather be too little movable. */
static ZoneKind zone_of(const Block *block) {
        return block_zone_kind(block) == ZONE_KIND_MOVABLE ? ZONE_KIND_MOVABLE : ZONE_KIND_KERNEL;
}

int budget_settle(Budget *budget, const Block *block, const Device *device, ZoneKind zone) {
        if (block->hot_added)
                return book(budget, block, device, zone, /* promised= */ false);

        budget_forget(budget, block->index);
        return 0;
}

int budget_note(Budget *budget, const Block *block, const Device *device) {
        if (block->state != BLOCK_OFFLINE)
                return budget_settle(budget, block, device, zone_of(block));

        budget_forget(budget, block->index);
        return 0;
}

int budget_promise(Budget *budget, const Block *block, const Device *device, ZoneKind zone) {
        return book(budget, block, device, zone, /* promised= */ true);
}

/* Empties the books, but for the promises. */
static void keep_promises(Budget *budget) {
        size_t n = 0;

        for (size_t i = 0; i < budget->n_blocks; i++)
                if (budget->blocks[i].promised)
                        budget->blocks[n++] = budget->blocks[i];
                else
                        account(budget, &budget->blocks[i], -1);

        budget->n_blocks = n;
        budget->incomplete = false;
}

int budget_count(Budget *budget, const Snapshot *snapshot) {
        keep_promises(budget);
        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];
                int r;

                if (block->state == BLOCK_OFFLINE)
                        continue;
                r = budget_note(budget, block, snapshot_device(snapshot, block));
                if (r < 0)
                        return r;
        }
        return 0;
}

int budget_set_zones(Budget *budget, const Zoneinfo *zoneinfo) {
        budget->zones_known = false;
        for (size_t i = 0; i < budget->n_nodes; i++) {
                BudgetNode *node = &budget->nodes[i];

                node->kernel = node->cma = node->movable = 0;
        }

        for (size_t i = 0; zoneinfo && i < zoneinfo->n_zones; i++) {
                const ZonePages *zone = &zoneinfo->zones[i];
                BudgetNode *node = get_node(budget, zone->node);

                if (!node)
                        return -ENOMEM;
                if (zone_to_kind(zone->zone) == ZONE_KIND_MOVABLE)
                        node->movable += zone->present;
                else {
                        node->kernel += zone->present;
                        node->cma += zone->cma;
                }
        }

        budget->zones_known = zoneinfo;
        return 0;
}
