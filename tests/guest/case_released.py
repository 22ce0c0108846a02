# SPDX-License-Identifier: LGPL-2.1-or-later
"""Other hands: what they take offline stays offline; and writes that the kernel refuses."""

from .box import BLOCK_BY_BLOCK, MOVABLE_ON_NODE_1, expect
from .registry import scenario


@scenario(races=True)
def race_7_taken_offline(box):
    """What somebody took offline comes back neither by events nor by reload or restart."""
    box.start(MOVABLE_ON_NODE_1)
    new = box.plug("d1", "1G", 1)
    box.wait_online(new)
    box.wait_journal("^memory[0-9]+: done", count=8)
    away, rest = new[3:5], new[:3] + new[5:]
    box.offline(*away)
    box.wait_released(*away)

    for act in (box.trigger_add, lambda: box.systemctl("reload"),
                lambda: box.systemctl("restart")):
        act()
        box.beacon()
        box.expect_blocks(away, "offline")
        box.expect_blocks(rest, "online", "Movable")


@scenario(races=True)
def race_7_taken_offline_while_down(box):
    """While memplugd is stopped, and while it is dead and about to be started again."""
    box.drop_in("RestartSec=1h\n")
    box.start(MOVABLE_ON_NODE_1)
    new = box.plug("d1", "512M", 1)
    box.wait_online(new)
    box.wait_journal("^memory[0-9]+: done", count=4)
    box.systemctl("stop")
    box.offline(new[1])
    box.start()
    box.wait_released(new[1])

    box.guest.run("systemctl kill -s KILL memplugd; timeout 30 sh -c 'until "
                  "[ \"$(systemctl show -P SubState memplugd)\" = auto-restart ]; do :; done'")
    box.offline(new[2])
    box.systemctl("restart")
    box.wait_released(new[2])
    for act in (box.trigger_add, lambda: box.systemctl("restart")):
        act()
        box.beacon()
        box.expect_blocks(new[1:3], "offline")
        box.expect_blocks([new[0], new[3]], "online", "Movable")


@scenario()
def plugged_anew(box):
    """A DIMM that comes back at the same place is a new one, seen or unseen."""
    box.start(MOVABLE_ON_NODE_1)
    new = box.plug("d1", "512M", 1)
    box.wait_online(new)
    box.wait_journal("^memory[0-9]+: done", count=4)
    box.offline(new[0])
    box.wait_released(new[0])
    box.unplug("d1")
    expect("its new blocks", box.plug("d2", "512M", 1), new)
    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")
    box.wait_journal("^memory[0-9]+: done", count=8)

    box.systemctl("stop")
    box.unplug("d2")
    expect("its new blocks", box.plug("d3", "512M", 1), new)
    box.expect_blocks(new, "offline")
    box.start()
    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")


ENOMEM, EBUSY, EPERM = 12, 16, 1


@scenario(races=True)
def race_13_refused_is_not_done(box):
    """The kernel's own error injection: each errno has its outcome, and nothing is forgotten. What
    a refusal moves besides on older kernels, only their model can show: explore/test-races.c."""
    box.start(BLOCK_BY_BLOCK)
    box.inject(ENOMEM)
    box.trace_writes()
    new = box.plug("d1", "1G", 1)
    box.wait_journal(r"^memory[0-9]+: no-memory: online_movable: ENOMEM \(.*it stays offline; rule",
                     count=8)
    expect("writes that the kernel refused", box.count_written("online_movable"), 8)
    box.wait_status("blocks: no-memory 8$")
    for errno, outcome, name in ((EBUSY, "busy", "EBUSY"), (EPERM, "vetoed", "EPERM")):
        box.inject(errno)
        box.trigger_add()
        box.wait_journal(f"^memory[0-9]+: {outcome}: online_movable: {name} ", count=8)
    box.expect_blocks(new, "offline")
    box.inject(0)
    box.trigger_add()
    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")
    box.wait_status("blocks: done 8, busy 8, no-memory 8, vetoed 8$")


OR_ELSE = """\
rules = ( { name = "rather movable"; match = { node = "1"; };
            online = "movable"; or_else = "kernel"; } );
"""


@scenario()
def or_else(box):
    """Both wishes are refused: the line tells of both."""
    box.start(OR_ELSE)
    box.inject(ENOMEM)
    new = box.plug("d1", "256M", 1)
    box.wait_journal("^memory[0-9]+: no-memory by or_else: online_kernel: ENOMEM .*"
                     "since no-memory: online_movable: ENOMEM .*it stays offline; "
                     "rule 'rather movable'", count=2)
    box.expect_blocks(new, "offline")
    box.expect_journal(r"^memory\d+: ", 2)
