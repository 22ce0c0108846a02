#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The config in force, as plain data: the rules in the order in which they are asked, and what
 * else it sets. src/config makes one out of files; the built-in default policy is defaults.c.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"
#include "base/range-set.h"
#include "base/string-table.h"

typedef enum Mode {
        MODE_UEVENT,  /* memplugd onlines */
        MODE_KERNEL,  /* the kernel onlines, by its own setting, which memplugd programs */
        MODE_AUTO,    /* the kernel, if the rules can be said in its words, else memplugd */
        MODE_OBSERVE, /* decide and tell, write nothing */
        _MODE_MAX,
        _MODE_INVALID = -22, /* -EINVAL */
} Mode;

DECLARE_STRING_TABLE(mode, Mode);

/* What a rule asks for. */
typedef enum Online {
        ONLINE_MOVABLE,
        ONLINE_KERNEL,
        ONLINE_DEFAULT,       /* a plain "online": the kernel chooses the zone */
        ONLINE_LEAVE,         /* don't touch it */
        ONLINE_KERNEL_POLICY, /* what the kernel's setting would do if it weren't taken over */
        _ONLINE_MAX,
        _ONLINE_INVALID = -22, /* -EINVAL */
} Online;

/* The words of the config: "movable", "kernel", "default", "leave", "kernel-policy". */
DECLARE_STRING_TABLE(online, Online);

/* All that is given must match; what is NULL matches all. */
typedef struct Match {
        RangeSet *nodes;
        RangeSet *addresses; /* bytes; a block matches if it lies wholly in one of the ranges */
        RangeSet *blocks;    /* indices */
} Match;

typedef struct Rule {
        char *name; /* never NULL: the config's, or "rule 2 of FILE" */
        char *file; /* NULL: built in */
        unsigned line;
        Match match;
        Online online;
        Online or_else; /* when that zone can't be had: movable, kernel or leave */
        bool rezone;    /* what somebody else put in the wrong zone is moved */
} Rule;

typedef struct Policy {
        unsigned n_refs;
        Mode mode;
        Mode active;    /* what 'mode' comes to with these rules: never "auto" */
        bool take_over; /* in mode "uevent": the kernel mustn't online by itself meanwhile */
        size_t n_rules;
        Rule *rules;
} Policy;

/* Makes an empty one: mode "uevent", taking over, no rules. NULL: out of memory. */
Policy *policy_new(void);
Policy *policy_ref(Policy *policy);

/* Answers NULL. Verdicts point into the policy: who holds some, holds a reference. */
Policy *policy_unref(Policy *policy);
DEFINE_CLEANUP(Policy *, policy_unref)

/* Moves 'rule' to the end of the rules: what it points to is the policy's then. 0 or -ENOMEM. */
int policy_add_rule(Policy *policy, Rule *rule);

/* Frees what it holds, not itself. */
void rule_done(Rule *rule);

/* Adds the built-in rules, which follow those of all files. 0 or -ENOMEM. */
int policy_add_defaults(Policy *policy);

/*
 * Makes a policy of the built-in rules alone: what is in force where a config can't be. NULL: no
 * memory.
 */
Policy *policy_new_default(void);

/*
 * The first rule that takes every block that 'policy->rules[i]' could match, so that it can never
 * match; NULL if there is none. It compares rule by rule: two earlier rules that only together
 * take everything are not seen.
 */
const Rule *policy_rule_is_shadowed(const Policy *policy, size_t i);
