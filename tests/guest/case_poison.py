# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory with an error that was found by the hardware, or by somebody who says so."""

from .box import MEMORY, MOVABLE_ON_NODE_1, expect, expect_match
from .registry import scenario


@scenario(kernels=("6.12",), more_kernels=())
def poisoned_block(box):
    """A block with a poisoned page goes offline, and can't be put online again: that is told wherever
    it is asked about. The other blocks come, and the DIMM goes."""
    box.start(MOVABLE_ON_NODE_1)
    bad, good = box.plug("d1", "256M", 1)
    box.wait_online([bad, good])
    address = bad * box.guest.block_size() + (64 << 20)
    box.guest.run(f"echo {address:#x} >{MEMORY}/hard_offline_page")
    box.offline(bad, good)
    box.wait_released(bad, good)

    done = box.guest.run(f"memplugctl online {bad}-{good}", check=False)
    expect("exit code", done.rc, 64)
    expect_match("online", done.out, rf"^memory{bad}: poisoned: ")
    box.expect_blocks([bad], "offline")
    box.expect_blocks([good], "online", "Movable")
    box.wait_journal(rf"^memory{bad}: poisoned: online_movable: EHWPOISON .*; it stays offline; ")
    expect("poisoned of Outcomes",
           box.memplugctl_json("status")["daemon"]["outcomes"]["poisoned"], 1)
    expect_match("status", box.memplugctl("status"), rf"memory{bad}: poisoned: ")
    expect_match("explain", box.memplugctl(f"explain {bad}"), r"  poisoned: EHWPOISON \(.*\) after ")
    expect_match("history", box.memplugctl("history"), rf"memory{bad}: poisoned: .*EHWPOISON")
    box.unplug("d1")
