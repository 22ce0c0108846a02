# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs scenarios, several in one guest, and tells what came of each."""

import dataclasses
import pathlib
import tempfile
import threading
import time
import traceback

from vm import CommandFailed, Guest, GuestHung, NotReached, kernels

from . import case_boot, case_budget, case_bus, case_cli, case_devices, case_events  # noqa: F401
from . import case_fight, case_first, case_hang, case_kernels, case_model, case_pressure  # noqa: F401
from . import case_races, case_released, case_rezone, case_rules  # noqa: F401
from . import case_service, case_sources, case_takeover, case_unplug  # noqa: F401
from . import install
from .box import Box, Wrong
from .registry import SCENARIOS, Boot


@dataclasses.dataclass(frozen=True)
class Result:
    """What came of one scenario. `reason` is empty when it passed; `note` is what it told, and why
    its guest couldn't be used any more, which is no failure."""

    name: str
    seconds: float
    reason: str
    details: str
    note: str = ""

    def __str__(self):
        word = "FAIL" if self.reason else "ok  "
        note = f"; {self.note}" if self.note else ""
        return f"{word} {self.name} ({self.seconds:.1f} s{note})"


@dataclasses.dataclass(frozen=True)
class Turn:
    """Scenarios that are run one after the other on one kernel, in guests booted alike."""

    kernel: str
    boot: object
    scenarios: tuple


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


class Runner:
    """Runs turns; `tell(result)` is called after each scenario, by one thread at a time."""

    def __init__(self, trees, tell):
        self._trees = trees
        self._tell = tell
        self._lock = threading.Lock()

    def run(self, turns, at_once):
        """Runs turns, the longest first, in so many guests at once."""
        waiting = sorted(turns, key=lambda turn: -len(turn.scenarios))

        def work():
            while True:
                with self._lock:
                    if not waiting:
                        return
                    turn = waiting.pop(0)
                self._run_turn(turn)

        threads = [threading.Thread(target=work) for _ in range(at_once)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _run_turn(self, turn):
        box = None
        try:
            for scenario in turn.scenarios:
                box, result = self._run_scenario(turn, scenario, box)
                with self._lock:
                    self._tell(result)
        finally:
            if box:
                box.guest.close()

    def _run_scenario(self, turn, scenario, box):
        """Answers the box for the next scenario, or None if a guest must be booted for that."""
        begin = time.monotonic()
        reason = details = note = boot = ""
        try:
            if not box:
                box = Box(boot_guest(self._trees, turn.kernel, turn.boot), self._trees.build)
                boot = box.guest.note
            box.begin(scenario.kernel_onlines)
            note = scenario.function(box) or ""
        except Exception as error:  # pylint: disable=broad-except
            reason = _reason(error)
        if reason and box:
            details = box.portrait()
        spoilt = _clean(box) if not reason and not scenario.dirty else ""
        note = "; ".join(filter(None, (note, boot, spoilt)))
        trouble = box.guest.kernel_trouble() if box else []
        if trouble:
            reason += "the kernel's log has trouble:\n" + "\n".join(trouble[:20]) + "\n"
        if box and (reason or spoilt or scenario.dirty):
            box.guest.close()
            box = None
        name = f"{scenario.name} on {turn.kernel}"
        return box, Result(name, time.monotonic() - begin, reason, details, note)


def _clean(box):
    """Takes back what a scenario did, and answers why that failed, if it did."""
    try:
        box.clean()
    except Exception as error:  # pylint: disable=broad-except
        return f"its guest couldn't be cleaned: {str(error).splitlines()[0]}"
    return ""


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
        chosen += [(name, scenario) for name in of_run
                   if name in kernels.KERNELS and kernel in (None, name)
                   and (not word or word in f"{scenario.name} on {name}")]
    return chosen


def turns_of(chosen, repeat=1, repeat_races=1, most=12):
    """Makes turns of (kernel, scenario), of at most `most` scenarios each.

    Races are repeated on the kernels of each run; a second kernel shows something else."""
    groups = {}
    for kernel, scenario in chosen:
        races = scenario.races and kernel in scenario.kernels
        times = repeat * (repeat_races if races else 1)
        groups.setdefault((kernel, scenario.boot), []).extend([scenario] * times)
    turns = []
    for (kernel, boot), scenarios in groups.items():
        scenarios.sort(key=lambda scenario: scenario.dirty)
        pieces = -(-len(scenarios) // most)
        turns += [Turn(kernel, boot, tuple(scenarios[piece::pieces])) for piece in range(pieces)]
    return turns


def run(build, chosen, tell, *, repeat=1, repeat_races=1, at_once=2):
    """Runs scenarios in guests with the product of a build. Answers how many should have been
    told: fewer if the runner itself failed."""
    turns = turns_of(chosen, repeat, repeat_races)
    with tempfile.TemporaryDirectory(prefix="memplug-guest.") as scratch:
        Runner(Trees(build, scratch), tell).run(turns, at_once)
    return sum(len(turn.scenarios) for turn in turns)
