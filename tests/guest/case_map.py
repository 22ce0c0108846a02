# SPDX-License-Identifier: LGPL-2.1-or-later
"""DIMMs that hold their own memory map."""

from .box import PATIENT, expect
from .case_budget import SideBySide
from .case_devices import find_device
from .registry import OFFLINE_AT_BOOT, Boot, scenario
from .zones import read_zones

OWN_MAP = Boot(append=f"memory_hotplug.memmap_on_memory=1 {OFFLINE_AT_BOOT}")

PAGE = 4096
MIB = 1 << 20

# Of a block of 128 MiB.
MAP = 2 * MIB


def free_for_kernel(box):
    return PAGE * sum(zone.free for (_, name), zone in read_zones(box.guest).items()
                      if name != "Movable")


def expect_map(box, name, indices, own, kernel_free):
    """The map of a new device of that many blocks lies in it, or in the kernel's memory."""
    taken = kernel_free - free_for_kernel(box)
    expect(f"the map of {name} ({taken >> 20} MiB) is the kernel's",
           taken > len(indices) * MAP // 2, not own)


# Since 5.13.
@scenario(boot=OWN_MAP, kernels=("6.12",), more_kernels=("6.1",), older=False)
def memory_map_on_memory(box):
    """A large DIMM and one of a single block: what was foretold of their maps, what the zones have, what
    the budget counts, beside the kernel's; and they go again."""
    box.guest.wait_boot()
    splits = box.guest.kernel.version != "6.1"
    box.drop_in(PATIENT)
    both = SideBySide(box)
    # Of 2 GiB at boot, a little of which the firmware keeps. With what the map of the first leaves
    # usable of it, the second would fit.
    both.set(56, False)
    told = box.memplugctl_json("plan --add dimm:1G@1 --add dimm:128M@1")["stages"]
    expect("maps foretold",
           [(stage["memory_map"]["bytes"], stage["memory_map"]["from_itself"])
            for stage in told[1:]], [(8 * MAP, splits), (MAP, True)])

    free = free_for_kernel(box)
    expect("zone of the first", both.dimm("large", "1G", 1), "Movable")
    blocks = sorted(set(box.guest.blocks()) - box.boot_blocks)
    expect_map(box, "large", blocks, splits, free)
    movable = read_zones(box.guest)[1, "Movable"]
    expect("pages of Movable", (movable.present * PAGE, movable.managed * PAGE),
           (1024 * MIB, 1024 * MIB - 8 * MAP * splits))
    expect("movable by the budget",
           box.memplugctl_json("status")["budget"]["movable_before"], 1024 * MIB)

    expect("zone of the second", both.dimm("small", "128M", 1), "Normal")
    expect("words foretold", [{write["word"] for write in stage["writes"]} for stage in told[1:]],
           [{"online_movable"}, {"online_kernel"}])
    normal = read_zones(box.guest)[1, "Normal"]
    expect("pages of Normal", (normal.present * PAGE, normal.managed * PAGE),
           (128 * MIB, 128 * MIB - MAP))

    expect("own_map", box.memplugctl_json("status")["own_map"],
           {"block_bytes": MAP, "large_devices": splits})
    devices = box.memplugctl_json("devices")
    expect("bytes of maps", [find_device(devices, [index])["own_map_bytes"]
                             for index in (blocks[0], blocks[-1] + 1)], [8 * MAP * splits, MAP])
    box.memplugctl("unplug PNP0C80:00")
    expect("blocks that are left of it", set(box.guest.blocks()) & set(blocks), set())
    expect("Movable in the end", read_zones(box.guest)[1, "Movable"].present, 0)
    return "; ".join(both.words)
