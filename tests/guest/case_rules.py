# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory goes where the rules say."""

import re

from .box import CONFIG, MOVABLE_ON_NODE_1, expect
from .registry import scenario


@scenario()
def node_movable(box):
    box.start(MOVABLE_ON_NODE_1)
    new = box.plug("d1", "1G", 1)
    expect("number of blocks", len(new), 8)
    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")
    box.wait_journal("^memory[0-9]+: done", count=8)
    lines = box.expect_journal(r"^memory\d+: ", 8)
    place = re.escape(f"rule 'node 1 can be pulled' ({CONFIG}:2)")
    for index in new:
        found = [line for line in lines
                 if re.match(f"memory{index}: done: online_movable, Movable in .*{place}$", line)]
        expect(f"lines of block {index} in\n{lines}", len(found), 1)
    box.wait_status("blocks: done 8$")


# The first DIMM of a guest begins at 4 GiB.
HALVES = """\
rules = (
  { name = "lower half"; match = { node = "0"; range = "0x100000000-0x11fffffff"; };
    online = "kernel"; },
  { name = "upper half"; match = { node = "0"; range = "0x120000000-0x13fffffff"; };
    online = "movable"; }
);
"""


@scenario()
def range_halves(box):
    box.start(HALVES)
    new = box.plug("d1", "1G", 0)
    expect("the DIMM's blocks", new, list(range(32, 40)))
    box.wait_online(new)
    box.expect_blocks(new[:4], "online", "Normal")
    box.expect_blocks(new[4:], "online", "Movable")
    box.wait_journal(r"^memory3[2-5]: done: online_kernel, Normal.*'lower half'", count=4)
    box.wait_journal(r"^memory3[6-9]: done: online_movable, Movable.*'upper half'", count=4)


BLOCKS = """\
rules = (
  { name = "two of them"; match = { blocks = "34,37"; }; online = "movable"; },
  { name = "as the kernel likes"; match = { node = "1"; blocks = "32-35"; }; online = "default"; },
  { name = "hands off the rest"; online = "leave"; }
);
"""


@scenario()
def blocks_and_default(box):
    """By index; and a plain `online`, where a fresh DIMM's default zone is Normal."""
    box.start(BLOCKS)
    new = box.plug("d1", "1G", 1)
    box.wait_online([34, 37])
    box.wait_online([32, 33, 35])
    box.wait_journal("memory36: left offline; rule .hands off the rest")
    box.wait_journal("memory38-39: left offline; rule .hands off the rest")
    box.wait_journal("^memory[0-9]+: done: online(_movable)?, ", count=5)
    box.expect_blocks([34, 37], "online", "Movable")
    box.expect_blocks([32, 33, 35], "online", "Normal")
    box.expect_blocks([36, 38, 39], "offline")
    expect("the DIMM's blocks", new, list(range(32, 40)))


LEAVE = """\
rules = ( { name = "hands off"; match = { node = "1"; }; online = "leave"; } );
"""


@scenario()
def leave(box):
    box.start(LEAVE)
    new = box.plug("d1", "1G", 1)
    box.wait_journal("memory32-39: left offline; rule 'hands off' .*memplugd.conf:1")
    box.expect_blocks(new, "offline")
    box.expect_journal(r"memory\d+", 1)


@scenario()
def no_config(box):
    """Without any file, the built-in rules decide: a DIMM becomes movable as the budget allows."""
    box.start()
    new = box.plug("d1", "1G", 1)
    box.wait_online(new)
    box.wait_journal("^memory[0-9]+: done: online_movable, Movable in .*; built-in: .*301%",
                     count=8)
    box.expect_blocks(new, "online", "Movable")
    box.expect_journal(r"memory\d+", 8)
    box.wait_status("built-in rules only; blocks: done 8$")


OBSERVE = f"""\
mode = "observe";
{MOVABLE_ON_NODE_1}"""


@scenario()
def observe(box):
    """Decides and tells, and writes nothing: not at the start, not for a DIMM, not at a reload."""
    there = box.plug("d1", "256M", 1)
    box.start(OBSERVE)
    told = "would be put online: online_movable; rule 'node 1"
    box.wait_journal(f"^memory32-33: {told}")
    new = box.plug("d2", "1G", 1)
    # No barrier is passed, for that is a write: so they may be told in pieces.
    box.wait_runs(told, *new)
    box.systemctl("reload")
    box.wait_journal(f"^memory32-41: {told}")
    box.expect_blocks(there + new, "offline")
    box.expect_journal(r"^memory[\d-]+: (?!would be)", 0)
