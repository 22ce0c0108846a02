# SPDX-License-Identifier: LGPL-2.1-or-later
"""Somebody holds the kernel's hotplug lock for as long as he likes: nobody waits for memplugd."""

import signal

from .box import CONFIG, MEMORY, MOVABLE_ON_NODE_1, Wrong, expect, expect_match
from .registry import OFFLINE_AT_BOOT, Boot, scenario

WAITS = "^waiting for the kernel's hotplug lock"


@scenario()
def ready_before_it_writes(box):
    box.start(MOVABLE_ON_NODE_1)
    held, = box.plug("a", "128M", 1)
    box.wait_online([held])
    box.systemctl("stop")
    waiting = box.plug("b", "256M", 1)
    box.pin(1)
    hang = box.guest.start(f"echo offline >{MEMORY}/memory{held}/state")
    box.wait_going_offline(held)

    box.mark_journal()
    box.systemctl("start", seconds=20)
    box.expect_active()
    box.wait_status(WAITS)
    box.systemctl("reload", seconds=20)
    box.wait_journal("Mode uevent, 1 rule", count=2)
    box.wait_status(WAITS)
    # It gives up its own write after 5 s, and systemd needn't kill it.
    box.systemctl("stop", seconds=12)
    expect("its result", box.show("Result"), "success")
    box.expect_blocks([held], "going-offline")
    box.expect_blocks(waiting, "offline")

    box.systemctl("start", seconds=20)
    box.wait_status(WAITS)
    hang.kill(signal.SIGINT)
    box.wait_online(waiting)
    box.expect_blocks(waiting + [held], "online", "Movable")


HOLD_UNIT = """\
[Unit]
Description=Holds the kernel's hotplug lock
DefaultDependencies=no
After=local-fs.target
Before=memplugd.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh /usr/local/bin/hold
"""

# What goes on in the background must not keep the unit's start from being done.
HOLD = f"""\
echo online_movable >{MEMORY}/memory32/state && pin 1 /run/pin.pid || exit 1
(echo offline >{MEMORY}/memory32/state) &
until read -r state <{MEMORY}/memory32/state && [ "$state" = going-offline ]; do :; done
"""

HELD_BOOT = Boot(
    append=OFFLINE_AT_BOOT, enabled=True,
    dimms=(("a", "128M", 1), ("b", "512M", 1)),
    files=((CONFIG, MOVABLE_ON_NODE_1),
           ("/etc/systemd/system/hold.service", HOLD_UNIT),
           ("/etc/systemd/system/sysinit.target.wants/hold.service", "-> ../hold.service"),
           ("/usr/local/bin/hold", HOLD)))


@scenario(boot=HELD_BOOT)
def hang_at_boot(box):
    """The machine boots all the same; and what was plugged before the boot is handled."""
    booted = box.guest.wait_boot()
    if booted != "running":
        failed = box.guest.failed_units()
        raise Wrong(f"the boot is {booted}: {failed}\n" + "".join(
            box.guest.run(f"journalctl -b -o cat -u {unit} --no-pager").out for unit in failed))
    box.expect_blocks([32], "going-offline")
    box.expect_blocks(range(33, 37), "offline")
    box.expect_active()
    box.wait_status(WAITS)
    order = box.guest.run("systemctl show -P ActiveEnterTimestampMonotonic "
                          "hold memplugd sysinit.target").out
    times = [int(word) for word in order.split()]
    expect("hold, memplugd, sysinit.target came up in that order", times, sorted(times))
    shown = box.guest.run("systemctl list-jobs").out
    expect_match("systemctl list-jobs", shown, "No jobs running")

    box.unpin()
    box.wait_online(range(33, 37))
    box.expect_blocks(range(33, 37), "online", "Movable")
    # Somebody wanted this one offline, and now it is.
    box.guest.wait_blocks(lambda blocks: blocks[32].state == "offline")
    box.wait_status("blocks: done 4$")
