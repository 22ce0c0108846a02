# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases about config files that are odd: those of tests/corpus/config, and those that are made."""

import os
import pathlib
import resource
import subprocess
import time

from ctl import check, compare_file
from tree import Tree

CORPUS = pathlib.Path(__file__).resolve().parents[1] / "corpus/config"

# What reading any config may cost, on a slow machine and under valgrind or a sanitizer too.
SECONDS_MAX = 20
# Without them. A config of 1 MiB takes some 20 MiB.
MEMORY_MAX_KIB = 64 << 10


def told_of(ctl, name, **kwargs):
    """What check-config says about a file, with its exit code."""
    begin = time.monotonic()
    done = subprocess.run([ctl.program, "check-config", name], check=False, encoding="utf-8",
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=SECONDS_MAX, env=ctl.environment(),
                          **kwargs)
    check(time.monotonic() - begin < SECONDS_MAX, f"{name}: too slow")
    return f"exit code {done.returncode}\n{done.stdout}{done.stderr}"


def case_config_corpus(ctl):
    """Each NAME.conf of the corpus is told as NAME.expected says."""
    os.chdir(CORPUS)
    files = sorted(CORPUS.glob("*.conf"))
    check(len(files) >= 30, f"only {len(files)} files")
    for file in files:
        compare_file(file.with_suffix(".expected"), told_of(ctl, file.name))
    alone = {file.stem for file in CORPUS.glob("*.expected")} - {file.stem for file in files}
    check(not alone, f"without a file: {alone}")


def expect_refusal(ctl, name, text, **kwargs):
    """One error, and nothing besides."""
    told = told_of(ctl, name, **kwargs)
    expected = f"exit code 1\n1 error, 0 warnings\n{text}\n"
    check(told == expected, f"expected:\n{expected}told:\n{told}")


def case_config_nested(ctl):
    """libconfig alone would run out of its stack with these, or free them by recursion."""
    for n in 33, 20000:
        for text in "x = " + "(" * n, "\nx = " + "(" * n + ")" * n + ";\n":
            pathlib.Path("nested.conf").write_text(text, encoding="ascii")
            line = 1 + text.startswith("\n")
            expect_refusal(ctl, "nested.conf",
                           f"nested.conf:{line}: error: nested more than 32 deep")


def case_config_large(ctl):
    """Its size alone says that it is none: it isn't read."""
    with open("large.conf", "wb") as file:
        file.truncate(100 << 20)
    expect_refusal(ctl, "large.conf", "large.conf: error: larger than 1 MiB")
    pathlib.Path("large.conf").write_bytes(b"#" * ((1 << 20) + 1))
    expect_refusal(ctl, "large.conf", "large.conf: error: larger than 1 MiB")
    pathlib.Path("large.conf").write_bytes(b"#" * (1 << 20))
    check(told_of(ctl, "large.conf") == "exit code 0\nOK: 0 rules from large.conf\n",
          "1 MiB is not too large")


def case_config_costs(ctl):
    """As many settings as are allowed, and as many rules as can be."""
    rule = '{ match = { node = "%d"; }; online = "leave"; },\n'
    pathlib.Path("many.conf").write_text(
        "rules = (\n" + "".join(rule % i for i in range(2000)).rstrip(",\n") + ");\n",
        encoding="ascii")
    check(told_of(ctl, "many.conf") == "exit code 0\nOK: 2000 rules from many.conf\n", "2000 rules")
    if not any(name.endswith("SAN_OPTIONS") for name in os.environ):
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        check(peak < MEMORY_MAX_KIB, f"it took {peak} KiB")


def case_config_no_file(ctl):
    """What is no file that could be read. To open the FIFO would take for ever."""
    for name, text in (("/dev/zero", "expected a regular file"),
                       ("loop.conf", "can't be read: Too many levels of symbolic links"),
                       ("none.conf", "can't be read: No such file or directory"),
                       ("fifo.conf", "expected a regular file")):
        if name == "loop.conf":
            os.symlink(name, name)
        elif name == "fifo.conf":
            os.mkfifo(name)
        expect_refusal(ctl, name, f"{name}: error: {text}")


def case_config_unreadable(ctl):
    """For root nothing is unreadable, so root asks as somebody else."""
    os.chmod(".", 0o755)
    pathlib.Path("secret.conf").write_text('mode = "observe";\n', encoding="ascii")
    os.chmod("secret.conf", 0)
    user = {"user": 65534} if os.geteuid() == 0 else {}
    try:
        expect_refusal(ctl, "secret.conf", "secret.conf: error: can't be read: Permission denied",
                       **user)
    except PermissionError:
        # The build directory isn't for that user. The unit tests show the same.
        check(user, "can't run memplugctl")


# The config and the machine

DOUBTFUL = """\
mode = "uevent";
rules = (
  { name = "all is well"; match = { node = "0-3"; range = "0x0-0x7ffffff"; }; online = "movable"; },
  { name = "open end"; match = { node = "1-255"; range = "0-0xffffffffffffffff"; };
    online = "leave"; },
  { name = "too high"; match = { node = "2,4,6-7"; }; online = "movable"; },
  { name = "too small"; match = { range = "0x8000000-0x8ffffff,0x10000000-0x17ffffff"; };
    online = "leave"; },
  { name = "some may"; match = { blocks = "32-33"; }; online = "movable"; },
  { name = "none may"; match = { blocks = "34-36"; }; online = "movable"; or_else = "kernel"; },
  { name = "nothing there"; match = { blocks = "100"; }; online = "movable"; },
  { name = "any zone"; match = { blocks = "37"; }; online = "default"; }
);
"""


def doubtful_tree():
    """A machine that isn't the one that the config was made for."""
    tree = Tree("tree")
    tree.file("sys/devices/system/node/possible", "0-3\n")
    tree.blocks(1, 3, "online", "Normal")
    tree.blocks(32, 32, "offline", "Normal")
    tree.blocks(33, 33, "offline", "Normal Movable")
    tree.blocks(34, 35, "offline", "Normal")
    tree.blocks(36, 36, "online", "Normal")
    tree.blocks(37, 37, "offline", "Normal")
    return tree


def case_check_config_doubts(ctl):
    doubtful_tree().config(DOUBTFUL)
    ctl.expect("check-config", "--sysroot", "tree")
    told = ctl.json("check-config", "--sysroot", "tree")
    check(told["warnings"] == len(told["messages"]) == 4 and told["valid"], f"{told}")
    # A file alone isn't meant for this machine.
    file = "tree/etc/memplugd/memplugd.conf"
    check(ctl.json("check-config", file)["warnings"] == 0, "warnings of a file alone")
    check(ctl.json("check-config", file, "--sysroot", "tree")["warnings"] == 4, "no warnings")


def case_check_config_doubts_no_nodes(ctl):
    """A kernel without NUMA has node 0; one that doesn't say which it can have may have any."""
    for numa, warnings in (False, 1), (True, 0):
        name = f"tree{numa}"
        Tree(name, numa=numa).config(
            'rules = ( { name = "a"; match = { node = "0-1"; }; online = "leave"; },\n'
            '{ name = "b"; match = { node = "2"; }; online = "leave"; } );\n')
        told = ctl.json("check-config", "--sysroot", name)
        check(told["warnings"] == warnings, f"{told}")


def case_check_config_doubts_mode(ctl):
    tree = Tree("tree")
    tree.config('\nmode = "kernel"; rules = ( { online = "default"; } );\n')
    check(ctl.json("check-config", "--sysroot", "tree")["warnings"] == 0, "it can")
    tree.remove("sys/devices/system/memory/auto_online_blocks")
    told = ctl.json("check-config", "--sysroot", "tree")
    check([message["line"] for message in told["messages"]] == [2], f"{told}")


def case_check_config_container(ctl):
    """Without memory blocks to be seen, there is nothing to hold the config against."""
    pathlib.Path("empty/etc/memplugd").mkdir(parents=True)
    pathlib.Path("empty/etc/memplugd/memplugd.conf").write_text(DOUBTFUL, encoding="ascii")
    told = ctl.run("check-config", "--sysroot", "empty")
    check(told.stderr == "", told.stderr)


def case_check_config_strict(ctl):
    doubtful_tree().config(DOUBTFUL)
    ctl.run("check-config", "--strict", "--sysroot", "tree", exit_code=1)
    ctl.run("check-config", "--strict", "tree/etc/memplugd/memplugd.conf")
    ctl.run("list", "--strict", "--sysroot", "tree", exit_code=2)


# More than one file

def case_check_config_directory(ctl):
    """The files *.conf of a directory, then those of memplugd.conf.d; as the daemon's."""
    tree = Tree("tree")
    tree.config('mode = "observe";\nrules = ( { name = "main"; online = "leave"; } );\n')
    tree.file("etc/memplugd/memplugd.conf.d/20.conf",
              'rules = ( { name = "20"; match = { node = "1"; }; online = "leave"; } );\n')
    tree.file("etc/memplugd/memplugd.conf.d/10.conf",
              'rules = ( { name = "10"; match = { node = "1"; }; online = "leave"; } );\n')
    tree.file("etc/memplugd/memplugd.conf.d/30.conf~", "what an editor left\n")
    ctl.expect("check-config", "tree/etc/memplugd")
    alone = ctl.run("check-config", "tree/etc/memplugd/memplugd.conf.d").stdout
    check(alone.startswith("OK: 2 rules from tree/etc/memplugd/memplugd.conf.d/10.conf, tree"),
          alone)


def case_check_config_empty_directory(ctl):
    os.mkdir("empty")
    ctl.expect("check-config", "empty")


def case_check_config_paths(ctl):
    """Later files come before the earlier ones: here the second takes all from the first."""
    for name, rule in ("a", 'match = { node = "1"; };'), ("b", ""):
        pathlib.Path(f"{name}.conf").write_text(
            f'rules = ( {{ name = "{name}"; {rule} online = "leave"; }} );\n', encoding="ascii")
    ctl.run("check-config", "--strict", "b.conf", "a.conf")
    ctl.expect("check-config", "--strict", "a.conf", "b.conf", exit_code=1)
    # What is wrong with each of them is told at once.
    pathlib.Path("b.conf").write_text("rules = 5;\n", encoding="ascii")
    told = ctl.json("check-config", "b.conf", "none.conf", "a.conf", exit_code=1)
    check([message["file"] for message in told["messages"]] == ["b.conf", "none.conf"], f"{told}")
