# SPDX-License-Identifier: LGPL-2.1-or-later
"""What kernel developers wrote to show that memory hot-plug works: two of their procedures, by
memplugctl, with the kernel's own figures after each step."""

import re

from .box import MOVABLE_ON_NODE_1, expect
from .registry import scenario
from .zones import present

PAGE = 4096
MIB = 1 << 20


def expect_pages(box, kernel, movable):
    """So many bytes are present on node 1: zoneinfo and memplugctl say the same."""
    expect("bytes present on node 1", tuple(PAGE * pages for pages in present(box.guest, 1)),
           (kernel, movable))
    node, = [node for node in box.memplugctl_json("status")["nodes"] if node["node"] == 1]
    expect("bytes of node 1 in status", (node["kernel_bytes"], node["movable_bytes"]),
           (kernel, movable))


@scenario()
def blocks_online_in_any_zone(box):
    """Michal Hocko's, of 2017: blocks in the midst of others, in both zones. Since 4.14 any may be
    movable, so that the last one, by a plain "online", isn't drawn to Movable; and what was movable may
    be the kernel's next, which his kernel didn't do yet."""
    def zones(index):
        return " ".join(box.guest.blocks()[index].zones)

    box.start(MOVABLE_ON_NODE_1.replace('"movable"', '"leave"'))
    size = box.guest.block_size()
    first, *rest = box.plug("d1", "1G", 1)
    expect("zones of all", {zones(index) for index in (first, *rest)}, {"Normal Movable"})
    expect_pages(box, 0, 0)

    box.memplugctl(f"online --zone movable {first + 2}")
    expect("zones beside it", (zones(first + 1), zones(first + 3)), ("Normal Movable",) * 2)
    expect_pages(box, 0, size)
    box.memplugctl(f"online --zone kernel {first}")
    expect("zones between", zones(first + 1), "Normal Movable")
    expect_pages(box, size, size)
    box.memplugctl(f"online --zone default {first + 7}")
    expect_pages(box, 2 * size, size)
    box.memplugctl(f"offline {first + 2}")
    expect_pages(box, 2 * size, 0)
    box.memplugctl(f"online --zone kernel {first + 2}")
    expect_pages(box, 3 * size, 0)


def numactl(box):
    """The size of node 1 in MiB, and how much of it is free; a node without memory has neither."""
    told = box.guest.run("numactl -H").out
    return [int(found[1]) if (found := re.search(rf"^node 1 {word}: (\d+) MB$", told, re.MULTILINE))
            else 0 for word in ("size", "free")]


@scenario()
def offline_under_load(box):
    """Oscar Salvador's, of 2020: plugged, online, in use, offline, and gone."""
    box.start(MOVABLE_ON_NODE_1)
    new = box.plug("d1", "256M", 1)
    box.wait_online(new)
    box.wait_journal("^memory[0-9]+: done: online_movable", count=len(new))
    expect_pages(box, 0, 256 * MIB)
    expect("size by numactl", numactl(box)[0], 256)

    # It may have its next page elsewhere: what is bound to the node is killed for want of memory as soon
    # as it needs one more than it had when the node went.
    load = box.guest.start("exec numactl --preferred=1 stress-ng --vm 1 --vm-bytes 200M --vm-keep "
                           "--vm-populate --verify --timeout 0")
    box.guest.run("timeout 120 sh -c 'until numactl -H | grep -q \"^node 1 free: [1-4]\\?[0-9] MB\"; "
                  "do sleep 0.1; done'", timeout=150)
    done = box.guest.run("memplugctl offline --timeout 120 PNP0C80:00", check=False, timeout=200)
    expect("offline", (done.rc, done.out), (0, f"memory{new[0]}-{new[-1]}: done\n"))
    box.expect_blocks(new, "offline")
    expect_pages(box, 0, 0)
    expect("size and free by numactl", numactl(box), [0, 0])
    # What was there lives on elsewhere.
    box.guest.run("pgrep stress-ng-vm")
    expect("out of memory", "Out of memory" in box.guest.dmesg(), False)
    load.kill()
    box.memplugctl("unplug PNP0C80:00")
    expect("blocks in the end", set(box.guest.blocks()), box.boot_blocks)
    box.expect_no_trouble()
