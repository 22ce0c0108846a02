# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest: booted, talked to, and ended whatever happens."""

import atexit
import base64
import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from . import accel, blocks, kernels
from .agent import Agent
from .line import Deadline
from .machine import Machine
from .qmp import Qmp, size_bytes

CONSOLE_TAIL = 60

_TROUBLE = re.compile(
    r"BUG:|Oops|WARNING:|Call Trace|general protection|blocked for more than|Kernel panic|"
    r"unable to handle|kernel BUG at|KASAN:|UBSAN:")

# What the emulator of QEMU before 8.1 does once in some hundred boots: one processor stumbles over
# the breakpoint by which another has replaced code, when it is long gone again.
_EMULATOR_BROKE = re.compile(r"Oops: int3: 0000")

# The file of a snapshot that QEMU writes.
_STATE = "state"

_running = set()


class GuestHung(Exception):
    """A guest didn't do something in time, and was ended; the text has its console's end."""


class GuestDied(GuestHung):
    """The guest's machine ended by itself, a kernel panic for example."""


class NotReached(Exception):
    """A guest that answers didn't come to a state in time; it is left running."""


class CommandFailed(Exception):
    """A command in a guest failed, and the test didn't expect it to."""


@dataclasses.dataclass(frozen=True)
class Result:
    """What became of a command: its exit code, and stdout and stderr as they came."""

    rc: int
    output: bytes

    @property
    def out(self):
        return self.output.decode(errors="replace")


@dataclasses.dataclass(frozen=True)
class Snapshot:
    """What a guest was at a moment, for others to go on from there. It lives as long as its directory
    does, and so does the time in them: their clocks stand where that one's stood."""

    machine: Machine
    directory: pathlib.Path


class Guest:
    """A guest of `kind` "small" (busybox) or "full" (Debian with systemd).

    kernel    a key of kernels.KERNELS
    extra     directories whose contents lie over the guest's root file system
    nodes     memory of each NUMA node; the processors are in node 0
    modules   small guests: modules to load at boot (full ones have modprobe)
    append    more of the kernel's command line
    qemu      more arguments for QEMU
    log       a file to keep the console in; where $MEMPLUG_TEST_LOGS is a directory, one there

    `note` says what was odd about its boot, if anything was.
    """

    def __init__(self, kind="small", *, kernel="6.1", extra=(), nodes=("2G", "0"), cpus=2,
                 maxmem="64G", slots=8, modules=(), append="", qemu=(), accelerator=None,
                 log=None, boot_timeout=None):
        if kind not in ("small", "full"):
            raise ValueError(f"a guest is small or full, not '{kind}'")
        machine = Machine(
            kind=kind, kernel=kernels.Kernel(kernel),
            accelerator=accelerator or accel.choose(kvm_boots), extra=list(extra),
            nodes=list(nodes), cpus=cpus, maxmem=maxmem, slots=slots, modules=list(modules),
            append=append, qemu=list(qemu))
        self._set_up(machine, log)
        with self._closed_if_it_fails():
            machine.prepare(self._files)
            self._boot_again_if_emulator_broke(boot_timeout or (60 if kind == "small" else 120))

    @classmethod
    def restore(cls, snapshot, log=None):
        """A guest that goes on where another one was when it was saved."""
        guest = cls.__new__(cls)
        guest._set_up(snapshot.machine, log)
        guest._files = snapshot.directory
        begin, deadline = time.monotonic(), Deadline(60)
        with guest._closed_if_it_fails():
            guest._start(snapshot.directory / _STATE)
            with guest._in_time("go on"):
                guest.qmp.greet(deadline)
                guest.qmp.go_on(deadline)
        guest.boot_seconds = time.monotonic() - begin
        return guest

    def save(self, directory):
        """Keeps what the guest is, in an empty directory, and returns a Snapshot. The guest runs on.
        No Job may run in it."""
        directory = pathlib.Path(directory)
        with self._in_time("save"):
            self.qmp.save(directory / _STATE, Deadline(60))
        for file in self._files.iterdir():
            os.link(file, directory / file.name)
        return Snapshot(self._machine, directory)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def __str__(self):
        return f"{self.kind} guest with {self.kernel.release} ({self.accelerator})"

    # -- life

    def close(self):
        """Ends the guest at once."""
        self._kill()
        for end in self._sockets:
            end.close()
        shutil.rmtree(self._work, ignore_errors=True)
        _running.discard(self)

    def alive(self):
        return self._process is not None and self._process.poll() is None

    def wait_boot(self, timeout=240):
        """Waits until systemd has started all it wants, and returns "running" or "degraded";
        `failed_units()` tells what degraded it."""
        # The first ones may come before systemd listens: it is asked until it knows.
        script = ("until state=$(systemctl is-system-running --wait 2>/dev/null); "
                  "[ -n \"$state\" ] && [ \"$state\" != offline ]; do sleep 0.2; done; "
                  "echo $state")
        return self.run(script, timeout=timeout).out.strip()

    def failed_units(self):
        listed = self.run("systemctl --failed --plain --no-legend", timeout=60).out
        return [line.split()[0] for line in listed.splitlines()]

    # -- commands and files

    def run(self, command, timeout=60, check=True):
        """Runs a shell script in the guest, waits for it, and returns its Result."""
        with self._in_time(command):
            rc, output = self._agent.run(command, Deadline(timeout))
        result = Result(rc, output)
        if check and rc:
            raise CommandFailed(f"{command}\nexited with {rc} in {self}:\n{result.out}")
        return result

    def start(self, command):
        """Starts a shell script in the guest and returns its Job.

        In a small guest such a script ignores SIGINT, as a shell's background jobs do."""
        self._jobs += 1
        return Job(self, f"/run/vm-agent/job.{self._jobs}", command)

    def read(self, path):
        """The contents of a file in the guest."""
        return self.run(f"cat '{path}'").out

    def write(self, path, text):
        """Writes a file in the guest, in one write; its directory is made if it is missing."""
        data = text if isinstance(text, bytes) else text.encode()
        coded = base64.encodebytes(data).decode()
        self.run(f"mkdir -p \"$(dirname '{path}')\" && base64 -d >'{path}' <<'END'\n{coded}END\n")

    # -- what the kernel says

    def console(self):
        """All that came over the serial console so far."""
        try:
            text = self.console_file.read_text(errors="replace")
        except FileNotFoundError:
            return ""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[^\[]|\r", "", text)

    def console_tail(self, lines=CONSOLE_TAIL):
        return "\n".join(self.console().splitlines()[-lines:])

    def dmesg(self):
        return self.run("dmesg").out

    def kernel_trouble(self):
        """The lines of the kernel's log that tell of a bug; works for a dead guest too."""
        lines = self.console().splitlines()
        if self.alive():
            lines += self.dmesg().splitlines()
        # Most lines are in both.
        return list(dict.fromkeys(line.strip() for line in lines if _TROUBLE.search(line)))

    # -- memory

    def blocks(self):
        """The guest's memory blocks by index, read in one command."""
        return blocks.parse(self.run(blocks.READ_BLOCKS).out)

    def wait_blocks(self, predicate, timeout=60, what="its memory blocks as expected"):
        """Waits until `predicate(blocks)` is true, and returns these blocks.

        This asks again and again: the kernel has no event for "a DIMM is complete", and what is
        waited for may be the doing of any program in the guest."""
        deadline = Deadline(timeout)
        while True:
            found = self.blocks()
            if predicate(found):
                return found
            try:
                time.sleep(min(0.1, deadline.remaining()))
            except TimeoutError:
                listed = "\n".join(map(str, found.values()))
                raise NotReached(f"{self} didn't have {what} in {deadline.seconds:.0f} s:\n"
                                 f"{listed}") from None

    def plug_dimm(self, name, size, node=0):
        """Plugs a DIMM. QEMU's node numbers are the firmware's: with three nodes and more Linux
        may number them in another way."""
        with self._in_time(f"plug {name}"):
            self.qmp.plug_dimm(name, size, node)

    def add_dimm(self, name, size, node=0, timeout=60):
        """Plugs a DIMM, waits until the kernel has put all of its blocks in place, each linked
        to its node and its DIMM, and returns their indices. What states they have is not
        waited for."""
        before = self.blocks()
        count = size_bytes(size) // self.block_size()

        def new(now):
            return [block for block in now.values()
                    if block.index not in before and block.nodes and block.firmware_node]

        self.plug_dimm(name, size, node)
        now = self.wait_blocks(lambda now: len(new(now)) >= count, timeout, f"the DIMM {name}")
        return [block.index for block in new(now)]

    def block_size(self):
        return int(self.read("/sys/devices/system/memory/block_size_bytes"), 16)

    def unplug_dimm(self, name, timeout=60):
        """True when the DIMM is gone, False when the guest refused to let go of it."""
        with self._in_time(f"unplug {name}"):
            return self.qmp.unplug_dimm(name, timeout)

    def add_virtio_mem(self, name, size, node=0, requested="0"):
        with self._in_time(f"add {name}"):
            self.qmp.add_virtio_mem(name, size, node, requested)

    def resize_virtio_mem(self, name, requested):
        with self._in_time(f"resize {name}"):
            self.qmp.resize_virtio_mem(name, requested)

    def virtio_mem_size(self, name):
        with self._in_time(f"ask for {name}"):
            return self.qmp.virtio_mem_size(name)

    def wait_virtio_mem(self, name, size, timeout=60):
        """Waits until a device that was told to grow or shrink has come to that size."""
        with self._in_time(f"wait until {name} has {size}"):
            self.qmp.wait_virtio_mem(name, size, timeout)

    def add_dax(self, number=0, timeout=120):
        """Makes the memory of a memmap=SIZE!START on the kernel's command line, the first or
        which `number` it has, a dax device, gives that to the kernel as memory, and returns its
        name. Full guests only.

        Not by `daxctl reconfigure-device`: that of Debian 12 leaves the device with its first
        driver on 6.12, and says it has been reconfigured."""
        return self.run(f"""
            set -e
            modprobe -a device_dax kmem nd_pmem dax_pmem
            udevadm settle
            ndctl create-namespace -m devdax -f -e namespace{number}.0 -a 2M >/dev/null
            udevadm settle
            cd /sys/bus/dax/drivers
            [ -e device_dax/dax{number}.0 ] && echo dax{number}.0 >device_dax/unbind
            echo dax{number}.0 >kmem/new_id
            [ -e kmem/dax{number}.0 ]
            echo dax{number}.0""", timeout=timeout).out.split()[-1]

    # -- how it begins

    def _set_up(self, machine, log):
        self._machine = machine
        self.kind = machine.kind
        self.kernel = machine.kernel
        self.accelerator = machine.accelerator
        self._jobs = 0
        self._process = None
        self._sockets = []
        self.boot_seconds = None
        self.note = ""
        self._work = pathlib.Path(tempfile.mkdtemp(prefix="memplug-vm."))
        self._files = self._work / "files"
        self._files.mkdir()
        self.console_file = pathlib.Path(log) if log else self._default_log()
        _running.add(self)

    @contextlib.contextmanager
    def _closed_if_it_fails(self):
        try:
            yield
        except BaseException:
            self.close()
            raise

    def _boot_again_if_emulator_broke(self, timeout):
        """Nothing of ours runs before the agent does: such an end says nothing about what is
        tested, and `note` tells of it. It is excused once, and under emulation only."""
        try:
            self._boot(timeout)
        except GuestDied:
            if self.accelerator != "tcg" or not _EMULATOR_BROKE.search(self.console()):
                raise
            self.note = "booted twice, for the emulator broke the kernel's first boot (int3)"
            for end in self._sockets:
                end.close()
            self._boot(timeout)

    def _boot(self, timeout):
        begin = time.monotonic()
        self._start()
        deadline = Deadline(timeout)
        with self._in_time("boot"):
            self.qmp.greet(deadline)
            self._agent.wait_ready(deadline)
        self.boot_seconds = time.monotonic() - begin

    def _start(self, state=None):
        qmp, qmp_qemu = socket.socketpair()
        agent, agent_qemu = socket.socketpair()
        self._sockets = [qmp, agent]
        with qmp_qemu, agent_qemu, open(self._work / "qemu.err", "wb") as errors:
            fds = qmp_qemu.fileno(), agent_qemu.fileno()
            command = self._machine.command(self._files, self.console_file, *fds, state)
            # setpriv: QEMU dies with the thread that started it, even when that is killed.
            self._process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command], stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=errors, pass_fds=fds)
        self.qmp, self._agent = Qmp(qmp), Agent(agent)

    def _default_log(self):
        logs = os.environ.get("MEMPLUG_TEST_LOGS")
        if not logs:
            return self._work / "console"
        pathlib.Path(logs).mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f"{self.kind}-{self.kernel.version}.",
                                        suffix=".console", dir=logs)
        os.close(handle)
        return pathlib.Path(name)

    # -- how it ends

    @contextlib.contextmanager
    def _in_time(self, what):
        try:
            yield
        except TimeoutError as error:
            raise self._hung(f"hung: {error}, and it is not through with:\n{what}",
                             GuestHung) from None
        except (EOFError, ConnectionError):
            raise self._hung(f"ended during:\n{what}", GuestDied) from None

    def _hung(self, why, kind):
        """Kills the guest, and returns the exception that tells all about it."""
        self._kill()
        with contextlib.suppress(OSError):
            why += "\n" + (self._work / "qemu.err").read_text(errors="replace")
        return kind(f"{self} {why.rstrip()}\n--- the end of its console:\n{self.console_tail()}\n"
                    "--- end of console")

    def _kill(self):
        if self._process:
            self._process.kill()
            self._process.wait()


class Job:
    """A script that runs in the background of a guest."""

    def __init__(self, guest, path, command):
        self._guest = guest
        self._path = path
        self.output_file = f"{path}.out"
        guest.write(f"{path}.sh", command)
        # Both pipes are events: one tells the pid, the other the end. A shell's background jobs
        # ignore SIGINT; GNU env can undo that, where it is there.
        self.pid = int(guest.run(f"""
            mkfifo {path}.pid {path}.end
            env --default-signal true 2>/dev/null && undo='env --default-signal' || undo=
            {{
                setsid $undo sh {path}.sh </dev/null >{path}.out 2>&1 &
                echo $! >{path}.pid
                wait $!
                echo $? >{path}.end
            }} </dev/null >/dev/null 2>&1 &
            cat {path}.pid""").out)

    def output(self):
        """What it has written so far."""
        return self._guest.read(self.output_file)

    def kill(self, number=signal.SIGTERM):
        """Sends a signal to the script and all it started."""
        self._guest.run(f"kill -{int(number)} -{self.pid}")

    def wait(self, timeout=60):
        """Waits for its end and returns its Result. To be called once."""
        rc = int(self._guest.run(f"cat {self._path}.end", timeout=timeout).out)
        return Result(rc, self._guest.run(f"cat {self.output_file}").output)


def kvm_boots():
    """Whether a small guest comes up under KVM, and soon."""
    try:
        with Guest("small", accelerator="kvm", boot_timeout=20) as guest:
            return guest.run("echo yes", timeout=5).out == "yes\n"
    except GuestHung:
        return False


@atexit.register
def _end_all():
    for guest in list(_running):
        guest.close()
