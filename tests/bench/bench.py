# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures memplugd beside its peers, and on very large machines. tests/bench/run, which calls this, has
installed what it needs."""

import argparse
import datetime
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

from lib.builds import TREE, Build  # noqa: E402

BUILD = Build("bench", "gcc", ("--buildtype=release",))
RESULT = TREE / "build/bench.json"
README = TREE / "README.md"
BEGIN, END = "<!-- tests/bench: begin -->\n", "<!-- tests/bench: end -->\n"


def make_build():
    ok, said = BUILD.make(("src/memplugd", "src/ctl/memplugctl", "bench-programs"))
    if not ok:
        sys.exit(f"bench: the build failed\n{said}")


def measure_scale():
    """In a mount namespace, so that no tree is left behind; of a user namespace where that takes one."""
    namespaces = ["--mount"] if os.geteuid() == 0 else ["--mount", "--user", "--map-root-user"]
    with tempfile.TemporaryDirectory(prefix="memplug-bench.") as where:
        done = subprocess.run(["unshare", *namespaces, sys.executable, str(HERE / "scale.py"),
                               str(BUILD.path), where], check=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def measure_guest(kernel, rounds):
    import peers  # pylint: disable=import-outside-toplevel

    subprocess.run([sys.executable, str(HERE.parent / "vm/prepare")], check=True,
                   stdin=subprocess.DEVNULL)
    results, guest = peers.measure(BUILD.path, kernel, rounds, lambda text: print(text, flush=True))
    return {"guest": guest, "blocks": peers.N_BLOCKS, "rounds": rounds, "peers": results}


def main():
    parser = argparse.ArgumentParser(prog="tests/bench/run", description=__doc__)
    parser.add_argument("--only", choices=("scale", "guest"), help="only a part of it")
    parser.add_argument("--rounds", type=int, default=3, help="so often each in the guest (3)")
    parser.add_argument("--kernel", default="6.1", help="of the guest (6.1)")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md")
    options = parser.parse_args()

    make_build()
    found = {"date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")}
    if options.only != "guest":
        found["scale"] = measure_scale()
    if options.only != "scale":
        found["beside"] = measure_guest(options.kernel, options.rounds)
    RESULT.write_text(json.dumps(found, indent=1) + "\n")

    import table  # pylint: disable=import-outside-toplevel
    text = table.make(found)
    print(f"\n{text}\nAll figures are in {RESULT.relative_to(TREE)}")
    if options.readme:
        before, _, rest = README.read_text().partition(BEGIN)
        README.write_text(before + BEGIN + text + END + rest.partition(END)[2])


main()
