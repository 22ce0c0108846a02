# SPDX-License-Identifier: LGPL-2.1-or-later
"""Very large machines, without a guest: trees of plain files laid out like sysfs. Run in a mount namespace
of its own, it prints what it measured as JSON: scale.py BUILD DIRECTORY"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import time

SOME = 32768
MANY = 524288
PAIRS = 7


def run(*command):
    """What a command printed."""
    return subprocess.run([str(word) for word in command], check=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, text=True).stdout


def cost_of(*command):
    """Seconds on the clock and of processors, and the most memory in KiB, of one run."""
    begin = time.monotonic()
    # With files of its own it can be waited for by itself.
    process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"{command} ended with {status}")
    return {"seconds": time.monotonic() - begin, "user": usage.ru_utime, "kernel": usage.ru_stime,
            "kib": usage.ru_maxrss}


def pairs(ours, theirs):
    """Both in turn: the median of each, and of how often ours is as fast."""
    runs = [(cost_of(*ours), cost_of(*theirs)) for _ in range(PAIRS + 1)][1:]
    return {"ours": statistics.median(a["seconds"] for a, _ in runs),
            "theirs": statistics.median(b["seconds"] for _, b in runs),
            "ours_processor": statistics.median(a["user"] + a["kernel"] for a, _ in runs),
            "theirs_processor": statistics.median(b["user"] + b["kernel"] for _, b in runs),
            "times": statistics.median(b["seconds"] / a["seconds"] for a, b in runs)}


def values(text):
    """Of lines "NAME VALUE"."""
    return {name: float(value) for name, value in map(str.split, text.splitlines())}


def measure(build, where):
    programs = build / "tests/bench"
    ctl = build / "src/ctl/memplugctl"
    found = {"processors": os.cpu_count()}

    found["plan"] = [dict(zip(("blocks", "planned", "carried_out"), map(float, line.split())))
                     for line in run(programs / "plan-speed", MANY).splitlines()]

    plain, dimms = where / "plain", where / "dimms"
    run(programs / "make-tree", plain, SOME, 4, 0)
    # A machine without ACPI; one with it names its memory devices.
    (plain / "sys/devices/LNXSYSTM:00").rmdir()
    run(programs / "make-tree", dimms, SOME, 4, 512)
    for name, tree in (("list", plain), ("list_dimms", dimms)):
        found[name] = pairs((ctl, "list", "--sysroot", tree), ("lsmem", "--sysroot", tree))

    many = where / "many"
    run(programs / "make-tree", many, MANY, 8, 512)
    for verb in ("list", "status", "plan"):
        found[f"{verb}_many"] = cost_of(ctl, verb, "--sysroot", many)
    found["lsmem_many"] = cost_of("lsmem", "--sysroot", many)
    found["daemon_many"] = values(run(programs / "sweep", many, MANY))
    return found


def main():
    build, where = map(pathlib.Path, sys.argv[1:])
    # All of it goes away with the namespace. Each name counts as a file there, and there are millions.
    run("mount", "-t", "tmpfs", "-o", "nr_inodes=0,size=90%", "bench", where)
    print(json.dumps(measure(build, where)))


main()
