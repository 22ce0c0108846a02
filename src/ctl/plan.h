#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What plan shows, gathered once for both of its forms.
 */
#include "ctl/forecast.h"
#include "ctl/options.h"
#include "rules/kernel-words.h"

/* What has to be known to read the plan right. */
typedef struct PlanNote {
        bool warning; /* it may well come otherwise */
        char *text;
} PlanNote;

#define PLAN_NOTES_MAX 16

typedef struct Plan {
        View view;
        ForecastFacts facts;
        RangeSet *cpu_nodes;
        BlockTable *table;
        Setting missing; /* of mode "kernel"; _SETTING_INVALID: none is */
        ZoneRule rule;   /* _ZONE_RULE_INVALID: the kernel doesn't tell anything */
        size_t n_additions;
        Addition additions[OPTIONS_REPEATED_MAX];
        size_t n_stages;
        Stage *stages;
        size_t n_notes;
        PlanNote notes[PLAN_NOTES_MAX];
} Plan;

/* Adds the notes to a plan that is made. 0 or -ENOMEM. */
int plan_add_notes(Plan *plan);

/* Why a block isn't touched, or isn't what its rule asked for first: in words. The caller's; NULL: no memory. */
char *plan_explain(const Plan *plan, const Fate *fate);

/* As text; 0 or -ENOMEM. */
int plan_print(const Plan *plan);

void plan_print_json(const Plan *plan);
