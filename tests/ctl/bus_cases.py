# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases of the verbs that talk to the daemon: to a fake one, on a bus of the test's own."""

from bus import bus_and_daemon, system_bus
from ctl import check

# reload


def case_reload(ctl):
    with bus_and_daemon(ctl) as daemon:
        done = ctl.run("reload")
        check(done.stdout + done.stderr == "", f"{done}")
        daemon.wait("Reload")


def case_reload_invalid(ctl):
    """The client reads the files itself, and there is no error in them here."""
    with bus_and_daemon(ctl) as daemon:
        daemon.tell("answer Reload org.memplug1.Error.InvalidConfig "
                    "/etc/memplugd/memplugd.conf:1: setting 'mode': no such mode")
        ctl.expect("reload", exit_code=1)


def case_reload_denied(ctl):
    with bus_and_daemon(ctl) as daemon:
        daemon.tell("answer Reload denied")
        ctl.expect("reload", exit_code=1)


def case_reload_no_daemon(ctl):
    with system_bus(ctl):
        ctl.expect("reload", exit_code=69)


def case_reload_no_bus(ctl):
    ctl.expect("reload", exit_code=69)
