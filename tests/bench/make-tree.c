/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Makes a tree of plain files laid out like sysfs, of a machine with very many memory blocks:
 *
 *     make-tree ROOT BLOCKS [NODES [BLOCKS-OF-A-DIMM [OFFLINE-BLOCKS]]]
 *
 * The first half of each node was there at boot, the second one is DIMMs; all of it is online, but for
 * the last blocks. What reads alike is one file with many names, so that half a million blocks take
 * seconds, and a few hundred bytes of a tmpfs each.
 */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMORY "sys/devices/system/memory"
#define NODE "sys/devices/system/node"
#define ACPI "sys/devices/LNXSYSTM:00"
#define ACPI_BUS "sys/bus/acpi/devices"
#define BLOCK_BYTES (128UL << 20)

typedef struct Shape {
        unsigned long n_blocks, n_nodes, n_of_dimm, n_offline;
} Shape;

static int memory_fd;

static void make_dirs(const char *path) {
        char copy[256];

        (void)snprintf(copy, sizeof(copy), "%s/", path);
        for (char *p = strchr(copy + 1, '/'); p; p = strchr(p + 1, '/')) {
                *p = 0;
                assert(mkdir(copy, 0755) == 0 || errno == EEXIST);
                *p = '/';
        }
}

static void make_file(const char *path, const char *text) {
        FILE *f = fopen(path, "we");

        assert(f);
        assert(fputs(text, f) >= 0);
        assert(fclose(f) == 0);
}

/* Names that all blocks of a kind share. */
static void make_kinds(void) {
        make_dirs("kinds");
        make_file("kinds/online", "online\n");
        make_file("kinds/offline", "offline\n");
        make_file("kinds/Normal", "Normal\n");
        make_file("kinds/Movable", "Movable\n");
        make_file("kinds/both", "Normal Movable\n");
        make_file("kinds/one", "1\n");
}

static void link_file(const char *kind, int dir_fd, const char *path) {
        char from[64];

        (void)snprintf(from, sizeof(from), "kinds/%s", kind);
        assert(linkat(AT_FDCWD, from, dir_fd, path, 0) == 0);
}

static void make_block(const Shape *shape, unsigned long index) {
        unsigned long of_node = shape->n_blocks / shape->n_nodes, node = index / of_node;
        char name[64], path[128], target[128];
        bool is_dimm, is_offline = index >= shape->n_blocks - shape->n_offline;
        unsigned long dimm;

        is_dimm = shape->n_of_dimm > 0 && index % of_node >= of_node / 2;
        (void)snprintf(name, sizeof(name), "memory%lu", index);
        assert(mkdirat(memory_fd, name, 0755) == 0);

        (void)snprintf(path, sizeof(path), "%s/state", name);
        link_file(is_offline ? "offline" : "online", memory_fd, path);
        (void)snprintf(path, sizeof(path), "%s/valid_zones", name);
        link_file(is_offline ? "both" : is_dimm ? "Movable" : "Normal", memory_fd, path);
        (void)snprintf(path, sizeof(path), "%s/removable", name);
        link_file("one", memory_fd, path);

        (void)snprintf(path, sizeof(path), "%s/node%lu", name, node);
        (void)snprintf(target, sizeof(target), "../../node/node%lu", node);
        assert(symlinkat(target, memory_fd, path) == 0);
        (void)snprintf(path, sizeof(path), NODE "/node%lu/memory%lu", node, index);
        (void)snprintf(target, sizeof(target), "../../memory/memory%lu", index);
        assert(symlink(target, path) == 0);
        if (!is_dimm)
                return;

        dimm = index / shape->n_of_dimm;
        (void)snprintf(path, sizeof(path), "%s/firmware_node", name);
        (void)snprintf(target, sizeof(target), "../../../LNXSYSTM:00/PNP0C80:%02lx", dimm);
        assert(symlinkat(target, memory_fd, path) == 0);
        (void)snprintf(path, sizeof(path), ACPI "/PNP0C80:%02lx", dimm);
        if (mkdir(path, 0755) == 0) {
                (void)snprintf(path, sizeof(path), ACPI_BUS "/PNP0C80:%02lx", dimm);
                (void)snprintf(target, sizeof(target), "../../../devices/LNXSYSTM:00/PNP0C80:%02lx",
                               dimm);
                assert(symlink(target, path) == 0);
        }
        (void)snprintf(path, sizeof(path), ACPI "/PNP0C80:%02lx/physical_node%.0lu", dimm,
                       index % shape->n_of_dimm);
        (void)snprintf(target, sizeof(target), "../../system/memory/memory%lu", index);
        assert(symlink(target, path) == 0);
}

static void make_zoneinfo(const Shape *shape) {
        unsigned long of_node = shape->n_blocks / shape->n_nodes,
                      pages = BLOCK_BYTES / (unsigned long)sysconf(_SC_PAGESIZE);
        FILE *f = fopen("proc/zoneinfo", "we");

        assert(f);
        for (unsigned long node = 0; node < shape->n_nodes; node++)
                (void)fprintf(f,
                              "Node %lu, zone   Normal\n  pages free     1\n        present  %lu\n"
                              "Node %lu, zone  Movable\n  pages free     1\n        present  %lu\n",
                              node, of_node / 2 * pages, node, of_node / 2 * pages);
        assert(fclose(f) == 0);
}

static void make_tree(const Shape *shape) {
        make_dirs(MEMORY);
        make_dirs(ACPI);
        make_dirs(ACPI_BUS);
        make_dirs("proc");
        make_kinds();
        make_file(MEMORY "/block_size_bytes", "8000000\n");
        make_file(MEMORY "/auto_online_blocks", "offline\n");
        make_zoneinfo(shape);
        for (unsigned long node = 0; node < shape->n_nodes; node++) {
                char path[128];

                (void)snprintf(path, sizeof(path), NODE "/node%lu", node);
                make_dirs(path);
        }

        memory_fd = open(MEMORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert(memory_fd >= 0);
        for (unsigned long index = 0; index < shape->n_blocks; index++)
                make_block(shape, index);
}

static unsigned long argument(int argc, char *argv[], int i, unsigned long otherwise) {
        return i < argc ? strtoul(argv[i], NULL, 10) : otherwise;
}

int main(int argc, char *argv[]) {
        const Shape shape = {
                .n_blocks = argument(argc, argv, 2, 0),
                .n_nodes = argument(argc, argv, 3, 4),
                .n_of_dimm = argument(argc, argv, 4, 512),
                .n_offline = argument(argc, argv, 5, 0),
        };

        if (shape.n_blocks == 0 || shape.n_nodes == 0 || shape.n_blocks % shape.n_nodes != 0) {
                (void)fprintf(stderr, "usage: make-tree ROOT BLOCKS [NODES [BLOCKS-OF-A-DIMM "
                                      "[OFFLINE-BLOCKS]]]\n");
                return 2;
        }

        (void)umask(022);
        make_dirs(argv[1]);
        assert(chdir(argv[1]) == 0);
        make_tree(&shape);
        return 0;
}
