#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Clocks in microseconds.
 */
#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC, CLOCK_REALTIME: these can't fail. */
static inline uint64_t clock_usec(clockid_t clock) {
        struct timespec now;

        (void)clock_gettime(clock, &now);
        return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}
