/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * record STEPS SEED FIRST: writes random words to the state of random blocks, from memoryFIRST on,
 * and tells what the kernel answered and which blocks then read otherwise, in the format of
 * tests/traces. All blocks must be linked to their nodes when it starts.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIR "/sys/devices/system/memory"
#define BLOCKS_MAX 64

struct block {
        int index, node;
        char reading[128]; /* "[state, zones, node]" as JSON */
};

static struct block blocks[BLOCKS_MAX];
static int n_blocks;

static void read_line(int index, const char *name, char *text, size_t size) {
        char path[128];
        FILE *f;

        (void)snprintf(path, sizeof(path), DIR "/memory%d/%s", index, name);
        f = fopen(path, "re");
        if (!f || !fgets(text, (int)size, f)) {
                perror(path);
                exit(1);
        }
        text[strcspn(text, "\n")] = 0;
        (void)fclose(f);
}

static void read_block(const struct block *block, char reading[128]) {
        char state[32], zones[64];

        read_line(block->index, "state", state, sizeof(state));
        read_line(block->index, "valid_zones", zones, sizeof(zones));
        (void)snprintf(reading, 128, "[\"%s\",\"%s\",%d]", state, zones, block->node);
}

static void find_blocks(int first) {
        for (int index = first; n_blocks < BLOCKS_MAX && index < first + 4096; index++)
                for (int node = 0; node < 4; node++) {
                        char path[128];

                        (void)snprintf(path, sizeof(path), DIR "/memory%d/node%d", index, node);
                        if (access(path, F_OK) == 0) {
                                blocks[n_blocks++] = (struct block){ .index = index, .node = node };
                                break;
                        }
                }
}

/* Prints the blocks that read otherwise than before. */
static void print_changed(void) {
        const char *comma = "";

        printf("\"changed\":{");
        for (int i = 0; i < n_blocks; i++) {
                char reading[128];

                read_block(&blocks[i], reading);
                if (strcmp(reading, blocks[i].reading) == 0)
                        continue;
                (void)strcpy(blocks[i].reading, reading);
                printf("%s\"%d\":%s", comma, blocks[i].index, reading);
                comma = ",";
        }
        printf("}}\n");
}

static int write_state(int index, const char *word) {
        char path[128];
        int fd, error = 0;

        (void)snprintf(path, sizeof(path), DIR "/memory%d/state", index);
        fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
                return errno;

        /* Offlining may go on for ever: a signal is its deadline. */
        (void)alarm(1);
        if (write(fd, word, strlen(word)) < 0)
                error = errno;
        (void)alarm(0);
        (void)close(fd);
        return error;
}

static void on_alarm(int number) {
        (void)number;
}

int main(int argc, char *argv[]) {
        /* Movable more often than not: that is where the rules bite. */
        static const char *const words[] = { "online_movable", "online_movable", "online_kernel",
                                             "online",         "offline",        "offline" };
        const struct sigaction action = { .sa_handler = on_alarm };

        if (argc != 4)
                return 2;
        srandom((unsigned)atoi(argv[2]));
        (void)sigaction(SIGALRM, &action, NULL);
        find_blocks(atoi(argv[3]));

        printf("{\"step\":0,\"op\":\"add\",");
        print_changed();
        for (int step = 1; step <= atoi(argv[1]); step++) {
                int index = blocks[random() % n_blocks].index;
                const char *word = words[random() % 6];
                int error = write_state(index, word);

                printf("{\"step\":%d,\"op\":\"write\",\"block\":%d,\"value\":\"%s\",\"errno\":%d,",
                       step, index, word, error);
                print_changed();
        }
        return 0;
}
