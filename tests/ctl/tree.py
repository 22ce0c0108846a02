# SPDX-License-Identifier: LGPL-2.1-or-later
"""Trees of files that are laid out like the kernel's, for --sysroot."""

import os
import pathlib

BLOCK_SIZE = 128 << 20


class Tree:
    """A root directory with memory blocks and config files in it."""

    def __init__(self, root, numa=True):
        self.root = pathlib.Path(root)
        self._memory = self.root / "sys/devices/system/memory"
        self._nodes = self.root / "sys/devices/system/node"
        self.file("sys/devices/system/memory/block_size_bytes", f"{BLOCK_SIZE:x}\n")
        self.file("sys/devices/system/memory/auto_online_blocks", "offline\n")
        if numa:
            self._nodes.mkdir(parents=True)

    def file(self, path, text):
        """Writes a file, with the directories that lead to it."""
        full = self.root / path
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text, encoding="utf-8", errors="surrogateescape")

    def remove(self, path):
        """Removes a file."""
        (self.root / path).unlink()

    def config(self, text):
        """Writes the main config file."""
        self.file("etc/memplugd/memplugd.conf", text)

    def blocks(self, first, last, state, zones, node=0):
        """Adds blocks. 'zones' None: no such file; 'node' None: linked to none."""
        for index in range(first, last + 1):
            self._block(index, state, zones, node)

    def many_blocks(self, first, last, state, zones, node=0):
        """The same as blocks(), for very many: all of them are links to one directory."""
        kind = self.root / f"blocks-of-{first}"
        kind.mkdir(parents=True)
        (kind / "state").write_text(f"{state}\n", encoding="ascii")
        (kind / "valid_zones").write_text(f"{zones}\n", encoding="ascii")
        (kind / f"node{node}").symlink_to(self._nodes.absolute() / f"node{node}")
        of_node = self._nodes / f"node{node}"
        of_node.mkdir(exist_ok=True)
        for index in range(first, last + 1):
            (self._memory / f"memory{index}").symlink_to(f"../../../../{kind.name}")
            (of_node / f"memory{index}").symlink_to(f"../../memory/memory{index}")

    def dimm(self, name, first, last):
        """Makes blocks those of an ACPI memory device, such as "PNP0C80:01"."""
        device = self.root / "sys/devices/LNXSYSTM:00" / name
        device.mkdir(parents=True)
        for index in range(first, last + 1):
            block = self._memory / f"memory{index}"
            (block / "firmware_node").symlink_to(f"../../../LNXSYSTM:00/{name}")
            (device / f"physical_node{index - first or ''}").symlink_to(
                f"../../system/memory/memory{index}")

    def iomem(self, *ranges):
        """Writes /proc/iomem: (first, last, names) with blocks, and names from the top down."""
        lines = []
        for first, last, *names in ranges:
            for depth, name in enumerate(names):
                lines.append(f"{'  ' * depth}{first * BLOCK_SIZE:08x}-"
                             f"{(last + 1) * BLOCK_SIZE - 1:08x} : {name}\n")
        self.file("proc/iomem", "".join(lines))

    def zoneinfo(self, *zones):
        """Writes /proc/zoneinfo: (node, zone, present blocks[, free MiB]), in this machine's pages."""
        pages = BLOCK_SIZE // os.sysconf("SC_PAGE_SIZE")
        self.file("proc/zoneinfo", "".join(
            f"Node {node}, zone {zone:>8}\n"
            f"  pages free     {int(free[0] * pages / 128) if free else 1}\n"
            f"        present  {n * pages}\n"
            for node, zone, n, *free in zones))

    def fifo_for_zones(self, index):
        """Makes a FIFO of a block's valid_zones: who opens it waits for ever."""
        os.mkfifo(self._memory / f"memory{index}" / "valid_zones")

    def _block(self, index, state, zones, node):
        name = f"memory{index}"
        directory = self._memory / name
        directory.mkdir()
        (directory / "state").write_text(f"{state}\n", encoding="ascii")
        (directory / "removable").write_text("1\n", encoding="ascii")
        if zones is not None:
            (directory / "valid_zones").write_text(f"{zones}\n", encoding="ascii")
        if node is not None and self._nodes.exists():
            (directory / f"node{node}").symlink_to(f"../../node/node{node}")
            of_node = self._nodes / f"node{node}"
            of_node.mkdir(exist_ok=True)
            (of_node / name).symlink_to(f"../../memory/{name}")
