/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/world.h"

#include <errno.h>
#include <stdio.h>

void world_done(World *world) {
        world->model = zone_model_free(world->model);
        zoneinfo_done(&world->zoneinfo);
        snapshot_done(&world->view);
}

/* The zones are added by their headings, and then get what the others have. */
static int add_zone(Zoneinfo *zoneinfo, const ZonePages *zone) {
        char line[64];
        int r;

        (void)snprintf(line, sizeof(line), "Node %d, zone %s", zone->node,
                       zone_to_string(zone->zone));
        r = zoneinfo_add_line(zoneinfo, line);
        if (r == 0)
                zoneinfo->zones[zoneinfo->n_zones - 1] = *zone;
        return r;
}

static int take_blocks(World *world) {
        for (size_t i = 0; i < world->snapshot->n_blocks; i++) {
                const Block *block = &world->snapshot->blocks[i];
                int r;

                if (block->node == NODE_UNKNOWN)
                        continue;
                r = zone_model_take(world->model, block);
                if (r < 0)
                        return r;
        }
        return 0;
}

int world_init(const Snapshot *snapshot, const Zoneinfo *zoneinfo, World *ret) {
        _cleanup_(world_done) World world = {
                .snapshot = snapshot,
                .rule = zone_rule_guess(snapshot),
                .zones_known = zoneinfo,
                .page_size = (uint64_t)sysconf(_SC_PAGESIZE),
        };
        int r = 0;

        world.block_pages = snapshot->block_size / world.page_size;
        world.model = zone_model_new(world.rule < 0 ? ZONE_RULE_FREE : world.rule);
        if (!world.model)
                return -ENOMEM;

        for (size_t i = 0; zoneinfo && r == 0 && i < zoneinfo->n_zones; i++)
                r = add_zone(&world.zoneinfo, &zoneinfo->zones[i]);
        if (r == 0)
                r = take_blocks(&world);
        if (r < 0)
                return r;

        *ret = world;
        world = (World){};
        return 0;
}

int world_plug(World *world, BlockIndex first, BlockIndex last, int node) {
        snapshot_done(&world->view);
        return zone_model_add(world->model, first, last, node);
}

/* What can't be told by the model: a kernel that says nothing, and blocks that can go nowhere. */
static void untell_zones(const World *world, const Block *known, Block *block) {
        if (world->rule < 0)
                block->valid_zones = (ValidZones){};
        else if (known->valid_zones.known && known->valid_zones.n_zones == 0)
                block->valid_zones = known->valid_zones;
}

static bool read_block(const World *world, const Block *known, Block *ret) {
        Block block;

        if (!zone_model_read(world->model, known->index, &block))
                return false;

        untell_zones(world, known, &block);
        block.inode = known->inode;
        block.source = known->source;
        block.hot_added = known->hot_added;
        block.device = known->device;
        *ret = block;
        return true;
}

static int op_read(void *userdata, BlockIndex index, Block *ret) {
        const World *world = userdata;
        const Block *known = snapshot_find(world->snapshot, index);

        return known && read_block(world, known, ret) ? 0 : -ENOENT;
}

static int op_write(void *userdata, BlockIndex index, ino_t inode, const char *word) {
        World *world = userdata;

        snapshot_done(&world->view);
        return zone_model_write(world->model, index, state_word_from_string(word),
                                /* refusal= */ 0);
}

static uint64_t op_now(void *userdata) {
        return 0;
}

const ActuateOps world_ops = { .read = op_read, .write = op_write, .now = op_now };

static ZonePages *find_zone(World *world, int node, Zone zone) {
        for (size_t i = 0; i < world->zoneinfo.n_zones; i++)
                if (world->zoneinfo.zones[i].node == node && world->zoneinfo.zones[i].zone == zone)
                        return &world->zoneinfo.zones[i];

        return NULL;
}

int world_account(World *world, int node, ZoneKind kind, uint64_t map, int sign) {
        Zone zone = kind == ZONE_KIND_MOVABLE ? ZONE_MOVABLE : ZONE_NORMAL;
        ZonePages *pages = find_zone(world, node, zone);
        uint64_t usable = world->block_pages - map / world->page_size;
        int r;

        if (!world->zones_known)
                return 0;
        if (!pages) {
                r = add_zone(&world->zoneinfo, &(ZonePages){ .node = node, .zone = zone });
                if (r < 0)
                        return r;
                pages = &world->zoneinfo.zones[world->zoneinfo.n_zones - 1];
        }

        if (sign > 0) {
                pages->present += world->block_pages;
                pages->free += usable;
                return 0;
        }
        pages->present -= pages->present < world->block_pages ? pages->present : world->block_pages;
        pages->free -= pages->free < usable ? pages->free : usable;
        return 0;
}

uint64_t world_free_kernel(const World *world) {
        uint64_t bytes = 0;

        for (size_t i = 0; i < world->zoneinfo.n_zones; i++)
                if (zone_to_kind(world->zoneinfo.zones[i].zone) == ZONE_KIND_KERNEL)
                        bytes += world->zoneinfo.zones[i].free * world->page_size;

        return bytes > world->map_bytes ? bytes - world->map_bytes : 0;
}

const Snapshot *world_view(World *world) {
        if (world->view.n_blocks > 0)
                return &world->view;

        for (size_t i = 0; i < world->snapshot->n_blocks; i++) {
                Block block = world->snapshot->blocks[i];

                if (block.node != NODE_UNKNOWN)
                        (void)read_block(world, &world->snapshot->blocks[i], &block);
                if (snapshot_add(&world->view, &block) < 0)
                        return NULL;
        }
        return &world->view;
}
