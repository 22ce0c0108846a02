# SPDX-License-Identifier: LGPL-2.1-or-later
"""Floods of events, and events that are lost."""

from .box import MEMORY, MOVABLE_ON_NODE_1, PATIENT, expect
from .registry import scenario

DEBUG = "ExecStart=\nExecStart=/usr/sbin/memplugd --service --log-level=debug\n"


def flood(box, turns):
    """Synthetic events, so many for each block."""
    box.guest.run(f"""
        cd {MEMORY}
        turns={turns}
        until [ $turns = 0 ]; do
            for block in memory[0-9]*; do
                echo add >$block/uevent
            done
            turns=$((turns - 1))
        done""")


@scenario(races=True)
def race_9_events_lost(box):
    """More events than its buffer takes, and in the midst of them all that can happen to memory."""
    box.drop_in(PATIENT)
    # As the kernel gives it to everybody: some 256 events.
    box.drop_in("ReceiveBuffer=208K\n", unit="socket")
    box.start(MOVABLE_ON_NODE_1)
    there = box.plug("there", "512M", 1)
    goes = box.plug("goes", "256M", 1)
    box.wait_journal("^memory[0-9]+: done", count=6)
    box.trace_writes()

    with box.frozen():
        flood(box, 40)
        new = box.plug("new", "1G", 1)
        box.offline(there[2])
        box.unplug("goes")
        again = box.plug("again", "256M", 1)
        expect("the blocks of the DIMM that takes the place of another", again, goes)
    box.wait_journal("^Events were lost; all blocks are read anew")
    box.wait_online(new + again)
    box.wait_journal("^memory[0-9]+: done", count=6 + 10)
    box.expect_blocks(new + again, "online", "Movable")
    expect("what it wrote for 10 new blocks", box.count_written("online_movable"), 10)

    box.beacon()
    box.expect_lines(new, "done: online_movable, Movable in ")
    box.expect_blocks([there[2]], "offline")
    box.expect_journal(f"^memory{there[2]}: taken offline by somebody else", 1)


@scenario(races=True)
def race_10_synthetic_events(box):
    """Events for blocks long online cost no write, whoever sends them, and how many there are."""
    box.drop_in(DEBUG)
    box.start(MOVABLE_ON_NODE_1)
    new = box.plug("d1", "1G", 1)
    box.wait_online(new)
    box.wait_journal("^memory[0-9]+: done", count=8)
    box.offline(new[5])
    box.wait_released(new[5])

    box.trace_writes()
    n_blocks = len(box.boot_blocks) + len(new)
    box.mark_journal()
    flood(box, 40)
    box.trigger_add()
    box.wait_journal("^memory[0-9]+: event 'add'", count=41 * n_blocks)
    # One more event, behind all the others: they have been dealt with.
    box.guest.run(f"echo change >{MEMORY}/memory0/uevent")
    box.wait_journal("^memory0: event 'other'")
    expect("what it wrote", box.written(), [])
    box.expect_journal("^memory[0-9-]+: (?!event)", 0)
    box.expect_blocks([index for index in new if index != new[5]], "online", "Movable")
    box.expect_blocks([new[5]], "offline")
