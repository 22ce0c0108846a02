# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where memory comes from, and what is plugged as one: devices of all kinds in one machine."""

from .box import DAX_MEMORY, MEMORY, expect, expect_match
from .registry import OFFLINE_AT_BOOT, Boot, scenario

# More than 2 GiB in node 0: a part of it is the dax device's.
ALL_KINDS = Boot(append=f"{DAX_MEMORY} {OFFLINE_AT_BOOT}", nodes=("3G", "0"),
                 dimms=(("early", "512M", 1),))


def plug_all_kinds(box):
    """Besides the DIMM of the boot: two on two nodes, a virtio-mem and a dax device. Answers the
    blocks of each, by what QEMU or the kernel calls it."""
    blocks = box.guest.wait_blocks(
        lambda blocks: 4 == sum(bool(block.firmware_node) for block in blocks.values()),
        what="the DIMM of the boot")
    of = {"early": [index for index, block in blocks.items() if block.firmware_node],
          "d0": box.plug("d0", "512M", 0),
          "d1": box.plug("d1", "1G", 1),
          "v0": box.grow("v0", "2G", 1, "512M")}
    name, indices = box.add_dax()
    of[name] = indices
    of["boot"] = sorted(set(blocks) - set(of["early"]))
    return of


def indices_of(device):
    return [index for entry in device["blocks"]
            for index in range(entry["first_block"], entry["last_block"] + 1)]


def find_device(told, indices):
    """The device that has the first of these blocks."""
    found, = (device for device in told["devices"] if indices[0] in indices_of(device))
    return found


def expect_device(box, told, what, indices, **wanted):
    device = find_device(told, indices)
    expect(f"blocks of {what}", indices_of(device), indices)
    expect(f"bytes of {what}", device["bytes"], len(indices) * box.guest.block_size())
    for key, value in wanted.items():
        expect(f"{key} of {what}", device[key], value)
    return device


def expect_all_kinds(box, told, of):
    expect("sources_hidden", told["sources_hidden"], False)
    expect("lines", len(told["devices"]), len(of))
    expect_device(box, told, "boot", of["boot"], device=None, source="boot", node=0,
                  hot_added=False, removable=None, zones="kernel")
    # ACPI adds it after the boot's blocks were made: to the kernel's policy it is no base.
    expect_device(box, told, "early", of["early"], device="PNP0C80:00", source="dimm", node=1,
                  hot_added=True, removable=True)
    expect_device(box, told, "d0", of["d0"], device="PNP0C80:01", source="dimm", node=0,
                  hot_added=True, removable=True)
    expect_device(box, told, "d1", of["d1"], device="PNP0C80:02", source="dimm", node=1,
                  hot_added=True, removable=True)
    virtio = expect_device(box, told, "v0", of["v0"], source="virtio-mem", node=1, hot_added=True,
                           removable=True)
    expect_match("the name of v0", virtio["device"], r"^virtio\d+$")
    expect_device(box, told, "dax0.0", of["dax0.0"], device="dax0.0", source="dax", node=0,
                  hot_added=True, removable=True)
    expect("sum of the sizes", sum(device["bytes"] for device in told["devices"]),
           len(box.guest.blocks()) * box.guest.block_size())


def expect_what_stops(box, of):
    """A block in the kernel zone keeps its device; all in Movable doesn't."""
    first = of["d0"][0]
    for index in of["d1"]:
        box.guest.run(f"echo online_movable >{MEMORY}/memory{index}/state")
    box.guest.run(f"echo online_kernel >{MEMORY}/memory{first}/state")
    told = box.memplugctl_json("devices")
    expect_device(box, told, "d1", of["d1"], zones="movable", removable=True, offline_bytes=0)
    expect_device(box, told, "d0", of["d0"], zones="kernel", removable=False,
                  kernel_blocks=[{"first_block": first, "last_block": first}])
    expect_match("devices", box.memplugctl("devices"),
                 rf"^PNP0C80:01 +dimm .* 1 of 4 online +kernel +no, 1 block in the kernel zone: "
                 rf"{first}$")


def expect_as_user(box, of):
    """What an ordinary user can't know is told, and that it can't."""
    told = box.memplugctl_json("devices", user="nobody")
    expect("sources_hidden", told["sources_hidden"], True)
    expect_device(box, told, "d1", of["d1"], device="PNP0C80:02", source="dimm", hot_added=True)
    expect_device(box, told, "boot", of["boot"], source="boot", hot_added=False)
    for name in "v0", "dax0.0":
        device = find_device(told, of[name])
        expect(f"{name} as a user", (device["device"], device["source"], device["hot_added"]),
               (None, None, True))
    expect_match("devices", box.memplugctl("devices", user="nobody"), "^Sources are unknown: ")


@scenario(boot=ALL_KINDS, kernels=("6.1",), more_kernels=("6.12",))
def devices_of_all_kinds(box):
    """Each is shown with its blocks, and whether it was there when the kernel started."""
    box.guest.wait_boot()
    of = plug_all_kinds(box)
    expect_all_kinds(box, box.memplugctl_json("devices"), of)
    listed = box.memplugctl_json("list --all")
    for row in listed["blocks"]:
        expect(f"hot_added of block {row['first_block']}", row["hot_added"],
               row["first_block"] not in of["boot"])
    expect_as_user(box, of)
    expect_what_stops(box, of)
