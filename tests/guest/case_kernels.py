# SPDX-License-Identifier: LGPL-2.1-or-later
"""Other kernels and smaller machines."""

from .box import CONFIG, MEMORY, MOVABLE_ON_NODE_1, expect
from .registry import Boot, scenario

OFFLINE_FIRST = f"echo offline >{MEMORY}/auto_online_blocks"


@scenario(kernels=("6.12",), more_kernels=(), kernel_onlines=True)
def smoke_newer_kernel(box):
    """A kernel that onlines by itself and isn't taken over is told about, once for each block, and
    not fought; when that is switched off, memory goes where the rules say."""
    expect("the kernel's own onlining", box.guest.read(f"{MEMORY}/auto_online_blocks"), "online\n")
    box.start("take_over = false;\n" + MOVABLE_ON_NODE_1)
    box.wait_journal("The kernel itself puts new memory online")
    first = box.plug("d1", "1G", 1)
    box.wait_online(first)
    box.wait_journal("^memory[0-9]+: wrong-zone: somebody else put it online, zone Normal", count=8)
    box.expect_blocks(first, "online", "Normal")

    box.guest.run(OFFLINE_FIRST)
    second = box.plug("d2", "1G", 1)
    box.wait_online(second)
    box.expect_blocks(second, "online", "Movable")
    box.wait_journal("^memory[0-9]+: done: online_movable", count=8)
    box.expect_journal(r"^memory\d+: ", 16)


@scenario(boot=Boot(kind="small"))
def small_machine(box):
    """Without systemd, without /run/memplugd, by hand."""
    box.configure(MOVABLE_ON_NODE_1, CONFIG)
    job = box.guest.start("exec memplugd")
    box.wait_file(job.output_file, "^memplugd: Mode uevent, 1 rule")
    new = box.plug("d1", "1G", 1)
    box.wait_online(new)
    box.wait_file(job.output_file, "^memplugd: memory[0-9]+: done", count=8)
    box.expect_blocks(new, "online", "Movable")
    listed = box.memplugctl_json("list --all")["blocks"]
    expect("online blocks listed", len([row for row in listed if row["state"] == "online"]),
           len(box.guest.blocks()))
    job.kill(15)
    expect("its exit code", job.wait().rc, 0)
