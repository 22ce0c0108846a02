# SPDX-License-Identifier: LGPL-2.1-or-later
"""SIGKILL at random moments, while memory comes and goes."""

from . import seeds
from .box import MOVABLE_ON_NODE_1, NotReached, Wrong, expect
from .registry import scenario

SIZES = "128M", "256M", "512M", "1G"
DIMMS_MAX = 5

# A DIMM's blocks are added and put online in some tenths of a second, and more where it is slow.
DELAY_MAX = 1.0

TURNS = 5
TURNS_OF_ALL = 100


class Kills:
    """Each turn lets something happen to memory, kills memplugd meanwhile, and looks whether all is
    as it should be when the next one has come up."""

    def __init__(self, box, dice):
        self._box = box
        self._dice = dice
        self._dimms = {}  # the blocks of each, by its name
        self._released = set()

    def turn(self):
        pid = self._box.show("MainPID")
        delay = self._dice.uniform(0, DELAY_MAX)
        # Not a Job: starting one takes longer than what it is to hit.
        self._box.guest.run(
            f"(sleep {delay:.4f}; kill -KILL {pid}) </dev/null >/dev/null 2>&1 &")
        self._dice.choice(self._possible())()
        self._box.guest.run(
            "timeout 60 sh -c 'until pid=$(systemctl show -P MainPID memplugd) && [ $pid != 0 ] && "
            f"[ $pid != {pid} ] && systemctl -q is-active memplugd; do :; done'", timeout=90)
        self.expect_right()

    def expect_right(self):
        """Others' doings are left alone, and all the rest is where the rule wants it."""
        online = [index for indices in self._dimms.values() for index in indices
                  if index not in self._released]
        if online:
            self._box.wait_online(online)
        self._box.expect_blocks(online, "online", "Movable")
        self._box.expect_blocks(sorted(self._released), "offline")

    def _possible(self):
        acts = []
        if len(self._dimms) < DIMMS_MAX:
            acts += [self._plug] * 2
        if self._dimms:
            acts += [self._unplug, self._offline]
        return acts

    def _plug(self):
        name = self._box.new_name("kills")
        self._dimms[name] = self._box.plug(name, self._dice.choice(SIZES), 1)

    def _unplug(self):
        name = self._dice.choice(sorted(self._dimms))
        self._box.unplug(name)
        self._released -= set(self._dimms.pop(name))

    def _offline(self):
        index = self._dice.choice([index for name in sorted(self._dimms)
                                   for index in self._dimms[name]])
        if index not in self._released:
            self._box.offline(index)
            self._released.add(index)


def kill(box, turns):
    dice, seed = seeds.new_dice()
    box.start(MOVABLE_ON_NODE_1)
    kills = Kills(box, dice)
    n = 0
    try:
        for n in range(1, turns + 1):
            kills.turn()
        # What was still to come is over, too.
        box.beacon()
        kills.expect_right()
        expect("restarts by systemd", box.show("NRestarts"), str(turns))
    except (NotReached, Wrong) as error:
        raise Wrong(f"with {seed}, in turn {n}: {error}") from error
    return f"{turns} times, {seed}"


@scenario(races=True)
def race_11_killed_at_random(box):
    """Whenever it is killed, the next one finishes what was begun, and nothing is lost."""
    return kill(box, TURNS)


@scenario(kernels=(), more_kernels=("6.1",), older=False)
def killed_at_random_often(box):
    """The same a hundred times, with ever the same memory."""
    return kill(box, TURNS_OF_ALL)
