/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * explore [WORD [STATES]]: runs memplugd's planner and actuator through all interleavings of small
 * worlds, under each of the three zone rules, and judges each write, each outcome and each end. Prints
 * how many states it visited; at the first violation the way that led there. With a number, a world is
 * left when so many of its states were visited: the sanitizers would take hours for all of them.
 *
 * Each way is run from the beginning, by a list of choices; the last choice that has another one
 * left is then changed. A state that was visited before isn't gone on from.
 */
#undef NDEBUG
#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "world.h"

#define DEPTH_MAX 400

/*
 * Ways are left by longjmp(), out of the middle of a decision, and what that holds isn't freed: so the
 * sanitizers are not to look for leaks, whatever their options say.
 */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void) {
        return 1;
}

static const Scenario scenarios[] = {
        { .name = "one DIMM, two others' writes and a kill",
          .dimms = { { 8, 10, 1 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_LEAVE },
          .n_agent = 2,
          .n_kills = 1,
          .socket = true },
        { .name = "one DIMM, refusals and lost events",
          .dimms = { { 8, 11, 1 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_KERNEL },
          .n_refusals = 2,
          .n_kills = 1,
          .socket = true,
          .n_losses = 1 },
        { .name = "one DIMM, lower part for the kernel, two others' writes",
          .dimms = { { 8, 11, 0 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_LEAVE },
          .kernel_below = 10,
          .n_agent = 2,
          .n_kills = 1,
          .socket = true },
        { .name = "two DIMMs of one node, a kill and a refusal",
          .dimms = { { 8, 10, 0 }, { 11, 13, 0 } },
          .online = { ONLINE_MOVABLE, ONLINE_MOVABLE },
          .or_else = { ONLINE_KERNEL, ONLINE_LEAVE },
          .n_refusals = 1,
          .n_kills = 1,
          .socket = true },
        { .name = "two DIMMs of two nodes, one other's write",
          .dimms = { { 8, 10, 0 }, { 11, 13, 1 } },
          .online = { ONLINE_MOVABLE, ONLINE_DEFAULT },
          .or_else = { ONLINE_LEAVE, ONLINE_LEAVE },
          .n_agent = 1 },
        { .name = "a DIMM pulled and plugged anew, one other's write and a kill",
          .dimms = { { 8, 9, 1 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_LEAVE },
          .n_agent = 1,
          .n_kills = 1,
          .socket = true,
          .n_losses = 1,
          .n_unplugs = 1 },
        { .name = "one DIMM that is moved, two others' writes and a kill",
          .dimms = { { 8, 10, 1 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_LEAVE },
          .rezone = true,
          .n_agent = 2,
          .n_kills = 1,
          .socket = true },
        { .name = "one DIMM that is moved, another's write, refusals and lost events",
          .dimms = { { 8, 9, 1 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_LEAVE },
          .rezone = true,
          .n_agent = 1,
          .n_refusals = 2,
          .n_kills = 1,
          .socket = true,
          .n_losses = 1 },
        { .name = "one DIMM that can't be unplugged, another's write and a kill",
          .dimms = { { 8, 10, 1 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_LEAVE },
          .n_agent = 1,
          .n_kills = 1,
          .socket = true,
          .n_failed_unplugs = 1 },
        { .name = "one DIMM, a request by hand, another's write and a kill",
          .dimms = { { 8, 9, 1 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_LEAVE },
          .n_agent = 1,
          .n_kills = 1,
          .n_asks = 1 },
        { .name = "one DIMM, lower part for the kernel, two requests",
          .dimms = { { 8, 9, 0 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_LEAVE },
          .kernel_below = 9,
          .n_losses = 1,
          .n_asks = 2 },
        { .name = "a DIMM that no rule wants, pulled, a request and a hold",
          .dimms = { { 8, 9, 1 } },
          .online = { ONLINE_LEAVE },
          .or_else = { ONLINE_LEAVE },
          .n_unplugs = 1,
          .n_asks = 1,
          .n_holds = 1 },
        { .name = "one DIMM that is moved, a request, a hold, another's write",
          .dimms = { { 8, 9, 1 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_LEAVE },
          .rezone = true,
          .n_agent = 1,
          .n_refusals = 1,
          .n_asks = 1,
          .n_holds = 1 },
        { .name = "one DIMM, a hold, two others' writes, lost events and a kill",
          .dimms = { { 8, 9, 1 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_KERNEL },
          .n_agent = 2,
          .n_kills = 1,
          .n_losses = 1,
          .n_holds = 1 },
        { .name = "one DIMM that can't be unplugged, two holds",
          .dimms = { { 8, 10, 1 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_LEAVE },
          .n_failed_unplugs = 1,
          .n_holds = 2 },
        { .name = "a task takes a DIMM offline, another's write, a kill",
          .dimms = { { 8, 9, 1 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_LEAVE },
          .n_agent = 1,
          .n_kills = 1,
          .socket = true,
          .n_tasks = 1,
          .task = { .kind = TASK_OFFLINE, .timeout = 150000 },
          .n_cancels = 1 },
        { .name = "a task takes a DIMM offline, refusals and a hang",
          .dimms = { { 8, 9, 1 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_LEAVE },
          .n_agent = 1,
          .n_refusals = 1,
          .n_tasks = 1,
          .task = { .kind = TASK_OFFLINE, .timeout = 150000 },
          .n_hangs = 1 },
        { .name = "a task moves a DIMM, another's write, a kill",
          .dimms = { { 8, 9, 1 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_LEAVE },
          .n_agent = 1,
          .n_kills = 1,
          .socket = true,
          .n_tasks = 1,
          .task = { .kind = TASK_REZONE, .zone = ZONE_KIND_KERNEL, .timeout = 150000 },
          .n_cancels = 1 },
        { .name = "a task takes offline what goes, lost events, a hold",
          .dimms = { { 8, 9, 1 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_LEAVE },
          .n_losses = 1,
          .n_holds = 1,
          .n_tasks = 1,
          .task = { .kind = TASK_OFFLINE, .timeout = 150000, .keep_partial = true },
          .n_cancels = 1 },
        { .name = "a task takes a DIMM offline, lost events, it is pulled",
          .dimms = { { 8, 9, 1 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_LEAVE },
          .n_losses = 1,
          .n_unplugs = 1,
          .n_tasks = 1,
          .task = { .kind = TASK_OFFLINE, .timeout = 150000 } },
        { .name = "a task moves a DIMM that a rule moves, too",
          .dimms = { { 8, 9, 1 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_LEAVE },
          .rezone = true,
          .n_agent = 2,
          .n_tasks = 1,
          .task = { .kind = TASK_REZONE, .zone = ZONE_KIND_KERNEL, .timeout = 150000 } },
        { .name = "a task moves a DIMM, refusals, a kill",
          .dimms = { { 8, 9, 1 } },
          .online = { ONLINE_KERNEL },
          .or_else = { ONLINE_LEAVE },
          .n_refusals = 2,
          .n_kills = 1,
          .n_tasks = 1,
          .task = { .kind = TASK_REZONE, .zone = ZONE_KIND_MOVABLE, .timeout = 150000 } },
        { .name = "a task takes a DIMM offline, it can't be unplugged",
          .dimms = { { 8, 10, 1 } },
          .online = { ONLINE_MOVABLE },
          .or_else = { ONLINE_LEAVE },
          .n_failed_unplugs = 1,
          .n_tasks = 1,
          .task = { .kind = TASK_OFFLINE, .timeout = 150000 },
          .n_cancels = 1 },
        { .name = "a DIMM that no rule wants",
          .dimms = { { 8, 9, 1 } },
          .online = { ONLINE_LEAVE },
          .or_else = { ONLINE_LEAVE },
          .n_agent = 2,
          .n_kills = 1,
          .socket = true,
          .n_unplugs = 1 },
};

typedef struct Step {
        uint64_t hash; /* of the world before it */
        unsigned chosen, n;
        Transition transition; /* that was chosen */
} Step;

/* The way that is being run; the first 'n_given' choices are given. */
static Step way[DEPTH_MAX];
static unsigned n_given, depth;
static jmp_buf way_ended;

/* States visited: an open hash table. 0 stands for an empty place. */
static uint64_t *visited;
static size_t n_visited, n_places;
static uint64_t n_ways, n_transitions;

static bool add_to(uint64_t *places, size_t n, uint64_t hash) {
        size_t i = hash & (n - 1);

        while (places[i] != 0 && places[i] != hash)
                i = (i + 1) & (n - 1);
        if (places[i] == hash)
                return false;

        places[i] = hash;
        return true;
}

static bool visit(uint64_t hash) {
        hash += hash == 0;
        if (2 * n_visited >= n_places) {
                size_t n = n_places ? n_places * 2 : 1 << 16;
                uint64_t *places = calloc(n, sizeof(uint64_t));

                assert(places);
                for (size_t i = 0; i < n_places; i++)
                        if (visited[i] != 0)
                                (void)add_to(places, n, visited[i]);
                free(visited);
                visited = places;
                n_places = n;
        }

        if (!add_to(visited, n_places, hash))
                return false;
        n_visited++;
        return true;
}

static const char *describe(const Transition *transition, char text[64]) {
        static const char *const names[] = {
                [DO_END] = "end",
                [DO_UEVENTS] = "memplugd reads events",
                [DO_JOB] = "its worker works",
                [DO_REPORT] = "it hears of its worker",
                [DO_TIMER] = "its timer ends",
                [DO_START] = "memplugd starts",
                [DO_KILL] = "memplugd is killed",
                [DO_PLUG] = "plug DIMM",
                [DO_PLUG_STEP] = "… goes on, DIMM",
                [DO_UNPLUG] = "unplug DIMM",
                [DO_FAIL_UNPLUG] = "fail to unplug DIMM",
                [DO_AGENT] = "somebody else writes",
                [DO_ASK] = "an administrator asks for",
                [DO_HOLD] = "an administrator holds it",
                [DO_LET_GO] = "the hold ends",
                [DO_TASK] = "an administrator begins a task",
                [DO_CANCEL] = "an administrator cancels it",
                [DO_TASK_TIMER] = "a task's timer ends",
                [DO_REFUSE] = "the next write is refused",
                [DO_LOSE] = "events are lost",
                [DO_NOTHING] = "its worker goes on",
        };

        (void)snprintf(text, 64, "%s %u %s", names[transition->what], (unsigned)transition->block,
                       transition->what == DO_AGENT || transition->what == DO_ASK
                               ? state_word_to_string(transition->word)
                               : "");
        return text;
}

void violation(const World *world, const char *format, ...) {
        va_list ap;

        printf("VIOLATION in '%s': ", world->scenario->name);
        va_start(ap, format);
        vprintf(format, ap);
        va_end(ap);
        printf("\nThe way there:\n");
        for (unsigned i = 0; i < depth; i++) {
                char text[64];

                printf("  %s\n", describe(&way[i].transition, text));
        }
        (void)fflush(stdout);
        _exit(EXIT_FAILURE);
}

/* What memplugd does by itself, without that time passes or anybody else acts. */
static bool is_its_own(What what) {
        return what == DO_UEVENTS || what == DO_JOB || what == DO_REPORT || what == DO_NOTHING;
}

/* A way that comes back to where it was, by memplugd's own doing alone, has no end. */
static void check_for_circle(const World *world, uint64_t hash) {
        for (unsigned i = depth; i > 0 && is_its_own(way[i - 1].transition.what); i--)
                if (way[i - 1].hash == hash)
                        violation(world, "it goes in a circle of %u steps", depth - i + 1);
}

/* Makes the next choice. Doesn't return if there is nothing new to find. */
static const Transition *choose(World *world, Inside inside) {
        Transition choices[TRANSITIONS_MAX];
        Step *step = &way[depth];

        if (depth == DEPTH_MAX)
                violation(world, "it doesn't end");

        step->n = world_transitions(world, inside, choices);
        if (depth >= n_given) {
                uint64_t hash = world_hash(world) + (uint64_t)inside;

                if (step->n == 0)
                        violation(world, "nothing can go on");
                step->hash = hash;
                if (!visit(hash)) {
                        check_for_circle(world, hash);
                        step->n = 0;
                        longjmp(way_ended, 1);
                }
                step->chosen = 0;
        }

        step->transition = choices[step->chosen];
        depth++;
        n_transitions++;
        return &step->transition;
}

void world_pause(World *world, Inside inside) {
        for (;;) {
                const Transition *transition = choose(world, inside);
                bool killed = transition->what == DO_KILL;

                if (transition->what == DO_NOTHING)
                        return;
                world_do(world, transition);
                if (killed)
                        longjmp(*world->killed, 1);
        }
}

/* Runs until all is quiet, or there is nothing new to find. */
static void run_way(World *world) {
        jmp_buf killed;

        world->killed = &killed;
        (void)setjmp(killed);
        for (;;) {
                const Transition *transition;

                world->readings = 0;
                transition = choose(world, INSIDE_NOTHING);

                if (transition->what == DO_END) {
                        judge_end(world);
                        return;
                }
                world_do(world, transition);
        }
}

/* Changes the last choice that has another one left. False: there is none. */
static bool next_way(void) {
        while (depth > 0) {
                Step *step = &way[depth - 1];

                if (step->chosen + 1 < step->n) {
                        step->chosen++;
                        n_given = depth;
                        return true;
                }
                depth--;
        }
        return false;
}

static void explore(ZoneRule rule, const Scenario *scenario, size_t n_states_max) {
        size_t before = n_visited;
        uint64_t ways_before = n_ways;

        n_given = 0;
        memset(visited, 0, n_places * sizeof(uint64_t));
        n_visited = 0;
        do {
                World *world = world_new(rule, scenario);

                depth = 0;
                n_ways++;
                if (setjmp(way_ended) == 0)
                        run_way(world);
                world_free(world);
        } while (n_visited < n_states_max && next_way());

        printf("%-10s %-62s %8zu states, %8" PRIu64 " ways\n", zone_rule_to_string(rule),
               scenario->name, n_visited, n_ways - ways_before);
        (void)fflush(stdout);
        n_visited += before;
}

/* By a word of its name, or for "1" and "2", which of two halves it is in. */
static bool is_wanted(size_t i, const char *word) {
        if (strcmp(word, "1") == 0 || strcmp(word, "2") == 0)
                return i % 2 == (word[0] == '2');

        return strstr(scenarios[i].name, word);
}

int main(int argc, char *argv[]) {
        const char *word = argc > 1 ? argv[1] : "";
        size_t n_states = 0, n_states_max = argc > 2 ? strtoul(argv[2], NULL, 10) : SIZE_MAX;

        (void)log_set_level(LOG_EMERG);
        (void)visit(1);
        n_visited = 0;
        for (size_t i = 0; i < ELEMENTSOF(scenarios); i++)
                for (ZoneRule rule = 0; rule < _ZONE_RULE_MAX; rule++)
                        if (is_wanted(i, word))
                                explore(rule, &scenarios[i], n_states_max);

        n_states = n_visited;
        printf("%zu states visited, %" PRIu64 " transitions on %" PRIu64 " ways, no violation\n",
               n_states, n_transitions, n_ways);
        free(visited);
        return n_states > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
