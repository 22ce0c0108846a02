/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A config file of anything. What is taken can be written as a config again, which says the same.
 */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "config/config.h"
#include "config/describe.h"
#include "fuzz.h"

#define FILE_NAME "c.conf"

static Policy *load(const void *text, size_t size) {
        _cleanup_(config_report_done) ConfigReport report = {};
        Policy *policy = NULL;
        char path[128];
        int r;

        fuzz_file(FILE_NAME, text, size);
        (void)snprintf(path, sizeof(path), "%s/" FILE_NAME, fuzz_tree()->root);
        r = config_load("/", path, &policy, &report);
        assert(r == 0 || r == -EINVAL);
        assert((r == 0) == (policy != NULL) && (r == 0) == (report.n_errors == 0));

        for (size_t i = 0; i < report.n_messages; i++) {
                _cleanup_free_ char *message = config_message_format(&report.messages[i]);

                assert(message && !strchr(message, '\n'));
        }
        return policy;
}

static void write_values(FILE *stream, ConfigGroup group, const void *values) {
        const char *name;

        for (size_t i = 0; (name = config_key_name(group, i)); i++) {
                _cleanup_free_ char *value = NULL;

                assert(config_key_format(group, i, values, &value) == 0);
                if (value)
                        (void)fprintf(stream, "%s = %s;\n", name, value);
        }
}

/* The rules that files gave; the built-in ones follow by themselves. */
static char *write_policy(const Policy *policy, size_t *ret_size) {
        char *text = NULL;
        FILE *stream = open_memstream(&text, ret_size);

        assert(stream);
        write_values(stream, CONFIG_GROUP_POLICY, policy);
        (void)fprintf(stream, "rules = (");
        for (size_t i = 0; i < policy->n_rules && policy->rules[i].file; i++) {
                (void)fprintf(stream, "%s{\n", i > 0 ? "," : "");
                write_values(stream, CONFIG_GROUP_RULE, &policy->rules[i]);
                (void)fprintf(stream, "match = {\n");
                write_values(stream, CONFIG_GROUP_MATCH, &policy->rules[i].match);
                (void)fprintf(stream, "}; }");
        }
        (void)fprintf(stream, ");\n");
        assert(fclose(stream) == 0);
        return text;
}

/* Whether what is written is itself small enough to be taken. */
static bool is_small(const Policy *policy, size_t size) {
        return policy->n_rules < 500 && size < 512 * 1024;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_(policy_unrefp) Policy *policy = load(data, size), *again = NULL;
        _cleanup_free_ char *text = NULL, *text_again = NULL;
        size_t n, n_again;

        if (!policy)
                return 0;

        text = write_policy(policy, &n);
        if (!is_small(policy, n))
                return 0;

        again = load(text, n);
        assert(again);
        text_again = write_policy(again, &n_again);
        assert(strcmp(text, text_again) == 0);
        return 0;
}
