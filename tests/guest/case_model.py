# SPDX-License-Identifier: LGPL-2.1-or-later
"""The model of the kernel's zone rules, held against the kernel that runs."""

import os
import pathlib
import subprocess
import tempfile

from .box import Wrong, expect
from .registry import Boot, scenario

STEPS = 2000


def replay(build, trace):
    """The model's word on a trace: what differs, or nothing."""
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory, "free-live.jsonl")
        path.write_text(trace)
        done = subprocess.run([str(pathlib.Path(build) / "tests/unit/replay-traces"), str(path)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    return done.stdout if done.returncode else ""


@scenario(boot=Boot(kind="small"), kernels=("6.1", "6.12"), more_kernels=())
def model_agrees(box):
    """Random writes to 16 blocks on two nodes: after each, model and kernel say the same."""
    box.plug("d1", "1G", 1)
    box.plug("d2", "1G", 0)
    seed = os.environ.get("MEMPLUG_TEST_SEED", "1")
    trace = box.guest.run(f"record {STEPS} {seed} 32", timeout=300).out
    expect("recorded lines", len(trace.splitlines()), STEPS + 1)
    differs = replay(box.build, trace)
    if differs:
        raise Wrong(f"seed {seed}: {differs}")
