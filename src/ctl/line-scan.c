/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/line-scan.h"

#include <fnmatch.h>
#include <string.h>

#include "base/macro.h"

#define BLANKS " \t\r"
#define QUOTES "\"'"

#define FIELD_MAX 256
#define MEMORY_DIR "/sys/devices/system/memory/"

/* Takes the next word off *line, without quotation marks. False: there is none that fits. */
static bool take_word(const char **line, char word[FIELD_MAX]) {
        const char *p = *line + strspn(*line, BLANKS);
        char quote = *p && strchr(QUOTES, *p) ? *p++ : 0;
        size_t n = quote ? strcspn(p, (char[]){ quote, 0 }) : strcspn(p, BLANKS);

        if ((n == 0 && !quote) || n >= FIELD_MAX)
                return false;

        *(char *)mempcpy(word, p, n) = 0;
        p += n;
        *line = p + (quote && *p == quote);
        return true;
}

static bool matches(const char *pattern, const char *path) {
        return fnmatch(pattern, path, FNM_PATHNAME) == 0;
}

/* Type, path, then mode, user, group and age, which "w" has no use for; the rest is the text. */
bool line_of_tmpfiles_onlines(const char *line) {
        char type[FIELD_MAX], path[FIELD_MAX], word[FIELD_MAX];

        if (!take_word(&line, type) || type[0] != 'w' || !take_word(&line, path))
                return false;
        for (int i = 0; i < 4; i++)
                if (!take_word(&line, word))
                        return false;
        if (!take_word(&line, word))
                return false;

        if (matches(path, MEMORY_DIR "auto_online_blocks"))
                return strncmp(word, "offline", strlen("offline")) != 0;

        return matches(path, MEMORY_DIR "memory32/state") &&
               strncmp(word, "online", strlen("online")) == 0;
}

bool line_of_script_onlines(const char *line) {
        const char *place;

        line += strspn(line, BLANKS);
        if (*line == '#' || *line == ';')
                return false;

        place = strstr(line, "auto_online_blocks");
        if (!place)
                place = strstr(line, "system/memory/memory");
        if (!place || !strstr(line, "online"))
                return false;

        /* "auto_online_blocks" has the word in it. */
        for (const char *word = line; (word = strstr(word, "online")); word += strlen("online"))
                if (strncmp(word, "online_blocks", strlen("online_blocks")) != 0)
                        return true;
        return false;
}
