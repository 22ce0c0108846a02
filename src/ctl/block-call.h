#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A call of the daemon that is about blocks, and may take long: sends it, shows on a terminal how far
 * it is, and gathers what came of each block.
 */
#include "ctl/block-results.h"
#include "ctl/options.h"

typedef struct BlockCall BlockCall;

struct BlockCall {
        const char *method; /* of the manager */
        const char *doing;  /* as in "can't put that online" */

        /*
         * NULL: it is Online(): its blocks tell one by one what came of them, and Ctrl-C ends the waiting
         * alone. Else what it begins is a task of that kind: Ctrl-C gives it up.
         */
        const char *task;

        /* Appends the arguments. 0 or a negative errno. */
        int (*append)(const BlockCall *call, sd_bus_message *message);
        const void *arguments; /* its own */

        uint64_t block_size;  /* bytes */
        BlockResults results; /* first of all those that are asked for */

        /* What is known once it was made. */
        uint64_t begun; /* CLOCK_REALTIME, µs */
        int exit_code;  /* of what was told about the call as a whole; 0: it was answered */
        bool left;      /* the user didn't wait for the answer */
        bool given_up;  /* he gave the task up */
};

void block_call_done(BlockCall *call);

/* Appends the array of blocks, which all of these calls begin with. */
int block_call_append_blocks(const BlockCall *call, sd_bus_message *message);

/*
 * Makes the call. 0: it was, and what came of it is in 'call'; else an exit code, and why was told on
 * standard error.
 */
int block_call_make(BlockCall *call, const Options *options);

/* The exit code that follows from all results. */
int block_call_exit_code(const BlockCall *call);
