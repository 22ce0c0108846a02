# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases of the verbs that talk to the daemon: to a fake one, on a bus of the test's own."""

import os
import pathlib
import signal
import subprocess

import bus
from bus import bus_and_daemon, system_bus
from ctl import check


def start(ctl, *arguments, **kwargs):
    """Starts memplugctl, with its outputs in pipes."""
    kwargs = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | kwargs
    return subprocess.Popen([ctl.program, *arguments], env=ctl.environment(bus=ctl.bus),
                            encoding="utf-8", **kwargs)


def expect_end(process, exit_code):
    """Waits for its end. Answers what it wrote and wasn't read yet."""
    out, error = process.communicate()
    check(process.returncode == exit_code,
          f"exit code {process.returncode}, expected {exit_code}\n{out}{error}")
    return out, error


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


# hold


def case_hold(ctl):
    """Held while the command runs; why is what is given, else the command, made UTF-8 and cut."""
    with bus_and_daemon(ctl) as daemon:
        for arguments, why in ((("--why", "Tests, Größe", "--", "true"), "Tests, Größe"),
                               (("--", "true", "--json", "a b"), "true --json a b"),
                               (("--", "true", os.fsdecode(b"\xff\xc3")), "true ??"),
                               (("--", "true", "ä" * 200), "true " + "ä" * 125)):
            done = ctl.run("hold", *arguments)
            check(done.stdout + done.stderr == "", f"{done}")
            daemon.wait(f"Hold '{why}'")
            daemon.wait("hold ended")


def case_hold_exit_code(ctl):
    with bus_and_daemon(ctl):
        for command, code in (("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 128 + 15),
                              ("kill -KILL $$", 128 + 9)):
            ctl.run("hold", "--", "sh", "-c", command, exit_code=code)
        pathlib.Path("data").touch()
        check(ctl.run("hold", "--", "./missing", exit_code=127).stderr ==
              "memplugctl: can't run './missing': No such file or directory\n", "missing")
        ctl.run("hold", "./data", exit_code=126)


def case_hold_grandchild(ctl):
    """The command inherits nothing of the hold: who outlives it doesn't hold."""
    with bus_and_daemon(ctl) as daemon:
        done = ctl.run("hold", "--", "sh", "-c", "ls /proc/self/fd; sleep 1000 >&- 2>&- & echo $!")
        *descriptors, grandchild = done.stdout.split()
        try:
            # The directory that ls reads is one of them.
            check(descriptors == ["0", "1", "2", "3"], f"{descriptors}")
            daemon.wait("hold ended")
        finally:
            os.kill(int(grandchild), signal.SIGKILL)


def case_hold_alone(ctl):
    """Without a command, until a signal."""
    with bus_and_daemon(ctl) as daemon:
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
            process = start(ctl, "hold")
            line = process.stderr.readline()
            check(line == "memplugctl: new memory is left alone until this ends (Ctrl-C)\n", line)
            daemon.wait("Hold ''")
            process.send_signal(number)
            check(expect_end(process, 0) == ("", ""), "it said more")
            daemon.wait("hold ended")


def case_hold_signals(ctl):
    """A signal is the command's: it may ignore it."""
    with bus_and_daemon(ctl):
        process = start(ctl, "hold", "--", "sh", "-c",
                        "trap 'echo got it; exit 5' TERM; echo ready; while :; do sleep 0.1; done")
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        check(expect_end(process, 5) == ("got it\n", ""), "the signal wasn't passed on")


def case_hold_daemon_restarts(ctl):
    """The hold ends with the daemon, which is told, and is taken again."""
    with system_bus(ctl):
        with bus.daemon(ctl) as daemon:
            process = start(ctl, "hold", "--", "sh", "-c", "read line; exit 3",
                            stdin=subprocess.PIPE)
            daemon.wait("Hold 'sh -c read line; exit 3'")
        line = process.stderr.readline()
        check(line == "memplugctl: memplugd ended, and the hold with it; it will be taken again\n",
              line)
        with bus.daemon(ctl) as daemon:
            daemon.wait("Hold 'sh -c read line; exit 3'")
            line = process.stderr.readline()
            check(line == "memplugctl: memplugd is back, and new memory is left alone again\n",
                  line)
            process.stdin.write("\n")
            expect_end(process, 3)
            daemon.wait("hold ended")


def case_hold_denied(ctl):
    """The command isn't run."""
    with bus_and_daemon(ctl) as daemon:
        daemon.tell("answer Hold denied")
        ctl.expect("hold", "--", "touch", "ran", exit_code=1)
        check(not os.path.exists("ran"), "the command was run")


def case_hold_no_daemon(ctl):
    with system_bus(ctl):
        ctl.expect("hold", "--", "touch", "ran", exit_code=69)
        check(not os.path.exists("ran"), "the command was run")
