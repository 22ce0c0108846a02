/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/obstacles.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const char *const obstacle_table[] = {
        [OBSTACLE_NEVER] = "never",     [OBSTACLE_BOOT] = "boot", [OBSTACLE_KERNEL] = "kernel",
        [OBSTACLE_UNKNOWN] = "unknown", [OBSTACLE_BUSY] = "busy",
};
DEFINE_STRING_TABLE(obstacle, Obstacle);

void obstacles_done(Obstacles *obstacles) {
        for (Obstacle obstacle = 0; obstacle < _OBSTACLE_MAX; obstacle++)
                block_list_done(&obstacles->of[obstacle]);
}

/* A block that is about to go offline isn't there yet. */
Obstacle obstacle_of_block(const Block *block, bool stuck) {
        if (block->state == BLOCK_OFFLINE)
                return _OBSTACLE_INVALID;
        if (!block->valid_zones.known)
                return OBSTACLE_UNKNOWN;
        if (block->valid_zones.n_zones == 0)
                return OBSTACLE_NEVER;
        if (block_zone_kind(block) == ZONE_KIND_KERNEL)
                return block->hot_added ? OBSTACLE_KERNEL : OBSTACLE_BOOT;

        return stuck ? OBSTACLE_BUSY : _OBSTACLE_INVALID;
}

int obstacles_add(Obstacles *obstacles, const Block *block, bool stuck) {
        Obstacle obstacle = obstacle_of_block(block, stuck);

        return obstacle < 0 ? 0 : block_list_add(&obstacles->of[obstacle], block->index);
}

static bool has(const Obstacles *obstacles, Obstacle obstacle) {
        return obstacles->of[obstacle].n_ranges > 0;
}

Removable obstacles_removable(const Obstacles *obstacles) {
        if (has(obstacles, OBSTACLE_NEVER) || has(obstacles, OBSTACLE_BOOT) ||
            has(obstacles, OBSTACLE_KERNEL))
                return REMOVABLE_NO;
        if (has(obstacles, OBSTACLE_UNKNOWN))
                return REMOVABLE_UNKNOWN;

        return has(obstacles, OBSTACLE_BUSY) ? REMOVABLE_PERHAPS : REMOVABLE_YES;
}

char *obstacles_format(const Obstacles *obstacles) {
        static const char *const texts[_OBSTACLE_MAX] = {
                [OBSTACLE_NEVER] = "that can never go offline",
                [OBSTACLE_BOOT] = "of the boot in the kernel zone",
                [OBSTACLE_KERNEL] = "in the kernel zone",
                [OBSTACLE_UNKNOWN] = "of which the kernel doesn't tell the zone",
                [OBSTACLE_BUSY] = "that didn't go offline when that was tried last",
        };
        const char *separator = "";
        char *text = NULL;
        size_t size = 0;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return NULL;

        for (Obstacle obstacle = 0; obstacle < _OBSTACLE_MAX; obstacle++) {
                const BlockList *list = &obstacles->of[obstacle];
                uint64_t n = block_list_count(list);

                if (n == 0)
                        continue;
                (void)fprintf(f, "%s%" PRIu64 " block%s %s: ", separator, n, n == 1 ? "" : "s",
                              texts[obstacle]);
                block_list_print(list, f);
                separator = "; ";
        }
        if (fclose(f) != 0) {
                free(text);
                return NULL;
        }
        return text;
}

static uint64_t count(const Obstacles *obstacles, Obstacle obstacle) {
        return block_list_count(&obstacles->of[obstacle]);
}

char *obstacles_format_remedy(const Obstacles *obstacles, const char *device) {
        uint64_t n_boot = count(obstacles, OBSTACLE_BOOT),
                 n_kernel = n_boot + count(obstacles, OBSTACLE_KERNEL);
        char *text = NULL;
        int n = 0;

        /* With what can never go, nothing helps. */
        if (has(obstacles, OBSTACLE_NEVER))
                return strdup("");

        if (n_kernel > 0)
                n = asprintf(&text, "'memplugctl rezone %s --to movable%s' could move %s%s", device,
                             n_boot > 0 ? " --force" : "", n_kernel == 1 ? "it" : "them",
                             n_boot > 0 ? ", though memory of the boot hardly ever goes" : "");
        else if (has(obstacles, OBSTACLE_BUSY))
                n = asprintf(&text, "'memplugctl offline %s' tries again", device);
        else
                text = strdup("");
        return n < 0 ? NULL : text;
}
