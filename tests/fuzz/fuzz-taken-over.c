/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The file that says what one of the kernel's settings was. What is put back must be a word that can
 * be written, and what was saved first must stay. Which of the settings it is comes from the size.
 */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "state/taken-over.h"

static void check_word(const char *word) {
        assert(*word && strlen(word) < SETTING_TEXT_MAX);
        for (; *word; word++)
                assert(*word > ' ' && *word <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        Setting setting = (Setting)(size % _SETTING_MAX);
        TakenOver saved = {}, again = {};
        int r;

        fuzz_file(setting_to_string(setting), data, size);
        r = taken_over_load(fuzz_tree_fd(), setting, &saved);
        assert(r == 1 || r == -EBADMSG);
        if (r == 1) {
                check_word(saved.was);
                assert(saved.n_wrote <= TAKEN_OVER_WORDS_MAX);
                for (size_t i = 0; i < saved.n_wrote; i++)
                        check_word(saved.wrote[i]);
                again = saved;
        }

        assert(taken_over_save(fuzz_tree_fd(), setting, "online", "offline", &saved) == 0);
        assert(strcmp(saved.wrote[saved.n_wrote - 1], "offline") == 0);
        assert(saved.n_wrote <= TAKEN_OVER_WORDS_MAX);
        assert(strcmp(saved.was, r == 1 ? again.was : "online") == 0);
        assert(taken_over_load(fuzz_tree_fd(), setting, &again) == 1);
        assert(strcmp(again.was, saved.was) == 0 && again.n_wrote == saved.n_wrote);
        assert(taken_over_wrote(&again, "offline"));

        assert(taken_over_forget(fuzz_tree_fd(), setting) == 0);
        assert(taken_over_load(fuzz_tree_fd(), setting, &again) == 0);
        return 0;
}
