#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The options of memplugctl: one table, out of which the command line is read, --help is printed,
 * and the verbs are told what they take.
 */
#include <stdbool.h>
#include <stddef.h>

typedef enum OptionId {
        OPTION_JSON,
        OPTION_ALL,
        OPTION_BYTES,
        OPTION_NO_LEGEND,
        OPTION_NO_PAGER,
        OPTION_STRICT,
        OPTION_ZONE,
        OPTION_WHY,
        OPTION_CONFIG,
        OPTION_SYSROOT,
        OPTION_WIDTH,
        OPTION_ADD,
        OPTION_TIMEOUT,
        OPTION_KEEP_PARTIAL,
        OPTION_DRY_RUN,
        OPTION_TO,
        OPTION_FORCE,
        OPTION_HELP,
        OPTION_VERSION,
        _OPTION_MAX,
} OptionId;

#define OPTION_BIT(id) (1U << (id))

/* How often an option can be given that says each time something more. There is one: --add. */
#define OPTIONS_REPEATED_MAX 32

/* What was given on the command line. Of any other option that was given twice the last one counts. */
typedef struct Options {
        unsigned given; /* OPTION_BIT()s */
        const char *arguments[_OPTION_MAX];
        size_t n_repeated;
        const char *repeated[OPTIONS_REPEATED_MAX]; /* in their order */
} Options;

static inline bool options_have(const Options *options, OptionId id) {
        return options->given & OPTION_BIT(id);
}

/* The root of what is shown: "/" unless --sysroot says otherwise. */
const char *options_sysroot(const Options *options);

/*
 * Reads the command line. Answers the place in 'argv', now with all options in front, of the first
 * word that isn't one (the verb); -EINVAL: no such option, which was told on standard error.
 */
int options_parse(int argc, char **argv, Options *ret);

/* The name of the first option given that isn't among 'taken'; NULL if all are. */
const char *options_first_unwanted(const Options *options, unsigned taken);

/* Prints the options' part of --help. */
void options_print_help(void);
