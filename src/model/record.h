#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What became of a block, once it is settled: what is told of it in the journal, as data. Nothing in
 * here knows rules or attempts, so that whoever only shows it needs neither.
 *
 * They are kept for memplugctl explain, as history is (model/history.h), in a file of lines:
 *
 *   TIME BLOCK INODE KIND ASKED OUTCOME ONLINER WANTED ZONE ERROR DURATION WRITTEN N-WRITES
 *   FIRST-OUTCOME FIRST-ERROR LINE <tab> ZONES <tab> FILE <tab> RULE <tab> REASON <tab> .
 *
 * "-" stands where there is nothing to say, and errors are positive numbers. The last field tells a
 * whole line from half of one.
 */
#include "model/block.h"
#include "model/outcome.h"

typedef enum RecordKind {
        RECORD_SETTLED,  /* 'outcome' says what it came to */
        RECORD_LEFT,     /* left offline, as its rule says */
        RECORD_RELEASED, /* taken offline by somebody else, and left alone from then on */
        _RECORD_KIND_MAX,
        _RECORD_KIND_INVALID = -22, /* -EINVAL */
} RecordKind;

/* "settled", "left", "released" */
DECLARE_STRING_TABLE(record_kind, RecordKind);

/* Who put a block online that is. */
typedef enum Onliner {
        ONLINER_NONE,     /* it isn't online */
        ONLINER_MEMPLUGD, /* also where it put back what it had taken offline */
        ONLINER_KERNEL,   /* its own setting */
        ONLINER_OTHER,    /* somebody else */
        ONLINER_UNKNOWN,  /* it was online when memplugd looked first, or after events were lost */
        _ONLINER_MAX,
        _ONLINER_INVALID = -22, /* -EINVAL */
} Onliner;

/* "nobody", "memplugd", "kernel", "other", "unknown" */
DECLARE_STRING_TABLE(onliner, Onliner);

#define RECORD_FILE "records"
#define RECORD_OLD_FILE "records.old"

/* Of each of the two: some thousand lines. */
#define RECORD_FILE_MAX (1024 * 1024)
#define RECORD_LINE_MAX 2048

/* Strings are somebody else's, never NULL, and "" where there is nothing to say. */
typedef struct Record {
        uint64_t usec; /* CLOCK_REALTIME */
        BlockIndex block;
        ino_t inode; /* of the block's directory: see Block; 0: it wasn't there any more */
        RecordKind kind;
        bool asked;         /* by hand: this is the answer to it */
        Outcome outcome;    /* of RECORD_SETTLED */
        Onliner onliner;    /* who put it online, if it is */
        const char *wanted; /* as in a rule's 'online': "movable", "kernel", "default", "leave"; or
                             * "offline", of a task */
        ZoneKind zone;      /* it is online in; _ZONE_KIND_INVALID: it isn't, or not known */
        ValidZones zones;   /* as they read last; or not known */
        int error;          /* 0, or the negative errno of the last write or reading */
        uint64_t duration;  /* µs, of the last write; 0: nothing was written */
        bool written;       /* in the last attempt */
        unsigned n_writes;  /* in all */
        bool fell_back;     /* the rule's or_else followed; then of what was wanted first: */
        Outcome first_outcome;
        int first_error;
        const char *reason; /* in words, for people: the budget's numbers, what is in the way, … */
        const char *rule;   /* its name; "built-in: …", or "asked for by hand" */
        const char *file;   /* "": it stands in none */
        unsigned line;
} Record;

/* "done", "wrong-zone", …, "left", "released": the kind and the outcome in one word. */
const char *record_word(const Record *record);

/*
 * Writes the line, with a newline at its end, and answers its length. Strings that are too long are cut,
 * and characters that would end a field become blanks.
 */
int record_format(const Record *record, char line[RECORD_LINE_MAX]);

/* Reads a line without its newline; *ret has parts of it. -EBADMSG: it is none, or half of one. */
int record_parse(char *line, Record *ret);
