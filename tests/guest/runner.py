# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs scenarios, each in a guest of its own, and tells what came of each."""

import collections
import dataclasses
import importlib
import pathlib
import tempfile
import threading
import time
import traceback

from vm import CommandFailed, Guest, GuestHung, NotReached, kernels

from . import install
from .box import Box, Wrong
from .registry import SCENARIOS, Boot

# Each of them registers its scenarios.
for _case in sorted(pathlib.Path(__file__).parent.glob("case_*.py")):
    importlib.import_module(f"guest.{_case.stem}")


@dataclasses.dataclass(frozen=True)
class Result:
    """What came of one scenario. `reason` is empty when it passed; `note` is what it told, and what
    was odd about its guest's boot, which is no failure."""

    name: str
    seconds: float
    reason: str
    details: str
    note: str = ""

    def __str__(self):
        word = "FAIL" if self.reason else "ok  "
        note = f"; {self.note}" if self.note else ""
        return f"{word} {self.name} ({self.seconds:.1f} s{note})"


class Trees:
    """What is laid over guests; made once, for all of a run."""

    def __init__(self, build, scratch):
        self.build = build
        self._scratch = pathlib.Path(scratch)
        self.installed = self._new()
        install.install_build(build, self.installed)
        self._helpers = self._new()
        install.add_helpers(self._helpers)

    def of_boot(self, boot):
        extra = self._new()
        install.add_boot_files(boot, self.installed, extra)
        if boot.kind == "small":
            install.add_programs(self.installed, extra)
        return [str(self.installed), str(self._helpers), str(extra)]

    def _new(self):
        path = pathlib.Path(tempfile.mkdtemp(dir=self._scratch))
        path.chmod(0o755)
        return path


def boot_guest(trees, kernel, boot):
    qemu = []
    for name, size, node in boot.dimms:
        qemu += ["-object", f"memory-backend-ram,id=mem-{name},size={size},reserve=off",
                 "-device", f"pc-dimm,id={name},memdev=mem-{name},node={node}"]
    guest = Guest(boot.kind, kernel=kernel, extra=trees.of_boot(boot), append=boot.append,
                  nodes=boot.nodes, qemu=qemu)
    # What is to be seen during the boot, scenarios wait for themselves.
    if boot == Boot():
        state = guest.wait_boot()
        if state != "running":
            raise Wrong(f"the guest is {state}: {guest.failed_units()}")
    return guest


class Guests:
    """Guests that are booted alike take but one boot: the others go on from where the first one was
    when it had booted."""

    def __init__(self, trees, scratch, chosen):
        self._trees = trees
        self._scratch = scratch
        self._wanted = collections.Counter((kernel, scenario.boot) for kernel, scenario in chosen)
        self._snapshots = {}

    def has(self, kernel, boot):
        """Whether there is one to go on from."""
        return (kernel, boot) in self._snapshots

    def new(self, kernel, boot):
        if self.has(kernel, boot):
            return Guest.restore(self._snapshots[kernel, boot])
        guest = boot_guest(self._trees, kernel, boot)
        if self._wanted[kernel, boot] > 1:
            self._snapshots[kernel, boot] = guest.save(tempfile.mkdtemp(dir=self._scratch))
        return guest


class Runner:
    """Runs scenarios; `tell(result)` is called after each, by one thread at a time."""

    def __init__(self, build, guests, tell):
        self._build = build
        self._guests = guests
        self._tell = tell
        self._changed = threading.Condition()
        self._waiting = []
        self._booting = set()

    def run(self, chosen, at_once):
        """Runs them in so many guests at once; those that must boot alone come first, for they take
        the longest."""
        alike = collections.Counter((kernel, scenario.boot) for kernel, scenario in chosen)
        self._waiting = sorted(chosen, key=lambda one: alike[one[0], one[1].boot])
        threads = [threading.Thread(target=self._work) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _work(self):
        while True:
            taken = self._take()
            if not taken:
                return
            kernel, scenario = taken
            result = self._run_scenario(kernel, scenario)
            with self._changed:
                self._tell(result)

    def _take(self):
        """The next one; waits while for all that are left a guest is booting in another thread."""
        with self._changed:
            while self._waiting:
                for one in self._waiting:
                    kind = one[0], one[1].boot
                    if kind not in self._booting:
                        self._waiting.remove(one)
                        if not self._guests.has(*kind):
                            self._booting.add(kind)
                        return one
                self._changed.wait()
        return None

    def _new_guest(self, kernel, boot):
        try:
            return self._guests.new(kernel, boot)
        finally:
            with self._changed:
                self._booting.discard((kernel, boot))
                self._changed.notify_all()

    def _run_scenario(self, kernel, scenario):
        begin = time.monotonic()
        guest = box = None
        reason = details = note = ""
        try:
            guest = self._new_guest(kernel, scenario.boot)
            box = Box(guest, self._build)
            box.begin(scenario.kernel_onlines)
            note = scenario.function(box) or ""
        except Exception as error:  # pylint: disable=broad-except
            reason = _reason(error)
        if reason and box:
            details = box.portrait()
        trouble = guest.kernel_trouble() if guest else []
        if trouble:
            reason += "the kernel's log has trouble:\n" + "\n".join(trouble[:20]) + "\n"
        if guest:
            note = "; ".join(filter(None, (note, guest.note)))
            guest.close()
        name = f"{scenario.name} on {kernel}"
        return Result(name, time.monotonic() - begin, reason, details, note)


def _reason(error):
    if isinstance(error, (Wrong, NotReached, CommandFailed, GuestHung)):
        return f"{error}\n"
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


def choose(kernel=None, word=None, everything=False):
    """The scenarios of a run as (kernel, scenario)."""
    chosen = []
    for scenario in SCENARIOS:
        of_run = scenario.kernels
        if everything or kernel:
            of_run += scenario.more_kernels
            # What works on the oldest one of those works on what is older, too, or says why not.
            if scenario.older and "6.1" in of_run:
                of_run += tuple(name for name in kernels.KERNELS if name not in kernels.EVERY_RUN)
        chosen += [(name, scenario) for name in of_run
                   if name in kernels.KERNELS and kernel in (None, name)
                   and (not word or word in f"{scenario.name} on {name}")]
    return chosen


def repeated(chosen, repeat=1, repeat_races=1):
    """Each as often as it is to be run.

    Races are repeated on the kernels of each run; a second kernel shows something else."""
    all_of_them = []
    for kernel, scenario in chosen:
        races = scenario.races and kernel in scenario.kernels
        all_of_them += [(kernel, scenario)] * (repeat * (repeat_races if races else 1))
    return all_of_them


def run(build, chosen, tell, *, repeat=1, repeat_races=1, at_once=2):
    """Runs scenarios in guests with the product of a build. Answers how many should have been
    told: fewer if the runner itself failed."""
    chosen = repeated(chosen, repeat, repeat_races)
    with tempfile.TemporaryDirectory(prefix="memplug-guest.") as scratch:
        guests = Guests(Trees(build, scratch), scratch, chosen)
        Runner(build, guests, tell).run(chosen, at_once)
    return len(chosen)
