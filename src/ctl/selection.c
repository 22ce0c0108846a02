/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/selection.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/parse.h"
#include "ctl/format.h"
#include "ctl/what.h"
#include "plan/choice.h"

typedef struct Amount {
        uint64_t size; /* bytes */
        int node;      /* NODE_UNKNOWN: any */
} Amount;

/* "1", or "node1". */
static int parse_node(const char *text, int *ret) {
        uint64_t node;
        int r;

        r = parse_suffix(text, strncmp(text, "node", 4) == 0 ? "node" : "", &node);
        if (r < 0)
                return r;
        if (node > INT_MAX)
                return -ERANGE;

        *ret = (int)node;
        return 0;
}

/*
 * Whether the word is an amount: a number with its unit, since one without is a block's. -ERANGE: one
 * that can't be; -EINVAL: none at all.
 */
static int parse_amount(const char *word, Amount *ret) {
        _cleanup_free_ char *size = strdup(word);
        Amount amount = { .node = NODE_UNKNOWN };
        char *at;
        int r;

        if (!size)
                return -ENOMEM;

        at = strchr(size, '@');
        if (at)
                *at = 0;
        if (size[strspn(size, "0123456789")] == 0)
                return -EINVAL;
        r = parse_size(size, &amount.size);
        if (r >= 0 && at)
                r = parse_node(at + 1, &amount.node);
        if (r >= 0 && amount.size == 0)
                r = -ERANGE;
        if (r >= 0)
                *ret = amount;
        return r;
}

static int tell_missing(const Snapshot *snapshot, const char *word, const Amount *amount,
                        uint64_t n_there) {
        _cleanup_free_ char *printable = format_printable(word);
        char there[FORMAT_TEXT_MAX], node[FORMAT_TEXT_MAX], on[FORMAT_TEXT_MAX + 16] = "";

        if (amount->node != NODE_UNKNOWN)
                (void)snprintf(on, sizeof(on), " on node %s", format_node(amount->node, node));
        log_error("'%s': there is %s%s of hot-plugged memory online in Movable%s%s",
                  printable ?: "?", n_there > 0 ? "no more than " : "nothing",
                  n_there > 0 ? format_size(n_there * snapshot->block_size, there) : "", on,
                  snapshot->sources_hidden ? ", as far as it is shown to others than root" : "");
        return -ENOSPC;
}

static int tell_wrong(const char *word) {
        _cleanup_free_ char *printable = format_printable(word);

        log_error("'%s': there is no such amount of memory", printable ?: "?");
        return -ERANGE;
}

static int choose(const Snapshot *snapshot, const char *word, bool *chosen) {
        uint64_t n_blocks, n_there;
        Amount amount;
        int r;

        r = parse_amount(word, &amount);
        if (r < 0 || snapshot->block_size == 0)
                return tell_wrong(word);

        n_blocks = amount.size / snapshot->block_size + (amount.size % snapshot->block_size > 0);
        r = choice_make(snapshot, n_blocks, amount.node, chosen, &n_there);
        if (r == -ENOSPC)
                return tell_missing(snapshot, word, &amount, n_there);

        return r < 0 ? log_error_errno(r, "can't choose blocks: %m") : 0;
}

static int choose_what(const Snapshot *snapshot, const char *word, BlockState of_nodes,
                       bool *chosen) {
        What what;
        int r;

        r = what_find(snapshot, word, &what);
        if (r < 0)
                return r;

        for (size_t i = 0; i < snapshot->n_blocks; i++) {
                const Block *block = &snapshot->blocks[i];

                chosen[i] |= what_has(&what, block) &&
                             (what.kind != WHAT_NODE || block->state == of_nodes);
        }
        return 0;
}

/* Amounts come last: they are to be had beside the rest. */
int selection_make(const Snapshot *snapshot, int n_words, char **words, BlockState of_nodes,
                   bool amounts, bool **ret) {
        _cleanup_free_ bool *chosen = calloc(snapshot->n_blocks ?: 1, sizeof(bool));
        Amount amount;
        int r = 0;

        if (!chosen)
                return log_error_errno(-ENOMEM, "can't list the blocks: %m");

        for (int i = 0; i < n_words && r >= 0; i++)
                if (!amounts || parse_amount(words[i], &amount) == -EINVAL)
                        r = choose_what(snapshot, words[i], of_nodes, chosen);
        for (int i = 0; i < n_words && r >= 0; i++)
                if (amounts && parse_amount(words[i], &amount) != -EINVAL)
                        r = choose(snapshot, words[i], chosen);
        if (r >= 0)
                *ret = TAKE_PTR(chosen);
        return r;
}
