/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "daemon/message.h"

static const char *id_of_outcome(Outcome outcome) {
        switch (outcome) {
        case OUTCOME_WRONG_ZONE:
                return MESSAGE_WRONG_ZONE;
        case OUTCOME_REFUSED:
        case OUTCOME_BUSY:
        case OUTCOME_NO_MEMORY:
        case OUTCOME_VETOED:
        case OUTCOME_POISONED:
                return MESSAGE_STAYS_OFFLINE;
        default:
                return NULL;
        }
}

LogMessage message_of_block(BlockIndex block, Outcome outcome, const Rule *rule,
                            char number[MESSAGE_NUMBER_MAX]) {
        (void)text_put_number(number, block);
        return (LogMessage){
                .id = id_of_outcome(outcome),
                .fields = { { FIELD_BLOCK, number },
                            { FIELD_OUTCOME, outcome_to_string(outcome) },
                            { rule ? FIELD_RULE : NULL, rule ? rule->name : NULL } },
        };
}

LogMessage message_of_setting(const char *id, const char *setting, const char *value) {
        return (LogMessage){
                .id = id,
                .fields = { { FIELD_SETTING, setting }, { FIELD_VALUE, value } },
        };
}
