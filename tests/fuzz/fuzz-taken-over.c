/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file that says what the kernel's setting was. What is put back must be a word that can be
 * written, and what was saved first must stay.
 */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "state/taken-over.h"

#define SETTING SETTING_AUTO_ONLINE_BLOCKS

static void check_word(const char *word) {
        assert(*word && strlen(word) < SETTING_TEXT_MAX);
        for (; *word; word++)
                assert(*word > ' ' && *word <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        TakenOver saved = {}, again = {};
        int r;

        fuzz_file(setting_to_string(SETTING), data, size);
        r = taken_over_load(fuzz_tree_fd(), SETTING, &saved);
        assert(r == 1 || r == -EBADMSG);
        if (r == 1) {
                check_word(saved.was);
                assert(saved.n_wrote <= TAKEN_OVER_WORDS_MAX);
                for (size_t i = 0; i < saved.n_wrote; i++)
                        check_word(saved.wrote[i]);
                again = saved;
        }

        assert(taken_over_save(fuzz_tree_fd(), SETTING, "online", "offline", &saved) == 0);
        assert(taken_over_wrote(&saved, "offline"));
        assert(strcmp(saved.was, r == 1 ? again.was : "online") == 0);
        assert(taken_over_load(fuzz_tree_fd(), SETTING, &again) == 1);
        assert(strcmp(again.was, saved.was) == 0 && again.n_wrote == saved.n_wrote);

        assert(taken_over_forget(fuzz_tree_fd(), SETTING) == 0);
        assert(taken_over_load(fuzz_tree_fd(), SETTING, &again) == 0);
        return 0;
}
