/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include "fake-tree.h"

#include <assert.h>
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MEMORY "sys/devices/system/memory"
#define NODE "sys/devices/system/node"
#define ACPI "sys/devices/LNXSYSTM:00"

static void make_dirs(char *path) {
        for (char *p = strchr(path + 1, '/'); p; p = strchr(p + 1, '/')) {
                *p = 0;
                assert(mkdir(path, 0755) == 0 || errno == EEXIST);
                *p = '/';
        }
}

static void full_path(FakeTree *tree, const char *path, char full[PATH_MAX]) {
        assert(snprintf(full, PATH_MAX, "%s/%s", tree->root, path) < PATH_MAX);
        make_dirs(full);
}

static void link_to(FakeTree *tree, const char *path, const char *target) {
        char full[PATH_MAX];

        full_path(tree, path, full);
        assert(symlink(target, full) == 0 || errno == EEXIST);
}

FakeTree *fake_tree_new(void) {
        FakeTree *tree = calloc(1, sizeof(FakeTree));
        const char *dir = getenv("TMPDIR");

        assert(tree);
        (void)snprintf(tree->root, sizeof(tree->root), "%.40s/memplug-XXXXXX", dir ? dir : "/tmp");
        assert(mkdtemp(tree->root));
        fake_file(tree, MEMORY "/block_size_bytes", "8000000\n");
        fake_file(tree, NODE "/online", "0\n");
        return tree;
}

static int remove_entry(const char *path, const struct stat *st, int flag, struct FTW *ftw) {
        (void)st;
        (void)flag;
        (void)ftw;
        return remove(path);
}

void fake_tree_free(FakeTree *tree) {
        assert(nftw(tree->root, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0);
        free(tree);
}

void fake_file(FakeTree *tree, const char *path, const char *text) {
        char full[PATH_MAX];
        FILE *f;

        full_path(tree, path, full);
        f = fopen(full, "we");
        assert(f);
        assert(fputs(text, f) >= 0);
        assert(fclose(f) == 0);
}

void fake_remove(FakeTree *tree, const char *path) {
        char full[PATH_MAX];

        full_path(tree, path, full);
        assert(nftw(full, remove_entry, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

const char *fake_read(FakeTree *tree, const char *path) {
        static char text[4096];
        char full[PATH_MAX];
        size_t n;
        FILE *f;

        full_path(tree, path, full);
        f = fopen(full, "re");
        assert(f);
        n = fread(text, 1, sizeof(text) - 1, f);
        text[n] = 0;
        assert(fclose(f) == 0);
        return text;
}

void fake_block(FakeTree *tree, uint64_t index, const char *state, const char *valid_zones,
                int node) {
        char path[128], text[128], target[128];

        (void)snprintf(path, sizeof(path), MEMORY "/memory%" PRIu64 "/state", index);
        (void)snprintf(text, sizeof(text), "%s\n", state);
        fake_file(tree, path, text);

        if (valid_zones) {
                (void)snprintf(path, sizeof(path), MEMORY "/memory%" PRIu64 "/valid_zones", index);
                (void)snprintf(text, sizeof(text), "%s\n", valid_zones);
                fake_file(tree, path, text);
        }

        if (node >= 0) {
                (void)snprintf(path, sizeof(path), MEMORY "/memory%" PRIu64 "/node%d", index, node);
                (void)snprintf(target, sizeof(target), "../../node/node%d", node);
                link_to(tree, path, target);
                (void)snprintf(path, sizeof(path), NODE "/node%d/memory%" PRIu64, node, index);
                (void)snprintf(target, sizeof(target), "../../memory/memory%" PRIu64, index);
                link_to(tree, path, target);
        }
}

void fake_blocks(FakeTree *tree, uint64_t first, uint64_t last, const char *state,
                 const char *valid_zones, int node) {
        for (uint64_t index = first; index <= last; index++)
                fake_block(tree, index, state, valid_zones, node);
}

void fake_dimm(FakeTree *tree, const char *name, uint64_t first, uint64_t last) {
        char path[128], target[128];

        (void)snprintf(path, sizeof(path), "sys/bus/acpi/devices/%s", name);
        (void)snprintf(target, sizeof(target), "../../../devices/LNXSYSTM:00/%s", name);
        link_to(tree, path, target);
        for (uint64_t index = first; index <= last; index++) {
                (void)snprintf(path, sizeof(path), MEMORY "/memory%" PRIu64 "/firmware_node",
                               index);
                (void)snprintf(target, sizeof(target), "../../../LNXSYSTM:00/%s", name);
                link_to(tree, path, target);

                /* The first one has no number. */
                (void)snprintf(path, sizeof(path), ACPI "/%s/physical_node%.0" PRIu64, name,
                               index - first);
                (void)snprintf(target, sizeof(target), "../../system/memory/memory%" PRIu64, index);
                link_to(tree, path, target);
        }
}
