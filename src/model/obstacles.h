#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What keeps a device from being unplugged: those of its blocks that don't go offline, or may not, and
 * why. It is the one place that knows; memplugctl and D-Bus tell the same.
 */
#include "model/block-list.h"

typedef enum Obstacle {
        OBSTACLE_NEVER, /* the kernel's "none": it can never be taken offline */
        OBSTACLE_BOOT,  /* in a kernel zone, and there since the boot: it hardly goes */
        OBSTACLE_KERNEL, /* in a kernel zone: it goes if by chance nothing of the kernel's lies there */
        OBSTACLE_UNKNOWN, /* online in a zone that the kernel doesn't tell */
        OBSTACLE_BUSY,    /* Movable, but it didn't go when memplugd tried last */
        _OBSTACLE_MAX,
        _OBSTACLE_INVALID = -22, /* -EINVAL; of a block: none */
} Obstacle;

/* "never", "boot", "kernel", "unknown", "busy": the words of JSON. */
DECLARE_STRING_TABLE(obstacle, Obstacle);

/* Whether a device can go now. */
typedef enum Removable {
        REMOVABLE_NO,
        REMOVABLE_YES,     /* as far as zones go: all of it is movable, or offline */
        REMOVABLE_PERHAPS, /* the same, but some of it didn't go when that was tried */
        REMOVABLE_UNKNOWN, /* some of it is online in a zone that the kernel doesn't tell */
        REMOVABLE_NOTHING, /* this is no device */
        _REMOVABLE_MAX,
} Removable;

/* The blocks of one device that are in the way. */
typedef struct Obstacles {
        BlockList of[_OBSTACLE_MAX];
} Obstacles;

/* Frees what it holds, not itself. */
void obstacles_done(Obstacles *obstacles);

/* 'stuck': it didn't go offline when memplugd tried last, by its record. */
Obstacle obstacle_of_block(const Block *block, bool stuck);

/* Adds the block if it is in the way. It must come behind those that are there. 0 or -ENOMEM. */
int obstacles_add(Obstacles *obstacles, const Block *block, bool stuck);

/* Of a device: never REMOVABLE_NOTHING. */
Removable obstacles_removable(const Obstacles *obstacles);

/*
 * In words: "2 blocks in the kernel zone: 42,45; …", and what memplugctl could do about it for the device
 * of that name; "": nothing. The caller's; NULL: no memory.
 */
char *obstacles_format(const Obstacles *obstacles);
char *obstacles_format_remedy(const Obstacles *obstacles, const char *device);
