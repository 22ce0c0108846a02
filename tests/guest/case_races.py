# SPDX-License-Identifier: LGPL-2.1-or-later
"""Big DIMMs, and what happens while their blocks come up and are put online."""

import re

from .box import MEMORY, MOVABLE_ON_NODE_1, PATIENT, Write, Wrong, expect
from .registry import scenario

# The CLI reads while the kernel adds. Without sleeping: the guest has a processor for it.
LOOP = """
n=0 failed=0
until [ -e /run/loop.end ]; do
    memplugctl list --all >/dev/null || failed=$((failed + 1))
    # Its exit code tells how the machine is, and blocks are on their way here.
    [ -z "$(memplugctl status 2>&1 >/dev/null)" ] || failed=$((failed + 1))
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
def race_15_announced_before_linked(box):
    new = plug_with_readers(box)
    box.expect_blocks(new, "online", "Movable")
    box.expect_journal(r"^memory\d+: done", BIG)


@scenario(kernels=("6.12",), more_kernels=(), kernel_onlines=True, races=True)
def race_15_kernel_onlines_at_once(box):
    """The kernel is left to be first, with each block; each is told once."""
    new = plug_with_readers(box, "take_over = false;\n")
    box.expect_blocks(new, "online", "Normal")
    box.expect_journal(r"^memory\d+: wrong-zone: somebody else put it online", BIG)


@scenario(races=True)
def race_1_uevent_before_the_rest(box):
    """The first events of a DIMM come while the rest of it is being added: nothing is written
    before all of it is there, and then it is onlined as one, from its end down."""
    box.start(MOVABLE_ON_NODE_1)
    # While the kernel adds 64 blocks the other processor nearly always comes to run memplugd; where
    # it doesn't, there was no race, and that shows nothing.
    for _ in range(5):
        box.mark_journal()
        box.trace_writes()
        new = box.plug("big", "8G", 1)
        box.wait_online(new)
        box.wait_journal("^memory[0-9]+: done", count=BIG)
        box.expect_blocks(new, "online", "Movable")
        done = re.findall(r"^memory(\d+): done", box.journal(), re.MULTILINE)
        expect("the order of what is done", [int(index) for index in done], new[::-1])
        writes = box.written()
        barriers = [write for write in writes if write.word == "online"]
        expect("that there is a barrier", bool(barriers), True)
        expect("what is written after the barriers", writes[len(barriers):],
               [Write("online_movable", 0)] * BIG)
        # It waited for the kernel, which was still adding.
        if barriers[0].waits:
            return
        box.unplug("big")
    raise Wrong("memplugd came only after the whole DIMM was there, each time")


# As soon as block $1 is online, process $2 is stopped in its tracks: so it is surely in the middle,
# for it goes from the DIMM's end down. All of it with the shell's own commands, for another process
# takes long.
CATCH = f"""
until read -r state <{MEMORY}/memory$1/state && [ "$state" = online ]; do :; done 2>/dev/null
kill -STOP $2
online=
for block in {MEMORY}/memory3[2-9] {MEMORY}/memory[4-9][0-9]; do
    read -r state <$block/state && [ "$state" = online ] && online="$online ${{block##*/memory}}"
done 2>/dev/null
echo online $online
"""


def start_catching(box, at, then=":"):
    """Starts a job that stops memplugd as soon as block `at` of the first DIMM is online."""
    box.guest.write("/run/catch.sh", CATCH)
    return box.guest.start(f"sh /run/catch.sh {at} {box.show('MainPID')} && {then}")


def caught(job, new):
    """The blocks that were online when memplugd was caught: some of the new ones, not all."""
    result = job.wait()
    expect(f"exit code of what catches, which said {result.out!r}", result.rc, 0)
    online = [int(word) for word in re.search(r"online(.*)", result.out).group(1).split()]
    if not 0 < len(online) < len(new):
        raise Wrong(f"{len(online)} of {len(new)} blocks were online when memplugd was caught")
    return online


def end_in_the_middle(box, how):
    """Plugs 8 GiB; in the middle of its blocks memplugd is stopped, and `how` ends it."""
    box.drop_in(PATIENT)
    box.start(MOVABLE_ON_NODE_1)
    pid = box.show("MainPID")
    job = start_catching(box, 95, how.replace("PID", pid))
    new = box.plug("big", "8G", 1)
    expect("the DIMM's blocks", new, list(range(32, 32 + BIG)))
    caught(job, new)

    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")
    box.wait_status("blocks: done")
    if box.show("MainPID") == pid:
        raise Wrong("memplugd is still the same process")
    box.expect_active()


@scenario(races=True)
def race_11_restarted_in_the_middle(box):
    end_in_the_middle(box, "systemctl restart memplugd")
    box.expect_journal("Ending, as Terminated says", 1)


@scenario(races=True)
def race_11_killed_in_the_middle(box):
    end_in_the_middle(box, "kill -KILL PID")
    expect("restarts by systemd", box.show("NRestarts"), "1")


@scenario(races=True)
def race_7_taken_offline_during_onlining(box):
    """Somebody takes blocks offline while memplugd is busy with the rest of the same DIMM."""
    box.drop_in(PATIENT)
    box.start(MOVABLE_ON_NODE_1)
    pid = box.show("MainPID")
    job = start_catching(box, 55)
    new = box.plug("big", "4G", 1)
    online = caught(job, new)
    # One that it was through with, and the last one, which it may not know yet to be online.
    away = [online[0], 60]
    for index in away:
        box.guest.run(f"chmem -d -b {index}")
    box.guest.run(f"kill -CONT {pid}")

    rest = [index for index in new if index not in away]
    box.wait_online(rest)
    box.wait_released(*away)
    for act in (box.trigger_add, lambda: box.systemctl("restart")):
        act()
        box.beacon()
        box.expect_blocks(away, "offline")
        box.expect_blocks(rest, "online", "Movable")
    box.expect_lines(rest, "done: online_movable, Movable in ")


@scenario(races=True)
def race_8_unplugged_during_onlining(box):
    """A DIMM goes away in the middle of its onlining: no trouble, and all goes on."""
    box.drop_in(PATIENT)
    box.start(MOVABLE_ON_NODE_1)
    pid = box.show("MainPID")
    for waits in False, True:
        box.mark_journal()
        job = start_catching(box, 40)
        new = box.plug("goes", "2G", 1)
        online = caught(job, new)
        # It goes on when the DIMM is gone, or else while the kernel takes it away: then a write of
        # memplugd waits for the kernel's lock until its block is gone.
        thaw = f"""
            until ! read -r state <{MEMORY}/memory{online[0]}/state ||
                  [ $state != online ]; do :; done 2>/dev/null
            kill -CONT {pid}"""
        job = box.guest.start(thaw if waits else ":")
        box.unplug("goes")
        job.wait()
        box.guest.run(f"kill -CONT {pid}")
        box.wait_journal("^memory[0-9]+: (done|gone|cancelled): ", count=len(new))
        # One may have been under way.
        box.expect_lines([index for index in new if index < online[0] - 1], "gone: ")
        box.expect_no_trouble()

        box.mark_journal()
        expect("the blocks of the next DIMM", box.plug("again", "2G", 1), new)
        box.wait_online(new)
        box.wait_journal("^memory[0-9]+: done", count=len(new))
        box.expect_blocks(new, "online", "Movable")
        box.expect_lines(new, "done: online_movable, Movable in ")
        box.unplug("again")
    expect("memplugd's process", box.show("MainPID"), pid)
