/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/kernel-words.h"

#include <stdio.h>
#include <string.h>

static const char *const kernel_word_table[] = {
        [ONLINE_MOVABLE] = "online_movable",
        [ONLINE_KERNEL] = "online_kernel",
        [ONLINE_DEFAULT] = "online",
        [ONLINE_LEAVE] = "offline",
};

/* "default" can be had in any zone, and "leave" always: only of the others it can be needed. */
static bool needs_or_else(const Rule *rule) {
        return rule->or_else != ONLINE_LEAVE && rule->or_else != rule->online &&
               rule->online != ONLINE_DEFAULT && rule->online != ONLINE_LEAVE;
}

KernelWords policy_in_kernel_words(const Policy *policy) {
        const Rule *rest = policy->rules;
        KernelWords words;

        while (!match_is_empty(&rest->match))
                rest++;

        words = (KernelWords){ .online = rest->online, .rest = rest };
        for (const Rule *rule = policy->rules; rule <= rest && !words.in_the_way; rule++)
                if (rule->online != rest->online || rule->online == ONLINE_AUTO ||
                    needs_or_else(rule))
                        words.in_the_way = rule;
        return words;
}

char *kernel_words_explain(const KernelWords *words) {
        const Rule *rule = words->in_the_way;
        char *text = NULL;
        int r;

        if (rule->online != words->rest->online)
                r = asprintf(&text, "it asks for \"%s\", the rest for \"%s\"",
                             online_to_string(rule->online), online_to_string(words->rest->online));
        else if (rule->online == ONLINE_AUTO)
                r = asprintf(&text, "it asks for \"auto\"");
        else
                r = asprintf(&text, "it has or_else = \"%s\"", online_to_string(rule->or_else));
        return r < 0 ? NULL : text;
}

char *kernel_words_explain_auto(const Policy *policy) {
        KernelWords words = policy_in_kernel_words(policy);
        const Rule *rule = words.in_the_way;
        _cleanup_free_ char *why = NULL;
        char *text = NULL;
        int r;

        if (policy->mode != MODE_AUTO || policy->active != MODE_UEVENT)
                return NULL;
        if (!rule)
                return strdup("take_over = false");

        why = kernel_words_explain(&words);
        if (!why)
                return NULL;

        if (rule->file)
                r = asprintf(&text, "for '%s' (%s:%u): %s", rule->name, rule->file, rule->line,
                             why);
        else
                r = asprintf(&text, "for '%s': %s", rule->name, why);
        return r < 0 ? NULL : text;
}

const char *online_to_kernel_word(Online online) {
        if (online < 0 || (size_t)online >= ELEMENTSOF(kernel_word_table))
                return NULL;

        return kernel_word_table[online];
}

Online online_from_kernel_word(const char *word) {
        ssize_t online = string_table_find(kernel_word_table, ELEMENTSOF(kernel_word_table), word);

        return online < 0 ? ONLINE_LEAVE : (Online)online;
}
