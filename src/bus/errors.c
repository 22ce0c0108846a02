/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bus/errors.h"

#include "bus/names.h"

static const char *const bus_error_table[] = {
        [OUTCOME_WRONG_ZONE] = BUS_ERROR_PREFIX "WrongZone",
        [OUTCOME_REFUSED] = BUS_ERROR_PREFIX "Refused",
        [OUTCOME_BUSY] = BUS_ERROR_PREFIX "Busy",
        [OUTCOME_NO_MEMORY] = BUS_ERROR_PREFIX "NoMemory",
        [OUTCOME_VETOED] = BUS_ERROR_PREFIX "Vetoed",
        [OUTCOME_POISONED] = BUS_ERROR_PREFIX "Poisoned",
        [OUTCOME_GONE] = BUS_ERROR_PREFIX "Gone",
        [OUTCOME_CANCELLED] = BUS_ERROR_PREFIX "Cancelled",
};
DEFINE_STRING_TABLE(bus_error, Outcome);
