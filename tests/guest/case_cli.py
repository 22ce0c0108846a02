# SPDX-License-Identifier: LGPL-2.1-or-later
"""memplugctl in a real machine, as an ordinary user."""

import re

from .box import Wrong, expect, expect_match
from .registry import scenario


def expect_list(blocks, listed):
    """`memplugctl list --all --json` agrees with sysfs about each block."""
    rows = {row["first_block"]: row for row in listed["blocks"]}
    expect("the blocks listed", sorted(rows), sorted(blocks))
    for index, block in blocks.items():
        row = rows[index]
        got = (row["last_block"], row["state"], tuple(row["zones"] or ()), row["node"])
        # The kernel says "none" of a block that can never be offlined: no zone's name.
        zones = tuple(zone for zone in block.zones if zone != "none")
        # A block of several nodes would be listed by one of them; there is none in a guest.
        expect(f"block {index} listed", got, (index, block.state, zones, block.nodes[0]))


def lsmem_totals(box, user):
    text = box.guest.run(f"setpriv --reuid {user} --regid nogroup --clear-groups "
                         "lsmem -b --summary=only").out
    return tuple(int(re.search(rf"Total {word} memory: +(\d+)", text).group(1))
                 for word in ("online", "offline"))


NODE_0_LEFT = """\
rules = (
  { name = "node 1 can be pulled"; match = { node = "1"; }; online = "movable"; },
  { name = "hands off node 0"; match = { node = "0"; }; online = "leave"; }
);
"""


@scenario()
def cli_as_user(box):
    user = "nobody"
    box.start(NODE_0_LEFT)
    online = box.plug("d1", "512M", 1)
    box.wait_online(online)
    offline = box.plug("d2", "256M", 0)
    box.wait_journal("^memory[0-9-]+: left offline; rule 'hands off node 0'")

    blocks = box.guest.blocks()
    listed = box.memplugctl_json("list --all", user)
    expect_list(blocks, listed)
    for row in listed["blocks"]:
        wanted = "movable" if row["first_block"] in online else "leave"
        expect(f"wanted of {row}", row["wanted"], wanted)
    expect("totals, of list and of lsmem", (listed["online_bytes"], listed["offline_bytes"]),
           lsmem_totals(box, user))
    folded = box.memplugctl_json("list", user)["blocks"]
    expect("blocks in ranges", sum(r["last_block"] - r["first_block"] + 1 for r in folded),
           len(blocks))

    status = box.memplugctl_json("status", user)
    size = box.guest.block_size()
    nodes = {node["node"]: node for node in status["nodes"]}
    expect("movable in node 1", nodes[1]["movable_bytes"], len(online) * size)
    expect("offline in node 0", nodes[0]["offline_bytes"], len(offline) * size)
    expect_match("check-config", box.memplugctl("check-config", user), "^OK: 2 rules from ")
    for verb in ("", "status", "list"):
        text = box.memplugctl(verb, user)
        if not text.strip() or "\x1b" in text:
            raise Wrong(f"memplugctl {verb} printed {text!r}")
