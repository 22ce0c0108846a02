/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "rules/kernel-words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const kernel_word_table[] = {
        [ONLINE_MOVABLE] = "online_movable",
        [ONLINE_KERNEL] = "online_kernel",
        [ONLINE_DEFAULT] = "online",
        [ONLINE_LEAVE] = "offline",
};

/* The kernel has two words for "auto": this one, and that of its policy for a plain "online". */
#define AUTO_WORD "online"
#define AUTO_POLICY "auto-movable"

/*
 * "default" can be had in any zone, and "leave" always: only of the others it can be needed. "auto" in
 * the kernel's words takes kernel zones for the rest by itself.
 */
static bool needs_or_else(const Rule *rule) {
        if (rule->online == ONLINE_AUTO)
                return rule->or_else == ONLINE_MOVABLE;

        return rule->or_else != ONLINE_LEAVE && rule->or_else != rule->online &&
               rule->online != ONLINE_DEFAULT && rule->online != ONLINE_LEAVE;
}

/* Of "auto", the kernel knows neither kernel_min nor blocks apart from their device. */
static bool is_auto_beyond_words(const Policy *policy, const Rule *rule) {
        return rule->online == ONLINE_AUTO && (policy->kernel_min > 0 || rule->unit != UNIT_DEVICE);
}

KernelWords policy_in_kernel_words(const Policy *policy) {
        const Rule *rest = policy->rules;
        KernelWords words;

        while (!match_is_empty(&rest->match))
                rest++;

        words = (KernelWords){ .online = rest->online, .rest = rest };
        for (const Rule *rule = policy->rules; rule <= rest && !words.in_the_way; rule++)
                if (rule->online != rest->online || needs_or_else(rule) ||
                    is_auto_beyond_words(policy, rule))
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
        else if (needs_or_else(rule))
                r = asprintf(&text, "it has or_else = \"%s\"", online_to_string(rule->or_else));
        else if (rule->unit != UNIT_DEVICE)
                r = asprintf(&text, "it asks for \"auto\" with unit = \"%s\"",
                             unit_to_string(rule->unit));
        else
                r = asprintf(&text, "it asks for \"auto\" with a kernel_min");
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
        if (online == ONLINE_AUTO)
                return AUTO_WORD;
        if (online < 0 || (size_t)online >= ELEMENTSOF(kernel_word_table))
                return NULL;

        return kernel_word_table[online];
}

const char *kernel_words_setting(const KernelWords *words, const Policy *policy, Setting setting,
                                 char text[SETTING_TEXT_MAX]) {
        if (setting == SETTING_AUTO_ONLINE_BLOCKS)
                return online_to_kernel_word(words->online);
        if (words->online != ONLINE_AUTO)
                return NULL;

        switch (setting) {
        case SETTING_ONLINE_POLICY:
                return AUTO_POLICY;
        case SETTING_AUTO_MOVABLE_RATIO:
                (void)snprintf(text, SETTING_TEXT_MAX, "%" PRIu64, policy->movable_ratio);
                return text;
        case SETTING_AUTO_MOVABLE_NUMA_AWARE:
                return policy->numa_aware ? "Y" : "N";
        default:
                return NULL;
        }
}

Online online_from_kernel_word(const char *word) {
        ssize_t online = string_table_find(kernel_word_table, ELEMENTSOF(kernel_word_table), word);

        return online < 0 ? ONLINE_LEAVE : (Online)online;
}
