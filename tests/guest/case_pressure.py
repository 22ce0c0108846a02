# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory is plugged when there is none left."""

from .box import MOVABLE_ON_NODE_1, PID_FILE, expect
from .registry import scenario

TIMES = "/run/hog.times"

# The kernel takes 16 MiB of it for the memory map of the DIMM, and the programs of the guest, which
# are read from disk again and again by now, run on with what is left of it.
SPARE_KIB = 40 << 10


@scenario(races=True)
def race_14_memory_exhausted(box):
    """What is plugged to the rescue is put online by memplugd, and nobody needs to be killed."""
    box.start(MOVABLE_ON_NODE_1)
    pid = box.show("MainPID")
    available = box.guest.run(f"rm -f {TIMES}; hog {SPARE_KIB} {PID_FILE} {TIMES} && "
                              "grep MemAvailable /proc/meminfo", timeout=180).out
    hog = box.guest.read(PID_FILE).strip()
    new = box.plug("d1", "1G", 1)
    box.wait_online(new)
    box.wait_journal("^memory[0-9]+: done", count=len(new))
    box.expect_blocks(new, "online", "Movable")
    box.expect_lines(new, "done: online_movable, Movable in ")
    expect("memplugd's process", box.show("MainPID"), pid)
    # Else there was memory for memplugd, after all.
    box.guest.run(f"kill -0 {hog}")
    killed = box.guest.run("dmesg | grep -i 'out of memory'", check=False).out
    expect("killed processes", killed, "")
    took = int(box.guest.read(TIMES)) / 1000
    return f"{int(available.split()[1]) >> 10} MiB were left, {took:.0f} ms from add to online"
