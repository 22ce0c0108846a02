#pragma once
/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The daemon's signals, read into a line for people or into a line of JSON.
 */
#include <systemd/sd-bus.h>

#include "ctl/json.h"
#include "ctl/monitor-lines.h"

/*
 * Reads a signal. The line is the caller's. 0; a negative errno: it isn't one of the four, or isn't
 * as they are.
 */
int monitor_event_to_line(sd_bus_message *message, uint64_t now, MonitorLine *ret);
int monitor_event_to_json(sd_bus_message *message, uint64_t now, json_object **ret);
