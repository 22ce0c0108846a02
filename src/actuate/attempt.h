#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One write to one block's state: look, write, look again, and name what it came to.
 */
#include "model/outcome.h"
#include "rules/verdict.h"

/* How the world is reached: the kernel's, or a test's. */
typedef struct ActuateOps {
        /* As sysfs_read_block() and sysfs_write_state(). */
        int (*read)(void *userdata, BlockIndex index, Block *ret);
        int (*write)(void *userdata, BlockIndex index, ino_t inode, const char *word);
        /* Monotonic, in microseconds. */
        uint64_t (*now)(void *userdata);
} ActuateOps;

typedef struct Attempt {
        Outcome outcome;
        Online online; /* what was asked for */
        bool written;  /* false: what was read before told already that it can't be */
        int error;     /* 0, or the negative errno of the write, or of reading where it failed */
        uint64_t duration; /* µs, of the write alone */
        ValidZones zones;  /* as they read last */
        ZoneKind zone; /* the zone of an online block; _ZONE_KIND_INVALID if it isn't, or unknown */
        ZoneKind moved_from; /* the zone it was to be taken out of; _ZONE_KIND_INVALID: it wasn't */
        bool taken_off;      /* and was taken offline, by us */
} Attempt;

/*
 * Asks the kernel to put a block online. 'inode' is that of the block that was decided upon; another
 * one behind the same number is "gone".
 */
Attempt attempt_online(const ActuateOps *ops, void *userdata, BlockIndex index, ino_t inode,
                       Online online);

/*
 * Moves a block that is online in another zone than 'online' asks for: takes it offline, puts it
 * online there, and where that fails, puts it back where it was. A signal ends the first of these
 * writes with EINTR.
 *
 * OUTCOME_DONE: it was moved. OUTCOME_ALREADY: there was nothing to move. OUTCOME_WRONG_ZONE: it is
 * where it was, and 'error' says what stood in the way. OUTCOME_CANCELLED: somebody else took it
 * offline. Any other but OUTCOME_GONE: it is offline now, and can't be put back either.
 */
Attempt attempt_move(const ActuateOps *ops, void *userdata, BlockIndex index, ino_t inode,
                     Online online);

/*
 * Takes a block offline. A signal ends the write with EINTR.
 *
 * OUTCOME_DONE: it is offline by us. OUTCOME_ALREADY: it is, and not by us. OUTCOME_CANCELLED: with
 * -EINTR a signal, else somebody put it online again at once. Any other but OUTCOME_GONE: it is online
 * still, and 'error' says what stood in the way; or, if 'taken_off', offline by us, and couldn't be read
 * after that. 'online' is ONLINE_LEAVE.
 */
Attempt attempt_offline(const ActuateOps *ops, void *userdata, BlockIndex index, ino_t inode);

/* Whether another try can come to something else once other blocks have changed. */
bool outcome_is_open(Outcome outcome);
