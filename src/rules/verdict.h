#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What should become of a block, and by which rule.
 */
#include "model/snapshot.h"
#include "rules/budget.h"

typedef struct Verdict {
        BlockIndex block;
        int node;
        Online online; /* never "kernel-policy" or "auto": they have become what they come to */
        Online or_else;
        bool is_dynamic; /* of a virtio-mem device, which may be shrinking */
        bool rezone;     /* moved there, if somebody else put it in the other zone */
        uint32_t unit;   /* the caller's: its device, which is to be movable as a whole; 0: none */
        bool unit_is_broken; /* and can't be any more */
        const Rule *rule;    /* the policy's */
        BudgetReason budget; /* of "auto": why */
} Verdict;

/* What is the same for all blocks of a machine, and doesn't stand in the config. */
typedef struct VerdictFacts {
        uint64_t block_size;
        Online kernel_policy;     /* what "kernel-policy" comes to: see online_from_kernel_word() */
        const Snapshot *snapshot; /* whose devices Block.device means; NULL: none were read */
        const RangeSet *cpu_nodes; /* the nodes that have CPUs; NULL: that isn't known */
        const Budget *budget; /* for "auto"; NULL: it isn't counted, so "auto" comes to "kernel" */
} VerdictFacts;

/*
 * What isn't known doesn't match what asks for it: a source that wasn't read is none of those that
 * are given; a block whose device wasn't read has none; and as long as it isn't known which nodes
 * have CPUs, a rule that says "cpuless" takes no block, be it true or false.
 */
bool rule_matches(const Rule *rule, const Block *block, const VerdictFacts *facts);

/*
 * Decides for one block: the first rule that matches. "auto" decides only once: of a block that is
 * online already, the zone in which it is is what it asks for.
 * 'policy' must have one that matches all
 * (policy_add_defaults()). The block must be linked to its node.
 */
Verdict verdict_for_block(const Policy *policy, const Block *block, const VerdictFacts *facts);

/*
 * The device of the block that is to be movable as a whole, or NULL: only under a rule that says
 * "movable", for "auto" judges a device as a whole by its budget, and a virtio-mem device shrinks in
 * parts.
 */
const Device *verdict_unit(const Verdict *verdict, const Block *block, const VerdictFacts *facts);

/*
 * Devices that can't become movable as a whole, for a block of theirs is in a kernel zone already that
 * the same rule decides about, and isn't to be moved. *ret is the caller's: for each device of the
 * facts' snapshot that rule, or NULL; it is NULL where there are none. 0 or -ENOMEM.
 */
int verdict_find_broken_units(const Policy *policy, const VerdictFacts *facts, const Rule ***ret);

/* Which zone an offline block will be in that is to be put online so: to be promised to a budget. */
ZoneKind online_to_zone(Online online, const Block *block);

/* Whether memory in a zone of that kind is what a verdict's 'online' asks for; any is for "default". */
bool online_wants(Online online, ZoneKind kind);

/* Whether a block of these valid_zones may go where 'online' asks; "default" it always may. */
bool online_is_allowed(Online online, const ValidZones *zones);

/* What is written to memoryN/state for it; NULL for "leave". */
const char *online_to_state_word(Online online);
