# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory that somebody else put in the wrong zone, and that its rule wants moved.

The wrong zone is Movable here: what is in a kernel zone, the kernel may use at once, and then
it can't be moved."""

from .box import INJECT, MEMORY, expect
from .registry import scenario

REZONE = """\
rules = (
  { name = "moved"; match = { node = "1"; }; online = "kernel"; rezone = true; }
);
"""

INJECT_OFFLINE = INJECT.replace("ONLINE", "OFFLINE")
EBUSY, ENOMEM = 16, 12


def plug_into_movable(box, name, size):
    """Plugs a DIMM that the kernel onlines by itself; answers its blocks."""
    box.guest.run(f"echo online_movable >{MEMORY}/auto_online_blocks")
    new = box.plug(name, size, 1)
    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")
    return new


@scenario(kernels=("6.12",), more_kernels=("6.1",), races=True)
def race_4_moved(box):
    """The kernel is first with each block, in the wrong zone: each is moved, once."""
    box.guest.run(f"echo online_movable >{MEMORY}/auto_online_blocks")
    box.start("take_over = false;\n" + REZONE)
    new = box.plug("d1", "1G", 1)
    box.wait_journal(r"^memory[0-9]+: done: offline, online_kernel, Normal in .* ms; rule 'moved'",
                     count=8)
    expect("number of blocks", len(new), 8)
    box.expect_blocks(new, "online", "Normal")
    box.wait_status("blocks: done 8$")
    box.expect_journal(r"^memory\d+: ", 8)


@scenario(kernels=("6.12",), more_kernels=("6.1",))
def race_4_found_and_moved(box):
    """What was plugged while memplugd was down is moved when it starts, and only then."""
    new = plug_into_movable(box, "d1", "512M")
    box.start(REZONE)
    box.wait_journal(r"^memory[0-9]+: done: offline, online_kernel, Normal", count=len(new))
    box.expect_blocks(new, "online", "Normal")

    # Another one comes as it should not while it is down; the ones that it knows are let be.
    box.systemctl("stop")
    box.mark_journal()
    other = plug_into_movable(box, "d2", "128M")
    box.start()
    box.wait_journal(rf"^memory{other[0]}: done: offline, online_kernel, Normal")
    box.expect_journal(r"^memory\d+: ", 1)


@scenario(kernels=("6.12",), more_kernels=("6.1",))
def race_4_cannot_be_moved(box):
    """A block that won't go stays where it is; one that is off and refused gets back later."""
    new = plug_into_movable(box, "d1", "256M")
    box.inject(0)
    box.guest.run(f"echo {-EBUSY} >{INJECT_OFFLINE}")
    box.start(REZONE)
    box.wait_journal(r"^memory[0-9]+: wrong-zone: offline: EBUSY .*put it online there, and it "
                     "can't be moved; rule 'moved'", count=2)
    box.expect_blocks(new, "online", "Movable")

    # Only one try for each time it is plugged. The other one is new, and refused everywhere.
    box.guest.run(f"echo 0 >{INJECT_OFFLINE}")
    box.systemctl("stop")
    other = plug_into_movable(box, "d2", "128M")
    box.inject(ENOMEM)
    box.start()
    box.wait_journal(rf"^memory{other[0]}: no-memory: offline, online_kernel: ENOMEM .*it stays "
                     "offline; rule 'moved'")
    box.expect_blocks(other, "offline")
    box.expect_blocks(new, "online", "Movable")

    # It was online before memplugd took it offline: that is made good as soon as it can be.
    box.inject(0)
    box.systemctl("restart")
    box.wait_online(other)
    box.expect_blocks(other, "online", "Normal")
    box.expect_blocks(new, "online", "Movable")
