/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a plan has to be read with, and why blocks aren't touched.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "ctl/format.h"
#include "ctl/legend.h"
#include "ctl/plan.h"

/* 0 or -ENOMEM. */
_printf_(3, 4) static int add_note(Plan *plan, bool warning, const char *format, ...) {
        _cleanup_free_ char *text = NULL;
        va_list list;
        int n;

        if (plan->n_notes == PLAN_NOTES_MAX)
                return 0;

        va_start(list, format);
        n = vasprintf(&text, format, list);
        va_end(list);
        if (n < 0) {
                text = NULL;
                return -ENOMEM;
        }

        plan->notes[plan->n_notes].warning = warning;
        plan->notes[plan->n_notes].text = format_printable(text);
        return plan->notes[plan->n_notes++].text ? 0 : -ENOMEM;
}

/* Whether the kernel puts new memory online before anybody else can. */
static bool is_kernel_first(const View *view) {
        return view->auto_online[0] && strcmp(view->auto_online, "offline") != 0;
}

static int add_mode_kernel(Plan *plan) {
        const Policy *policy = plan->view.policy;
        KernelWords words = policy_in_kernel_words(policy);
        char text[SETTING_TEXT_MAX];
        const char *wanted = kernel_words_setting(&words, policy, SETTING_AUTO_ONLINE_BLOCKS, text);
        int r;

        r = add_note(plan, false,
                     "Mode %s: what is plugged is put online by the kernel itself. memplugd writes "
                     "only what is offline when it starts.",
                     mode_to_string(policy->mode));
        if (r < 0 || !wanted || strcmp(wanted, plan->view.auto_online) == 0)
                return r;

        return add_note(plan, true,
                        "auto_online_blocks is \"%s\" now, and not \"%s\" as in this mode: that is "
                        "set when memplugd starts.",
                        plan->view.auto_online, wanted);
}

static int add_mode(Plan *plan) {
        const View *view = &plan->view;
        int r = 0;

        if (plan->facts.mode == MODE_KERNEL)
                return add_mode_kernel(plan);

        if (plan->missing >= 0)
                r = add_note(plan, true,
                             "Mode %s can't be had, since this kernel has no %s: this is what "
                             "comes of mode uevent.",
                             mode_to_string(view->policy->mode), setting_to_string(plan->missing));
        if (plan->facts.mode == MODE_OBSERVE)
                r = add_note(plan, false,
                             "Mode observe: memplugd writes nothing. This is what it would do in "
                             "mode uevent.");
        if (r < 0 || !is_kernel_first(view))
                return r;

        return add_note(
                plan, true,
                "The kernel puts new memory online itself (auto_online_blocks is \"%s\"%s): "
                "as long as that is so, it is faster, and none of it goes where this plan "
                "says.",
                view->auto_online,
                view->taken_over[0]       ? ", though memplugd had taken it over"
                : view->policy->take_over ? ", and isn't taken over by memplugd now"
                                          : ", and take_over is false");
}

static int add_zone_rule(Plan *plan) {
        switch (plan->rule) {
        case ZONE_RULE_BOUNDARY:
                return add_note(plan, false,
                                "Of each node, this kernel lets only the highest blocks be "
                                "movable, one below the other (rule \"boundary\").");
        case ZONE_RULE_NO_OVERLAP:
                return add_note(plan, false,
                                "On each node, this kernel lets no block be movable below one that "
                                "is or was in a kernel zone (rule \"no-overlap\").");
        case ZONE_RULE_FREE:
                return 0;
        default:
                return add_note(
                        plan, true,
                        "This kernel doesn't tell in which zones a block may be: whether it "
                        "takes them so shows when they are written to.");
        }
}

/* Whether one of the fates' rules looks at addresses or numbers of blocks. */
static const Rule *find_rule_by_place(const Fates *fates) {
        for (size_t i = 0; i < fates->n; i++) {
                const Rule *rule = fates->fates[i].verdict.rule;

                if (rule && (rule->match.addresses || rule->match.blocks))
                        return rule;
        }
        return NULL;
}

static int add_places(Plan *plan) {
        const Rule *rule = NULL;
        bool steps = false;
        int r;

        if (plan->n_additions == 0)
                return 0;

        for (size_t i = 1; i < plan->n_stages && !rule; i++)
                rule = find_rule_by_place(&plan->stages[i].writes)
                               ?: find_rule_by_place(&plan->stages[i].left);
        for (size_t i = 0; i < plan->n_additions; i++)
                steps = steps || plan->additions[i].source == SOURCE_VIRTIO_MEM;

        r = add_note(plan, false,
                     "Where memory will be plugged is the platform's choice: the numbers of blocks "
                     "are assumed to follow those that are there.");
        if (r == 0 && rule)
                r = add_note(plan, true,
                             "Rule '%s' goes by these numbers: plugged elsewhere, memory may fall "
                             "under another rule.",
                             rule->name);
        if (r == 0 && steps)
                r = add_note(plan, false,
                             "virtio-mem grows in steps: the order holds within each of them.");
        return r;
}

static int add_map(Plan *plan, const Stage *stage) {
        char map[FORMAT_TEXT_MAX], free[FORMAT_TEXT_MAX];

        if (!stage->addition || !stage->map.free_known || stage->map.fits)
                return 0;

        return add_note(plan, true,
                        "The memory map of %s takes %s, and only %s are free in kernel zones that "
                        "are online then: unless the kernel can make room, it can't be plugged.",
                        stage->addition->text, format_size(stage->map.bytes, map),
                        format_size(stage->map.free, free));
}

static bool has_moves(const Plan *plan) {
        const Fates *writes = &plan->stages[0].writes;

        for (size_t i = 0; i < writes->n; i++)
                if (writes->fates[i].moved)
                        return true;

        return false;
}

static bool has_untold(const Plan *plan) {
        for (size_t i = 0; i < plan->n_stages; i++)
                for (size_t k = 0; k < plan->stages[i].writes.n; k++)
                        if (plan->stages[i].writes.fates[k].online == ONLINE_DEFAULT)
                                return plan->facts.untold_zones;

        return false;
}

int plan_add_notes(Plan *plan) {
        int r;

        r = add_mode(plan);
        if (r == 0 && plan->view.snapshot.sources_hidden)
                r = add_note(plan, true,
                             LEGEND_SOURCES_HIDDEN
                             " So rules that ask for a source, and the budget, "
                             "may come to something else.");
        if (r == 0)
                r = add_zone_rule(plan);
        if (r == 0 && has_untold(plan))
                r = add_note(plan, false,
                             "The zone of a plain \"online\" is chosen by the kernel's own policy, "
                             "auto-movable, and isn't told here.");
        if (r == 0 && has_moves(plan))
                r = add_note(plan, false,
                             "What a block holds has to go elsewhere before it can be moved: "
                             "whether the kernel can do that shows when it is tried.");
        if (r == 0)
                r = add_places(plan);
        for (size_t i = 0; r == 0 && i < plan->n_stages; i++)
                r = add_map(plan, &plan->stages[i]);
        return r;
}

/* Why not */

static char *explain_zone(const Fate *fate) {
        char text[REFUSAL_TEXT_MAX], *copy = NULL;

        if (fate->has_refusal)
                return strdup(refusal_format(&fate->refusal, fate->verdict.node, text));

        return asprintf(&copy, "the kernel doesn't take it as \"%s\"",
                        online_to_string(fate->verdict.online)) < 0
                       ? NULL
                       : copy;
}

static char *explain_leave(const Plan *plan, const Fate *fate) {
        if (fate->verdict.rule->online == ONLINE_KERNEL_POLICY)
                return strdup("it is left to the kernel's own setting, which leaves it offline");

        return strdup("the rule says \"leave\"");
}

char *plan_explain(const Plan *plan, const Fate *fate) {
        static const char *const texts[_HINDRANCE_MAX] = {
                [HINDRANCE_KERNEL_SETTING] =
                        "it is left to the kernel's own setting, which left it offline",
                [HINDRANCE_RELEASED] = "somebody took it offline: it is left alone until it is "
                                       "plugged anew",
                [HINDRANCE_GOING_OFFLINE] = "somebody is taking it offline",
                [HINDRANCE_UNLINKED] = "it isn't linked to its node yet",
                [HINDRANCE_UNIT] = "a part of its device isn't movable, so that can't be pulled "
                                   "anyway",
                [HINDRANCE_NOT_REZONED] = "it is online, and the rule has no \"rezone\"",
                [HINDRANCE_KNOWN] = "it is online, and memplugd knows it from before",
                [HINDRANCE_MOVE_MEMORY] =
                        "it isn't moved, for too little memory is free for what it may hold",
                [HINDRANCE_MOVE_BUDGET] = "it isn't moved, for there would be more movable memory "
                                          "than movable_ratio allows",
                [HINDRANCE_ONLY_AT_HAND] = "the kernel doesn't take it so, and in this mode nobody "
                                           "else tries",
        };

        if (fate->hindrance == HINDRANCE_ZONE)
                return explain_zone(fate);
        if (fate->hindrance == HINDRANCE_RULE)
                return explain_leave(plan, fate);

        return strdup(texts[fate->hindrance] ?: "");
}
