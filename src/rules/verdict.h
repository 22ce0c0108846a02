#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What should become of a block, and by which rule.
 */
#include "model/block.h"
#include "rules/policy.h"

typedef struct Verdict {
        BlockIndex block;
        int node;
        Online online; /* never "kernel-policy": that has become what it comes to */
        Online or_else;
        bool rezone;      /* moved there, if somebody else put it in the other zone */
        const Rule *rule; /* the policy's */
} Verdict;

/* What is the same for all blocks of a machine, and doesn't stand in the config. */
typedef struct VerdictFacts {
        uint64_t block_size;
        Online kernel_policy; /* what "kernel-policy" comes to: see online_from_kernel_word() */
} VerdictFacts;

bool rule_matches(const Rule *rule, const Block *block, uint64_t block_size);

/*
 * Decides for one block: the first rule that matches. 'policy' must have one that matches all
 * (policy_add_defaults()). The block must be linked to its node.
 */
Verdict verdict_for_block(const Policy *policy, const Block *block, const VerdictFacts *facts);

/* Whether memory in a zone of that kind is what a verdict's 'online' asks for; any is for "default". */
bool online_wants(Online online, ZoneKind kind);

/* Whether a block of these valid_zones may go where 'online' asks; "default" it always may. */
bool online_is_allowed(Online online, const ValidZones *zones);

/* What is written to memoryN/state for it; NULL for "leave". */
const char *online_to_state_word(Online online);
