#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One check program per module: TEST_PROGRAM("zone", test_parse, test_format) is its main().
 */
#include <check.h>
#include <stdlib.h>

#define TEST_PROGRAM(name, ...)                                                  \
        int main(void) {                                                         \
                const TTest *const tests[] = { __VA_ARGS__ };                    \
                                                                                 \
                return suite_run(name, tests, sizeof(tests) / sizeof(tests[0])); \
        }                                                                        \
        struct test_program_swallows_the_semicolon

static inline int suite_run(const char *name, const TTest *const *tests, size_t n_tests) {
        Suite *suite = suite_create(name);
        SRunner *runner = srunner_create(suite);
        int n_run, n_failed;

        for (size_t i = 0; i < n_tests; i++) {
                TCase *test = tcase_create(tests[i]->name);

                tcase_add_test(test, tests[i]);
                suite_add_tcase(suite, test);
        }

        srunner_run_all(runner, CK_ENV);
        n_run = srunner_ntests_run(runner);
        n_failed = srunner_ntests_failed(runner);
        srunner_free(runner);
        return n_run > 0 && n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
