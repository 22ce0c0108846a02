#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A kernel without a kernel: the model of the zone rules behind ActuateOps, with refusals on order
 * and a log of the writes. What the model does is held against real kernels elsewhere.
 */
#include "actuate/attempt.h"
#include "plan/zone-model.h"

#define FAKE_KERNEL_LOG_MAX 2048

typedef struct FakeKernel {
        ZoneModel *model;
        uint64_t now;
        char log[FAKE_KERNEL_LOG_MAX]; /* "39m 38m 32k 33o …": each write that the kernel saw */
        unsigned n_writes;

        /* The next 'n_refusals' writes to 'refused_block' fail with 'refusal', a negative errno. */
        BlockIndex refused_block;
        int refusal;
        unsigned n_refusals;

        /* Called before each write and each read, if set: what others do meanwhile. */
        void (*before_write)(struct FakeKernel *kernel, BlockIndex index);
        void (*before_read)(struct FakeKernel *kernel, BlockIndex index);
        unsigned n_reads;
        int read_error; /* a negative errno with which reading fails */
        ino_t inode;    /* of all blocks */
} FakeKernel;

extern const ActuateOps fake_kernel_ops; /* their userdata is a FakeKernel */

void fake_kernel_init(FakeKernel *kernel, ZoneRule rule);
void fake_kernel_done(FakeKernel *kernel);
