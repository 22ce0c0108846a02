/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hold WHY: has memplugd hold, prints "held", and keeps it so until it is killed.
 */
#include <err.h>
#include <stdio.h>
#include <unistd.h>

#include <systemd/sd-bus.h>

int main(int argc, char *argv[]) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus_message *reply;
        sd_bus *bus;
        int fd;

        if (argc != 2)
                errx(2, "usage: hold WHY");
        if (sd_bus_open_system(&bus) < 0)
                errx(1, "there is no bus");
        if (sd_bus_call_method(bus, "org.memplug1", "/org/memplug1", "org.memplug1.Manager", "Hold",
                               &error, &reply, "s", argv[1]) < 0)
                errx(1, "%s: %s", error.name, error.message);
        /* The descriptor is the reply's, which stays. */
        if (sd_bus_message_read(reply, "h", &fd) < 0)
                errx(1, "there is no descriptor in the reply");

        (void)puts("held");
        (void)fflush(stdout);
        for (;;)
                (void)pause();
}
