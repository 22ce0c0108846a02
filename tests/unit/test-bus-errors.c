/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "base/macro.h"
#include "bus/errors.h"
#include "bus/names.h"
#include "suite.h"

/* Which outcomes are errors, and that each has a name of its own and comes back out of it. */
START_TEST(round_trip) {
        for (Outcome outcome = 0; outcome < _OUTCOME_MAX; outcome++) {
                const char *name = bus_error_to_string(outcome);

                if (outcome == OUTCOME_DONE || outcome == OUTCOME_ALREADY) {
                        ck_assert_ptr_null(name);
                        continue;
                }
                ck_assert_msg(name, "'%s' has no error", outcome_to_string(outcome));
                ck_assert_int_eq(strncmp(name, BUS_ERROR_PREFIX, strlen(BUS_ERROR_PREFIX)), 0);
                ck_assert_int_eq(bus_error_from_string(name), outcome);
        }
}
END_TEST

START_TEST(names) {
        static const struct {
                Outcome outcome;
                const char *name;
        } cases[] = {
                { OUTCOME_WRONG_ZONE, "org.memplug1.Error.WrongZone" },
                { OUTCOME_REFUSED, "org.memplug1.Error.Refused" },
                { OUTCOME_BUSY, "org.memplug1.Error.Busy" },
                { OUTCOME_NO_MEMORY, "org.memplug1.Error.NoMemory" },
                { OUTCOME_VETOED, "org.memplug1.Error.Vetoed" },
                { OUTCOME_POISONED, "org.memplug1.Error.Poisoned" },
                { OUTCOME_GONE, "org.memplug1.Error.Gone" },
                { OUTCOME_CANCELLED, "org.memplug1.Error.Cancelled" },
        };

        ck_assert_uint_eq(ELEMENTSOF(cases), _OUTCOME_MAX - 2);
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                ck_assert_str_eq(bus_error_to_string(cases[i].outcome), cases[i].name);
}
END_TEST

START_TEST(strangers) {
        ck_assert_int_eq(bus_error_from_string(NULL), _OUTCOME_INVALID);
        ck_assert_int_eq(bus_error_from_string(""), _OUTCOME_INVALID);
        ck_assert_int_eq(bus_error_from_string("org.memplug1.Error.InvalidConfig"),
                         _OUTCOME_INVALID);
        ck_assert_int_eq(bus_error_from_string("org.freedesktop.DBus.Error.AccessDenied"),
                         _OUTCOME_INVALID);
        ck_assert_ptr_null(bus_error_to_string(_OUTCOME_MAX));
        ck_assert_ptr_null(bus_error_to_string(_OUTCOME_INVALID));
}
END_TEST

TEST_PROGRAM("bus-errors", round_trip, names, strangers);
