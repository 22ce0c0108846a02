# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases about the manual's examples: they are run, on a machine made for them."""

import os
import pathlib
import re
import stat
import subprocess

from ctl import check
from tree import Tree

PAGE = pathlib.Path(__file__).resolve().parents[2] / "man/memplugctl.1"

CONFIG = """\
mode = "uevent";
rules = (
  { name = "spare node can be pulled"; match = { node = "1"; };
    online = "movable"; }
);
"""

NEW_CONFIG = 'rules = ( { name = "all of it"; online = "kernel"; } );\n'

# Ways of a roff comment before an example to say what the test can't see by itself.
NOT_RUN = re.compile(r'^\.\\" not run: \S')
EXIT_CODE = re.compile(r'^\.\\" exit code (\d+)$')


def example_machine():
    """2 GiB, and a DIMM of 1 GiB on another node, of which a udev rule was faster."""
    tree = Tree("tree")
    tree.config(CONFIG)
    tree.blocks(0, 15, "online", "Normal")
    tree.blocks(32, 37, "online", "Movable", node=1)
    tree.blocks(38, 39, "online", "Normal", node=1)
    tree.dimm("PNP0C80:00", 32, 39)
    tree.zoneinfo((0, "Normal", 16, 1024), (1, "Normal", 2), (1, "Movable", 6))
    tree.file("etc/udev/rules.d/99-hotplug.rules",
              'SUBSYSTEM=="memory", ACTION=="add", ATTR{state}="online"\n')
    tree.file("run/memplugd/history",
              "1795327803123456 6 memory37: done: online_movable, Movable in 6.4 ms\n")
    pathlib.Path("new.conf").write_text(NEW_CONFIG, encoding="ascii")


def plain(line):
    """A line of roff as it is printed."""
    return line.replace("\\-", "-").replace("\\&", "")


def examples(page):
    """Yields the commands between .EX and .EE of the section, each with its output, its exit code,
    and whether it can be run."""
    section = page.split(".SH EXAMPLES\n")[1].split("\n.SH ")[0]
    runs, exit_code, inside = True, 0, False
    for line in section.splitlines():
        if NOT_RUN.match(line):
            runs = False
        elif EXIT_CODE.match(line):
            exit_code = int(EXIT_CODE.match(line)[1])
        elif line == ".EX":
            inside, lines = True, []
        elif line == ".EE":
            yield (*split(lines), exit_code, runs)
            runs, exit_code, inside = True, 0, False
        elif inside:
            lines.append(plain(line))


def split(lines):
    """The command of an example, which may go on behind a pipe, and what it prints: a line that the
    page breaks ends with a backslash there."""
    check(lines and lines[0].startswith(("$ ", "# ")), f"an example that is no command: {lines}")
    n = 1
    while n < len(lines) and lines[n - 1].endswith("|"):
        n += 1
    command = "\n".join(lines[:n])[2:]
    return command, "".join(f"{line}\n" for line in lines[n:]).replace("\\e\n", "")


def run(command, environment, tree):
    """Runs it as a user would, but with memplugctl reading the tree. Answers exit code and output,
    which doesn't name the tree."""
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], check=False,
                          env=environment | {"TZ": "UTC"}, encoding="utf-8", stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.replace(tree, "")


def case_man_examples(ctl):
    """Each example of memplugctl(1) does what the page says; each verb has one."""
    example_machine()
    tree = str(pathlib.Path("tree").resolve())
    wrapper = pathlib.Path("bin/memplugctl")
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nexec "{ctl.program}" --sysroot "{tree}" "$@"\n',
                       encoding="utf-8")
    wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
    environment = ctl.environment() | {"PATH": f"{wrapper.parent.resolve()}:{os.environ['PATH']}"}

    commands = []
    for command, output, exit_code, runs in examples(PAGE.read_text(encoding="utf-8")):
        commands.append(command)
        if not runs:
            continue
        code, printed = run(command, environment, tree)
        check(code == exit_code, f"{command}: exit code {code}, not {exit_code}:\n{printed}")
        check(not output or printed == output,
              f"{command}: the page shows\n{output}and this is printed:\n{printed}")
    expect_each_verb(ctl, commands)


def expect_each_verb(ctl, commands):
    told = ctl.run("--help").stdout.split("Options:")[0]
    shown = " ".join(commands)
    missing = [verb for verb in re.findall(r"^  ([a-z][a-z-]+)", told, re.M)
               if verb not in ("help", "status") and
               not re.search(rf"memplugctl (-\S+ )*{verb}(?![\w-])", shown)]
    check(not missing, f"verbs without an example in memplugctl(1): {' '.join(missing)}")
    check(re.search(r"(^| )memplugctl( |$)", shown), "no example without verb")
