#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Whether rules can be said in the kernel's own words. It has one word for all new memory
 * (auto_online_blocks), so all rules must ask for the same, and none for something else where that
 * can't be had. What comes behind the first rule that takes everything doesn't count: with one such
 * rule in the config, not the built-in rules, which ask for this and that. "auto" it knows as a policy
 * for "online" (auto-movable), with the same ratio and the same devices as units, but without
 * kernel_min.
 */
#include "model/setting.h"
#include "rules/policy.h"

typedef struct KernelWords {
        Online online;          /* what all rules ask for, if none is in the way */
        const Rule *in_the_way; /* the first that can't be said; NULL: all can */
        const Rule *rest;       /* the first that takes everything: the kernel's word is its */
} KernelWords;

/* The rules must have one that matches all (policy_add_defaults()). */
KernelWords policy_in_kernel_words(const Policy *policy);

/*
 * Why it can't be said, as in: it asks for "leave", the rest for "movable". The rule in the way isn't
 * named. The text is the caller's; NULL: no memory.
 */
char *kernel_words_explain(const KernelWords *words);

/*
 * Why mode "auto" comes to "uevent" with these rules, in one line. The text is the caller's. NULL:
 * it doesn't, or no memory.
 */
char *kernel_words_explain_auto(const Policy *policy);

/*
 * What is written to auto_online_blocks for it. NULL for "kernel-policy": what it was by itself. For
 * "auto" that is but the half: see kernel_words_setting().
 */
const char *online_to_kernel_word(Online online);

/*
 * What each of the kernel's settings has to be for these words, if none is in the way: 'text', or a
 * constant. NULL: what it was by itself. "auto" needs all four, which kernels before 5.15 don't have.
 */
const char *kernel_words_setting(const KernelWords *words, const Policy *policy, Setting setting,
                                 char text[SETTING_TEXT_MAX]);

/*
 * What memory comes to that the kernel's setting decides about: "default", "kernel", "movable", or
 * "leave" for "offline", for words that aren't known, and for no word (NULL, ""): a kernel that has
 * no such setting onlines nothing.
 */
Online online_from_kernel_word(const char *word);
