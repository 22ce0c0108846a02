# SPDX-License-Identifier: LGPL-2.1-or-later
"""What `online = "auto"` makes movable is what the kernel's own policy would have."""

from vm import Guest
from vm.qmp import size_bytes

from .box import MEMORY, PATIENT, all_online, expect
from .registry import Boot, scenario

PARAMETERS = "/sys/module/memory_hotplug/parameters"


def set_kernel(guest, ratio, numa_aware):
    """Has the kernel's plain "online" count as its policy does."""
    guest.run(f"""
        set -e
        echo auto-movable >{PARAMETERS}/online_policy
        echo {ratio} >{PARAMETERS}/auto_movable_ratio
        echo {numa_aware:d} >{PARAMETERS}/auto_movable_numa_aware""")


def auto(ratio, numa_aware=False):
    return f"""\
movable_ratio = "{ratio}%";
numa_aware = {str(numa_aware).lower()};
rules = ( {{ name = "balanced"; online = "auto"; }} );
"""


def zones_of(guest, indices):
    blocks = guest.blocks()
    expect("states", {blocks[index].state for index in indices}, {"online"})
    return [blocks[index].zone for index in indices]


# -- what the kernel does by itself, and what memplugd does

DIMMS = ("d1", 0), ("d2", 1), ("d3", 1)


def plug_and_grow(guest, plug, grow):
    """Three DIMMs of 1 GiB, one after the other, and virtio-mem at once, until all of it is online.
    Answers the first block and the zones of each."""
    first, zones = {}, {}

    def take(name, new):
        guest.wait_blocks(all_online(new), what=f"{name} online")
        first[name] = new[0]
        zones[name] = zones_of(guest, new)

    for name, node in DIMMS:
        take(name, plug(name, "1G", node))
    take("v0", grow("v0", "4G", 1, "2G"))
    return first, zones


def zones_by_kernel(kernel):
    """In a guest with the same memory, where nothing but the kernel decides."""
    with Guest("small", kernel=kernel, modules=("virtio_pci", "virtio_mem")) as guest:
        set_kernel(guest, 100, False)
        guest.run(f"echo online >{MEMORY}/auto_online_blocks")

        def grow(name, size, node, requested):
            before = set(guest.blocks())
            guest.add_virtio_mem(name, size, node, requested)
            count = size_bytes(requested) // guest.block_size()
            found = guest.wait_blocks(lambda blocks: len(blocks) == len(before) + count)
            return sorted(set(found) - before)

        return plug_and_grow(guest, guest.add_dimm, grow)[1]


# The kernel counts so itself since 5.15.
@scenario(older=False)
def ratio_of_100(box):
    """2 GiB at boot, a little of which the firmware keeps: of three DIMMs of 1 GiB one can be
    movable, and the numbers say why."""
    by_kernel = zones_by_kernel(box.guest.kernel.version)
    expect("what the kernel makes of the DIMMs", [by_kernel[name] for name, _ in DIMMS],
           [["Movable"] * 8, ["Normal"] * 8, ["Normal"] * 8])
    expect("zones of virtio-mem by the kernel", set(by_kernel["v0"]), {"Movable", "Normal"})

    box.start(auto(100))

    first, by_memplugd = plug_and_grow(box.guest, box.plug, box.grow)
    expect("zones by memplugd", by_memplugd, by_kernel)
    may_be = "and 2047 MiB may be: 100% of the 2047 MiB of kernel memory that count"
    box.wait_journal(f"^memory{first['d1']}: done: online_movable, Movable .*; rule 'balanced' .*: "
                     f"with it 1024 MiB are movable, {may_be}$")
    for name in "d2", "d3":
        box.wait_journal(f"^memory{first[name]}: done: online_kernel, Normal .*; rule 'balanced' "
                         f".*: with it 2048 MiB would be movable, {may_be}$")
    return f"virtio-mem: {' '.join(zone[0] for zone in by_kernel['v0'])}"


# -- side by side

# Both nodes have memory that counts.
TWO_NODES = Boot(nodes=("2G", "1G"))


class SideBySide:
    """Asks the kernel for each block what its own policy would do, while memplugd stands still;
    then memplugd decides."""

    def __init__(self, box):
        self._box = box
        self._configs = 0
        self.words = []

    def set(self, ratio, numa_aware):
        """Both get the same settings."""
        set_kernel(self._box.guest, ratio, numa_aware)
        self._box.configure(auto(ratio, numa_aware))
        self._box.systemctl("reload" if self._configs else "start")
        self._configs += 1
        self._box.wait_journal("^Mode uevent, 1 rule", count=self._configs)
        self.words.append(f"{ratio}%{' by node' if numa_aware else ''}:")

    def step(self, what, plug):
        """Plugs something, and answers the zone in which it is."""
        box = self._box
        with box.frozen():
            new = plug()
            blocks = box.guest.blocks()
            expect(f"states of {what}", {blocks[index].state for index in new}, {"offline"})
            wanted = [blocks[index].zone for index in new]
        box.wait_online(new)
        box.wait_journal(rf"^memory({'|'.join(map(str, new))}): done: ", count=len(new))
        expect(f"zones of {what} after {' '.join(self.words)}", zones_of(box.guest, new), wanted)
        zone, = set(wanted)
        self.words.append(f"{what} {zone}")
        return zone

    def dimm(self, name, size, node):
        return self.step(f"{size} on {node}", lambda: self._box.plug(name, size, node))

    def grow(self, name, sizes):
        """virtio-mem, block by block, as its driver asks the kernel. The device must be there."""
        return [self.step(f"{name} {size}M", lambda size=size: self._box.resize(name, f"{size}M"))
                for size in sizes]


# As above.
@scenario(boot=TWO_NODES, older=False)
def budget_beside_the_kernel(box):
    """DIMMs of many sizes on two nodes, and virtio-mem that grows, under several ratios."""
    box.guest.wait_boot()
    box.drop_in(PATIENT)
    both = SideBySide(box)

    # 3 GiB at boot: a little less than 1536 MiB.
    both.set(50, False)
    expect("zones of DIMMs",
           [both.dimm("a", "1G", 0), both.dimm("b", "1G", 1), both.dimm("c", "512M", 1),
            both.dimm("d", "256M", 1)],
           ["Movable", "Normal", "Normal", "Movable"])

    # Node 0 has 1 GiB that is movable, and 1.2 GiB may be; the machine has 1.2 GiB of 1.8 GiB.
    both.set(60, True)
    expect("zones by node", [both.dimm("e", "256M", 0), both.dimm("f", "128M", 1)],
           ["Normal", "Movable"])
    both.set(60, False)
    expect("zone of the same, machine-wide", both.dimm("g", "256M", 0), "Movable")

    # A device's own kernel memory counts for itself, and what it lacks counts against others.
    for name, node in ("v0", 1), ("v1", 0):
        box.grow(name, "4G", node, "0")
    both.set(75, True)
    zones = both.grow("v0", range(128, 768, 128))
    both.set(75, False)
    zones_2 = both.grow("v1", range(128, 640, 128))
    for found in zones, zones_2:
        expect("zones of virtio-mem", set(found), {"Movable", "Normal"})
    return "; ".join(both.words).replace(":;", ":")
