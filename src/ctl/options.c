/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "base/log.h"
#include "ctl/verb.h"

/* What getopt_long() answers for option 'id': beyond all characters. */
#define OPTION_VALUE(id) (256 + (int)(id))

typedef struct OptionInfo {
        const char *name;
        const char *argument; /* its name, or NULL: takes none */
        char letter;          /* or 0: none */
        const char *help;
        bool repeated; /* it may be given several times */
} OptionInfo;

static const OptionInfo option_table[_OPTION_MAX] = {
        [OPTION_JSON] = { "json", NULL, 0, "print JSON" },
        [OPTION_ALL] = { "all", NULL, 0,
                         "list: one line for each block; status: leave nothing out" },
        [OPTION_BYTES] = { "bytes", NULL, 0, "list, devices: print sizes in bytes" },
        [OPTION_NO_LEGEND] = { "no-legend", NULL, 0,
                               "list, devices: print neither headings nor totals" },
        [OPTION_NO_PAGER] = { "no-pager", NULL, 0, "print without a pager what may be long" },
        [OPTION_STRICT] = { "strict", NULL, 0, "check-config: fail with warnings, too" },
        [OPTION_ZONE] = { "zone", "ZONE", 0,
                          "online: in this zone, whatever the rules want: movable, kernel, default" },
        [OPTION_WHY] = { "why", "TEXT", 0, "hold: tell others TEXT as the reason" },
        [OPTION_CONFIG] = { "config", "FILE", 0, "use FILE alone as the config" },
        [OPTION_SYSROOT] = { "sysroot", "DIR", 0, "show what is below DIR, not this machine" },
        [OPTION_WIDTH] = { "width", "N", 0, "map: draw it N characters wide, not as the terminal" },
        [OPTION_ADD] = { "add", "WHAT", 0,
                         "plan: as if SOURCE:SIZE@NODE were plugged then, such as dimm:64G@1",
                         .repeated = true },
        [OPTION_TIMEOUT] = { "timeout", "SEC", 0,
                             "offline, rezone, unplug: try each block so long (60)" },
        [OPTION_KEEP_PARTIAL] = { "keep-partial", NULL, 0,
                                  "offline: leave offline what went, if another block stays" },
        [OPTION_DRY_RUN] = { "dry-run", NULL, 0, "offline: only show which blocks it would be" },
        [OPTION_TO] = { "to", "ZONE", 0, "rezone: the zone to move to: kernel, movable" },
        [OPTION_FORCE] = { "force", NULL, 0, "rezone: move boot memory, too" },
        [OPTION_HELP] = { "help", NULL, 'h', "print this help" },
        [OPTION_VERSION] = { "version", NULL, 0, "print the version" },
};

const char *options_sysroot(const Options *options) {
        return options->arguments[OPTION_SYSROOT] ?: "/";
}

/* Translates the table; the zeros behind the last option end the list. */
static void fill_getopt_table(struct option table[_OPTION_MAX + 1]) {
        for (size_t i = 0; i < _OPTION_MAX; i++)
                table[i] = (struct option){
                        .name = option_table[i].name,
                        .has_arg = option_table[i].argument ? required_argument : no_argument,
                        .val = option_table[i].letter ?: OPTION_VALUE(i),
                };
        table[_OPTION_MAX] = (struct option){};
}

static OptionId option_of_value(int value) {
        for (OptionId id = 0; id < _OPTION_MAX; id++)
                if (value == OPTION_VALUE(id) || value == option_table[id].letter)
                        return id;

        return _OPTION_MAX;
}

/* -EINVAL: there are too many, which was told. */
static int add_repeated(Options *options, OptionId id, const char *argument) {
        if (options->n_repeated == OPTIONS_REPEATED_MAX) {
                log_error("--%s can be given %d times", option_table[id].name,
                          OPTIONS_REPEATED_MAX);
                return -EINVAL;
        }

        options->repeated[options->n_repeated++] = argument;
        return 0;
}

int options_parse(int argc, char **argv, Options *ret) {
        static char name[] = CTL_NAME;
        struct option table[_OPTION_MAX + 1];
        Options options = {};
        int value;

        fill_getopt_table(table);
        /* getopt_long() tells what is wrong itself, under this name. */
        if (argc > 0)
                argv[0] = name;

        while ((value = getopt_long(argc, argv, "h", table, NULL)) >= 0) {
                OptionId id = option_of_value(value);

                if (id == _OPTION_MAX)
                        return -EINVAL;
                options.given |= OPTION_BIT(id);
                options.arguments[id] = optarg;
                if (option_table[id].repeated && add_repeated(&options, id, optarg) < 0)
                        return -EINVAL;
        }

        *ret = options;
        return optind;
}

const char *options_first_unwanted(const Options *options, unsigned taken) {
        for (OptionId id = 0; id < _OPTION_MAX; id++)
                if (options_have(options, id) && !(taken & OPTION_BIT(id)))
                        return option_table[id].name;

        return NULL;
}

void options_print_help(void) {
        for (OptionId id = 0; id < _OPTION_MAX; id++) {
                const OptionInfo *info = &option_table[id];
                char text[64];

                (void)snprintf(text, sizeof(text), "--%s%s%s", info->name,
                               info->argument ? " " : "", info->argument ?: "");
                printf("  %c%c%c %-16s  %s\n", info->letter ? '-' : ' ', info->letter ?: ' ',
                       info->letter ? ',' : ' ', text, info->help);
        }
}
