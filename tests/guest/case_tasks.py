# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory that is taken offline, moved and unplugged by hand, where something stands in the way."""

import json
import signal

from .box import MEMORY, MOVABLE_ON_NODE_1, Wrong, expect, expect_match
from .case_bus import LEAVE_NODE_1, start
from .registry import scenario

ONLINE_KERNEL = ('SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", '
                 'ATTR{state}="online_kernel"\n')
EINTR = 4


def told(box, arguments):
    """The exit code, and of each block (outcome, zone, errno)."""
    done = box.guest.run(f"memplugctl {arguments} --json", check=False, timeout=200)
    try:
        rows = json.loads(done.out)["results"]
    except ValueError:
        raise Wrong(f"memplugctl {arguments}: {done.rc}\n{done.out}") from None
    return done.rc, {index: (row["outcome"], row["zone"], row["errno"]) for row in rows
                     for index in range(row["first_block"], row["last_block"] + 1)}


def expect_quick_status(box):
    done = box.guest.run("timeout 5 memplugctl status", check=False)
    if done.rc == 124:
        raise Wrong(f"memplugctl status has no answer in 5 s:\n{done.out}")
    return done.out


@scenario()
def task_hangs(box):
    """Our write waits for somebody else's, which has no end: it is broken off all the same."""
    start(box, MOVABLE_ON_NODE_1)
    held, = box.plug("a", "128M", 1)
    box.wait_online([held])
    box.pin(1)
    others = box.plug("b", "256M", 1)
    box.wait_online(others)
    hang = box.guest.start(f"echo offline >{MEMORY}/memory{held}/state")
    box.wait_going_offline(held)
    box.trace_writes()

    expect("at the deadline", told(box, f"offline --timeout 1 {others[0]}"),
           (1, {others[0]: ("busy", "movable", EINTR)}))
    first, = box.written()
    expect("what was written, and that it waited", (first.word, first.waits > 0),
           ("offline", True))
    job = box.guest.start(f"exec memplugctl offline --timeout 1000 {others[0]} 2>&1")
    box.wait_status(f"^taking memory{others[0]} offline; ")
    expect_match("status", expect_quick_status(box), "takes blocks offline for ")
    box.mark_journal()
    job.kill(signal.SIGINT)
    expect("exit code after Ctrl-C", job.wait(10).rc, 1)
    box.wait_journal(f"^memory{others[0]}: offline: cancelled")
    box.wait_status("^mode uevent")

    box.expect_blocks([held], "going-offline")
    box.expect_blocks(others, "online", "Movable")
    expect("writes", [write.word for write in box.written()], ["offline"] * 2)
    hang.kill(signal.SIGINT)
    box.wait_online([held])
    expect("afterwards", told(box, f"offline {others[0]}"), (0, {others[0]: ("done", None, None)}))


@scenario()
def task_killed(box):
    """memplugd is killed with a part of the memory offline: the next one puts that back."""
    start(box, MOVABLE_ON_NODE_1)
    stays, = box.plug("a", "128M", 1)
    box.wait_online([stays])
    box.pin(1)
    others = box.plug("b", "512M", 1)
    box.wait_online(others)
    box.memplugctl(f"rezone {others[0]} --to kernel")
    box.expect_blocks(others[:1], "online", "Normal")

    # From the highest down, after what is in a kernel zone: so the one that can't go comes last.
    job = box.guest.start("exec memplugctl offline --timeout 1000 node1 2>&1")
    box.wait_going_offline(stays)
    box.expect_blocks(others, "offline")
    box.guest.run(f"kill -KILL {box.show('MainPID')}")
    box.wait_online(others)
    box.expect_blocks(others[:1], "online", "Normal")
    box.expect_blocks([stays] + others[1:], "online", "Movable")
    expect("memplugctl's exit code", job.wait().rc, 1)
    box.expect_journal(r"^memory\d+: done: online_(kernel|movable), .*; a task's, which was cut short",
                       len(others))

    # And it doesn't know of any task.
    box.beacon()
    box.expect_blocks([stays] + others[1:], "online", "Movable")


@scenario()
def task_in_use(box):
    """A DIMM in use, of which all but one block can go: all of it is as it was before."""
    start(box, MOVABLE_ON_NODE_1)
    stays, = box.plug("a", "128M", 1)
    box.wait_online([stays])
    box.pin(1)
    others = box.plug("b", "512M", 1)
    box.wait_online(others)
    load = box.guest.start("numactl --preferred=1 stress-ng --vm 1 --vm-bytes 400M --vm-hang 0 "
                           "--timeout 0 2>&1")
    box.guest.run("timeout 120 sh -c 'until numactl -H | "
                  "grep -q \"^node 1 free: [0-9]\\{1,3\\} MB\"; do :; done'", timeout=150)
    box.trace_writes()
    back = {index: ("cancelled", "movable", None) for index in others}
    expect("offline", told(box, "offline --timeout 10 node1"),
           (1, back | {stays: ("busy", "movable", EINTR)}))
    box.expect_blocks([stays] + others, "online", "Movable")
    # From the highest down they went offline, what was in them went elsewhere, and they are back.
    expect("what was written", [write.word for write in box.written()],
           ["offline"] * (1 + len(others)) + ["online_movable"] * len(others))
    load.kill()


@scenario(more_kernels=("6.12",))
def task_unplug(box):
    """A udev rule put a DIMM in the kernel zone: it is moved, and then pulled."""
    start(box, LEAVE_NODE_1)
    box.udev_rule(ONLINE_KERNEL)
    new = box.plug("d1", "512M", 1)
    box.wait_online(new)
    box.no_udev_rule()
    box.expect_blocks(new, "online", "Normal")

    moved = {index: ("done", "movable", None) for index in new}
    expect("rezone", told(box, "rezone --to movable PNP0C80:00"), (0, moved))
    box.expect_blocks(new, "online", "Movable")
    # What was written down to be done by hand, a restart doesn't undo.
    box.systemctl("restart")
    box.wait_status("^mode uevent")
    box.expect_blocks(new, "online", "Movable")

    gone = {index: ("done", None, None) for index in new}
    expect("unplug", told(box, "unplug PNP0C80:00"), (0, gone))
    expect("blocks", set(box.guest.blocks()), box.boot_blocks)
    box.expect_no_trouble()
