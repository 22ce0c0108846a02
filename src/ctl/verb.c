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
                     OPTION_BIT(OPTION_NO_LEGEND) | OPTION_BIT(OPTION_NO_PAGER),
          .is_long = true,
          .run = list_run },
        { .name = "devices",
          .arguments = "",
          .help = "list what is plugged as one, and whether it can be unplugged now",
          .options = OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_SYSROOT) |
                     OPTION_BIT(OPTION_BYTES) | OPTION_BIT(OPTION_NO_LEGEND) |
                     OPTION_BIT(OPTION_NO_PAGER),
          .is_long = true,
          .run = devices_run },
        { .name = "map",
          .arguments = "",
          .help = "draw the memory of each node",
          .options =
                  OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_SYSROOT) | OPTION_BIT(OPTION_WIDTH),
          .run = map_run },
        { .name = "plan",
          .arguments = "",
          .help = "tell what memplugd would write now, and if more memory were plugged",
          .options = READERS_OPTIONS | OPTION_BIT(OPTION_ADD) | OPTION_BIT(OPTION_NO_PAGER),
          .is_long = true,
          .run = plan_run },
        { .name = "explain",
          .arguments = "WHAT...",
          .help = "tell why a block, address or device is as it is, and what was done",
          .max_arguments = INT_MAX,
          .options = READERS_OPTIONS | OPTION_BIT(OPTION_NO_PAGER),
          .is_long = true,
          .run = explain_run },
        { .name = "history",
          .arguments = "",
          .help = "show what memplugd did and told, newest first",
          .options = OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_SYSROOT) |
                     OPTION_BIT(OPTION_NO_PAGER),
          .is_long = true,
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
          .options = READERS_OPTIONS | OPTION_BIT(OPTION_NO_PAGER),
          .is_long = true,
          .run = show_config_run },
        { .name = "doctor",
          .arguments = "",
          .help = "find what on this machine fights memplugd, and say what to do",
          .options = READERS_OPTIONS | OPTION_BIT(OPTION_NO_PAGER),
          .is_long = true,
          .run = doctor_run },
        { .name = "monitor",
          .arguments = "",
          .help = "show what memplugd sees, decides and does, as it happens",
          .options = OPTION_BIT(OPTION_JSON),
          .run = monitor_run },
        { .name = "online",
          .arguments = "WHAT...",
          .help = "have blocks, devices or nodes put online, and tell what came of it",
          .max_arguments = INT_MAX,
          .options = OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_ZONE),
          .run = online_run },
        { .name = "offline",
          .arguments = "WHAT...",
          .help = "have blocks, devices, nodes or an amount taken offline, all or none",
          .max_arguments = INT_MAX,
          .options = OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_SYSROOT) |
                     OPTION_BIT(OPTION_TIMEOUT) | OPTION_BIT(OPTION_KEEP_PARTIAL) |
                     OPTION_BIT(OPTION_DRY_RUN),
          .run = offline_run },
        { .name = "rezone",
          .arguments = "WHAT...",
          .help = "have blocks that are online moved to the other zone",
          .max_arguments = INT_MAX,
          .options = OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_TO) | OPTION_BIT(OPTION_TIMEOUT) |
                     OPTION_BIT(OPTION_FORCE),
          .run = rezone_run },
        { .name = "unplug",
          .arguments = "DEVICE",
          .help = "have a DIMM taken offline and ejected, or tell what unplugs it",
          .max_arguments = 1,
          .options = OPTION_BIT(OPTION_JSON) | OPTION_BIT(OPTION_TIMEOUT),
          .run = unplug_run },
        { .name = "hold",
          .arguments = "[-- COMMAND...]",
          .help = "have new memory left alone while a command runs, or till this ends",
          .max_arguments = INT_MAX,
          .options = OPTION_BIT(OPTION_WHY),
          .run = hold_run },
        { .name = "reload",
          .arguments = "",
          .help = "have memplugd read its config again",
          .run = reload_run },
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
