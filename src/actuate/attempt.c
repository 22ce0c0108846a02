/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "actuate/attempt.h"

#include <errno.h>

bool outcome_is_open(Outcome outcome) {
        return outcome == OUTCOME_REFUSED || outcome == OUTCOME_BUSY ||
               outcome == OUTCOME_NO_MEMORY || outcome == OUTCOME_VETOED;
}

/* Of a block that didn't get online. EINVAL says nothing by itself: so only after reading again. */
static Outcome outcome_of_error(int error) {
        switch (-error) {
        case 0:     /* it was online for a moment: somebody took it offline at once */
        case EINTR: /* a signal of ours */
                return OUTCOME_CANCELLED;
        case EBUSY:
        case EAGAIN:
                return OUTCOME_BUSY;
        case ENOMEM:
                return OUTCOME_NO_MEMORY;
        case EPERM:
                return OUTCOME_VETOED;
        case EHWPOISON:
                return OUTCOME_POISONED;
        case ENOENT:
        case ENODEV:
                return OUTCOME_GONE;
        default:
                return OUTCOME_REFUSED;
        }
}

/* Of a block that is online. Where its zone can't be read, a write that went through is believed. */
static Outcome outcome_of_zone(const Attempt *attempt) {
        bool ours = attempt->written && attempt->error == 0;

        if (attempt->zone != _ZONE_KIND_INVALID && !online_wants(attempt->online, attempt->zone))
                return OUTCOME_WRONG_ZONE;

        return ours ? OUTCOME_DONE : OUTCOME_ALREADY;
}

/* Reads the block into the attempt. False: it is settled by that alone, for it can't be read. */
static bool look(const ActuateOps *ops, void *userdata, BlockIndex index, ino_t inode,
                 Attempt *attempt, Block *ret) {
        int r = ops->read(userdata, index, ret);

        if (r < 0) {
                attempt->error = r;
                attempt->outcome = outcome_of_error(r);
                return false;
        }

        /* Plugged anew meanwhile: that one has an "add" event of its own. */
        if (ret->inode != inode || ret->node == NODE_UNKNOWN) {
                attempt->outcome = OUTCOME_GONE;
                return false;
        }

        attempt->zones = ret->valid_zones;
        attempt->zone = block_zone_kind(ret);
        return true;
}

/* Looks, and answers whether there is something to write. */
static bool look_before(const ActuateOps *ops, void *userdata, BlockIndex index, ino_t inode,
                        Attempt *attempt) {
        Block block;

        if (!look(ops, userdata, index, inode, attempt, &block))
                return false;

        if (block.state == BLOCK_ONLINE)
                attempt->outcome = outcome_of_zone(attempt);
        else if (block.state == BLOCK_GOING_OFFLINE)
                attempt->outcome = OUTCOME_CANCELLED;
        else if (!online_is_allowed(attempt->online, &block.valid_zones))
                attempt->outcome = OUTCOME_REFUSED;
        else
                return true;

        return false;
}

static void look_after(const ActuateOps *ops, void *userdata, BlockIndex index, ino_t inode,
                       Attempt *attempt) {
        int write_error = attempt->error;
        Block block;

        if (!look(ops, userdata, index, inode, attempt, &block))
                return;

        attempt->error = write_error;
        attempt->outcome = block.state == BLOCK_ONLINE ? outcome_of_zone(attempt)
                                                       : outcome_of_error(write_error);

        /* The block is still there, whatever the write said. */
        if (attempt->outcome == OUTCOME_GONE)
                attempt->outcome = OUTCOME_REFUSED;
}

static Attempt attempt_of(Online online) {
        return (Attempt){
                .online = online,
                .zone = _ZONE_KIND_INVALID,
                .moved_from = _ZONE_KIND_INVALID,
        };
}

static void write_word(const ActuateOps *ops, void *userdata, BlockIndex index, ino_t inode,
                       const char *word, Attempt *attempt) {
        uint64_t started = ops->now(userdata);

        attempt->error = ops->write(userdata, index, inode, word);
        attempt->written = true;
        attempt->duration += ops->now(userdata) - started;
}

Attempt attempt_online(const ActuateOps *ops, void *userdata, BlockIndex index, ino_t inode,
                       Online online) {
        Attempt attempt = attempt_of(online);

        if (!look_before(ops, userdata, index, inode, &attempt))
                return attempt;

        write_word(ops, userdata, index, inode, online_to_state_word(online), &attempt);
        look_after(ops, userdata, index, inode, &attempt);
        return attempt;
}

/* Whether there is something to move; else the attempt is settled by what was read. */
static bool look_before_moving(const ActuateOps *ops, void *userdata, BlockIndex index, ino_t inode,
                               Attempt *attempt) {
        Block block;

        if (!look(ops, userdata, index, inode, attempt, &block))
                return false;

        attempt->outcome =
                block.state == BLOCK_ONLINE ? outcome_of_zone(attempt) : OUTCOME_CANCELLED;
        return attempt->outcome == OUTCOME_WRONG_ZONE;
}

/* False: it didn't go offline, or not by us. */
static bool take_off(const ActuateOps *ops, void *userdata, BlockIndex index, ino_t inode,
                     Attempt *attempt) {
        attempt->moved_from = attempt->zone;
        write_word(ops, userdata, index, inode, "offline", attempt);
        if (attempt->error == 0) {
                attempt->taken_off = true;
                return true;
        }

        look_after(ops, userdata, index, inode, attempt);
        if (attempt->outcome != OUTCOME_WRONG_ZONE && attempt->outcome != OUTCOME_ALREADY &&
            attempt->outcome != OUTCOME_GONE)
                attempt->outcome = OUTCOME_CANCELLED;
        return false;
}

/*
 * It is offline by us, and can't be had as it was asked for: it goes back where it was. Somebody else
 * may be faster, and put it anywhere.
 */
static void put_back(const ActuateOps *ops, void *userdata, BlockIndex index, ino_t inode,
                     Attempt *attempt) {
        Online had = attempt->moved_from == ZONE_KIND_MOVABLE ? ONLINE_MOVABLE : ONLINE_KERNEL;
        Attempt back = attempt_online(ops, userdata, index, inode, had);

        attempt->duration += back.duration;
        if (back.zone != _ZONE_KIND_INVALID) {
                attempt->zone = back.zone;
                attempt->outcome = online_wants(attempt->online, back.zone) ? OUTCOME_ALREADY
                                                                            : OUTCOME_WRONG_ZONE;
        } else if (back.outcome == OUTCOME_DONE)
                attempt->outcome = OUTCOME_WRONG_ZONE;
        else if (!outcome_is_open(back.outcome))
                attempt->outcome = back.outcome;
}

Attempt attempt_move(const ActuateOps *ops, void *userdata, BlockIndex index, ino_t inode,
                     Online online) {
        Attempt attempt = attempt_of(online), moved;

        if (!look_before_moving(ops, userdata, index, inode, &attempt) ||
            !take_off(ops, userdata, index, inode, &attempt))
                return attempt;

        moved = attempt_online(ops, userdata, index, inode, online);
        moved.moved_from = attempt.moved_from;
        moved.taken_off = true;
        moved.duration += attempt.duration;
        if (outcome_is_open(moved.outcome) || moved.outcome == OUTCOME_POISONED)
                put_back(ops, userdata, index, inode, &moved);
        return moved;
}

/* Whether there is something to take offline; else the attempt is settled by what was read. */
static bool look_before_offlining(const ActuateOps *ops, void *userdata, BlockIndex index,
                                  ino_t inode, Attempt *attempt) {
        Block block;

        if (!look(ops, userdata, index, inode, attempt, &block))
                return false;

        attempt->moved_from = attempt->zone;
        if (block.state == BLOCK_OFFLINE)
                attempt->outcome = OUTCOME_ALREADY;
        else if (block.valid_zones.known && block.valid_zones.n_zones == 0)
                attempt->outcome = OUTCOME_REFUSED; /* it spans zones, or has holes */
        else
                return true;

        return false;
}

Attempt attempt_offline(const ActuateOps *ops, void *userdata, BlockIndex index, ino_t inode) {
        Attempt attempt = attempt_of(ONLINE_LEAVE);
        int write_error;
        Block block;

        if (!look_before_offlining(ops, userdata, index, inode, &attempt))
                return attempt;

        write_word(ops, userdata, index, inode, "offline", &attempt);
        write_error = attempt.error;
        attempt.taken_off = write_error == 0;
        if (attempt.taken_off)
                attempt.zone = _ZONE_KIND_INVALID; /* also if it can't be read again */
        if (!look(ops, userdata, index, inode, &attempt, &block))
                return attempt;

        attempt.error = write_error;
        if (block.state == BLOCK_OFFLINE)
                attempt.outcome = attempt.taken_off ? OUTCOME_DONE : OUTCOME_ALREADY;
        else
                attempt.outcome = outcome_of_error(write_error);

        /* The block is still there, whatever the write said. */
        if (attempt.outcome == OUTCOME_GONE)
                attempt.outcome = OUTCOME_REFUSED;
        return attempt;
}
