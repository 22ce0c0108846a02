/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * memplugctl reload: has memplugd read its config again.
 */
#include "base/log.h"
#include "ctl/bus-client.h"
#include "ctl/report.h"
#include "ctl/verb.h"
#include "ctl/view.h"

/* memplugd told the first error alone: the others are found as check-config finds them. */
static void tell_errors(const Options *options, const sd_bus_error *error) {
        _cleanup_(view_done) View view = {};

        if (view_load_config(options, NULL, &view) >= 0 && !view.config_is_valid)
                report_tell(&view.report);
        else
                (void)bus_client_tell("reload the config", error, -EINVAL);

        log_error("memplugd goes on with the config that it had");
}

int reload_run(const Options *options, int n_arguments, char **arguments) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        _cleanup_(sd_bus_flush_close_unrefp) sd_bus *bus = NULL;
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r;

        r = bus_client_open(&bus);
        if (r != 0)
                return r;

        r = bus_client_new_call(bus, BUS_METHOD_RELOAD, &call);
        if (r >= 0)
                r = sd_bus_call(bus, call, BUS_CLIENT_PATIENCE, &error, NULL);
        if (r >= 0)
                return EXIT_SUCCESS;

        if (!sd_bus_error_has_name(&error, BUS_ERROR_INVALID_CONFIG))
                return bus_client_tell("reload the config", &error, r);

        tell_errors(options, &error);
        return EXIT_FAILURE;
}
