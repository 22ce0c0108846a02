/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdint.h>
#include <string.h>

#include "base/macro.h"
#include "base/ring.h"
#include "suite.h"

typedef struct Item {
        uint64_t number;
        size_t n;
        char text[];
} Item;

static void add(Ring *ring, uint64_t number, size_t n) {
        Item *item = ring_add(ring, sizeof(Item) + n);

        ck_assert_ptr_nonnull(item);
        ck_assert_uint_eq((uintptr_t)item % 16, 0);
        item->number = number;
        item->n = n;
        (void)memset(item->text, (int)(number % 251), n);
}

/* The oldest one is that number, and nobody has written over it. */
static void expect_first(const Ring *ring, uint64_t number) {
        const Item *item = ring_first(ring);
        size_t n_right = 0;

        ck_assert_ptr_nonnull(item);
        ck_assert_uint_eq(item->number, number);
        while (n_right < item->n && (unsigned char)item->text[n_right] == number % 251)
                n_right++;
        ck_assert_uint_eq(n_right, item->n);
}

START_TEST(in_order) {
        Ring ring;

        ck_assert_int_eq(ring_init(&ring, 4096), 0);
        ck_assert_ptr_null(ring_first(&ring));
        for (uint64_t i = 0; i < 10; i++)
                add(&ring, i, i);
        for (uint64_t i = 0; i < 10; i++) {
                expect_first(&ring, i);
                ring_drop_first(&ring);
        }
        ck_assert_ptr_null(ring_first(&ring));
        ck_assert_uint_eq(ring.n_lost, 0);
        ring_done(&ring);
}
END_TEST

/* Of any sizes, in rings of any sizes: what is left is always the newest, whole and in order. */
START_TEST(oldest_make_room) {
        for (size_t size = 256; size < 1024; size += 48)
                for (size_t step = 1; step < 60; step += 7) {
                        Ring ring;
                        uint64_t n_taken = 0;

                        ck_assert_int_eq(ring_init(&ring, size), 0);
                        for (uint64_t i = 0; i < 500; i++) {
                                add(&ring, i, (i * step) % 97);
                                expect_first(&ring, n_taken + ring.n_lost);
                                ck_assert_uint_eq(n_taken + ring.n_lost + ring.n_records, i + 1);
                                if (i % 5 == 4) {
                                        ring_drop_first(&ring);
                                        n_taken++;
                                }
                        }
                        for (uint64_t i = n_taken + ring.n_lost; i < 500; i++) {
                                expect_first(&ring, i);
                                ring_drop_first(&ring);
                        }
                        ck_assert_ptr_null(ring_first(&ring));
                        ring_done(&ring);
                }
}
END_TEST

START_TEST(exact_fit) {
        Ring ring;

        ck_assert_int_eq(ring_init(&ring, 64), 0);
        for (uint64_t i = 0; i < 10; i++) {
                add(&ring, i, 0);
                expect_first(&ring, i < 2 ? 0 : i - 1);
        }
        ck_assert_uint_eq(ring.n_records, 2);
        ck_assert_uint_eq(ring.n_lost, 8);
        add(&ring, 10, 32);
        expect_first(&ring, 10);
        ck_assert_uint_eq(ring.n_records, 1);
        ring_done(&ring);
}
END_TEST

START_TEST(too_large) {
        Ring ring = {};

        ck_assert_ptr_null(ring_add(&ring, 1));
        ck_assert_int_eq(ring_init(&ring, 64), 0);
        add(&ring, 1, 0);
        ck_assert_ptr_null(ring_add(&ring, 49));
        ck_assert_ptr_null(ring_add(&ring, SIZE_MAX));
        ck_assert_uint_eq(ring.n_lost, 2);
        expect_first(&ring, 1);
        ring_clear(&ring);
        ck_assert_ptr_null(ring_first(&ring));
        ring_done(&ring);
}
END_TEST

TEST_PROGRAM("ring", in_order, oldest_make_room, exact_fit, too_large);
