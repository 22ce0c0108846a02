# SPDX-License-Identifier: LGPL-2.1-or-later
"""What README.md shows of memplugctl, on a machine made for it."""

import difflib
import os
import pathlib
import shlex
import subprocess

from cases import record_line
from ctl import check
from tree import Tree

README = pathlib.Path(__file__).resolve().parents[2] / "README.md"
PROMPT = "$ memplugctl "
CONFIG_FILE = "/etc/memplugd/memplugd.conf"

# The verbs whose pictures README is to hold.
SHOWN = {"status", "map", "devices", "plan", "explain", "doctor"}

CONFIG = """\
rules = (
  { name  = "node 1 can be pulled again";
    match = { node = "1"; };
    online = "movable"; }
);
"""


def server():
    """16 GiB of boot memory, two DIMMs of 8 GiB on node 1, of which a udev rule put a part where it
    shouldn't be, and a VM's memory that has grown to 2 GiB."""
    tree = Tree("tree")
    tree.config(CONFIG)
    tree.blocks(0, 0, "online", "none")
    tree.blocks(1, 23, "online", "DMA32")
    tree.blocks(32, 135, "online", "Normal")
    tree.blocks(136, 199, "online", "Movable", node=1)
    tree.dimm("PNP0C80:00", 136, 199)
    tree.blocks(200, 203, "online", "Normal", node=1)
    tree.blocks(204, 263, "online", "Movable", node=1)
    tree.dimm("PNP0C80:01", 200, 263)
    tree.blocks(264, 279, "online", "Movable")
    tree.iomem((0, 23, "System RAM"), (32, 135, "System RAM"), (136, 263, "System RAM"),
               (264, 391, "virtio0"), (264, 279, "virtio0", "System RAM (virtio_mem)"))
    tree.zoneinfo((0, "DMA32", 24, 2800), (0, "Normal", 104, 9000), (0, "Movable", 16, 1900),
                  (1, "Normal", 4, 500), (1, "Movable", 124, 15000))
    tree.file("etc/udev/rules.d/40-memory.rules",
              '# From an older machine\n'
              'SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online"\n')
    tree.file("run/memplugd/records", record_line(
        tree, 202, "settled - wrong-zone other movable kernel 0 0 - 0 - 0 2",
        ["Normal", CONFIG_FILE, "node 1 can be pulled again", ""]))


def printed(ctl, arguments):
    """What memplugctl prints of that machine, on a terminal 100 wide."""
    done = subprocess.run(
        [ctl.program, *shlex.split(arguments), "--sysroot", "tree"], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, encoding="utf-8", check=False,
        env=ctl.environment("C.UTF-8") | {"COLUMNS": "100", "TZ": "UTC"})
    return done.stdout.replace("tree/", "/").rstrip("\n").split("\n")


def print_anew(ctl, lines):
    """The lines of README, with what the commands in it print now, and the verbs it shows."""
    anew, verbs, skipping = [], set(), False
    for line in lines:
        skipping = skipping and not line.startswith(("```", "$ "))
        if skipping:
            continue
        anew.append(line)
        if line.startswith(PROMPT):
            arguments = line.removeprefix(PROMPT)
            verbs.add(arguments.split()[0])
            anew += printed(ctl, arguments)
            skipping = True
    return anew, verbs


def case_readme(ctl):
    """Each line of a picture in README is what is printed."""
    server()
    lines = README.read_text(encoding="utf-8").split("\n")
    anew, verbs = print_anew(ctl, lines)
    check(SHOWN <= verbs, f"README shows no {', '.join(sorted(SHOWN - verbs))}")
    if os.environ.get("MEMPLUG_TEST_UPDATE") == "1":
        README.write_text("\n".join(anew), encoding="utf-8")
    else:
        diff = difflib.unified_diff(lines, anew, "README.md", "what is printed", lineterm="")
        check(lines == anew, "\n".join(diff))
