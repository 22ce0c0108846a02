/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "config/config.h"

#include <errno.h>
#include <fcntl.h>
#include <libconfig.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/io.h"
#include "config/files.h"
#include "config/report.h"
#include "config/scan.h"
#include "config/schema.h"
#include "rules/kernel-words.h"

#define FILE_SIZE_MAX (1024 * 1024)
#define DROP_IN_DIRECTORY "memplugd.conf.d"

static unsigned count_lines(const char *text, size_t n) {
        unsigned lines = 0;

        for (size_t i = 0; i < n; i++)
                lines += text[i] == '\n';
        return lines;
}

/* Of strings libconfig knows the line, but no file; 'lines' is how many the text has. */
static void tell_syntax_error(const config_t *config, const char *file, unsigned lines,
                              Reporter *reporter) {
        unsigned line = (unsigned)config_error_line(config);
        const char *problem = config_error_text(config);

        if (line > lines)
                config_error(reporter, file, lines, "syntax error: the file ends too early");
        else if (strcmp(problem, "syntax error") == 0)
                config_error(reporter, file, line, "syntax error");
        else
                config_error(reporter, file, line, "syntax error: %s", problem);
}

/* Parses 'text', which ends with a newline, and reads its settings. */
static void load_text(const char *text, const char *file, const ScanFinding *finding,
                      ConfigDraft *draft, Reporter *reporter) {
        config_t config;

        config_init(&config);
        if (config_read_string(&config, text)) {
                if (!finding)
                        config_schema_read(config_root_setting(&config), file, draft, reporter);
        } else if (!finding || (unsigned)config_error_line(&config) < finding->line) {
                tell_syntax_error(&config, file, count_lines(text, strlen(text)), reporter);
                finding = NULL;
        }
        config_destroy(&config);

        if (finding)
                config_error(reporter, file, finding->line, "%s", finding->problem);
}

/*
 * libconfig gets only what stands before the finding: that can do no harm, and an error in it may
 * be the first of the file.
 */
static void scan_and_load_text(char *text, const char *file, ConfigDraft *draft,
                               Reporter *reporter) {
        _cleanup_free_ char *copy = NULL;
        ScanFinding finding;
        bool found = config_scan(text, &finding);
        size_t n;

        if (found)
                text[finding.offset] = 0;

        /* For libconfig (measured: 1.5) a comment on a last line without newline is an error. */
        n = strlen(text);
        if (asprintf(&copy, "%s%s", text, n == 0 || text[n - 1] != '\n' ? "\n" : "") < 0) {
                copy = NULL;
                reporter->no_memory = true;
                return;
        }
        load_text(copy, file, found ? &finding : NULL, draft, reporter);
}

/* A drop-in that is a symlink to /dev/null is empty: systemd's way to switch off a weaker one. */
static bool is_dev_null(const char *path) {
        struct stat st;

        return stat(path, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3);
}

static void tell_unreadable(const char *path, int r, Reporter *reporter) {
        switch (r) {
        case -ENOMEM:
                reporter->no_memory = true;
                break;
        case -EISDIR:
                config_error(reporter, path, 0, "expected a regular file, got a directory");
                break;
        case -ENOTSUP:
                if (!is_dev_null(path))
                        config_error(reporter, path, 0, "expected a regular file");
                break;
        case -EFBIG:
                config_error(reporter, path, 0, "larger than 1 MiB");
                break;
        default:
                errno = -r;
                config_error(reporter, path, 0, "can't be read: %m");
        }
}

static void load_file(const char *path, ConfigDraft *draft, Reporter *reporter) {
        size_t first = reporter->report->n_messages, size;
        _cleanup_free_ char *text = NULL;
        const char *nul;
        int r;

        r = read_file_at(AT_FDCWD, path, FILE_SIZE_MAX, &text, &size);
        if (r < 0) {
                tell_unreadable(path, r, reporter);
                return;
        }

        config_report_add_file(reporter, path);
        nul = memchr(text, 0, size);
        if (nul)
                config_error(reporter, path, count_lines(text, (size_t)(nul - text)) + 1,
                             "a NUL byte, which no text has");
        else
                scan_and_load_text(text, path, draft, reporter);
        config_report_sort(reporter, first);
}

static void load_files(const ConfigFiles *files, ConfigDraft *draft, Reporter *reporter) {
        for (size_t i = 0; i < files->n_files; i++)
                load_file(files->files[i].path, draft, reporter);
}

static void load_directory(const char *path, ConfigDraft *draft, Reporter *reporter) {
        _cleanup_(config_files_done) ConfigFiles files = {};

        config_files_find_in(path, &files, reporter);
        load_files(&files, draft, reporter);
}

static bool is_directory(const char *path) {
        struct stat st;

        return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static void load_path(const char *path, ConfigDraft *draft, Reporter *reporter) {
        size_t n_files = reporter->report->n_files, n_messages = reporter->report->n_messages;
        _cleanup_free_ char *drop_ins = NULL;

        if (!is_directory(path)) {
                load_file(path, draft, reporter);
                return;
        }

        if (asprintf(&drop_ins, "%s/" DROP_IN_DIRECTORY, path) < 0) {
                drop_ins = NULL;
                reporter->no_memory = true;
                return;
        }
        load_directory(path, draft, reporter);
        load_directory(drop_ins, draft, reporter);
        if (reporter->report->n_files == n_files && reporter->report->n_messages == n_messages)
                config_warning(reporter, path, 0, "no file *.conf is in this directory");
}

/* Moves the rules into the policy: the last file's first, those of one file in its order. */
static void order_rules(ConfigDraft *draft, Reporter *reporter) {
        for (size_t end = draft->n_rules, begin; end > 0; end = begin) {
                const char *file = draft->rules[end - 1].file;

                for (begin = end - 1; begin > 0; begin--)
                        if (strcmp(draft->rules[begin - 1].file, file) != 0)
                                break;

                for (size_t i = begin; i < end; i++)
                        if (policy_add_rule(draft->policy, &draft->rules[i]) < 0)
                                reporter->no_memory = true;
        }
}

/* The built-in rules come after one that matches all as a matter of course: no word about that. */
static void warn_of_shadowed_rules(const Policy *policy, Reporter *reporter) {
        for (size_t i = 0; i < policy->n_rules; i++) {
                const Rule *rule = &policy->rules[i];
                const Rule *other = policy_rule_is_shadowed(policy, i);

                if (other && rule->file)
                        config_warning(reporter, rule->file, rule->line,
                                       "'%s' can never match: '%s' (%s:%u) comes before it and "
                                       "takes all that it could match",
                                       rule->name, other->name, other->file, other->line);
        }
        config_report_sort(reporter, 0);
}

/* "auto" becomes what it comes to with these rules; "kernel" must be possible with them. */
static void settle_mode(Policy *policy, Reporter *reporter) {
        KernelWords words = policy_in_kernel_words(policy);
        const Rule *rule = words.in_the_way;
        bool possible = !rule && policy->take_over;
        _cleanup_free_ char *why = NULL;

        policy->active = policy->mode;
        if (policy->mode == MODE_AUTO)
                policy->active = possible ? MODE_KERNEL : MODE_UEVENT;
        if (policy->mode != MODE_KERNEL || possible)
                return;

        if (!policy->take_over)
                config_error(reporter, NULL, 0,
                             "mode = \"kernel\" needs take_over = true: it has the kernel's own "
                             "setting say what the rules do");
        if (!rule)
                return;

        why = kernel_words_explain(&words);
        if (why && !rule->file)
                config_error(
                        reporter, NULL, 0,
                        "mode = \"kernel\" has one word for all memory, and the built-in rules, "
                        "which follow as long as no rule takes everything, can't be said in it: "
                        "'%s': %s",
                        rule->name, why);
        else if (why)
                config_error(
                        reporter, rule->file, rule->line,
                        "mode = \"kernel\" has one word for all memory, and '%s' can't be said in "
                        "it: %s",
                        rule->name, why);
        else
                reporter->no_memory = true;
}

/* Makes what the files said into a policy. */
static int finish(ConfigDraft *draft, Policy **ret, Reporter *reporter) {
        if (!reporter->no_memory && reporter->report->n_errors == 0) {
                order_rules(draft, reporter);
                if (policy_add_defaults(draft->policy) < 0)
                        reporter->no_memory = true;
                else
                        settle_mode(draft->policy, reporter);
                warn_of_shadowed_rules(draft->policy, reporter);
        }
        if (reporter->no_memory)
                return -ENOMEM;
        if (reporter->report->n_errors > 0)
                return -EINVAL;

        *ret = TAKE_PTR(draft->policy);
        return 0;
}

int config_load(const char *root, const char *file, Policy **ret, ConfigReport *ret_report) {
        _cleanup_(config_draft_done) ConfigDraft draft = { .policy = policy_new() };
        _cleanup_(config_files_done) ConfigFiles files = {};
        Reporter reporter = { .report = ret_report };

        *ret_report = (ConfigReport){};
        if (!draft.policy)
                return -ENOMEM;

        if (file)
                load_file(file, &draft, &reporter);
        else {
                config_files_find(root, &files, &reporter);
                load_files(&files, &draft, &reporter);
        }
        return finish(&draft, ret, &reporter);
}

int config_load_paths(char *const *paths, size_t n_paths, Policy **ret, ConfigReport *ret_report) {
        _cleanup_(config_draft_done) ConfigDraft draft = { .policy = policy_new() };
        Reporter reporter = { .report = ret_report };

        *ret_report = (ConfigReport){};
        if (!draft.policy)
                return -ENOMEM;

        for (size_t i = 0; i < n_paths; i++)
                load_path(paths[i], &draft, &reporter);
        return finish(&draft, ret, &reporter);
}
