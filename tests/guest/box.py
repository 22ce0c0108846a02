# SPDX-License-Identifier: LGPL-2.1-or-later
"""A guest with memplugd in it, and what scenarios do there."""

import contextlib
import dataclasses
import json
import re
import shlex
import time

from vm import NotReached
from vm.qmp import size_bytes

CONFIG = "/etc/memplugd/memplugd.conf"
MEMORY = "/sys/devices/system/memory"
INJECT = "/sys/kernel/debug/notifier-error-inject/memory/actions/MEM_GOING_ONLINE/error"
INJECT_OFFLINE = INJECT.replace("ONLINE", "OFFLINE")
PID_FILE = "/run/pin.pid"
UDEV_RULE = "/run/udev/rules.d/99-test.rules"
TRACING = "/sys/kernel/tracing"
TRACED = " ".join(f"{TRACING}/events/syscalls/sys_{end}_pwrite64" for end in ("enter", "exit"))

# What memplugd writes to a block's state, by its length, which the kernel's tracing tells; and what
# a write ends with inside of the kernel, to begin anew, as long as somebody holds the hotplug lock.
STATE_WORDS = {6: "online", 7: "offline", 13: "online_kernel", 14: "online_movable"}
ERESTARTNOINTR = -513
TRACE_LINE = re.compile(r"^ *memplugd-(\d+) .*: sys_pwrite64(?:"
                        r"\(.*count: (?:0x)?([0-9a-f]+),.*\)| -> 0x([0-9a-f]+))$", re.MULTILINE)

# 512 MiB of a guest's first 3 GiB become persistent memory, of which a dax device can be made.
DAX_MEMORY = "memmap=512M!2G"

# Node 1 has no memory of its own in a guest: what is plugged there is the DIMMs' alone.
MOVABLE_ON_NODE_1 = """\
rules = (
  { name = "node 1 can be pulled"; match = { node = "1"; }; online = "movable"; }
);
"""

# The same, where one block that can't be movable isn't to be a reason to give up the rest of its DIMM.
BLOCK_BY_BLOCK = MOVABLE_ON_NODE_1.replace("online =", 'unit = "block"; online =')

# For drop_in(): memplugd may stand still for as long as a scenario likes.
PATIENT = "WatchdogSec=0\n"

# The other way round: it is ended if it doesn't answer for so long.
WATCHED = "WatchdogSec=2\n"


@dataclasses.dataclass(frozen=True)
class Write:
    """A write of memplugd's to the state of a block. `waits`: how often it found the hotplug lock
    held by somebody else. A barrier is an "online", too."""

    word: str
    waits: int


class Wrong(Exception):
    """Something isn't as the scenario expects it."""


def expect(what, got, wanted):
    if got != wanted:
        raise Wrong(f"{what}: got {got!r}, expected {wanted!r}")


def expect_match(what, text, pattern):
    if not re.search(pattern, text, re.MULTILINE):
        raise Wrong(f"{what}: '{pattern}' isn't in\n{text.rstrip()}")


def all_online(indices):
    """A predicate for wait_blocks."""
    return lambda blocks: all(
        index in blocks and blocks[index].state == "online" for index in indices)


class Box:
    """A guest, with what scenarios need besides."""

    def __init__(self, guest, build):
        self.guest = guest
        self.build = build  # what is installed in it: a build directory
        self.boot_blocks = set(guest.blocks())
        self._auto_online = guest.read(f"{MEMORY}/auto_online_blocks").strip()
        self._cursor = ""
        self._beacons = 0
        self._names = 0

    def begin(self, kernel_onlines):
        """Before a scenario: what is logged from now on is its own."""
        # Debian's newer kernels online by themselves.
        word = self._auto_online if kernel_onlines else "offline"
        self.guest.run(f"echo {word} >{MEMORY}/auto_online_blocks")
        self.mark_journal()

    # -- config and service

    def configure(self, text, path=CONFIG):
        self.guest.write(path, text)

    def start(self, config=None):
        if config is not None:
            self.configure(config)
        self.systemctl("start")

    def systemctl(self, verb, seconds=30):
        """`systemctl VERB memplugd`, which must come back in time and succeed."""
        # A failed one is started, too, and its restarts are counted from here.
        result = self.guest.run(
            f"systemctl reset-failed memplugd 2>/dev/null; "
            f"timeout {seconds} systemctl {verb} memplugd", check=False, timeout=seconds + 60)
        if result.rc:
            raise Wrong(f"systemctl {verb} exited with {result.rc}: {result.out}")

    def drop_in(self, text, unit="service"):
        """Changes the service, or its socket, for this scenario; before its start."""
        self.guest.write(f"/run/systemd/system/memplugd.{unit}.d/test.conf",
                         f"[{unit.capitalize()}]\n{text}")
        self.guest.run("systemctl daemon-reload")

    @contextlib.contextmanager
    def frozen(self):
        """memplugd stands still meanwhile. Its watchdog must be off, by the drop-in PATIENT."""
        pid = self.show("MainPID")
        self.guest.run(f"kill -STOP {pid}")
        yield
        self.guest.run(f"kill -CONT {pid}")

    def show(self, name, unit="memplugd"):
        """A property of a unit."""
        return self.guest.run(f"systemctl show -P {name} {unit}").out.strip()

    def expect_active(self, state="active"):
        expect("memplugd is", self.show("ActiveState"), state)

    # -- memory

    def plug(self, name, size, node):
        """Plugs a DIMM, and returns the indices of its blocks when they are all there."""
        return self.guest.add_dimm(name, size, node)

    def grow(self, name, size, node, requested):
        """Adds a virtio-mem device of at most `size`, and returns the indices of the blocks of
        what is `requested` when they are all there."""
        before = set(self.guest.blocks())
        self.guest.run("modprobe virtio_mem")
        self.guest.add_virtio_mem(name, size, node, requested)
        return self._wait_grown(name, before, size_bytes(requested))

    def resize(self, name, requested):
        """Makes a virtio-mem device larger, and returns the indices of the new blocks when they
        are all there; or smaller, and returns when they are gone."""
        before = set(self.guest.blocks())
        more = size_bytes(requested) - self.guest.virtio_mem_size(name)
        self.guest.resize_virtio_mem(name, requested)
        if more > 0:
            return self._wait_grown(name, before, more)
        self.guest.wait_virtio_mem(name, requested)
        return []

    def _wait_grown(self, name, before, size):
        count = size // self.guest.block_size()
        found = self.guest.wait_blocks(
            lambda blocks: len([index for index in blocks if index not in before
                                and blocks[index].nodes]) >= count,
            what=f"{count} more blocks of {name}")
        return sorted(set(found) - before)

    def add_dax(self, number=0):
        """Gives a dax device to the kernel, and returns its name and the indices of its blocks.
        The boot must have DAX_MEMORY on its command line."""
        before = set(self.guest.blocks())
        name = self.guest.add_dax(number)
        return name, sorted(set(self.guest.blocks()) - before)

    def unplug(self, name):
        expect(f"unplugging {name}", self.guest.unplug_dimm(name), True)

    def wait_online(self, indices, timeout=60):
        return self.guest.wait_blocks(all_online(indices), timeout,
                                      f"blocks {indices[0]}-{indices[-1]} online")

    def expect_blocks(self, indices, state, zone=None):
        """Reads what sysfs says: `zone` is where an online block is."""
        blocks = self.guest.blocks()
        for index in indices:
            block = blocks.get(index)
            got = (block.state, block.zone if zone else None) if block else None
            if got != (state, zone):
                listed = "\n".join(str(blocks[i]) for i in indices if i in blocks)
                raise Wrong(f"block {index} isn't {state} {zone or ''}:\n{listed}")

    def offline(self, *indices):
        for index in indices:
            self.guest.run(f"echo offline >{MEMORY}/memory{index}/state")

    def trigger_add(self):
        """Synthetic "add" events for all blocks."""
        self.guest.run("udevadm trigger -c add -s memory")

    def udev_rule(self, text):
        self.guest.write(UDEV_RULE, text)
        self.guest.run("udevadm control --reload")

    def no_udev_rule(self):
        """What udev began by the rule, it is through with, too."""
        self.guest.run(f"udevadm settle; rm {UDEV_RULE}; udevadm control --reload")

    def new_name(self, prefix):
        """A name that nothing in the guest has had."""
        self._names += 1
        return f"{prefix}-{self._names}"

    def beacon(self):
        """Plugs a small DIMM and waits until memplugd is through with it: what the kernel told
        before that has been dealt with. The config must make node 1 movable."""
        self._beacons += 1
        index, = self.plug(f"beacon{self._beacons}", "128M", 1)
        self.wait_journal(f"^memory{index}: done: online_movable")
        self.expect_blocks([index], "online", "Movable")

    def trace_writes(self):
        """From now on written() knows what memplugd writes."""
        self.guest.run(f"""
            echo >{TRACING}/trace
            for event in {TRACED}; do
                echo 'comm == "memplugd"' >$event/filter
                echo 1 >$event/enable
            done""")

    def written(self):
        """What memplugd has written to blocks' states: a list of Write."""
        begun, writes = {}, []
        # The main thread writes only to files of its own, lines of any length.
        main = self.show("MainPID")
        for thread, length, answer in TRACE_LINE.findall(self.guest.read(f"{TRACING}/trace")):
            if thread == main:
                continue
            if length:
                word = STATE_WORDS.get(int(length, 16))
                waits = begun[thread].waits if thread in begun else 0
                begun[thread] = Write(word, waits)
            elif thread in begun and int(answer, 16) - (1 << 64) == ERESTARTNOINTR:
                begun[thread] = Write(begun[thread].word, begun[thread].waits + 1)
            elif thread in begun:
                writes.append(begun.pop(thread))
        return [write for write in writes if write.word]

    def count_written(self, word):
        return sum(write.word == word for write in self.written())

    def inject(self, errno):
        """From now on each write that onlines a block fails with this errno; 0: no more."""
        self.guest.run(f"[ -e {INJECT} ] || modprobe memory-notifier-error-inject; "
                       f"echo {-errno} >{INJECT}")

    def pin(self, node):
        """Pins memory of a node, so that its block can't be taken offline."""
        self.guest.run(f"pin {node} {PID_FILE}")

    def unpin(self):
        self.guest.run(f"kill $(cat {PID_FILE}) && rm {PID_FILE}")

    def wait_going_offline(self, index):
        """Waits until somebody's write of "offline" is under way."""
        self.guest.run(f"timeout 30 sh -c 'until read -r state <{MEMORY}/memory{index}/state && "
                       "[ \"$state\" = going-offline ]; do :; done'")

    # -- the journal

    def mark_journal(self):
        """Forgets what has been logged so far."""
        if self.guest.kind == "full":
            # An entry of memplugd's own: behind another one, journalctl passes over its first.
            shown = self.guest.run(
                "journalctl --sync; journalctl -q -u memplugd -n 1 --show-cursor", check=False).out
            self._cursor = shown.rpartition("-- cursor: ")[2].strip()

    def journal(self):
        """What memplugd, and systemd about it, have logged in this scenario."""
        return self.guest.run(
            f"journalctl --sync; {self._journalctl()} --no-pager", check=False).out

    def wait_journal(self, pattern, count=1, seconds=60):
        """Waits until `count` lines of the journal match, and returns them."""
        return self._wait_lines(f"{self._journalctl()} -f -n all", pattern, count, seconds,
                                self.journal)

    def wait_file(self, path, pattern, count=1, seconds=60):
        """The same for a file that is being written."""
        return self._wait_lines(f"tail -n +1 -f {path}", pattern, count, seconds,
                                lambda: self.guest.read(path))

    def _wait_lines(self, writer, pattern, count, seconds, read_all):
        # With a fifo instead of a pipe, the end of grep is seen at once, and not only when the
        # writer writes its next line.
        result = self.guest.run(f"""
            rm -f /run/lines && mkfifo /run/lines
            {writer} >/run/lines 2>/dev/null &
            timeout {seconds} grep -m {count} -E -e {shlex.quote(pattern)} </run/lines
            rc=$?
            kill $!
            exit $rc""", timeout=seconds + 60, check=False)
        lines = result.out.splitlines()
        if len(lines) < count:
            raise Wrong(f"{len(lines)} of {count} lines '{pattern}' in {seconds} s in:"
                        f"\n{read_all()}")
        return lines

    def wait_runs(self, text, *indices, seconds=60):
        """Waits until the journal says so of each block; neighbours may stand in one line."""
        pattern = rf"^memory(\d+)(?:-(\d+))?: {text}"
        end = time.monotonic() + seconds
        told = set()
        while not set(indices) <= told:
            if time.monotonic() > end:
                raise Wrong(f"'{text}' isn't told of all of {indices}, but of {told}:\n"
                            f"{self.journal()}")
            for first, last in re.findall(pattern, self.journal(), re.MULTILINE):
                told |= set(range(int(first), int(last or first) + 1))

    def wait_released(self, *indices):
        self.wait_runs("taken offline by somebody else", *indices)

    def expect_journal(self, pattern, count):
        """The journal has exactly so many lines that match."""
        text = self.journal()
        found = [line for line in text.splitlines() if re.search(pattern, line)]
        if len(found) != count:
            raise Wrong(f"{len(found)} lines '{pattern}' in the journal, expected {count}:\n{text}")
        return found

    def expect_lines(self, indices, pattern, count=1):
        """The journal has `count` lines for each of the blocks, which match; answers the lines of
        each block, by its index."""
        text = self.journal()
        found = {index: re.findall(rf"^memory{index}: (?!event)(.*)$", text, re.MULTILINE)
                 for index in indices}
        for index, lines in found.items():
            if len(lines) != count or not all(re.match(pattern, line) for line in lines):
                raise Wrong(f"block {index} should have {count} lines '{pattern}' in the journal:"
                            f"\n{text}")
        return found

    def expect_no_trouble(self):
        """memplugd has told nothing that is worse than the day's work."""
        trouble = self.guest.run(f"journalctl --sync; {self._journalctl()} -p warning").out
        expect("warnings and errors in the journal", trouble, "")

    def wait_status(self, pattern, seconds=30):
        """Waits for a status text of the service; asking is all that systemd offers."""
        end = time.monotonic() + seconds
        while not re.search(pattern, text := self.show("StatusText")):
            if time.monotonic() > end:
                raise Wrong(f"the status isn't '{pattern}' but '{text}'")
        return text

    def _journalctl(self):
        after = f" --after-cursor={shlex.quote(self._cursor)}" if self._cursor else ""
        return f"journalctl -q -u memplugd -o cat{after}"

    # -- the command line

    def memplugctl(self, arguments, user=None):
        as_user = f"setpriv --reuid {user} --regid nogroup --clear-groups " if user else ""
        done = self.guest.run(f"{as_user}memplugctl {arguments}", check=False)
        # What status ends with tells how the machine is; a small guest has no D-Bus to ask over.
        is_status = not arguments or arguments.startswith(("status", "--json"))
        allowed = (0, 1, 69) if is_status else (0,)
        if done.rc not in allowed:
            raise Wrong(f"memplugctl {arguments}: exit code {done.rc}\n{done.out}")
        return done.out

    def memplugctl_json(self, arguments, user=None):
        return json.loads(self.memplugctl(f"{arguments} --json", user))

    # -- for whoever looks for the reason of a failure

    def portrait(self):
        """All that tells how things stand. Works as far as the guest does."""
        parts = []
        for what, read in (
                ("memory blocks", lambda: "\n".join(map(str, self.guest.blocks().values()))),
                ("journal of memplugd", self.journal),
                ("the service", lambda: self.guest.run(
                    "systemctl status memplugd --no-pager -n 0", check=False).out),
                ("the end of dmesg", lambda: "\n".join(self.guest.dmesg().splitlines()[-60:]))):
            if not self.guest.alive():
                break
            try:
                parts.append(f"--- {what}\n{read().rstrip()}\n")
            except (Exception) as error:  # pylint: disable=broad-except
                parts.append(f"--- {what}: {error}\n")
        return "".join(parts)


__all__ = ["BLOCK_BY_BLOCK", "Box", "CONFIG", "DAX_MEMORY", "MEMORY", "MOVABLE_ON_NODE_1",
           "NotReached", "PATIENT", "PID_FILE", "Write", "Wrong", "all_online", "expect", "expect_match"]
