# SPDX-License-Identifier: LGPL-2.1-or-later
"""Memory goes where the rules say by its source, and devices get one zone."""

from .box import MEMORY, expect
from .case_devices import expect_device
from .registry import Boot, scenario

# Three pieces of persistent memory, of each of which a dax device can be made; one block fits in.
THREE_DAX = Boot(append="memmap=256M!1664M memmap=256M!2048M memmap=256M!2432M",
                 nodes=("3G", "0"))

# With this ratio, "auto" would put all of it in the kernel zone.
BY_SOURCE = """\
movable_ratio = "0%";
rules = (
  { name = "DIMMs can be pulled"; match = { source = "dimm"; }; online = "movable"; },
  { name = "no kernel in far memory"; match = { source = [ "dax" ]; }; online = "movable"; },
  { name = "guests grow by this"; match = { source = "virtio-mem"; }; online = "kernel"; }
);
"""


def in_zones(box, indices):
    """The state of each block, and the zone of what is online."""
    blocks = box.guest.blocks()
    return [(blocks[index].state, blocks[index].zone if blocks[index].state == "online" else None)
            for index in indices]


def expect_as_without_memplugd(box):
    """Without a rule, a dax device ends as another one did while there was no memplugd: the
    default rules leave it to the kernel's own setting. Answers the blocks of both."""
    onlines = box.guest.read(f"{MEMORY}/auto_online_blocks").strip() != "offline"
    name, without = box.add_dax(0)
    told = in_zones(box, without)
    expect(f"the state of {name} without memplugd", told[0][0], "online" if onlines else "offline")
    box.start()
    box.wait_status("built-in rules only")
    second_name, second = box.add_dax(1)
    expect("blocks of the dax devices", (len(without), len(second)), (1, 1))
    box.wait_journal(rf"^memory{second[0]}(-\d+)?: (left offline|done: .*); "
                     "built-in: dax devices")
    expect(f"{second_name} with memplugd, {name} without", in_zones(box, second), told)
    expect(f"{name}, when memplugd has started", in_zones(box, without), told)
    return {name: without, second_name: second}


def expect_balanced_by_default(box):
    """What is good for the machine may be movable, by the default rules. Answers the blocks."""
    of = {"d0": box.plug("d0", "256M", 1), "v0": box.grow("v0", "1G", 1, "256M")}
    for indices in of.values():
        box.wait_online(indices)
        box.expect_blocks(indices, "online", "Movable")
        box.wait_journal(rf"^memory({'|'.join(map(str, indices))}): done: online_movable, .*"
                         r"; built-in: virtio-mem and DIMMs: with it .* are movable, and .* may "
                         "be: 301%",
                         count=len(indices))
    return of


def expect_ruled(box):
    """Each goes where the rule for its source says. Answers the blocks of each."""
    wanted = {"d1": ("DIMMs can be pulled", "Movable"), "d2": ("DIMMs can be pulled", "Movable"),
              "v1": ("guests grow by this", "Normal"),
              "dax2.0": ("no kernel in far memory", "Movable")}
    of = {"d1": box.plug("d1", "512M", 0), "d2": box.plug("d2", "256M", 1),
          "v1": box.grow("v1", "1G", 1, "256M")}
    name, indices = box.add_dax(2)
    of[name] = indices
    for name, (rule, zone) in wanted.items():
        box.wait_online(of[name])
        box.expect_blocks(of[name], "online", zone)
        box.wait_journal(rf"^memory({'|'.join(map(str, of[name]))}): done: .*; rule '{rule}'",
                         count=len(of[name]))
    return of


def expect_daxctl_has_its_way(box, name, indices):
    """It takes a device offline, and away: nothing is put back, and nothing is trouble."""
    box.mark_journal()
    box.guest.run(f"daxctl offline-memory {name}")
    box.wait_released(*indices)
    box.trigger_add()
    box.guest.run(f"echo {name} >/sys/bus/dax/drivers/kmem/unbind")
    box.guest.wait_blocks(lambda blocks: not set(blocks) & set(indices), what=f"{name} gone")
    box.wait_online(box.plug("d3", "128M", 1))
    box.expect_journal(rf"^memory({'|'.join(map(str, indices))}): (?!taken offline)", 0)
    box.expect_no_trouble()


@scenario(boot=THREE_DAX, kernels=("6.12",), more_kernels=("6.1",), kernel_onlines=True)
def sources_in_one_machine(box):
    """DIMMs on two nodes, virtio-mem and dax devices at the same time: first by the default rules,
    then by rules for each source; and each is shown as it is."""
    box.guest.wait_boot()
    left = expect_as_without_memplugd(box)
    balanced = expect_balanced_by_default(box)
    there = [index for index, block in box.guest.blocks().items() if block.state == "online"]
    zones = in_zones(box, there)

    box.configure(BY_SOURCE)
    box.systemctl("reload")
    box.wait_journal("^Mode uevent, 3 rules")
    ruled = expect_ruled(box)
    expect("what was online before the reload", in_zones(box, there), zones)
    # What was left to the kernel, which left it offline, isn't any more.
    for name, indices in left.items():
        box.wait_online(indices)
        zone = zones[there.index(indices[0])][1] if indices[0] in there else "Movable"
        box.expect_blocks(indices, "online", zone)

    told = box.memplugctl_json("devices")
    of = left | balanced | ruled
    for name, source, node in (
            ("d0", "dimm", 1), ("d1", "dimm", 0), ("d2", "dimm", 1), ("v0", "virtio-mem", 1),
            ("v1", "virtio-mem", 1), ("dax0.0", "dax", 0), ("dax1.0", "dax", 0),
            ("dax2.0", "dax", 0)):
        movable = all(zone == "Movable" for _, zone in in_zones(box, of[name]))
        expect_device(box, told, name, of[name], source=source, node=node, hot_added=True,
                      zones="movable" if movable else "kernel", removable=movable,
                      offline_bytes=0)
    expect("lines of devices", len(told["devices"]), 9)
    expect_daxctl_has_its_way(box, "dax2.0", of["dax2.0"])


GROWS_MOVABLE = """\
rules = ( { name = "comes and goes"; match = { source = "virtio-mem"; }; online = "movable"; } );
"""


def shrink_to_nothing(box, name):
    """The device has given back its last page before the driver removes the block that it was in."""
    box.resize(name, "0")
    box.guest.wait_blocks(lambda blocks: set(blocks) == box.boot_blocks, what="no blocks of its own")


def grow_and_shrink(box, name, requested, rule):
    """All of it becomes movable and goes away again, and nothing is put back."""
    first = box.count_written("online_movable")
    new = box.resize(name, requested)
    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")
    box.wait_journal(rf"^memory({'|'.join(map(str, new))}): done: online_movable, .*; {rule}",
                     count=len(new))
    shrink_to_nothing(box, name)
    expect("writes of online_movable", box.count_written("online_movable") - first, len(new))


def ten_times(box, name):
    """The driver takes offline what it is to give back, and memplugd looks on: each block is put
    online once, and none that goes."""
    first, count = box.count_written("online_movable"), 0
    for turn in range(10):
        new = box.resize(name, f"{128 + 128 * (turn % 2)}M")
        box.wait_online(new)
        count += len(new)
        shrink_to_nothing(box, name)
    # What happened before has been dealt with when a new block has.
    box.resize(name, "128M")
    box.wait_journal("^memory[0-9]+: done: online_movable, .*; rule 'comes and goes'", count=count + 1)
    expect("writes of online_movable", box.count_written("online_movable") - first, count + 1)
    box.expect_journal("taken offline by somebody else", 0)


@scenario()
def virtio_mem_grows_and_shrinks(box):
    """Grown beyond what its driver suffers to be offline, and shrunk to nothing, since all of it
    was movable, balanced by the default rules; then ten times by a rule."""
    # A name of its own: the empty device remains in the guest.
    name = box.new_name("v")
    box.start()
    box.trace_writes()
    expect("blocks at first", box.grow(name, "4G", 1, "0"), [])
    grow_and_shrink(box, name, "1536M", "built-in: virtio-mem and DIMMs")
    box.configure(GROWS_MOVABLE)
    box.systemctl("reload")
    box.wait_journal("^Mode uevent, 1 rule")
    ten_times(box, name)
    expect("writes of online_kernel", box.count_written("online_kernel"), 0)
    box.expect_no_trouble()


DROP_IN = "/etc/memplugd/memplugd.conf.d/50-node-1.conf"

ALL_MOVABLE = """\
rules = ( { name = "all can be pulled"; match = { source = "dimm"; }; online = "movable"; } );
"""

NODE_1_FOR_ALL_USES = """\
rules = ( { name = "node 1 for all uses";
            match = { node = "1"; }; online = "kernel"; } );
"""


@scenario()
def drop_in_for_one_node(box):
    """Two lines change the policy for a node, as long as they are there, for what is plugged
    then."""
    box.start(ALL_MOVABLE)
    before = box.plug("before", "256M", 1)
    box.wait_online(before)

    box.configure(NODE_1_FOR_ALL_USES, DROP_IN)
    box.systemctl("reload")
    box.wait_journal("^Mode uevent, 2 rules of .* and 1 other file")
    meanwhile = box.plug("meanwhile", "256M", 1)
    other_node = box.plug("other-node", "256M", 0)
    box.wait_online(meanwhile + other_node)

    box.guest.run(f"rm {DROP_IN}")
    box.systemctl("reload")
    box.wait_journal("^Mode uevent, 1 rule of", count=2)
    after = box.plug("after", "256M", 1)
    box.wait_online(after)
    box.wait_journal("^memory[0-9]+: done: ", count=8)
    box.expect_blocks(before + other_node + after, "online", "Movable")
    box.expect_blocks(meanwhile, "online", "Normal")
    box.expect_lines(before + other_node + after,
                     "done: online_movable, .*; rule 'all can be pulled'")
    box.expect_lines(meanwhile, rf"done: online_kernel, .*; rule 'node 1 .*' \({DROP_IN}:1\)")


def node_1_movable(more):
    return ('rules = ( { name = "whole"; match = { node = "1"; }; online = "movable"; '
            f"{more} }} );\n")


@scenario()
def device_with_a_kernel_block(box):
    """A device that has a block in the kernel zone can't be pulled: the rest follows or_else,
    unless each block is decided by itself."""
    first, *rest = box.plug("d1", "512M", 1)
    box.guest.run(f"echo online_kernel >{MEMORY}/memory{first}/state")
    box.start(node_1_movable(""))
    box.wait_journal(rf"^memory({'|'.join(map(str, rest))}): refused: .*a part of its device isn't "
                     "movable.*; it stays offline; rule 'whole'", count=len(rest))
    box.expect_blocks(rest, "offline")

    box.configure(node_1_movable('or_else = "kernel";'))
    box.systemctl("reload")
    box.wait_online(rest)
    box.expect_blocks([first, *rest], "online", "Normal")

    box.systemctl("stop")
    first, *rest = box.plug("d2", "512M", 1)
    box.guest.run(f"echo online_kernel >{MEMORY}/memory{first}/state")
    box.start(node_1_movable('unit = "block"; or_else = "kernel";'))
    box.wait_online(rest)
    box.expect_blocks(rest, "online", "Movable")
    box.expect_blocks([first], "online", "Normal")
