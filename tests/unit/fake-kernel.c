/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include "fake-kernel.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int fake_read(void *userdata, BlockIndex index, Block *ret) {
        FakeKernel *kernel = userdata;
        Block block;

        kernel->n_reads++;
        if (kernel->before_read)
                kernel->before_read(kernel, index);
        if (kernel->read_error < 0)
                return kernel->read_error;
        if (!zone_model_read(kernel->model, index, &block))
                return -ENOENT;

        block.inode = kernel->inode;
        *ret = block;
        return 0;
}

static int fake_write(void *userdata, BlockIndex index, ino_t inode, const char *word) {
        StateWord state_word = state_word_from_string(word);
        size_t n = strlen(((FakeKernel *)userdata)->log);
        FakeKernel *kernel = userdata;
        int refusal = 0;

        assert(state_word >= 0);
        assert(inode == kernel->inode);
        if (kernel->before_write)
                kernel->before_write(kernel, index);
        if (kernel->n_refusals > 0 && kernel->refused_block == index) {
                kernel->n_refusals--;
                refusal = kernel->refusal;
        }

        (void)snprintf(kernel->log + n, sizeof(kernel->log) - n, "%s%" PRIu64 "%c",
                       n > 0 ? " " : "", index,
                       state_word == STATE_ONLINE_MOVABLE  ? 'm'
                       : state_word == STATE_ONLINE_KERNEL ? 'k'
                       : state_word == STATE_OFFLINE       ? 'o'
                                                           : 'd');
        kernel->n_writes++;
        kernel->now += 7000;
        return zone_model_write(kernel->model, index, state_word, refusal);
}

static uint64_t fake_now(void *userdata) {
        FakeKernel *kernel = userdata;

        return kernel->now;
}

const ActuateOps fake_kernel_ops = { fake_read, fake_write, fake_now };

void fake_kernel_init(FakeKernel *kernel, ZoneRule rule) {
        *kernel = (FakeKernel){ .model = zone_model_new(rule), .inode = 17 };
        assert(kernel->model);
}

void fake_kernel_done(FakeKernel *kernel) {
        zone_model_free(kernel->model);
}
