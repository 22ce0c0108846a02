# SPDX-License-Identifier: LGPL-2.1-or-later
"""Big DIMMs, and what happens while their blocks come up."""

import re

from .box import MEMORY, MOVABLE_ON_NODE_1, Wrong, expect
from .registry import scenario

# The CLI reads while the kernel adds. Without sleeping: the guest has a processor for it.
LOOP = """
n=0 failed=0
until [ -e /run/loop.end ]; do
    memplugctl list --all >/dev/null || failed=$((failed + 1))
    memplugctl status >/dev/null || failed=$((failed + 1))
    n=$((n + 1))
    echo $n >/run/loop.turns
done
echo turns $n failed $failed
"""

BIG = 64


def plug_with_readers(box, settings=""):
    """Plugs 8 GiB into a node without memory while the CLI reads, and answers the indices.

    Kernels oops when `valid_zones` of a block is read that isn't linked to its node yet."""
    box.start(settings + MOVABLE_ON_NODE_1)
    loop = box.guest.start(LOOP)
    box.guest.run("until [ -s /run/loop.turns ]; do :; done", timeout=60)
    new = box.plug("big", "8G", 1)
    expect("number of blocks", len(new), BIG)
    box.wait_online(new)
    # The daemon is through with all of them, and the CLI has read at least once more.
    box.wait_journal("^memory[0-9]+: (done|already|wrong-zone)", count=BIG)
    turns = int(box.guest.read("/run/loop.turns"))
    box.guest.run(f"until read -r n </run/loop.turns && [ ${{n:-0}} -gt {turns} ]; do :; done; "
                  "touch /run/loop.end")
    result = loop.wait()
    if not re.search(r"^turns \d+ failed 0$", result.out, re.MULTILINE):
        raise Wrong(f"memplugctl failed while memory was added:\n{result.out[-2000:]}")
    return new


@scenario(races=True)
def big_dimm_no_bug(box):
    new = plug_with_readers(box)
    box.expect_blocks(new, "online", "Movable")
    box.expect_journal(r"^memory\d+: done", BIG)


@scenario(kernels=("6.12",), more_kernels=(), kernel_onlines=True, races=True)
def big_dimm_kernel_onlines(box):
    """The kernel is left to be first, with each block; each is told once."""
    new = plug_with_readers(box, "take_over = false;\n")
    box.expect_blocks(new, "online", "Normal")
    box.expect_journal(r"^memory\d+: wrong-zone: somebody else put it online", BIG)


# As soon as one block is online, memplugd is stopped in its tracks: so it is surely in the middle
# when it is ended. All of it with the shell's own commands, for another process takes long.
CATCH = f"""
until read -r state <{MEMORY}/memory95/state && [ "$state" = online ]; do :; done 2>/dev/null
kill -STOP $1
online=0
for block in {MEMORY}/memory3[2-9] {MEMORY}/memory[4-9][0-9]; do
    read -r state <$block/state && [ "$state" = online ] && online=$((online + 1))
done
echo online $online
"""


def end_in_the_middle(box, how):
    """Plugs 8 GiB; in the middle of its blocks memplugd is stopped, and `how` ends it."""
    box.start(MOVABLE_ON_NODE_1)
    pid = box.show("MainPID")
    box.guest.write("/run/catch.sh", CATCH)
    job = box.guest.start(f"sh /run/catch.sh {pid} && {how.replace('PID', pid)}")
    new = box.plug("big", "8G", 1)
    expect("the DIMM's blocks", new, list(range(32, 32 + BIG)))
    result = job.wait()
    expect(f"exit code of '{how}', which said {result.out!r}", result.rc, 0)
    online = int(re.search(r"online (\d+)", result.out).group(1))
    if not 0 < online < BIG:
        raise Wrong(f"{online} of {BIG} blocks were online when memplugd was caught")

    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")
    box.wait_status("blocks: done")
    if box.show("MainPID") == pid:
        raise Wrong("memplugd is still the same process")
    box.expect_active()


@scenario(races=True)
def restart_in_the_middle(box):
    end_in_the_middle(box, "systemctl restart memplugd")
    box.expect_journal("Ending, as Terminated says", 1)


@scenario(races=True)
def kill_in_the_middle(box):
    end_in_the_middle(box, "kill -KILL PID")
    expect("restarts by systemd", box.show("NRestarts"), "1")
