#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What forecast.c, which goes from stage to stage, and forecast-blocks.c, which has what becomes of each
 * block, share.
 */
#include "actuate/work.h"
#include "ctl/forecast.h"

typedef struct Forecast {
        const Policy *policy;
        const ForecastFacts *facts;
        Snapshot *snapshot;
        World world;
        Budget budget;
        bool has_budget;
        VerdictFacts verdict_facts;
        Work work;
        const Rule **broken;  /* of each device: see verdict_find_broken_units() */
        uint32_t auto_device; /* the device that "auto" judged last, and why so */
        BudgetReason auto_reason;
        Stage *stage; /* the one that is being made */
        int error;    /* of what couldn't be written down */
} Forecast;

/* Asks the rules about a block, as src/daemon/decide.c and facts.c do; what is to be done joins the work. */
void forecast_decide(Forecast *forecast, const Block *block);

/* Carries out the work, as src/daemon/rounds.c does, and writes down what it comes to. */
void forecast_carry_out(Forecast *forecast);

/* In mode "kernel": upwards, as it adds them, in the zone that the rules say in its own words. */
void forecast_let_kernel(Forecast *forecast, const Block *block);

/* Has the budget count what the zones have by now. 0 or -ENOMEM. */
int forecast_count_zones(Forecast *forecast);

static inline void forecast_note_error(Forecast *forecast, int r) {
        if (r < 0)
                forecast->error = r;
}
