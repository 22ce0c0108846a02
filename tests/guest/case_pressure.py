# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory is plugged when there is none left."""

import statistics

from .box import MEMORY, MOVABLE_ON_NODE_1, PID_FILE, expect
from .registry import Boot, scenario

TIMES = "/run/hog.times"

# The kernel takes 16 MiB of it for the memory map of the DIMM, and the programs of the guest, which
# are read from disk again and again by now, run on with what is left of it.
SPARE_KIB = 40 << 10


# A machine that small has no reserves.
SMALL = Boot(nodes=("1G", "0"))

TURNS = 3


def fill(box):
    """Leaves next to no memory, and returns the pid of who has it."""
    box.guest.run(f"rm -f {TIMES}; hog {SPARE_KIB} {PID_FILE} {TIMES}", timeout=180)
    return box.guest.read(PID_FILE).strip()


def milliseconds(box):
    """From the "add" of the first block to the first "online"."""
    return int(box.guest.run(f"until [ -s {TIMES} ]; do :; done; cat {TIMES}").out) / 1000


@scenario(races=True)
def race_14_memory_exhausted(box):
    """What is plugged to the rescue is put online by memplugd, and nobody needs to be killed."""
    box.start(MOVABLE_ON_NODE_1)
    pid = box.show("MainPID")
    expect("its memory is locked", int(box.guest.run(
        f"sed -n 's/^VmLck:[^0-9]*\\([0-9]*\\).*/\\1/p' /proc/{pid}/status").out) > 0, True)
    hog = fill(box)
    available = box.guest.run("grep MemAvailable /proc/meminfo").out
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
    return (f"{int(available.split()[1]) >> 10} MiB were left, "
            f"{milliseconds(box):.0f} ms from add to online")


@scenario(boot=SMALL, kernels=(), more_kernels=("6.1",), older=False)
def race_14_beside_the_others(box):
    """How long it takes until a machine without memory has some again, by whom that is done: a figure,
    not a bar, for what else goes on decides, too."""
    def by_memplugd():
        box.start(MOVABLE_ON_NODE_1)

    def by_udev():
        box.systemctl("stop")
        box.udev_rule('SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", '
                      'ATTR{state}="online_movable"\n')

    def by_kernel():
        box.no_udev_rule()
        box.guest.run(f"echo online_movable >{MEMORY}/auto_online_blocks")

    took = {}
    for way in (by_memplugd, by_udev, by_kernel):
        way()
        took[way] = []
        for turn in range(TURNS):
            fill(box)
            new = box.plug(f"d{turn}", "1G", 1)
            box.wait_online(new, timeout=180)
            took[way].append(milliseconds(box))
            box.guest.run(f"kill $(cat {PID_FILE})")
            box.unplug(f"d{turn}")
    memplugd, udev, kernel = (statistics.median(took[way])
                              for way in (by_memplugd, by_udev, by_kernel))
    return f"memplugd {memplugd:.0f} ms, a udev rule {udev:.0f} ms, the kernel {kernel:.0f} ms"
