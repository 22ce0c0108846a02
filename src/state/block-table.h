#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What memplugd remembers of blocks, also over a restart: which were online when last seen, and
 * which somebody else took offline ("released": they are never put back by us).
 *
 * It lives in a file of /run/memplugd, and so as long as the boot. Each change is one appended
 * line; when it is opened, and when it has grown far beyond what it holds, the file is written anew
 * and shorter, under another name that then replaces it. So a crash at any moment leaves a file that can be read, but perhaps for the last
 * line, which then isn't whole and is passed over.
 */
#include <stdbool.h>
#include <stddef.h>

#include "base/macro.h"
#include "model/block.h"

typedef enum BlockMark {
        BLOCK_MARK_ONLINE,   /* was online when last seen */
        BLOCK_MARK_FOUND,    /* the same, put online by somebody else, and yet to be dealt with */
        BLOCK_MARK_RELEASED, /* was taken offline by somebody else */
        BLOCK_MARK_LEFT,     /* is offline, as its rule wants it */
        BLOCK_MARK_MOVING,   /* memplugd may have taken it offline, to move it */
        BLOCK_MARK_TAKEN, /* the same, for a task: until that ends, it belongs back where it was */
        _BLOCK_MARK_MAX,
        _BLOCK_MARK_INVALID = -22, /* -EINVAL */
} BlockMark;

DECLARE_STRING_TABLE(block_mark, BlockMark);

/* Whether a block with that mark may be offline by memplugd, and is to come online again. */
static inline bool block_mark_is_ours(BlockMark mark) {
        return mark == BLOCK_MARK_MOVING || mark == BLOCK_MARK_TAKEN;
}

/* Without gaps: there may be half a million of them. */
typedef struct __attribute__((packed)) BlockRecord {
        BlockIndex index;
        ino_t inode; /* tells a block from one that was plugged anew behind the same number */
        BlockMark mark : 8;
        ZoneKind zone : 8; /* where it is online, or was last; _ZONE_KIND_INVALID: not known */
} BlockRecord;

typedef struct BlockTable BlockTable;

/*
 * Opens the file 'name' below 'dir_fd', for this boot ('boot_id': a file of another boot is
 * dropped; both it and 'dir_fd' and 'name' must outlive the table). A file that can't be understood is renamed to NAME.damaged, and *ret_damaged is true:
 * then nothing is remembered. With 'dir_fd' negative nothing is kept in a file.
 *
 * 0, or a negative errno if the file can't be read or written: then *ret is a table all the same
 * (but -ENOMEM), which keeps nothing if it can't be read, and else tries again with each change.
 */
int block_table_open(int dir_fd, const char *name, const char *boot_id, BlockTable **ret,
                     bool *ret_damaged);

/*
 * Reads such a file without touching it, which may be another process's: with what is there that
 * applies. 0; -ENOENT: there is none; -EBADMSG: it can't be understood; or another negative errno.
 */
int block_table_read(int dir_fd, const char *name, const char *boot_id, BlockTable **ret);
BlockTable *block_table_free(BlockTable *table);
DEFINE_CLEANUP(BlockTable *, block_table_free)

/* Takes memory for so many more records, so that setting them takes none. 0 or -ENOMEM. */
int block_table_reserve(BlockTable *table, size_t n);

/* Sorted by index. Valid until the next change. */
const BlockRecord *block_table_records(const BlockTable *table, size_t *ret_n);

/* NULL: nothing is known of it. Valid until the next change. */
const BlockRecord *block_table_find(const BlockTable *table, BlockIndex index);

/*
 * Between these, changes may be written together: who is killed in between may not have kept them.
 * Ending it answers as block_table_set().
 */
void block_table_begin(BlockTable *table);
int block_table_commit(BlockTable *table);

/*
 * 0; -ENOMEM: not remembered; another negative errno: remembered, but not kept in the file any more,
 * which is told once. What was there before stays there. With each later change it is tried anew to
 * keep all; 1: that succeeded.
 */
int block_table_set(BlockTable *table, const BlockRecord *record);
int block_table_forget(BlockTable *table, BlockIndex index);
