# SPDX-License-Identifier: LGPL-2.1-or-later
"""Shows memplugd at work. tests/demo, which calls this, has installed what it needs."""

import pathlib
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from guest.box import CONFIG, all_online  # noqa: E402
from guest.install import install_build  # noqa: E402
from lib.builds import Build  # noqa: E402
from vm import Guest  # noqa: E402

BUILD = Build("demo", "gcc", ("--buildtype=release",))

CONFIG_TEXT = """\
rules = (
  { name   = "node 1 can be pulled again";
    match  = { node = "1"; };
    online = "movable"; },

  { name   = "low half of node 0's DIMM for the kernel";
    match  = { node = "0"; range = "0x180000000-0x1bfffffff"; };
    online = "kernel"; },

  { name   = "high half can be pulled again";
    match  = { node = "0"; range = "0x1c0000000-0x1ffffffff"; };
    online = "movable"; }
);
"""

# The first DIMM begins at 4 GiB, the second where that one ends; a block has 128 MiB.
WANTED = {
    **dict.fromkeys(range(32, 48), (1, "Movable")),
    **dict.fromkeys(range(48, 56), (0, "Normal")),
    **dict.fromkeys(range(56, 64), (0, "Movable")),
}


def heading(text):
    print(f"\n== {text}", flush=True)


def indented(text):
    print("\n".join(f"   {line}".rstrip() for line in text.rstrip().splitlines()), flush=True)


def build(tree):
    ok, said = BUILD.make()
    if not ok:
        sys.exit(f"demo: the build failed\n{said}")
    install_build(BUILD.path, tree)
    config = pathlib.Path(tree) / CONFIG.lstrip("/")
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(CONFIG_TEXT)


def show(guest):
    """Runs the commands, and answers what the last of them printed."""
    for command in ("memplugctl status", "memplugctl list"):
        print(f"\n   $ {command}")
        printed = guest.run(command).out
        indented(printed)
    return printed


def readme_lies(listed):
    """What the README shows as the list, and isn't printed."""
    text = (pathlib.Path(__file__).resolve().parents[1] / "README.md").read_text()
    shown = text.partition("   $ memplugctl list\n")[2].partition("```")[0].splitlines()
    if not shown:
        yield "README.md shows no list"
    printed = [line.rstrip() for line in listed.splitlines()]
    for line in shown:
        if line.strip() not in printed:
            yield f"README.md shows what isn't printed: {line.strip()}"


def plug(guest):
    """Plugs two DIMMs and waits until each of their blocks is online."""
    begin = time.monotonic()
    new = guest.add_dimm("a", "2G", node=1) + guest.add_dimm("b", "2G", node=0)
    guest.wait_blocks(all_online(new), what="each new block online")
    indented(f"{len(new)} memory blocks of 128 MiB came, and were online "
             f"{time.monotonic() - begin:.1f} s later.")


def misplaced(blocks):
    """The blocks that aren't where the config wants them, by the kernel's own files."""
    for index, (node, zone) in WANTED.items():
        block = blocks.get(index)
        if not block:
            yield f"block {index} isn't there"
        elif (block.state, block.nodes, block.zone) != ("online", (node,), zone):
            yield f"block {index} isn't online in {zone} of node {node}: {block}"


def demonstrate(guest):
    """Answers the complaints: none if all is as it should be."""
    guest.wait_boot()
    indented(f"Debian with Linux {guest.kernel.release}, 2 GiB in node 0, nothing in node 1.")
    heading(f"The config: {CONFIG}")
    indented(guest.read(CONFIG))
    guest.run("systemctl start memplugd")
    heading("Before")
    show(guest)
    heading("A DIMM of 2 GiB is plugged into node 1, and one into node 0")
    plug(guest)
    heading("After")
    complaints = list(readme_lies(show(guest)))
    complaints += misplaced(guest.blocks())
    trouble = guest.kernel_trouble()
    return complaints + [f"the kernel's log: {line}" for line in trouble]


def main():
    print("memplugd: memory is plugged into a running machine, and goes where a config says.")
    with tempfile.TemporaryDirectory(prefix="memplug-demo.") as tree:
        heading("A machine boots, with memplugd installed (some 20 s)")
        pathlib.Path(tree).chmod(0o755)
        build(tree)
        with Guest("full", kernel="6.1", extra=[tree]) as guest:
            complaints = demonstrate(guest)
    print()
    if complaints:
        print("\n".join(complaints))
        print("FAILED: not all is as the config, or the README, says.")
        return 1
    print("Proved: on a real Linux kernel, all 32 blocks of two hot-plugged DIMMs came online in "
          "the\nzone that the config asks for: node 1 movable; node 0 half for the kernel, half "
          "movable.\n(Read from the kernel's own files, not from memplugd.)")
    return 0


sys.exit(main())
