/* SPDX-License-Identifier: LGPL-2.1-or-later */
#undef NDEBUG
#include "ctl/json.h"
#include "suite.h"

#define BAD "\xef\xbf\xbd"

START_TEST(text_becomes_utf8) {
        static const struct {
                const char *text, *utf8;
        } cases[] = {
                { "", "" },
                { "plain \x7f \n", "plain \x7f \n" },
                { "\xc2\x80 \xdf\xbf", "\xc2\x80 \xdf\xbf" },
                { "\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80",
                  "\xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80" },
                { "\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf", "\xf0\x90\x80\x80 \xf4\x8f\xbf\xbf" },
                /* No beginning of a character. */
                { "\x80"
                  "a\xbf",
                  BAD "a" BAD },
                { "\xf5\x80", BAD BAD },
                { "\xff", BAD },
                /* Cut off. */
                { "\xc3", BAD },
                { "\xe2\x82", BAD BAD },
                { "\xf0\x9f\x98"
                  "a",
                  BAD BAD BAD "a" },
                { "\xe2\x82\xc3", BAD BAD BAD },
                { "\xf0\x9f\xff\x80", BAD BAD BAD BAD },
                /* Longer than need be. */
                { "\xc0\x80", BAD BAD },
                { "\xc1\xbf", BAD BAD },
                { "\xe0\x9f\xbf", BAD BAD BAD },
                { "\xf0\x8f\xbf\xbf", BAD BAD BAD BAD },
                /* Surrogates, and beyond the last character. */
                { "\xed\xa0\x80", BAD BAD BAD },
                { "\xf4\x90\x80\x80", BAD BAD BAD BAD },
        };

        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
                _cleanup_(json_object_putp) json_object *value = json_new_text(cases[i].text);

                ck_assert_str_eq(json_object_get_string(value), cases[i].utf8);
        }
        ck_assert_ptr_null(json_new_text(NULL));
}
END_TEST

START_TEST(numbers_are_whole) {
        _cleanup_(json_object_putp) json_object *value = json_new_number(UINT64_MAX);

        ck_assert_str_eq(json_object_to_json_string(value), "18446744073709551615");
}
END_TEST

TEST_PROGRAM("json", text_becomes_utf8, numbers_are_whole);
