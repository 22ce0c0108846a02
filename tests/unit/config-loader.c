/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include "config-loader.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

char told[64 * 1024];

/* Puts the message to those told, without the tree's root; warnings begin with "(w) ". */
static void tell(const FakeTree *tree, const ConfigMessage *message) {
        _cleanup_free_ char *text = config_message_format(message);
        size_t n = strlen(told), n_root = strlen(tree->root);
        const char *p = text;

        ck_assert_ptr_nonnull(text);
        n += (size_t)snprintf(told + n, sizeof(told) - n, "%s",
                              message->level == CONFIG_WARNING ? "(w) " : "");
        while (*p && n < sizeof(told) - 2)
                if (strncmp(p, tree->root, n_root) == 0)
                        p += n_root;
                else
                        told[n++] = *p++;
        told[n++] = '\n';
        told[n] = 0;
}

Policy *load(const FakeTree *tree, const char *file) {
        _cleanup_(config_report_done) ConfigReport report = {};
        Policy *policy = NULL;
        int r;

        r = config_load(tree->root, file, &policy, &report);
        told[0] = 0;
        for (size_t i = 0; i < report.n_messages; i++)
                tell(tree, &report.messages[i]);

        ck_assert_int_eq(r, report.n_errors > 0 ? -EINVAL : 0);
        ck_assert((policy == NULL) == (r < 0));
        return policy;
}

Policy *load_text(FakeTree *tree, const char *text) {
        char path[128];

        fake_file(tree, "c", text);
        (void)snprintf(path, sizeof(path), "%s/c", tree->root);
        return load(tree, path);
}
