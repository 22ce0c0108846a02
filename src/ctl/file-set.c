/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/file-set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"

/* More than any rules have that people wrote. */
#define FILE_MAX (1 << 20)

typedef struct Files {
        FileSet set;
        bool *masks; /* of each path */
} Files;

static void files_done(Files *files) {
        file_set_done(&files->set);
        free(files->masks);
}

void file_set_done(FileSet *set) {
        for (size_t i = 0; i < set->n_paths; i++)
                free(set->paths[i]);
        free(set->paths);
        *set = (FileSet){};
}

char *file_below(const char *root, const char *path) {
        size_t n = strlen(root);
        char *text;

        while (n > 0 && root[n - 1] == '/')
                n--;
        return asprintf(&text, "%.*s%s", (int)n, root, path) < 0 ? NULL : text;
}

static void note_unreadable(Findings *findings, const char *path, int error) {
        if (error == -ENOENT || error == -ENOTDIR)
                return;

        findings_add(findings, FINDING_NOTE, path, 0, "can't be read: %s", strerror(-error));
        if (error == -EACCES)
                findings_remedy(findings, "What is in it is shown to root.");
}

static const char *name_of(const char *path) {
        return strrchr(path, '/') + 1;
}

static bool has_name(const FileSet *set, const char *name) {
        for (size_t i = 0; i < set->n_paths; i++)
                if (strcmp(name_of(set->paths[i]), name) == 0)
                        return true;

        return false;
}

bool file_is_mask(const char *path) {
        char target[sizeof("/dev/null")];
        struct stat st;
        ssize_t n;

        n = readlink(path, target, sizeof(target));
        if (n >= 0)
                return (size_t)n == strlen("/dev/null") &&
                       memcmp(target, "/dev/null", (size_t)n) == 0;

        return lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 0;
}

static int add(Files *files, const char *dir, const char *name) {
        size_t n = files->set.n_paths;
        char **paths = reallocarray(files->set.paths, n + 1, sizeof(char *)), *path;
        bool *masks;

        if (!paths)
                return -ENOMEM;
        files->set.paths = paths;

        masks = reallocarray(files->masks, n + 1, sizeof(bool));
        if (!masks)
                return -ENOMEM;
        files->masks = masks;

        if (asprintf(&path, "%s/%s", dir, name) < 0)
                return -ENOMEM;
        paths[n] = path;
        masks[n] = file_is_mask(path);
        files->set.n_paths++;
        return 0;
}

static bool has_suffix(const char *name, const char *suffix) {
        size_t n = strlen(name), n_suffix = strlen(suffix);

        return name[0] != '.' && n > n_suffix && strcmp(name + n - n_suffix, suffix) == 0;
}

static int add_place(Files *files, const char *path, const char *suffix, Findings *findings) {
        _cleanup_(closedirp) DIR *dir = opendir(path);
        struct dirent *entry;

        if (!dir) {
                note_unreadable(findings, path, -errno);
                return 0;
        }

        while ((entry = readdir(dir))) {
                int r = 0;

                if (has_suffix(entry->d_name, suffix) && !has_name(&files->set, entry->d_name))
                        r = add(files, path, entry->d_name);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Takes those out that only mask others. */
static void drop_masks(Files *files) {
        FileSet *set = &files->set;
        size_t n = 0;

        for (size_t i = 0; i < set->n_paths; i++)
                if (files->masks[i])
                        free(set->paths[i]);
                else
                        set->paths[n++] = set->paths[i];
        set->n_paths = n;
}

static int compare_names(const void *a, const void *b) {
        const char *const *x = a, *const *y = b;

        return strcmp(name_of(*x), name_of(*y));
}

int file_set_find(const char *root, const char *const *places, const char *suffix, FileSet *ret,
                  Findings *findings) {
        _cleanup_(files_done) Files files = {};

        for (; *places; places++) {
                _cleanup_free_ char *path = file_below(root, *places);
                int r;

                r = path ? add_place(&files, path, suffix, findings) : -ENOMEM;
                if (r < 0)
                        return r;
        }

        drop_masks(&files);
        if (files.set.n_paths > 0)
                qsort(files.set.paths, files.set.n_paths, sizeof(char *), compare_names);
        *ret = files.set;
        files.set = (FileSet){};
        return 0;
}

char *file_read(const char *path, Findings *findings) {
        char *text;
        size_t size;
        int r;

        r = read_file_at(AT_FDCWD, path, FILE_MAX, &text, &size);
        if (r >= 0)
                return text;

        if (r == -ENOMEM)
                findings->no_memory = true;
        else
                note_unreadable(findings, path, r);
        return NULL;
}
