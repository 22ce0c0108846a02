# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest's sysfs says about its memory blocks."""

import dataclasses

# One shell, no other process: under emulation each process costs milliseconds, and there may be
# hundreds of blocks. `valid_zones` is opened only once the block is linked to its node: kernels
# oops when it is read before.
READ_BLOCKS = r"""
cd /sys/devices/system/memory || exit 1
for block in memory[0-9]*; do
    read -r state <$block/state || continue
    nodes= zones= firmware=
    for node in $block/node[0-9]*; do
        [ -e "$node" ] && nodes="$nodes ${node##*/node}"
    done
    if [ -n "$nodes" ] || [ ! -e /sys/devices/system/node ]; then
        read -r zones <$block/valid_zones
    fi
    [ -e $block/firmware_node ] && cd -P $block/firmware_node && firmware=${PWD##*/} &&
        cd /sys/devices/system/memory
    echo "${block#memory}|$state|$zones|$nodes|$firmware"
done 2>/dev/null
:
"""


@dataclasses.dataclass(frozen=True)
class Block:
    """One memoryN."""

    index: int
    state: str
    zones: tuple
    nodes: tuple
    firmware_node: str

    @property
    def zone(self):
        """The zone that an online block is in; where an offline one would go by itself."""
        return self.zones[0] if self.zones else None

    def __str__(self):
        return (f"{self.index:5} {self.state:13} {' '.join(self.zones):24} "
                f"node {','.join(map(str, self.nodes)):4} {self.firmware_node}")


def parse(text):
    """The blocks by index, from what READ_BLOCKS wrote."""
    blocks = {}
    for line in text.splitlines():
        index, state, zones, nodes, firmware = line.split("|")
        blocks[int(index)] = Block(int(index), state, tuple(zones.split()),
                                   tuple(int(node) for node in nodes.split()), firmware)
    return dict(sorted(blocks.items()))
