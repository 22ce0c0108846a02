/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The method Online(), once it is allowed. What becomes of the blocks is told one by one, in records,
 * which cost no memory here; the answer is made when all of them are settled, and nothing else is to
 * be done. A block that two calls ask for is asked for once, and both get its record.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "bus/errors.h"
#include "bus/server-internal.h"

/* So many calls at once; more of them than that are a mistake in a loop. */
#define ASKED_MAX 64

/* The place of a block among those of a call, or -1. */
static ssize_t find_block(const Request *request, BlockIndex block) {
        size_t low = 0, high = request->n_blocks;

        while (low < high) {
                size_t middle = low + (high - low) / 2;

                if (request->blocks[middle] == block)
                        return (ssize_t)middle;
                if (request->blocks[middle] < block)
                        low = middle + 1;
                else
                        high = middle;
        }
        return -1;
}

/* What it came to for this one: it may have been asked for first in another zone. */
static Outcome outcome_for(const Request *request, const Record *record) {
        bool is_online = record->outcome == OUTCOME_DONE || record->outcome == OUTCOME_ALREADY;
        bool is_wanted = request->online == _ONLINE_INVALID || record->zone == _ZONE_KIND_INVALID ||
                         online_wants(request->online, record->zone);

        if (record->kind == RECORD_LEFT)
                return OUTCOME_REFUSED;
        if (record->kind == RECORD_RELEASED)
                return OUTCOME_CANCELLED;

        return is_online && !is_wanted ? OUTCOME_WRONG_ZONE : record->outcome;
}

static void note(Request *request, const Record *record) {
        ssize_t i = find_block(request, record->block);

        if (i < 0 || request->answers[i].is_there)
                return;

        request->answers[i] = (Answer){
                .is_there = true,
                .left = record->kind == RECORD_LEFT,
                .outcome = outcome_for(request, record),
                .zone = record->zone,
                .error = record->error,
        };
        if (++request->n_answers == request->n_blocks) {
                request->server->n_complete++;
                signals_wake(request->server);
        }
}

void online_note(BusServer *server, const Record *record) {
        if (!record->asked || server->n_asked == 0)
                return;

        for (Request *request = server->requests; request; request = request->next)
                if (request->answers)
                        note(request, record);
}

/* Answers */

static bool came_online(const Answer *answer) {
        return answer->outcome == OUTCOME_DONE || answer->outcome == OUTCOME_ALREADY;
}

/* The first block that failed, if all did, or -1. */
static ssize_t find_failure(const Request *request) {
        for (size_t i = 0; i < request->n_blocks; i++)
                if (came_online(&request->answers[i]))
                        return -1;
        return 0;
}

static void fail(Request *request, const Answer *answer, BlockIndex block) {
        const char *word =
                answer->left ? "its rule leaves it offline" : outcome_to_string(answer->outcome);
        char others[64] = "";

        if (request->n_blocks > 1)
                (void)snprintf(others, sizeof(others), ", and none of the %zu others came online",
                               request->n_blocks - 1);
        request_fail(request, bus_error_to_string(answer->outcome), "memory%" PRIu64 ": %s%s%s%s.",
                     block, word, answer->error < 0 ? ": " : "",
                     answer->error < 0 ? strerror(-answer->error) : "", others);
}

static int make_reply(const Request *request, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_message_new_method_return(request->call, &reply);
        if (r >= 0)
                r = sd_bus_message_open_container(reply, 'a', "(tssi)");
        for (size_t i = 0; i < request->n_blocks && r >= 0; i++) {
                const Answer *answer = &request->answers[i];

                r = sd_bus_message_append(reply, "(tssi)", request->blocks[i],
                                          answer->left ? record_kind_to_string(RECORD_LEFT)
                                                       : outcome_to_string(answer->outcome),
                                          zone_kind_to_string(answer->zone) ?: "", -answer->error);
        }
        if (r >= 0)
                r = sd_bus_message_close_container(reply);
        if (r >= 0)
                *ret = TAKE_PTR(reply);
        return r;
}

static void answer(Request *request) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *reply = NULL;
        ssize_t failure = find_failure(request);
        int r;

        if (failure >= 0) {
                fail(request, &request->answers[failure], request->blocks[failure]);
                return;
        }

        r = request->call ? make_reply(request, &reply) : 0;
        if (r < 0)
                request_fail(request, BUS_ERROR_FAILED, "Failed to answer: %s", strerror(-r));
        else
                request_done(request, reply);
}

void online_answer(BusServer *server) {
        if (server->n_complete == 0)
                return;

        server->n_complete = 0;
        for (Request *request = server->requests, *next; request; request = next) {
                next = request->next;
                if (request->answers && request->n_answers == request->n_blocks)
                        answer(request);
        }
}

/* Asking */

/* Whether another call waits for that block. */
static bool is_asked_by_others(const Request *request, BlockIndex block) {
        for (const Request *other = request->server->requests; other; other = other->next) {
                ssize_t i = other != request && other->answers ? find_block(other, block) : -1;

                if (i >= 0 && !other->answers[i].is_there)
                        return true;
        }
        return false;
}

/* Those blocks that nobody waits for yet. The caller's; NULL: no memory. */
static BlockIndex *find_new(const Request *request, size_t *ret_n) {
        BlockIndex *blocks = reallocarray(NULL, request->n_blocks, sizeof(BlockIndex));
        size_t n = 0;

        for (size_t i = 0; blocks && i < request->n_blocks; i++)
                if (!is_asked_by_others(request, request->blocks[i]))
                        blocks[n++] = request->blocks[i];
        *ret_n = n;
        return blocks;
}

static void refuse(Request *request, int error) {
        if (error == -EROFS)
                request_fail(request, bus_error_to_string(OUTCOME_REFUSED),
                             "In mode \"observe\" nothing is put online.");
        else if (error == -EBUSY)
                request_fail(request, bus_error_to_string(OUTCOME_BUSY),
                             "It is held: see the property " BUS_PROPERTY_HOLDS ".");
        else if (error == -ESHUTDOWN)
                request_fail(request, bus_error_to_string(OUTCOME_CANCELLED),
                             "memplugd is ending.");
        else
                request_fail(request, BUS_ERROR_FAILED, "Failed to put memory online: %s",
                             strerror(-error));
}

void online_run(Request *request) {
        BusServer *server = request->server;
        _cleanup_free_ BlockIndex *new = NULL;
        size_t n_new;
        int r;

        if (server->n_asked >= ASKED_MAX) {
                request_fail(request, BUS_ERROR_LIMITS, "%d such calls are under way already.",
                             ASKED_MAX);
                return;
        }

        new = find_new(request, &n_new);
        request->answers = calloc(request->n_blocks, sizeof(Answer));
        if (request->answers)
                server->n_asked++;
        if (!new || !request->answers)
                r = -ENOMEM;
        else
                r = n_new > 0 ? server->ops->ask(server->userdata, new, n_new, request->online) : 0;
        if (r < 0)
                refuse(request, r);
}
