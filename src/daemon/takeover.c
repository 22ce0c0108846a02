/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/takeover.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "daemon/message.h"
#include "daemon/takeover-steps.h"
#include "rules/kernel-words.h"

#define AUTO_ONLINE SETTING_AUTO_ONLINE_BLOCKS

/* What is to become of a setting. */
typedef enum Part {
        PART_LEAVE,
        PART_SET,
        PART_GIVE_BACK, /* what fails is told, and the others go on */
} Part;

typedef struct Change {
        Part parts[_SETTING_MAX];
        SettingTexts from, to;
        SettingTexts is;              /* between the two */
        bool was_saved[_SETTING_MAX]; /* before */
        bool failed[_SETTING_MAX];    /* it couldn't be given back */
        int error;                    /* of the first that failed so */
} Change;

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
                log_message(&(LogMessage){ .id = MESSAGE_STATE_DAMAGED,
                                           .fields = { { FIELD_FILE, name } } },
                            LOG_ERR,
                            "What was saved of %s is damaged and was set aside as %s.damaged: its "
                            "old value isn't known any more, and it stays as it is.",
                            name, name);
        else if (r < 0)
                (void)log_error_errno(r, "Failed to read what was saved of %s: %m", name);
        return r;
}

/* The setting as it reads now; "" if there is none. */
static int read_setting(const Takeover *takeover, Setting setting, char text[SETTING_TEXT_MAX]) {
        int r = takeover->ops->read(takeover->userdata, setting, text);

        if (r < 0)
                text[0] = 0;
        return r == -ENOENT ? 0 : r;
}

int takeover_init(Takeover *takeover, const TakeoverOps *ops, void *userdata, int dir_fd) {
        int first_error = 0;

        *takeover = (Takeover){ .ops = ops, .userdata = userdata, .dir_fd = dir_fd };
        for (Setting setting = 0; setting < _SETTING_MAX; setting++) {
                int r;

                r = read_saved(dir_fd, setting, &takeover->saved[setting]);
                if (r < 0 && first_error == 0)
                        first_error = r;
                (void)read_setting(takeover, setting, takeover->seen.of[setting]);
        }
        return first_error;
}

/* Preparing a change */

static void fail(Change *change, Setting setting, int error) {
        change->failed[setting] = true;
        if (change->error == 0)
                change->error = error;
}

/* A kernel without it does the same as one where it reads so. */
static bool is_dispensable(Setting setting, const char *word) {
        return setting == SETTING_AUTO_MOVABLE_NUMA_AWARE || /* no NUMA: there is one node */
               (setting == AUTO_ONLINE && equal(word, "offline"));
}

/* It gets its old value, unless somebody else wants another one. */
static void prepare_giving_back(const Takeover *takeover, Setting setting, Change *change) {
        const TakenOver *saved = &takeover->saved[setting];
        const char *name = setting_to_string(setting), *is = change->from.of[setting];
        LogMessage message = message_of_setting(MESSAGE_SETTING_CHANGED, name, is);

        if (!saved->was[0] || !is[0] || equal(is, saved->was))
                return;

        if (taken_over_wrote(saved, is))
                (void)strcpy(change->to.of[setting], saved->was);
        else
                log_message(&message, LOG_WARNING,
                            "%s was changed to '%s' by somebody else; it stays so, and '%s', which "
                            "it was before memplugd, isn't put back.",
                            name, is, saved->was);
}

static int prepare_setting(const char *word, Setting setting, Change *change) {
        if (change->from.of[setting][0])
                (void)strcpy(change->to.of[setting], word);
        else if (!is_dispensable(setting, word))
                return -ENOENT;

        return 0;
}

static Part choose_part(const Takeover *takeover, const char *word, Setting setting) {
        if (!word[0])
                return PART_GIVE_BACK;

        return equal(takeover->wanted.of[setting], word) ? PART_LEAVE : PART_SET;
}

/* 0, or a negative errno if it can't be set. */
static int prepare(const Takeover *takeover, const char *word, Setting setting, Change *change) {
        char *from = change->from.of[setting];
        int r;

        change->parts[setting] = choose_part(takeover, word, setting);
        change->was_saved[setting] = takeover->saved[setting].was[0];
        r = read_setting(takeover, setting, from);
        (void)strcpy(change->to.of[setting], from);

        if (change->parts[setting] == PART_SET)
                return r < 0 ? r : prepare_setting(word, setting, change);
        if (change->parts[setting] == PART_LEAVE)
                return 0;

        if (r < 0 && change->was_saved[setting]) {
                (void)log_error_errno(r, "Failed to read %s: %m", setting_to_string(setting));
                fail(change, setting, r);
        }
        prepare_giving_back(takeover, setting, change);
        return 0;
}

/* Changing */

/* Saves what it is, and only then writes. What was saved needs no room to be written back. */
static int write_setting(Takeover *takeover, const TakeoverStep *step, char is[SETTING_TEXT_MAX]) {
        TakenOver *saved = &takeover->saved[step->setting];
        char text[SETTING_TEXT_MAX];
        int r = 0;

        if (!equal(step->text, saved->was))
                r = taken_over_save(takeover->dir_fd, step->setting, is, step->text, saved);
        if (r < 0)
                return r;

        r = takeover->ops->write(takeover->userdata, step->setting, step->text);
        if (r < 0)
                return r;

        (void)strcpy(is, step->text);
        r = read_setting(takeover, step->setting, text);
        if (r < 0 || equal(is, text))
                return r < 0 ? r : 0;

        (void)strcpy(is, text);
        return -EIO;
}

static int run(Takeover *takeover, Change *change, Setting *reterr_setting) {
        TakeoverStep steps[TAKEOVER_STEPS_MAX];
        size_t n_steps = takeover_steps(&change->from, &change->to, steps);

        for (size_t i = 0; i < n_steps; i++) {
                Setting setting = steps[i].setting;
                int r;

                r = write_setting(takeover, &steps[i], change->is.of[setting]);
                if (r < 0 && change->parts[setting] != PART_GIVE_BACK) {
                        *reterr_setting = setting;
                        return r;
                }
                if (r < 0) {
                        (void)log_error_errno(r, "Failed to put %s back to '%s': %m",
                                              setting_to_string(setting), steps[i].text);
                        fail(change, setting, r);
                }
        }
        return 0;
}

static void forget(Takeover *takeover, Setting setting, Change *change) {
        int r;

        r = taken_over_forget(takeover->dir_fd, setting);
        if (r < 0) {
                (void)log_error_errno(r, "Failed to remove what was saved of %s: %m",
                                      setting_to_string(setting));
                fail(change, setting, r);
        } else
                takeover->saved[setting] = (TakenOver){};
}

/* What somebody else has written in the same moment stays. */
static bool is_ours(const Takeover *takeover, Setting setting, const char *is) {
        const TakenOver *saved = &takeover->saved[setting];

        return equal(is, saved->was) || taken_over_wrote(saved, is);
}

/* Undoes what was done of it, as far as that is possible. */
static void roll_back(Takeover *takeover, const Change *change) {
        Change back = { .from = change->is, .to = change->is, .is = change->is };
        Setting ignored;

        for (Setting setting = 0; setting < _SETTING_MAX; setting++) {
                back.parts[setting] = PART_GIVE_BACK;
                if (is_ours(takeover, setting, change->is.of[setting]))
                        (void)strcpy(back.to.of[setting], change->from.of[setting]);
        }

        (void)run(takeover, &back, &ignored);
        for (Setting setting = 0; setting < _SETTING_MAX; setting++)
                if (!change->was_saved[setting] && takeover->saved[setting].was[0] &&
                    equal(back.is.of[setting], takeover->saved[setting].was))
                        forget(takeover, setting, &back);
}

static void tell(const Change *change, Setting setting) {
        const char *name = setting_to_string(setting), *from = change->from.of[setting],
                   *is = change->is.of[setting];
        LogMessage message = message_of_setting(MESSAGE_SETTING_TAKEN_OVER, name, is);

        if (equal(from, is))
                return;
        if (change->parts[setting] == PART_GIVE_BACK)
                log_info("%s is put back to '%s'.", name, is);
        else
                log_message(&message, LOG_INFO, "%s is '%s' while memplugd runs (it was '%s').",
                            name, is, from);
}

/* The change is through. */
static void finish(Takeover *takeover, const SettingTexts *words, Change *change) {
        for (Setting setting = 0; setting < _SETTING_MAX; setting++) {
                Part part = change->parts[setting];

                if (!change->failed[setting]) {
                        tell(change, setting);
                        if (part == PART_GIVE_BACK && takeover->saved[setting].was[0])
                                forget(takeover, setting, change);
                }
                /* The others are for takeover_look(), which tells of changes. */
                if (part != PART_LEAVE)
                        (void)strcpy(takeover->seen.of[setting], change->is.of[setting]);
                (void)strcpy(takeover->wanted.of[setting], words->of[setting]);
        }
}

static int set(Takeover *takeover, const SettingTexts *words, Change *change,
               Setting *reterr_setting) {
        int r;

        for (Setting setting = 0; setting < _SETTING_MAX; setting++) {
                r = prepare(takeover, words->of[setting], setting, change);
                if (r < 0) {
                        *reterr_setting = setting;
                        return r;
                }
        }

        change->is = change->from;
        r = run(takeover, change, reterr_setting);
        if (r < 0) {
                roll_back(takeover, change);
                return r;
        }

        finish(takeover, words, change);
        return 0;
}

int takeover_set(Takeover *takeover, const SettingTexts *words, Setting *reterr_setting) {
        Change change = {};

        return set(takeover, words, &change, reterr_setting);
}

int takeover_put_back(const TakeoverOps *ops, void *userdata, int dir_fd) {
        const SettingTexts nothing = {};
        Setting ignored;
        Takeover takeover;
        Change change = {};
        int r;

        r = takeover_init(&takeover, ops, userdata, dir_fd);
        (void)set(&takeover, &nothing, &change, &ignored);
        return r < 0 ? r : change.error;
}

/* Looking */

static void look_at(Takeover *takeover, Setting setting) {
        const char *name = setting_to_string(setting), *wanted = takeover->wanted.of[setting];
        char *seen = takeover->seen.of[setting], text[SETTING_TEXT_MAX];
        LogMessage message = message_of_setting(MESSAGE_SETTING_CHANGED, name, text);

        if (read_setting(takeover, setting, text) < 0 || equal(text, seen))
                return;

        (void)strcpy(seen, text);
        if (equal(text, wanted))
                log_info("%s is '%s' again, as memplugd had set it.", name, text);
        else if (*wanted)
                log_message(&message, LOG_WARNING,
                            "%s was changed to '%s' by somebody else, where memplugd wants '%s'. "
                            "It stays so; a restart sets it anew.",
                            name, text, wanted);
        else
                log_info("%s was changed to '%s' by somebody else.", name, text);
}

/* The policy and what belongs to it are nobody's business but in mode "kernel" with "auto". */
void takeover_look(Takeover *takeover) {
        for (Setting setting = 0; setting < _SETTING_MAX; setting++)
                if (setting == AUTO_ONLINE || takeover->wanted.of[setting][0])
                        look_at(takeover, setting);
}

Online takeover_kernel_policy(const Takeover *takeover) {
        const char *was = takeover->saved[AUTO_ONLINE].was;

        return online_from_kernel_word(was[0] ? was : takeover->seen.of[AUTO_ONLINE]);
}
