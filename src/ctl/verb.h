#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The verbs of memplugctl: one table; each verb has a file of its own.
 */
#include "ctl/options.h"

#define CTL_NAME "memplugctl"

/* Exit codes; EXIT_SUCCESS and EXIT_FAILURE besides. */
typedef enum ExitCode {
        EXIT_USAGE = 2,
        EXIT_PARTLY = 64,
        EXIT_NO_DAEMON = 69,
} ExitCode;

typedef struct Verb {
        const char *name;
        const char *arguments; /* their names, for --help */
        const char *help;
        int max_arguments;
        unsigned options; /* OPTION_BIT()s of those it takes */
        bool is_long;     /* may need more than a screen: goes through a pager, unless --no-pager */

        /* Answers the exit code; has told on standard error what went wrong. */
        int (*run)(const Options *options, int n_arguments, char **arguments);
} Verb;

/* NULL: no such verb. */
const Verb *verb_find(const char *name);

/* Prints --help. */
void verb_print_help(void);

int status_run(const Options *options, int n_arguments, char **arguments);
int list_run(const Options *options, int n_arguments, char **arguments);
int devices_run(const Options *options, int n_arguments, char **arguments);
int map_run(const Options *options, int n_arguments, char **arguments);
int plan_run(const Options *options, int n_arguments, char **arguments);
int explain_run(const Options *options, int n_arguments, char **arguments);
int history_run(const Options *options, int n_arguments, char **arguments);
int check_config_run(const Options *options, int n_arguments, char **arguments);
int monitor_run(const Options *options, int n_arguments, char **arguments);
int online_run(const Options *options, int n_arguments, char **arguments);
int offline_run(const Options *options, int n_arguments, char **arguments);
int rezone_run(const Options *options, int n_arguments, char **arguments);
int unplug_run(const Options *options, int n_arguments, char **arguments);
int hold_run(const Options *options, int n_arguments, char **arguments);
int reload_run(const Options *options, int n_arguments, char **arguments);
int show_config_run(const Options *options, int n_arguments, char **arguments);
int doctor_run(const Options *options, int n_arguments, char **arguments);
