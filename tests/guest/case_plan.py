# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `memplugctl plan` foretells comes true."""

import re

from .box import expect, expect_match
from .registry import scenario

# Of 2 GiB at boot, a little of which the firmware keeps, 1.2 GiB may be movable.
CONFIG = """\
movable_ratio = "60%";
rules = (
  { name = "small ones are the kernel's";
    match = { source = "dimm"; size_max = "256M"; }; online = "kernel"; },
  { name = "balanced"; online = "auto"; }
);
"""

# What is plugged, and the words that are written for it: by the budget, by a rule, step by step.
ADDITIONS = (
    ("d1", "dimm", "1G", 1, {"online_movable"}),
    ("d2", "dimm", "512M", 0, {"online_kernel"}),
    ("d3", "dimm", "256M", 1, {"online_kernel"}),
    ("v1", "virtio-mem", "768M", 1, {"online_movable", "online_kernel"}),
)


def foretell(box):
    """The stages of the plan: what is there, and each addition."""
    adds = " ".join(f"--add {source}:{size}@{node}" for _, source, size, node, _ in ADDITIONS)
    told = box.memplugctl_json(f"plan {adds}")
    expect("active_mode", told["active_mode"], "uevent")
    expect("zone_rule", told["zone_rule"], "free")
    expect("warnings", told["warnings"], [])
    for stage, (name, *_, words) in zip(told["stages"][1:], ADDITIONS, strict=True):
        expect(f"words foretold for {name}", {write["word"] for write in stage["writes"]}, words)
        expect(f"{name} left", stage["left"], [])
    return told["stages"]


def by_place(stage):
    """The writes of a stage as (place in the device, word, zone), in their order."""
    first = stage["added"]["first_block"]
    return [(write["block"] - first, write["word"], write["zone"]) for write in stage["writes"]]


def what_came(box, new):
    """The same of what memplugd wrote, as the journal and the kernel tell it."""
    box.wait_online(new)
    box.wait_journal(rf"^memory({'|'.join(map(str, new))}): done: ", count=len(new))
    blocks = box.guest.blocks()
    return [(int(index) - new[0], word,
             "movable" if blocks[int(index)].zone == "Movable" else "kernel")
            for index, word in re.findall(r"^memory(\d+): done: (\w+)", box.journal(), re.MULTILINE)
            if int(index) in new]


def come_true(box, stage, name, source, size, node):
    """Plugs it for real. virtio-mem comes in steps, which have an order each."""
    if source == "dimm":
        new = box.plug(name, size, node)
        expect(f"what came of {name}", what_came(box, new), by_place(stage))
    else:
        new = box.grow(name, "4G", node, size)
        expect(f"what came of {name}", sorted(what_came(box, new)), sorted(by_place(stage)))
    return new


def expect_at_start(box):
    """What is plugged while memplugd is down is what it deals with first."""
    box.systemctl("stop")
    new = box.plug("late", "512M", 0) + box.plug("small", "128M", 0)
    stage, = box.memplugctl_json("plan")["stages"]
    expect("blocks of the plan", sorted(write["block"] for write in stage["writes"]), sorted(new))
    expect("left", stage["left"], [])
    box.systemctl("start")
    expect("what came at the start", what_came(box, sorted(new)),
           [(write["block"] - min(new), write["word"], write["zone"]) for write in stage["writes"]])


@scenario(kernels=("6.12",), more_kernels=("6.1",))
def plan_comes_true(box):
    """DIMMs and virtio-mem, foretold all at once and plugged one after the other: each block comes
    online by the word and in the zone that the plan said, and a DIMM's in that order."""
    box.start(CONFIG)
    box.wait_status("2 rules")
    now, *stages = foretell(box)
    expect("writes now", now["writes"], [])
    for stage, (name, source, size, node, _) in zip(stages, ADDITIONS):
        come_true(box, stage, name, source, size, node)

    told = box.memplugctl_json("plan")["stages"][0]
    expect("writes when all is there", told["writes"], [])
    expect("movable when all is there", told["budget_after"]["movable_before"],
           stages[-1]["budget_after"]["movable_before"])
    expect_match("plan as a user", box.memplugctl("plan", user="nobody"),
                 "^Warning: Sources are unknown: ")
    expect_at_start(box)
