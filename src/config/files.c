/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config/files.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "config/value.h"

/* Strongest first; the main config is only in the first. */
static const char *const places[] = { "/etc/memplugd", "/run/memplugd", "/usr/lib/memplugd" };

/* Comes before all others, and no drop-in can have it. */
#define MAIN_NAME ""

void config_files_done(ConfigFiles *files) {
        for (size_t i = 0; i < files->n_files; i++) {
                free(files->files[i].path);
                free(files->files[i].name);
        }
        free(files->files);
        *files = (ConfigFiles){};
}

static bool has_name(const ConfigFiles *files, const char *name) {
        for (size_t i = 0; i < files->n_files; i++)
                if (strcmp(files->files[i].name, name) == 0)
                        return true;

        return false;
}

/* NULL: no memory. */
static char *concatenate(const char *a, const char *b, const char *c) {
        char *text;

        return asprintf(&text, "%s%s%s", a, b, c) < 0 ? NULL : text;
}

/* Takes over 'path', which may be NULL if there was no memory for it. */
static void add(ConfigFiles *files, char *path, const char *name, Reporter *reporter) {
        ConfigFile file = { .path = path, .name = strdup(name) }, *all;

        all = reallocarray(files->files, files->n_files + 1, sizeof(ConfigFile));
        if (all)
                files->files = all;
        if (!all || !file.path || !file.name) {
                reporter->no_memory = true;
                free(file.path);
                free(file.name);
                return;
        }
        files->files[files->n_files++] = file;
}

/* Editors' and package managers' leftovers are hidden, or have something behind the .conf. */
static bool is_drop_in(const char *name) {
        size_t n = strlen(name), n_suffix = strlen(".conf");

        return name[0] != '.' && n > n_suffix && strcmp(name + n - n_suffix, ".conf") == 0;
}

/* Adds it if it is a drop-in, unless a stronger place has one of that name. */
static void consider(ConfigFiles *files, const char *dir, const char *name, Reporter *reporter) {
        char *path;

        if (!is_drop_in(name) || has_name(files, name))
                return;

        path = concatenate(dir, "/", name);
        if (path && !config_text_is_plain(name)) {
                config_error(reporter, path, 0, "its name isn't plain text of UTF-8");
                free(path);
        } else
                add(files, path, name, reporter);
}

static void add_drop_ins(ConfigFiles *files, const char *path, Reporter *reporter) {
        _cleanup_(closedirp) DIR *dir = opendir(path);
        struct dirent *entry;

        if (!dir) {
                if (errno != ENOENT)
                        config_error(reporter, path, 0, "can't be read: %m");
                return;
        }

        for (errno = 0; (entry = readdir(dir)); errno = 0)
                consider(files, path, entry->d_name, reporter);

        if (errno != 0)
                config_error(reporter, path, 0, "can't be read: %m");
}

static void find_drop_ins(const char *root, ConfigFiles *files, Reporter *reporter) {
        for (size_t i = 0; i < ELEMENTSOF(places); i++) {
                _cleanup_free_ char *dir = concatenate(root, places[i], "/memplugd.conf.d");

                if (dir)
                        add_drop_ins(files, dir, reporter);
                else
                        reporter->no_memory = true;
        }
}

/*
 * If there is a main config, it must be readable: only a look at the directory entry itself tells
 * an absent one from a symlink that leads nowhere.
 */
static void find_main(const char *root, ConfigFiles *files, Reporter *reporter) {
        char *path = concatenate(root, places[0], "/memplugd.conf");
        struct stat st;

        if (path && lstat(path, &st) < 0 && errno == ENOENT)
                free(path);
        else
                add(files, path, MAIN_NAME, reporter);
}

static int compare_names(const void *a, const void *b) {
        const ConfigFile *x = a, *y = b;

        return strcmp(x->name, y->name);
}

static void sort(ConfigFiles *files) {
        if (files->n_files > 0)
                qsort(files->files, files->n_files, sizeof(ConfigFile), compare_names);
}

void config_files_find(const char *root, ConfigFiles *ret, Reporter *reporter) {
        _cleanup_free_ char *prefix = strdup(root);

        *ret = (ConfigFiles){};
        if (!prefix) {
                reporter->no_memory = true;
                return;
        }
        for (size_t n = strlen(prefix); n > 0 && prefix[n - 1] == '/'; n--)
                prefix[n - 1] = 0;

        find_main(prefix, ret, reporter);
        find_drop_ins(prefix, ret, reporter);
        sort(ret);
}

void config_files_find_in(const char *directory, ConfigFiles *ret, Reporter *reporter) {
        *ret = (ConfigFiles){};
        add_drop_ins(ret, directory, reporter);
        sort(ret);
}
