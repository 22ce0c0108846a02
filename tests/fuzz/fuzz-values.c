/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What turns single texts of the kernel and of configs into values: all of them get the same text.
 */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/parse.h"
#include "base/range-set.h"
#include "config/suggest.h"
#include "config/value.h"
#include "fuzz.h"
#include "model/block.h"
#include "rules/kernel-words.h"

/* Written only on success, and each failure is one that the header names. */
static void try_number(int (*parse)(const char *text, uint64_t *ret), const char *text) {
        uint64_t value = 12345;
        int r;

        r = parse(text, &value);
        assert(r == 0 || r == -EINVAL || r == -ERANGE);
        assert(r == 0 || value == 12345);
}

static void try_u64(const char *text) {
        uint64_t value, again;
        char written[32];

        if (parse_u64(text, &value) < 0)
                return;

        (void)snprintf(written, sizeof(written), "%" PRIu64, value);
        assert(parse_u64(written, &again) == 0 && again == value);
        (void)snprintf(written, sizeof(written), "memory%" PRIu64, value);
        assert(parse_suffix(written, "memory", &again) == 0 && again == value);
}

static void try_suffix(const char *text) {
        uint64_t value;
        char written[48];

        if (parse_suffix(text, "memory", &value) < 0)
                return;

        (void)snprintf(written, sizeof(written), "memory%" PRIu64, value);
        assert(strcmp(text, written) == 0);
}

static void try_ranges(const char *text) {
        _cleanup_(range_set_freep) RangeSet *set = NULL;
        int r;

        r = range_set_parse(text, &set);
        assert(r == 0 || r == -EINVAL || r == -ERANGE || r == -EEXIST);
        assert((r == 0) == (set != NULL));
        if (r < 0)
                return;

        assert(set->n_ranges > 0 && range_set_is_subset(set, set));
        for (size_t i = 0; i < set->n_ranges; i++) {
                const Range *range = &set->ranges[i];

                assert(range->first <= range->last);
                assert(i == 0 || range->first > set->ranges[i - 1].last + 1);
                assert(range_set_contains(set, range->first));
                assert(range->last == UINT64_MAX || !range_set_contains(set, range->last + 1));
        }
}

static void try_zones(const char *text) {
        char written[VALID_ZONES_TEXT_MAX], again[VALID_ZONES_TEXT_MAX];
        ValidZones zones;
        int r;

        r = valid_zones_parse(text, &zones);
        assert(r == 0 || r == -EINVAL);
        if (r < 0)
                return;

        assert(valid_zones_format(&zones, written) == written);
        assert(valid_zones_parse(written, &zones) == 0);
        assert(strcmp(valid_zones_format(&zones, again), written) == 0);
        assert(zones.n_zones == 0 || valid_zones_allow(&zones, valid_zones_first_kind(&zones)));
}

static void try_words(const char *text) {
        static const char *const words[] = { "mode", "movable_ratio", "" };
        BlockState state = block_state_from_string(text);

        assert(online_from_kernel_word(text) >= 0);
        assert(state < 0 || strcmp(block_state_to_string(state), text) == 0);
        for (size_t i = 0; i < ELEMENTSOF(words); i++) {
                unsigned distance = config_word_distance(text, words[i]);

                assert(distance == config_word_distance(words[i], text));
                assert((distance == 0) == (strcmp(text, words[i]) == 0));
        }
}

static void try_plain(const char *text) {
        _cleanup_free_ char *escaped = config_text_escape(text), *name = NULL;
        bool plain = config_text_is_plain(text);

        assert(escaped && config_text_is_plain(escaped));
        assert(plain == (strcmp(text, escaped) == 0));
        assert((config_parse_name(text, &name) == 0) == (plain && *text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = fuzz_text(data, size);

        try_number(parse_u64, text);
        try_number(parse_hex, text);
        try_number(parse_size, text);
        try_number(parse_percent, text);
        try_u64(text);
        try_suffix(text);
        try_ranges(text);
        try_zones(text);
        try_words(text);
        try_plain(text);
        return 0;
}
