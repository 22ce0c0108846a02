/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/block-table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "base/array.h"
#include "base/io.h"
#include "base/parse.h"
#include "base/search.h"
#include "base/text.h"

/*
 * "memplugd-blocks 1 BOOT-ID", then lines "online INDEX INODE ZONE", "released …", "gone INDEX 0 -".
 * The zone is "kernel", "movable", or "-" where it isn't known.
 */
#define MAGIC "memplugd-blocks 1"
#define FILE_MAX (64 * 1024 * 1024)
#define LINE_MAX_LENGTH 80
#define WORD_GONE "gone"
#define NO_ZONE "-"

/* Some hundred lines are written at once. */
#define BUFFER_SIZE 8192

static const char *const block_mark_table[] = {
        [BLOCK_MARK_ONLINE] = "online",     [BLOCK_MARK_FOUND] = "found",
        [BLOCK_MARK_RELEASED] = "released", [BLOCK_MARK_LEFT] = "left",
        [BLOCK_MARK_MOVING] = "moving",     [BLOCK_MARK_TAKEN] = "taken",
};
DEFINE_STRING_TABLE(block_mark, BlockMark);

/* Lines beyond which the file is written anew: so many for each record, and so many besides. */
#define LINES_PER_RECORD 4
#define LINES_SPARE 4096

struct BlockTable {
        int fd; /* negative: nothing is kept */
        int dir_fd;
        const char *name, *boot_id;
        bool is_behind; /* it couldn't be written, and doesn't have all that is known */
        size_t n_lines;
        bool is_batch; /* lines wait in the buffer until it is full, or the batch ends */
        size_t n_buffered;
        char buffer[BUFFER_SIZE];
        size_t n_records, n_allocated;
        BlockRecord *records;
};

/* In memory */

/* The place of a block, or where it would stand. */
static size_t place_of(const BlockTable *table, BlockIndex index) {
        return search_place(table->records, table->n_records, sizeof(BlockRecord), index);
}

static BlockRecord *find_record(const BlockTable *table, BlockIndex index) {
        size_t i = place_of(table, index);

        if (i == table->n_records || table->records[i].index != index)
                return NULL;

        return &table->records[i];
}

int block_table_reserve(BlockTable *table, size_t n) {
        BlockRecord *records = array_reserve(table->records, &table->n_allocated,
                                             table->n_records + n, sizeof(BlockRecord));

        if (!records)
                return -ENOMEM;

        table->records = records;
        return 0;
}

static int insert(BlockTable *table, const BlockRecord *record) {
        size_t i = place_of(table, record->index);
        BlockRecord *records = array_grow(table->records, &table->n_allocated, table->n_records,
                                          sizeof(BlockRecord));

        if (!records)
                return -ENOMEM;
        table->records = records;

        memmove(&table->records[i + 1], &table->records[i],
                (table->n_records - i) * sizeof(BlockRecord));
        table->records[i] = *record;
        table->n_records++;
        return 0;
}

static int put(BlockTable *table, const BlockRecord *record) {
        BlockRecord *known = find_record(table, record->index);

        if (!known)
                return insert(table, record);

        *known = *record;
        return 0;
}

static void drop(BlockTable *table, BlockIndex index) {
        size_t i = place_of(table, index);

        if (i == table->n_records || table->records[i].index != index)
                return;

        table->n_records--;
        memmove(&table->records[i], &table->records[i + 1],
                (table->n_records - i) * sizeof(BlockRecord));
}

const BlockRecord *block_table_records(const BlockTable *table, size_t *ret_n) {
        *ret_n = table->n_records;
        return table->records;
}

const BlockRecord *block_table_find(const BlockTable *table, BlockIndex index) {
        return find_record(table, index);
}

/* The file */

/* Writes what waits in the buffer. */
static int flush(BlockTable *table) {
        size_t size = table->n_buffered;
        ssize_t n;
        int r;

        table->n_buffered = 0;
        if (table->fd < 0 || size == 0)
                return 0;

        n = write(table->fd, table->buffer, size);
        if (n == (ssize_t)size)
                return 0;

        /* What follows half a line would be damaged: it is written anew when there is room again. */
        r = n < 0 ? -errno : -ENOSPC;
        closep(&table->fd);
        table->fd = -EBADF;
        return r;
}

static int append(BlockTable *table, const char *line, size_t length) {
        int r = 0;

        if (table->fd < 0)
                return 0;

        if (table->n_buffered + length > sizeof(table->buffer))
                r = flush(table);
        (void)memcpy(table->buffer + table->n_buffered, line, length);
        table->n_buffered += length;
        table->n_lines++;
        return r < 0 || table->is_batch ? r : flush(table);
}

void block_table_begin(BlockTable *table) {
        table->is_batch = true;
}

int block_table_commit(BlockTable *table) {
        int r;

        table->is_batch = false;
        r = flush(table);
        table->is_behind = table->is_behind || r < 0;
        return r;
}

static int append_record(BlockTable *table, const char *word, const BlockRecord *record) {
        char line[LINE_MAX_LENGTH], *end;

        end = stpcpy(stpcpy(line, word), " ");
        end = stpcpy(text_put_number(end, record->index), " ");
        end = stpcpy(text_put_number(end, (uint64_t)record->inode), " ");
        end = stpcpy(end, record->zone < 0 ? NO_ZONE : zone_kind_to_string(record->zone));
        end = stpcpy(end, "\n");
        return append(table, line, (size_t)(end - line));
}

/* Writes all of it to NAME.new, which then takes the place of NAME. */
static int write_anew(BlockTable *table) {
        char line[LINE_MAX_LENGTH], new_name[64];
        bool was_batch = table->is_batch;
        int r, n;

        /* What waits is in the records, too. */
        table->n_buffered = 0;
        closep(&table->fd);
        table->n_lines = 0;
        (void)snprintf(new_name, sizeof(new_name), "%s.new", table->name);
        (void)unlinkat(table->dir_fd, new_name, 0);
        table->fd = openat(table->dir_fd, new_name,
                           O_WRONLY | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
        if (table->fd < 0)
                return -errno;

        table->is_batch = true;
        n = snprintf(line, sizeof(line), MAGIC " %s\n", table->boot_id);
        r = append(table, line, (size_t)n);
        for (size_t i = 0; r == 0 && i < table->n_records; i++) {
                const BlockRecord *record = &table->records[i];

                r = append_record(table, block_mark_to_string(record->mark), record);
        }
        if (r == 0)
                r = flush(table);
        table->is_batch = was_batch;
        if (r == 0 && renameat(table->dir_fd, new_name, table->dir_fd, table->name) < 0)
                r = -errno;
        if (r < 0)
                (void)unlinkat(table->dir_fd, new_name, 0);
        return r;
}

/* So that a large table isn't written in vain with each change, for as long as /run is full. */
static bool has_room(const BlockTable *table) {
        struct statvfs st;

        return fstatvfs(table->dir_fd, &st) < 0 ||
               (uint64_t)st.f_bavail * st.f_frsize >= (table->n_records + 1) * LINE_MAX_LENGTH;
}

/* Once it is behind, each change tries to make that good. */
static int catch_up(BlockTable *table) {
        if (!has_room(table) || write_anew(table) < 0)
                return 0;

        table->is_behind = false;
        return 1;
}

static int append_change(BlockTable *table, const char *word, const BlockRecord *record) {
        int r;

        if (table->is_behind)
                return catch_up(table);

        if (table->fd >= 0 && table->n_lines > LINES_PER_RECORD * table->n_records + LINES_SPARE)
                r = write_anew(table);
        else
                r = append_record(table, word, record);
        table->is_behind = r < 0;
        return r;
}

int block_table_set(BlockTable *table, const BlockRecord *record) {
        const BlockRecord *known = find_record(table, record->index);
        int r;

        if (known && known->inode == record->inode && known->mark == record->mark &&
            known->zone == record->zone)
                return 0;

        r = put(table, record);
        if (r < 0)
                return r;

        return append_change(table, block_mark_to_string(record->mark), record);
}

int block_table_forget(BlockTable *table, BlockIndex index) {
        if (!find_record(table, index))
                return 0;

        drop(table, index);
        return append_change(table, WORD_GONE,
                             &(BlockRecord){ .index = index, .zone = _ZONE_KIND_INVALID });
}

/* Reads "WORD INDEX INODE ZONE", ended by NUL; the zone may be missing. */
static int apply_line(BlockTable *table, char *line) {
        char *word = strsep(&line, " "), *index = strsep(&line, " "), *inode = strsep(&line, " ");
        BlockRecord record = { .zone = _ZONE_KIND_INVALID };
        const char *zone = line ?: NO_ZONE;
        uint64_t block, number;

        if (!index || !inode)
                return -EBADMSG;
        if (parse_u64(index, &block) < 0 || parse_u64(inode, &number) < 0)
                return -EBADMSG;
        record.index = block;

        if (strcmp(word, WORD_GONE) == 0) {
                drop(table, record.index);
                return 0;
        }

        record.inode = (ino_t)number;
        record.mark = block_mark_from_string(word);
        if (strcmp(zone, NO_ZONE) != 0) {
                record.zone = zone_kind_from_string(zone);
                if (record.zone < 0)
                        return -EBADMSG;
        }
        return record.mark < 0 ? -EBADMSG : put(table, &record);
}

/* Applies all whole lines. Of another boot, nothing is. */
static int apply_text(BlockTable *table, char *text, const char *boot_id) {
        char *line = text, *end = strchr(line, '\n');
        char header[LINE_MAX_LENGTH];

        if (!end)
                return *text ? -EBADMSG : 0;
        *end = 0;
        if (strncmp(line, MAGIC " ", strlen(MAGIC " ")) != 0)
                return -EBADMSG;
        (void)snprintf(header, sizeof(header), MAGIC " %s", boot_id);
        if (strcmp(line, header) != 0)
                return 0;

        for (line = end + 1; (end = strchr(line, '\n')); line = end + 1) {
                int r;

                *end = 0;
                r = apply_line(table, line);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int load(BlockTable *table, int dir_fd, const char *name, const char *boot_id) {
        _cleanup_free_ char *text = NULL;
        size_t size;
        int r;

        r = read_file_at(dir_fd, name, FILE_MAX, &text, &size);
        if (r == -EFBIG || r == -EISDIR || r == -ENOTSUP)
                return -EBADMSG;
        if (r < 0)
                return r;
        if (strlen(text) != size)
                return -EBADMSG;

        return apply_text(table, text, boot_id);
}

static void set_aside(int dir_fd, const char *name) {
        char damaged[64];

        (void)snprintf(damaged, sizeof(damaged), "%s.damaged", name);
        (void)renameat(dir_fd, name, dir_fd, damaged);
}

int block_table_open(int dir_fd, const char *name, const char *boot_id, BlockTable **ret,
                     bool *ret_damaged) {
        BlockTable *table = calloc(1, sizeof(BlockTable));
        bool damaged = false;
        int r = 0;

        if (!table)
                return -ENOMEM;
        *table = (BlockTable){ .fd = -EBADF, .dir_fd = dir_fd, .name = name, .boot_id = boot_id };

        if (dir_fd >= 0) {
                r = load(table, dir_fd, name, boot_id);
                if (r == -ENOENT)
                        r = 0;
                damaged = r == -EBADMSG;
                if (damaged) {
                        set_aside(dir_fd, name);
                        table->n_records = 0;
                        r = 0;
                }
                if (r == 0) {
                        r = write_anew(table);
                        table->is_behind = r < 0;
                }
        }

        *ret = table;
        *ret_damaged = damaged;
        return r;
}

int block_table_read(int dir_fd, const char *name, const char *boot_id, BlockTable **ret) {
        _cleanup_(block_table_freep) BlockTable *table = calloc(1, sizeof(BlockTable));
        int r;

        if (!table)
                return -ENOMEM;
        *table = (BlockTable){ .fd = -EBADF, .dir_fd = -EBADF };

        r = load(table, dir_fd, name, boot_id);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(table);
        return 0;
}

BlockTable *block_table_free(BlockTable *table) {
        if (!table)
                return NULL;

        closep(&table->fd);
        free(table->records);
        free(table);
        return NULL;
}
