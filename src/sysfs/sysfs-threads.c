/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <pthread.h>
#include <sched.h>

#include "sysfs/sysfs-internal.h"

/* Of so few blocks all is read sooner than threads are started. */
#define MANY_BLOCKS 1024
#define THREADS_MAX 16

typedef struct Job {
        void (*call)(void *userdata);
        void *userdata;
} Job;

/*
 * With a table of open files of its own, no thread waits for another one to open and close its files, and
 * they are neighbours: see sysfs_close_block(). Where that can't be had it is slower, and right.
 */
static void *run(void *userdata) {
        const Job *job = userdata;

        (void)unshare(CLONE_FILES);
        job->call(job->userdata);
        return NULL;
}

void sysfs_in_threads(const Sysfs *sysfs, size_t n_blocks, void (*call)(void *userdata),
                      void *userdata) {
        unsigned n_threads = n_blocks < MANY_BLOCKS ? 0 : sysfs->n_readers, n = 0;
        Job job = { call, userdata };
        pthread_t threads[THREADS_MAX];

        /* The caller's only waits, so that no file of its reading leaves a gap in the tables. */
        while (n_threads > 1 && n < n_threads && n < THREADS_MAX &&
               pthread_create(&threads[n], NULL, run, &job) == 0)
                n++;
        if (n == 0)
                call(userdata);
        while (n > 0)
                (void)pthread_join(threads[--n], NULL);
}
