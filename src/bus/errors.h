#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The one table from outcomes to D-Bus errors.
 */
#include "model/outcome.h"

/*
 * "org.memplug1.Error.Refused", …. bus_error_to_string() answers NULL for the outcomes that are none:
 * done and already. bus_error_from_string() answers _OUTCOME_INVALID for any other error.
 */
DECLARE_STRING_TABLE(bus_error, Outcome);
