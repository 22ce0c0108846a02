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
#include "model/device.h"

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
        ONLINE_AUTO,          /* movable while the budget allows, else kernel */
        _ONLINE_MAX,
        _ONLINE_INVALID = -22, /* -EINVAL */
} Online;

/* The words of the config: "movable", "kernel", "default", "leave", "kernel-policy", "auto". */
DECLARE_STRING_TABLE(online, Online);

/* What gets one zone. */
typedef enum Unit {
        UNIT_DEVICE, /* all blocks of a device that the same rule decides, or none of them movable */
        UNIT_BLOCK,  /* each block by itself */
        _UNIT_MAX,
        _UNIT_INVALID = -22, /* -EINVAL */
} Unit;

/* The words of the config: "device", "block". */
DECLARE_STRING_TABLE(unit, Unit);

/* A bound of a device's size. */
typedef struct SizeBound {
        bool given;
        uint64_t bytes;
} SizeBound;

typedef enum Cpuless {
        CPULESS_ANY,
        CPULESS_YES, /* only nodes without CPUs */
        CPULESS_NO,  /* only nodes with CPUs */
} Cpuless;

/* A set of sources: one bit for each. */
#define SOURCE_BIT(source) (UINT32_C(1) << (source))

/* All that is given must match; what is NULL, 0 or not given matches all. */
typedef struct Match {
        RangeSet *nodes;
        RangeSet *addresses; /* bytes; a block matches if it lies wholly in one of the ranges */
        RangeSet *blocks;    /* indices */
        uint32_t sources;    /* of SOURCE_BIT() */
        SizeBound size_min, size_max; /* of the device: a block that has none doesn't match */
        Cpuless cpuless;
} Match;

/* Whether nothing at all is given. */
bool match_is_empty(const Match *match);

typedef struct Rule {
        char *name; /* never NULL: the config's, or "rule 2 of FILE" */
        char *file; /* NULL: built in */
        unsigned line;
        Match match;
        Online online;
        Online or_else; /* when that zone can't be had: movable, kernel or leave */
        bool rezone;    /* what somebody else put in the wrong zone is moved */
        Unit unit;
} Rule;

typedef struct Policy {
        unsigned n_refs;
        Mode mode;
        Mode active;    /* what 'mode' comes to with these rules: never "auto" */
        bool take_over; /* in mode "uevent": the kernel mustn't online by itself meanwhile */
        uint64_t movable_ratio; /* percents of kernel memory that "auto" lets be movable */
        bool numa_aware;        /* "auto" counts each node by itself, too */
        uint64_t kernel_min;    /* bytes that "auto" puts into kernel zones before any is movable */
        size_t n_rules;
        Rule *rules;
} Policy;

/* The default of movable_ratio is the kernel's; the greatest is what its own setting can hold. */
#define MOVABLE_RATIO_DEFAULT 301
#define MOVABLE_RATIO_MAX INT32_MAX

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
 * The rule of a verdict that no rule gave, for an administrator asked for it: "movable", "kernel" or
 * "default". It belongs to no policy, and is never freed.
 */
const Rule *rule_by_hand(Online online);

/*
 * Makes a policy of the built-in rules alone: what is in force where a config can't be. NULL: no
 * memory.
 */
Policy *policy_new_default(void);

/*
 * The rules that can be reached are those up to the first that takes everything. Whether one of them
 * can't decide without a block's source or device: then those are to be read, else needn't be. It can't
 * if it matches by source or size, says "auto", or wants devices movable as a whole or moved.
 */
bool policy_asks_for_devices(const Policy *policy);

/* Whether one of them says "auto", or has memory moved to Movable: then a Budget is to be kept. */
bool policy_asks_for_budget(const Policy *policy);

/* Whether one of them can't decide without knowing which nodes have CPUs. */
bool policy_asks_for_cpus(const Policy *policy);

/*
 * The first rule that takes every block that 'policy->rules[i]' could match, so that it can never
 * match; NULL if there is none. It compares rule by rule: two earlier rules that only together
 * take everything are not seen.
 */
const Rule *policy_rule_is_shadowed(const Policy *policy, size_t i);
