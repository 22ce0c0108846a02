# SPDX-License-Identifier: LGPL-2.1-or-later
"""DIMMs that somebody tries to unplug."""

import re

from .box import PID_FILE, expect
from .registry import scenario

FIRST_FOR_THE_KERNEL = """\
rules = (
  { name = "first block"; match = { blocks = "32"; }; online = "kernel"; },
  { name = "the others"; match = { node = "1"; }; online = "movable"; }
);
"""


@scenario(more_kernels=("6.12",), races=True)
def race_16_unplug_rolled_back(box):
    """One block can't go, and the kernel puts the others into its default zone: not for long."""
    box.start(FIRST_FOR_THE_KERNEL)
    new = box.plug("d1", "1G", 1)
    box.wait_online(new)
    box.wait_journal("^memory[0-9]+: done", count=8)
    box.expect_blocks(new[:1], "online", "Normal")
    box.expect_blocks(new[1:], "online", "Movable")
    box.guest.run(f"tables 1 {PID_FILE}")

    expect("unplugging d1", box.guest.unplug_dimm("d1"), False)
    told, = box.wait_journal(r"^PNP0C80:.*: unplugging failed, for memory32 didn't go offline; "
                             "the kernel put 7 blocks back online, and [0-7] of them go back")
    n_moved = int(re.search(r"and (\d) of them", told).group(1))
    box.wait_journal("^memory[0-9]+: done: offline, online_movable, Movable", count=n_moved)
    box.expect_blocks(new[:1], "online", "Normal")
    box.expect_blocks(new[1:], "online", "Movable")
    box.expect_journal("taken offline by somebody else", 0)
    box.expect_journal(r"^memory\d+: ", 8 + n_moved)

    # They aren't released: memplugd knows them as online, and a restart changes nothing.
    box.systemctl("restart")
    box.beacon()
    box.expect_blocks(new[1:], "online", "Movable")
    return f"{n_moved} blocks put back"
