# SPDX-License-Identifier: LGPL-2.1-or-later
"""Test machines: real Debian kernels under QEMU, with memory that can be plugged.

    from vm import Guest

    with Guest("full", kernel="6.1", extra=["destdir"]) as guest:
        guest.wait_boot()
        new = guest.add_dimm("d0", "1G", node=1)
        guest.wait_blocks(lambda blocks: all(blocks[index].state == "online" for index in new))

cache.py   things that are made once and kept outside the tree
apt.py     packages of Debian, from the mirror that this machine uses
kernels.py kernels and the modules that guests need
images.py  root file systems, initramfs, and the extra trees of a test
qmp.py     QEMU's monitor
agent.py   the host's end of the line to a guest's agent (guest/agent.c)
blocks.py  what a guest's sysfs says about its memory blocks
accel.py   KVM, where it really works
machine.py the machine that QEMU makes
guest.py   a guest: all of the above
"""

from .guest import CommandFailed, Guest, GuestDied, GuestHung, Job, NotReached, Result  # noqa: F401
