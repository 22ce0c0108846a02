# SPDX-License-Identifier: LGPL-2.1-or-later
"""A system bus of the test's own, and on it a daemon that does as it is told (fake-daemon.c)."""

import contextlib
import pathlib
import subprocess

CONFIG = """\
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={path}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="false"/>
    <allow eavesdrop="false"/>
    <allow own="*"/>
    <allow user="*"/>
  </policy>
</busconfig>
"""


def ended(process):
    """Ends what is at its work, and takes note of what it came to."""
    process.terminate()
    process.wait()
    for stream in process.stdin, process.stdout:
        if stream:
            stream.close()


@contextlib.contextmanager
def system_bus(ctl):
    """Within it, 'ctl' and what start_daemon() starts have a bus, which nobody else is on."""
    path = pathlib.Path("bus").resolve()
    pathlib.Path("bus.conf").write_text(CONFIG.format(path=path), encoding="utf-8")
    bus = subprocess.Popen(["dbus-daemon", "--config-file=bus.conf", "--nofork", "--nopidfile",
                            "--print-address"], stdout=subprocess.PIPE, encoding="utf-8")
    try:
        # The address is told when one can connect.
        bus.stdout.readline()
        ctl.bus = f"unix:path={path}"
        yield
    finally:
        ctl.bus = None
        ended(bus)


class Daemon:
    """The fake daemon, as long as it runs."""

    def __init__(self, ctl, commands=()):
        self.process = subprocess.Popen([ctl.program.parents[2] / "tests/ctl/fake-daemon"],
                                        env=ctl.environment(bus=ctl.bus), encoding="utf-8",
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.happened = []
        for command in (*commands, "begin"):
            print(command, file=self.process.stdin, flush=True)
        self._wait("ready")

    def _read(self):
        line = self.process.stdout.readline()
        assert line, "the fake daemon ended"
        return line[:-1]

    def _wait(self, wanted):
        while (line := self._read()) != wanted:
            self.happened.append(line)

    def tell(self, *commands):
        """Gives it commands, and waits till it did as they say."""
        for command in commands:
            print(command, file=self.process.stdin, flush=True)
            self._wait("ok")

    def wait(self, wanted):
        """Waits for something to happen to it; what happened before is forgotten."""
        while self.happened:
            if self.happened.pop(0) == wanted:
                return
        while self._read() != wanted:
            pass

    def settle(self):
        """Returns when all that it was asked has been answered, not only heard of."""
        self.tell("open 0")


@contextlib.contextmanager
def daemon(ctl, *commands):
    """A fake daemon, which ends with the block; it is given the commands before it has its name."""
    started = Daemon(ctl, commands)
    try:
        yield started
    finally:
        ended(started.process)


@contextlib.contextmanager
def bus_and_daemon(ctl):
    """Both."""
    with system_bus(ctl), daemon(ctl) as started:
        yield started
