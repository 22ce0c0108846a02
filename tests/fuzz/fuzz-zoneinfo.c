/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * /proc/zoneinfo, and a history's lines: what is read can be counted with, and is told as it stands.
 */
#undef NDEBUG
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <syslog.h>

#include "base/macro.h"
#include "fuzz.h"
#include "model/history.h"
#include "rules/budget.h"

#define BLOCK_SIZE (UINT64_C(128) << 20)

/* Whatever the zones say, counting comes to an end, and to an answer. */
static void count(const Zoneinfo *zoneinfo) {
        _cleanup_(policy_unrefp) Policy *policy = policy_new_default();
        _cleanup_(budget_done) Budget budget = {};
        BudgetReason reason;
        char text[BUDGET_REASON_TEXT_MAX];

        assert(policy);
        budget_init(&budget, 4096, BLOCK_SIZE);
        assert(budget_set_zones(&budget, zoneinfo) == 0);
        reason = budget_state(&budget, policy);
        assert(reason.cause > BUDGET_NOT_ASKED && reason.cause < _BUDGET_CAUSE_MAX);
        assert(strlen(budget_reason_format(&reason, text)) < sizeof(text));
}

static void read_zoneinfo(const char *text) {
        _cleanup_(zoneinfo_done) Zoneinfo zoneinfo = {};
        int r = zoneinfo_parse(text, &zoneinfo);

        assert(r == 0 || r == -EBADMSG);
        if (r < 0)
                return;

        assert(zoneinfo.n_zones > 0);
        for (size_t i = 0; i < zoneinfo.n_zones; i++)
                assert(zoneinfo.zones[i].node >= 0 && zoneinfo.zones[i].zone >= 0);
        count(&zoneinfo);
}

/* What is read of a line is written as such a line again. */
static void read_history(char *text) {
        char line[HISTORY_LINE_MAX];
        HistoryEntry entry;
        int n;

        text[strcspn(text, "\n")] = 0;
        if (history_parse(text, &entry) < 0)
                return;

        assert(entry.level >= LOG_EMERG && entry.level <= LOG_DEBUG);
        n = history_format(&entry, line);
        assert(n > 0 && n < HISTORY_LINE_MAX && strchr(line, '\n') == line + n - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = fuzz_text(data, size);

        read_zoneinfo(text);
        read_history(text);
        return 0;
}
