# SPDX-License-Identifier: LGPL-2.1-or-later
"""What breaks around memplugd, or is taken away from it: it tells so, does what can still be done, and
goes on when it is mended. README.md lists the faults and where each is tried."""

import re

from .box import INJECT_OFFLINE, MEMORY, MOVABLE_ON_NODE_1, WATCHED, expect, expect_match
from .registry import scenario

# What becomes of a block when the kernel's write to it fails so: each errno's number, and the outcome.
ERRORS = {
    "ENOMEM": (12, "no-memory"),
    "EBUSY": (16, "busy"),
    "EAGAIN": (11, "busy"),
    "EPERM": (1, "vetoed"),
    "EHWPOISON": (133, "poisoned"),
    "EINTR": (4, "cancelled"),
    "EINVAL": (22, "refused"),
    "EIO": (5, "refused"),
    # The block is there all the same.
    "ENODEV": (19, "refused"),
    "ENOENT": (2, "refused"),
}


@scenario()
def each_errno_of_online(box):
    """The kernel's own error injection: each has its outcome, its words and an explanation, and
    nothing is given up for ever."""
    box.start(MOVABLE_ON_NODE_1)
    box.inject(ERRORS["ENOMEM"][0])
    index, = box.plug("d1", "128M", 1)
    for name, (number, outcome) in ERRORS.items():
        if name != "ENOMEM":
            box.inject(number)
            box.trigger_add()
        consequence = "" if outcome == "cancelled" else "; it stays offline"
        box.wait_journal(rf"^memory{index}: {outcome}: online_movable: {name} \(.+\) after [0-9.]+ ms, "
                         rf"valid_zones 'Normal Movable'{consequence}; rule 'node 1 can be pulled'")
    box.expect_blocks([index], "offline")
    records = box.memplugctl_json(f"explain {index}")["explained"][0]["records"]
    expect("what is kept of it",
           [(record["errno_name"], record["outcome"]) for record in records],
           [(name, outcome) for name, (_, outcome) in ERRORS.items()])
    box.inject(0)
    box.trigger_add()
    box.wait_online([index])
    box.expect_blocks([index], "online", "Movable")


REZONE = """\
rules = ( { name = "moved"; match = { node = "1"; }; online = "kernel"; rezone = true; } );
"""


# In tests/run, one of them stands for all: see case_rezone.py.
@scenario(kernels=(), more_kernels=("6.1", "6.12"))
def each_errno_of_offline(box):
    """The same where a block is to be moved, and doesn't go offline: it stays where it is."""
    box.start("take_over = false;\n" + REZONE)
    box.guest.run(f"echo online_movable >{MEMORY}/auto_online_blocks")
    box.inject(0)
    for name, (number, _) in ERRORS.items():
        box.mark_journal()
        box.guest.run(f"echo {-number} >{INJECT_OFFLINE}")
        index, = box.plug("d1", "128M", 1)
        box.wait_journal(rf"^memory{index}: wrong-zone: offline: {name} \(.+\) after .*; somebody "
                         "else put it online there, and it can't be moved; rule 'moved'")
        box.expect_blocks([index], "online", "Movable")
        box.expect_journal(rf"^memory{index}: ", 1)
        box.guest.run(f"echo 0 >{INJECT_OFFLINE}")
        box.unplug("d1")


RUN = "/run/memplugd"


@scenario()
def full_run(box):
    """There is no room left in /run: memory comes online all the same, what is lost is told once,
    and as soon as there is room, all that is known is kept again."""
    box.guest.run(f"mkdir -p {RUN} && mount -t tmpfs -o size=256k none {RUN}")
    box.start(MOVABLE_ON_NODE_1)
    old = box.plug("old", "256M", 1)
    box.wait_journal("^memory[0-9]+: done", count=2)
    box.guest.run(f"cat /dev/zero >{RUN}/fill", check=False)

    new = box.plug("new", "6G", 1)
    box.wait_online(new)
    box.wait_journal("^memory[0-9]+: done", count=2 + len(new))
    box.expect_blocks(new, "online", "Movable")
    for name in "history", "records":
        box.expect_journal(f"^Failed to add to {RUN}/{name}, .*No space left on device", 1)
    # What is there can be read for what it is.
    box.memplugctl("history")
    box.memplugctl(f"explain {new[0]}")

    # The next one can't keep anything anew, and knows what the one before kept.
    box.guest.run("systemctl kill -s KILL memplugd")
    box.wait_journal(f"^Failed to keep {RUN}/blocks, .*No space left on device")
    box.wait_journal("^Mode uevent, 1 rule", count=2)
    box.offline(old[0])
    box.wait_released(old[0])

    box.guest.run(f"rm {RUN}/fill")
    box.offline(old[1])
    box.wait_released(old[1])
    box.expect_journal("^What is known of blocks is kept again", 1)
    box.expect_journal("damaged", 0)
    box.systemctl("restart")
    box.trigger_add()
    box.beacon()
    box.expect_blocks(old, "offline")
    box.expect_blocks(new, "online", "Movable")
    box.expect_active()


@scenario()
def sys_read_only(box):
    """Nothing in /sys can be written: told of each block, once, and no more is tried. When it can,
    a restart makes it good."""
    box.guest.run(f"echo online >{MEMORY}/auto_online_blocks")
    box.drop_in("ReadWritePaths=\n")
    box.start(MOVABLE_ON_NODE_1)
    box.wait_journal("^Failed to .*auto_online_blocks.*Read-only file system")
    box.guest.run(f"echo offline >{MEMORY}/auto_online_blocks")
    first = box.plug("first", "1G", 1)
    box.wait_journal(r"^memory[0-9]+: refused: online_movable: EROFS \(Read-only file system\)",
                     count=len(first))
    second = box.plug("second", "128M", 1)
    box.wait_journal(f"^memory{second[0]}: refused: online_movable: EROFS")
    box.expect_blocks(first + second, "offline")
    box.expect_lines(first + second, "refused: online_movable: EROFS ")
    box.wait_status("blocks: refused 9$")
    expect("times it was started anew", box.show("NRestarts"), "0")

    box.drop_in("")
    box.systemctl("restart")
    box.wait_online(first + second)
    box.expect_blocks(first + second, "online", "Movable")


def jump(box, change):
    """Sets the clock, and waits until memplugd has fed its watchdog after that."""
    box.guest.run(f"""
        date -s '{change}' >/dev/null
        fed() {{ systemctl show -P WatchdogTimestampMonotonic memplugd; }}
        before=$(fed)
        timeout 30 sh -c 'until [ "$(systemctl show -P WatchdogTimestampMonotonic memplugd)" -gt \
            '$before' ]; do :; done'""")


@scenario()
def clock_jumps(box):
    """The clock is set while memory is plugged: nothing waits for hours, nothing is killed for being
    silent, and what was done stands in the order in which it was done."""
    box.drop_in(WATCHED)
    box.start(MOVABLE_ON_NODE_1)
    pid = box.show("MainPID")
    found = []
    for name, change in ("a", "now"), ("b", "5 hours"), ("c", "12 hours ago"), ("d", "3 hours"):
        box.guest.plug_dimm(name, "2G", 1)
        jump(box, change)
        new = [index for index in box.guest.wait_blocks(
            lambda blocks: len(blocks) >= len(box.boot_blocks) + len(found) + 16)
               if index not in box.boot_blocks and index not in found]
        box.wait_online(new)
        box.wait_journal("^memory[0-9]+: done", count=len(found) + len(new))
        found += new
    box.expect_blocks(found, "online", "Movable")
    expect("memplugd's process", box.show("MainPID"), pid)
    lines = box.memplugctl_json("history")["history"]
    told = [re.match(r"memory(\d+): done", line["message"]) for line in lines]
    order = [int(match.group(1)) for match in told if match]
    wanted = [int(index) for index in
              re.findall(r"^memory(\d+): done", box.journal(), re.MULTILINE)]
    expect("the order of the history, newest first", order, wanted[::-1])


# In a rule's place nothing else is at hand that makes memplugd take something offline, which can hang.
PINNED_IN_MOVABLE = """\
take_over = false;
rules = ( { name = "moved"; match = { node = "1"; }; online = "kernel"; rezone = true; } );
"""


@scenario()
def write_hangs(box):
    """A write of memplugd's own that hangs in the kernel: it answers, feeds its watchdog, says how
    long it has been, and stops in time."""
    box.guest.run(f"echo online_movable >{MEMORY}/auto_online_blocks")
    index, = box.plug("a", "128M", 1)
    box.wait_online([index])
    box.pin(1)
    box.drop_in(WATCHED)
    box.start(PINNED_IN_MOVABLE)
    pid = box.show("MainPID")
    box.wait_going_offline(index)
    box.wait_status(f"^moving memory{index} to its zone")

    box.wait_journal(f"^memory{index}: .*the kernel has been trying for 10 s to take it offline")
    # Its watchdog would have ended it long ago.
    expect_match("memplugctl explain", box.memplugctl(f"explain {index}"),
                 r"^  under way  a write of memplugd's, for [1-9][0-9] s$")
    explained = box.memplugctl_json(f"explain {index}")["explained"][0]
    since = int(box.guest.run("date +%s").out) - explained["write_since_usec"] / 1e6
    expect(f"that it has been under way for {since:.1f} s", 9 < since < 60, True)
    box.memplugctl("status")
    expect("memplugd's process", box.show("MainPID"), pid)
    box.systemctl("stop", seconds=12)
    expect("its result", box.show("Result"), "success")
    box.expect_blocks([index], "online", "Movable")


@scenario()
def kernel_removal_hangs(box):
    """The kernel itself takes a DIMM away, and doesn't come to an end: no signal helps. It is told
    what is waited for, and which block; and memplugd can be stopped."""
    box.start(MOVABLE_ON_NODE_1)
    held, = box.plug("a", "128M", 1)
    box.wait_online([held])
    box.systemctl("stop")
    waiting = box.plug("b", "256M", 1)
    box.pin(1)
    box.guest.qmp.command("device_del", {"id": "a"})
    box.wait_going_offline(held)

    box.mark_journal()
    box.systemctl("start", seconds=20)
    box.wait_status("^waiting for the kernel's hotplug lock")
    box.wait_journal("^New memory has been waiting for the kernel's hotplug lock for 10 s, while "
                     f"memory{held} reads 'going-offline'")
    box.wait_status(f"^waiting for the kernel's hotplug lock; memory{held} reads going-offline; ")
    box.systemctl("stop", seconds=12)
    expect("its result", box.show("Result"), "success")
    box.expect_blocks([held], "going-offline")
    box.expect_blocks(waiting, "offline")

    box.systemctl("start", seconds=20)
    box.wait_journal("^New memory has been waiting", count=2)
    box.unpin()
    box.wait_online(waiting)
    box.expect_blocks(waiting, "online", "Movable")
    box.wait_journal("^The kernel has come back from that write after [0-9]+ s")
    box.guest.wait_blocks(lambda blocks: held not in blocks)
