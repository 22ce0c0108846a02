/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ctl/bus-client.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "ctl/format.h"
#include "ctl/verb.h"

int bus_client_open(sd_bus **ret) {
        int r;

        r = sd_bus_open_system(ret);
        if (r >= 0)
                return 0;

        (void)log_error_errno(r, "memplugd can't be asked, there is no D-Bus system bus: %m");
        return EXIT_NO_DAEMON;
}

int bus_client_new_call(sd_bus *bus, const char *method, sd_bus_message **ret) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r;

        r = sd_bus_message_new_method_call(bus, &call, BUS_NAME, BUS_PATH, BUS_INTERFACE_MANAGER,
                                           method);
        if (r < 0)
                return r;

        r = sd_bus_message_set_auto_start(call, false);
        if (r < 0)
                return r;

        r = sd_bus_message_set_allow_interactive_authorization(call, true);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(call);
        return 0;
}

int bus_client_subscribe(sd_bus *bus) {
        _cleanup_(sd_bus_message_unrefp) sd_bus_message *call = NULL;
        int r;

        r = bus_client_new_call(bus, BUS_METHOD_SUBSCRIBE, &call);
        if (r >= 0)
                r = sd_bus_message_set_expect_reply(call, false);
        if (r >= 0)
                r = sd_bus_send(bus, call, NULL);
        return r < 0 ? r : 0;
}

bool bus_client_is_no_daemon(const sd_bus_error *error) {
        return sd_bus_error_has_names(error, SD_BUS_ERROR_SERVICE_UNKNOWN,
                                      SD_BUS_ERROR_NAME_HAS_NO_OWNER);
}

static bool is_denied(const sd_bus_error *error) {
        return sd_bus_error_has_names(error, SD_BUS_ERROR_ACCESS_DENIED,
                                      SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED);
}

int bus_client_tell(const char *doing, const sd_bus_error *error, int r) {
        _cleanup_free_ char *text = NULL;

        if (bus_client_is_no_daemon(error)) {
                log_error("memplugd isn't running");
                return EXIT_NO_DAEMON;
        }
        if (is_denied(error)) {
                log_error("can't %s: that is for root, and for whom polkit allows it", doing);
                return EXIT_FAILURE;
        }
        /* What the bus itself answers when the daemon goes away with a call unanswered. */
        if (sd_bus_error_has_name(error, SD_BUS_ERROR_NO_REPLY) || r == -ETIMEDOUT) {
                log_error("can't %s: memplugd didn't answer, or ended", doing);
                return EXIT_FAILURE;
        }
        if (!sd_bus_error_is_set(error)) {
                (void)log_error_errno(r, "can't %s: %m", doing);
                return EXIT_FAILURE;
        }

        text = format_printable(error->message ?: error->name);
        /* Other lines end without a full stop. */
        if (text && *text && text[strlen(text) - 1] == '.')
                text[strlen(text) - 1] = 0;
        log_error("can't %s: %s", doing, text ?: "out of memory");
        return EXIT_FAILURE;
}

static void set_owner(BusDaemon *daemon, const char *owner) {
        (void)snprintf(daemon->owner, sizeof(daemon->owner), "%s", owner);
        daemon->is_known = true;
}

static int on_owner(sd_bus_message *reply, void *userdata, sd_bus_error *reterr_error) {
        const char *owner = "";

        /* An error says that nobody has it. */
        if (!sd_bus_message_is_method_error(reply, NULL))
                (void)sd_bus_message_read(reply, "s", &owner);
        set_owner(userdata, owner);
        return 0;
}

/* The bus lets nobody else send under its own name. */
static bool is_from_bus(sd_bus_message *message) {
        const char *sender = sd_bus_message_get_sender(message);

        return sender && strcmp(sender, "org.freedesktop.DBus") == 0;
}

static int on_owner_changed(sd_bus_message *message, void *userdata, sd_bus_error *reterr_error) {
        BusDaemon *daemon = userdata;
        const char *owner;

        if (!is_from_bus(message) || sd_bus_message_read(message, "sss", NULL, NULL, &owner) < 0)
                return 0;

        set_owner(daemon, owner);
        if (daemon->changed)
                daemon->changed(daemon->userdata, *owner);
        return 0;
}

int bus_client_watch_daemon(sd_bus *bus, BusDaemon *daemon) {
        int r;

        daemon->is_known = false;
        daemon->owner[0] = 0;
        r = sd_bus_add_match_async(bus, NULL,
                                   "type='signal',sender='org.freedesktop.DBus',"
                                   "path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',"
                                   "member='NameOwnerChanged',arg0='" BUS_NAME "'",
                                   on_owner_changed, /* install_callback= */ NULL, daemon);
        if (r < 0)
                return r;

        r = sd_bus_call_method_async(bus, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                     "org.freedesktop.DBus", "GetNameOwner", on_owner, daemon, "s",
                                     BUS_NAME);
        return r < 0 ? r : 0;
}

bool bus_client_is_from_daemon(const BusDaemon *daemon, sd_bus_message *message) {
        const char *sender = sd_bus_message_get_sender(message);

        return daemon->owner[0] && sender && strcmp(sender, daemon->owner) == 0;
}
