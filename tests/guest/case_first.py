# SPDX-License-Identifier: LGPL-2.1-or-later
"""Somebody else onlines the same blocks: a udev rule, as distributions ship it."""

import re

from .box import BLOCK_BY_BLOCK, MEMORY, MOVABLE_ON_NODE_1, PATIENT, expect
from .registry import scenario


def udev_rule(word):
    return f'SUBSYSTEM=="memory", ACTION=="add", ATTR{{state}}="{word}"\n'


def plug_with_udev_rule(box, word):
    """Plugs three DIMMs while a udev rule onlines, too. Answers the blocks of the one where
    memplugd was first, of the one where the rule was, and of the one where both ran."""
    box.drop_in(PATIENT)
    # Else one block of the rule's has the rest of its DIMM given up.
    box.start(BLOCK_BY_BLOCK)
    box.udev_rule(udev_rule(word))
    box.trace_writes()

    box.guest.run("udevadm control --stop-exec-queue")
    ours = box.plug("ours", "512M", 1)
    box.wait_journal("^memory[0-9]+: done: online_movable, Movable", count=4)
    box.guest.run("udevadm control --start-exec-queue; udevadm settle")
    expect("its writes where it is first", box.count_written("online_movable"), 4)

    with box.frozen():
        theirs = box.plug("theirs", "512M", 1)
        box.wait_online(theirs)
        box.guest.run("udevadm settle")
    box.wait_journal("^memory[0-9]+: (already|wrong-zone): somebody else put it online", count=4)
    expect("its writes where the rule is first", box.count_written("online_movable"), 4)

    both = box.plug("both", "1G", 1)
    box.wait_online(both)
    box.wait_journal("^memory[0-9]+: (done|already|wrong-zone): ", count=8 + len(both))
    written = box.count_written("online_movable") - 4
    expect(f"that it has written {written} times for {len(both)} blocks", written <= len(both),
           True)

    box.no_udev_rule()
    box.beacon()
    return ours, theirs, both


@scenario(races=True)
def race_3_udev_rule_right_zone(box):
    """Who is first doesn't matter; it is no trouble, and each block is told once."""
    ours, theirs, both = plug_with_udev_rule(box, "online_movable")
    box.expect_blocks(ours + theirs + both, "online", "Movable")
    box.expect_lines(ours, "done: online_movable, Movable in ")
    box.expect_lines(theirs, "already: somebody else put it online, zone Movable, asked for mov")
    box.expect_lines(both, "done: online_movable, Movable in |already: ")
    box.expect_no_trouble()


@scenario(races=True)
def race_4_udev_rule_wrong_zone(box):
    """Each block is where the first one put it, and what is in the wrong zone is told."""
    ours, theirs, both = plug_with_udev_rule(box, "online_kernel")
    box.expect_blocks(ours, "online", "Movable")
    box.expect_lines(ours, "done: online_movable, Movable in ")
    box.expect_blocks(theirs, "online", "Normal")
    box.expect_lines(theirs, "wrong-zone: somebody else put it online, zone Normal, "
                             "asked for movable, and it stays so")
    lines = box.expect_lines(both, "done: online_movable, Movable in |wrong-zone: ")
    for index in both:
        done = re.match("done", lines[index][0])
        box.expect_blocks([index], "online", "Movable" if done else "Normal")


@scenario(races=True)
def race_4_put_online_while_down(box):
    """Blocks that others put online while memplugd is down aren't touched, in whatever zone."""
    box.start(MOVABLE_ON_NODE_1)
    box.systemctl("stop")
    new = box.plug("d1", "256M", 1)
    for index, word in zip(new, ("online_kernel", "online_movable")):
        box.guest.run(f"echo {word} >{MEMORY}/memory{index}/state")
    box.start()
    box.beacon()
    box.expect_blocks(new[:1], "online", "Normal")
    box.expect_lines(new[:1], "wrong-zone: somebody else put it online, zone Normal")
    box.expect_blocks(new[1:], "online", "Movable")
    box.expect_lines(new[1:], "already: somebody else put it online, zone Movable")
