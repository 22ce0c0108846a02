/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/verb.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"

static int help_run(const Options *options, int n_arguments, char **arguments) {
        verb_print_help();
        return EXIT_SUCCESS;
}

#define READERS_OPTIONS \
        (OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_CONFIG) | OPTION_BIT(OPTION_SYSROOT))

static const Verb verb_table[] = {
        { .name = "status",
          .arguments = "",
          .help = "show config, nodes, and what isn't as it should be (no verb: this)",
          .options = READERS_OPTIONS | OPTION_BIT(OPTION_ALL),
          .run = status_run },
        { .name = "list",
          .arguments = "",
          .help = "list the memory blocks, and what the config wants of them",
          .options = READERS_OPTIONS | OPTION_BIT(OPTION_ALL) | OPTION_BIT(OPTION_BYTES) |
                     OPTION_BIT(OPTION_NO_LEGEND),
          .run = list_run },
        { .name = "devices",
          .arguments = "",
          .help = "list what is plugged as one, and whether it can be unplugged now",
          .options = OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_SYSROOT) |
                     OPTION_BIT(OPTION_BYTES) | OPTION_BIT(OPTION_NO_LEGEND),
          .run = devices_run },
        { .name = "explain",
          .arguments = "WHAT...",
          .help = "tell why a block, address or device is as it is, and what was done",
          .max_arguments = INT_MAX,
          .options = READERS_OPTIONS,
          .run = explain_run },
        { .name = "history",
          .arguments = "",
          .help = "show what memplugd did and told, newest first",
          .options = OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_SYSROOT),
          .run = history_run },
        { .name = "check-config",
          .arguments = "[PATH]...",
          .help = "tell all that is wrong with the config, or with these files",
          .max_arguments = INT_MAX,
          .options =
                  OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_SYSROOT) | OPTION_BIT(OPTION_STRICT),
          .run = check_config_run },
        { .name = "show-config",
          .arguments = "",
          .help = "show the config in force, and where each value comes from",
          .options = READERS_OPTIONS,
          .run = show_config_run },
        { .name = "help", .arguments = "", .help = "print this help", .run = help_run },
};

const Verb *verb_find(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(verb_table); i++)
                if (strcmp(verb_table[i].name, name) == 0)
                        return &verb_table[i];

        return NULL;
}

void verb_print_help(void) {
        puts("Usage: " CTL_NAME " [OPTIONS] [VERB] [ARGUMENTS]\n"
             "Shows the memory blocks of this machine, and what memplugd's config wants of them.\n"
             "\n"
             "Verbs:");
        for (size_t i = 0; i < ELEMENTSOF(verb_table); i++) {
                char text[64];

                (void)snprintf(text, sizeof(text), "%s %s", verb_table[i].name,
                               verb_table[i].arguments);
                printf("  %-22s  %s\n", text, verb_table[i].help);
        }

        puts("\nOptions:");
        options_print_help();

        puts("\nSee memplugctl(1).");
}
