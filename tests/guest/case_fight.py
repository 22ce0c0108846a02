# SPDX-License-Identifier: LGPL-2.1-or-later
"""A udev rule puts memory in the wrong zone: each verb tells the truth about it."""

from .box import BLOCK_BY_BLOCK, CONFIG, PATIENT, UDEV_RULE, expect, expect_match
from .registry import scenario

RULE = "node 1 can be pulled"
UDEV_TEXT = 'SUBSYSTEM=="memory", ACTION=="add", ATTR{state}="online_kernel"\n'


def explain(box, index):
    """What is told of a block, and of the one thing that was done with it."""
    told, = box.memplugctl_json(f"explain memory{index}")["explained"]
    record, = told["records"]
    return told["block"], record


def expect_explained(box, ours, theirs):
    for index in ours + theirs:
        block, record = explain(box, index)
        expect(f"the rule of {index}", (block["rule"], block["rule_file"], block["wanted"]),
               (RULE, CONFIG, "movable"))
        expect(f"the rule of that time of {index}",
               (record["rule"], record["rule_file"], record["rule_line"], record["wanted"]),
               (RULE, CONFIG, block["rule_line"], "movable"))
        if index in ours:
            got = record["outcome"], record["online_by"], record["zone"], record["writes"]
            expect(f"what is told of {index}", got, ("done", "memplugd", "movable", 1))
            expect(f"the duration of {index}", record["duration_usec"] > 0, True)
            expect(f"the trouble of {index}", block["trouble"], None)
        else:
            got = record["outcome"], record["online_by"], record["zone"], record["writes"]
            expect(f"what is told of {index}", got, ("wrong-zone", "other", "kernel", 0))
            expect(f"the trouble of {index}", block["trouble"], "wrong_zone")

    text = box.memplugctl(f"explain {theirs[0]}")
    expect_match("explain", text, "^  wanted +movable: that isn't so, it is in the other zone$")
    expect_match("explain", text, "  wrong-zone: put online by somebody else, zone Normal$")
    expect_match("explain", text, rf"^ +asked for movable by rule '{RULE}' \({CONFIG}:[0-9]+\)$")


def expect_device_explained(box, theirs):
    """By its name, which the block's own explanation tells."""
    block, _ = explain(box, theirs[0])
    told, = box.memplugctl_json(f"explain {block['device']}")["explained"]
    expect("removable", told["device"]["removable"], False)
    expect("what stops it", told["device"]["kernel_blocks"],
           [{"first_block": theirs[0], "last_block": theirs[-1]}])
    expect("outcomes", {word: n for word, n in told["outcomes"].items() if n},
           {"wrong-zone": len(theirs)})


def expect_shown(box, ours, theirs):
    """status, list and history say the same."""
    told = box.memplugctl_json("status")
    expect("blocks in the wrong zone", told["blocks_in_wrong_zone"], len(theirs))
    expect("troubles", [(entry["first_block"], entry["last_block"], entry["trouble"], entry["rule"])
                        for entry in told["troubles"]],
           [(theirs[0], theirs[-1], "wrong_zone", RULE)])
    listed = {entry["first_block"]: entry
              for entry in box.memplugctl_json("list --all")["blocks"]}
    for index in ours + theirs:
        expect(f"list about {index}", (listed[index]["zones"], listed[index]["trouble"]),
               (["Movable"], None) if index in ours else (["Normal"], "wrong_zone"))
    history = box.memplugctl("history")
    for index in theirs:
        expect_match("history", history, rf"memory{index}: wrong-zone: somebody else put it online, "
                                         rf"zone Normal, asked for movable, .*'{RULE}'")
    for index in ours:
        expect_match("history", history, rf"memory{index}: done: online_movable, Movable in ")


@scenario()
def fight_explained(box):
    """One DIMM of memplugd's, and one where the udev rule was first; also after a restart."""
    box.drop_in(PATIENT)
    # Else one block of the rule's has the rest of its DIMM given up.
    box.start(BLOCK_BY_BLOCK)
    ours = box.plug("ours", "256M", 1)
    box.wait_journal("^memory[0-9]+: done: online_movable, Movable", count=len(ours))

    box.udev_rule(UDEV_TEXT)
    with box.frozen():
        theirs = box.plug("theirs", "256M", 1)
        box.wait_online(theirs)
        box.guest.run("udevadm settle")
    box.wait_journal("^memory[0-9]+: wrong-zone: somebody else put it online", count=len(theirs))
    expect_match("doctor", box.guest.run("memplugctl doctor", check=False).out,
                 rf"^warning: {UDEV_RULE}:1: a udev rule puts new memory online, .*online_kernel")
    box.no_udev_rule()

    expect_explained(box, ours, theirs)
    expect_device_explained(box, theirs)
    expect_shown(box, ours, theirs)
    box.systemctl("restart")
    box.beacon()
    expect_explained(box, ours, theirs)
