/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/takeover.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "rules/kernel-words.h"

#define AUTO_ONLINE SETTING_AUTO_ONLINE_BLOCKS
#define OFFLINE "offline"

static bool equal(const char *a, const char *b) {
        return strcmp(a, b) == 0;
}

static int read_saved(int dir_fd, Setting setting, TakenOver *ret) {
        const char *name = setting_to_string(setting);
        int r;

        *ret = (TakenOver){};
        if (dir_fd < 0)
                return 0;

        r = taken_over_load(dir_fd, setting, ret);
        if (r == -EBADMSG)
                log_error("What was saved of %s is damaged and was set aside as %s.damaged: its "
                          "old value isn't known any more, and it stays as it is.",
                          name, name);
        else if (r < 0)
                (void)log_error_errno(r, "Failed to read what was saved of %s: %m", name);
        return r;
}

/* The setting as it reads now; "" if there is none. */
static int read_setting(const TakeoverOps *ops, void *userdata, Setting setting,
                        char text[SETTING_TEXT_MAX]) {
        int r = ops->read(userdata, setting, text);

        if (r < 0)
                text[0] = 0;
        return r == -ENOENT ? 0 : r;
}

void takeover_init(Takeover *takeover, const TakeoverOps *ops, void *userdata, int dir_fd) {
        *takeover = (Takeover){ .ops = ops, .userdata = userdata, .dir_fd = dir_fd };
        (void)read_saved(dir_fd, AUTO_ONLINE, &takeover->saved);
        (void)read_setting(ops, userdata, AUTO_ONLINE, takeover->seen);
}

/* Putting back */

/* Answers whether the setting reads now as it would without memplugd, or as somebody else wants. */
static int restore(const TakeoverOps *ops, void *userdata, Setting setting,
                   const TakenOver *saved) {
        const char *name = setting_to_string(setting);
        char text[SETTING_TEXT_MAX];
        int r;

        r = read_setting(ops, userdata, setting, text);
        if (r < 0)
                return log_error_errno(r, "Failed to read %s: %m", name);
        if (!text[0] || equal(text, saved->was))
                return 0;

        if (!taken_over_wrote(saved, text)) {
                log_warning("%s was changed to '%s' by somebody else; it stays so, and '%s', which "
                            "it was before memplugd, isn't put back.",
                            name, text, saved->was);
                return 0;
        }

        r = ops->write(userdata, setting, saved->was);
        if (r < 0)
                return log_error_errno(r, "Failed to put %s back to '%s': %m", name, saved->was);

        log_info("%s is put back to '%s'.", name, saved->was);
        return 0;
}

static int put_back(const TakeoverOps *ops, void *userdata, int dir_fd, Setting setting,
                    const TakenOver *saved) {
        int r;

        r = restore(ops, userdata, setting, saved);
        if (r < 0)
                return r;

        r = taken_over_forget(dir_fd, setting);
        return r < 0 ? log_error_errno(r, "Failed to remove what was saved of %s: %m",
                                       setting_to_string(setting))
                     : 0;
}

int takeover_put_back(const TakeoverOps *ops, void *userdata, int dir_fd) {
        int first_error = 0;

        for (Setting setting = 0; setting < _SETTING_MAX; setting++) {
                TakenOver saved;
                int r;

                r = read_saved(dir_fd, setting, &saved);
                if (r > 0)
                        r = put_back(ops, userdata, dir_fd, setting, &saved);
                if (r < 0 && first_error == 0)
                        first_error = r;
        }
        return first_error;
}

/* Taking over */

static int give_back(Takeover *takeover) {
        int r = 0;

        takeover->wanted[0] = 0;
        if (takeover->saved.was[0])
                r = put_back(takeover->ops, takeover->userdata, takeover->dir_fd, AUTO_ONLINE,
                             &takeover->saved);
        if (r == 0)
                takeover->saved = (TakenOver){};
        (void)read_setting(takeover->ops, takeover->userdata, AUTO_ONLINE, takeover->seen);
        return r;
}

/* Saves what it is, and only then writes. */
static int change(Takeover *takeover, const char *word) {
        TakenOver before = takeover->saved;
        int r;

        r = taken_over_save(takeover->dir_fd, AUTO_ONLINE, takeover->seen, word, &takeover->saved);
        if (r < 0)
                return r;

        r = takeover->ops->write(takeover->userdata, AUTO_ONLINE, word);
        if (r < 0 && !before.was[0]) {
                (void)taken_over_forget(takeover->dir_fd, AUTO_ONLINE);
                takeover->saved = before;
        }
        return r;
}

int takeover_set(Takeover *takeover, const char *word) {
        char was[SETTING_TEXT_MAX];
        int r;

        if (!word)
                return give_back(takeover);
        if (equal(takeover->wanted, word))
                return 0;

        r = read_setting(takeover->ops, takeover->userdata, AUTO_ONLINE, takeover->seen);
        if (r < 0)
                return r;
        if (!takeover->seen[0])
                return equal(word, OFFLINE) ? 0 : -ENOENT;

        if (!equal(takeover->seen, word)) {
                (void)strcpy(was, takeover->seen);
                r = change(takeover, word);
                if (r < 0)
                        return r;
                log_info("auto_online_blocks is '%s' while memplugd runs (it was '%s').", word,
                         was);
        }

        (void)strcpy(takeover->wanted, word);
        (void)strcpy(takeover->seen, word);
        return 0;
}

void takeover_look(Takeover *takeover) {
        const char *wanted = takeover->wanted;
        char text[SETTING_TEXT_MAX];

        if (read_setting(takeover->ops, takeover->userdata, AUTO_ONLINE, text) < 0 ||
            equal(text, takeover->seen))
                return;

        (void)strcpy(takeover->seen, text);
        if (equal(text, wanted))
                log_info("auto_online_blocks is '%s' again, as memplugd had set it.", text);
        else if (*wanted)
                log_warning("auto_online_blocks was changed to '%s' by somebody else, where "
                            "memplugd wants '%s'. It stays so; a restart sets it anew.",
                            text, wanted);
        else
                log_info("auto_online_blocks was changed to '%s' by somebody else.", text);
}

Online takeover_kernel_policy(const Takeover *takeover) {
        const char *was = takeover->saved.was;

        return online_from_kernel_word(was[0] ? was : takeover->seen);
}
