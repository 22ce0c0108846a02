# SPDX-License-Identifier: LGPL-2.1-or-later
"""The service's sandbox, and the socket through which it hears the kernel."""

import re

from .box import MEMORY, MOVABLE_ON_NODE_1, PATIENT, expect, expect_match
from .registry import scenario

# A restart that waits for somebody to write to the pipe, once it is there.
GATE = "/run/gate"
GATED = f"TimeoutStartSec=infinity\nExecStartPre=/bin/sh -c '[ ! -p {GATE} ] || cat {GATE}'\n"

# What systemd-analyze calls the exposure; the best of its kind is earlyoom's 1.0.
EXPOSURE_MAX = 0.8


@scenario(kernels=("6.1",), more_kernels=("6.12",))
def sandbox(box):
    """It works without any capability, network or device, and is told to be as tight as that."""
    box.start(MOVABLE_ON_NODE_1)
    new = box.plug("d1", "1G", 1)
    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")
    box.expect_journal("ignoring", 0)

    pid = box.show("MainPID")
    status = box.guest.read(f"/proc/{pid}/status")
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        expect_match(f"{name} of memplugd", status, f"^{name}:\t0+$")
    expect_match("NoNewPrivs of memplugd", status, "^NoNewPrivs:\t1$")
    links = box.guest.read(f"/proc/{pid}/net/dev")
    expect("its network devices", re.findall(r"^ *(\w+):", links, re.MULTILINE), ["lo"])

    shown = box.guest.run("systemd-analyze security --no-pager memplugd.service").out
    expect_match("systemd-analyze security", shown, "Overall exposure level for memplugd.service")
    exposure = float(re.search(r"exposure level for memplugd.service: ([0-9.]+)", shown).group(1))
    expect(f"exposure {exposure} is at most {EXPOSURE_MAX}:\n{shown}", exposure <= EXPOSURE_MAX, True)
    return f"exposure {exposure}"


@scenario(kernels=("6.1",), more_kernels=("6.12",))
def stopped_stays_stopped(box):
    """Whatever uevents come, a service that was stopped isn't started by them."""
    box.start(MOVABLE_ON_NODE_1)
    box.systemctl("stop")
    new = box.plug("d1", "1G", 1)
    box.guest.run("udevadm trigger -c change; udevadm settle")
    box.trigger_add()
    box.guest.run("udevadm settle")
    box.expect_active("inactive")
    expect("the socket is", box.show("ActiveState", "memplugd.socket"), "inactive")
    expect("times it was started", box.show("NRestarts"), "0")
    box.expect_blocks(new, "offline")


@scenario(kernels=("6.1",), more_kernels=("6.12",))
def told_while_it_restarts(box):
    """What the kernel tells between a crash and the next start waits in the socket: a block that
    was put online and taken offline meanwhile is known for released."""
    box.drop_in(PATIENT + GATED)
    box.start(MOVABLE_ON_NODE_1)
    there = box.plug("there", "256M", 1)
    box.wait_online(there)
    box.wait_journal("^memory[0-9]+: done", count=2)
    box.guest.run(f"mkfifo {GATE}; systemctl kill -s KILL memplugd; "
                  f"until [ $(systemctl show -P SubState memplugd) = start-pre ]; do :; done")

    new = box.plug("new", "512M", 1)
    box.guest.run(f"echo online >{MEMORY}/memory{new[1]}/state")
    box.offline(new[1])
    box.guest.run(f"echo >{GATE}; rm {GATE}")
    rest = [new[0], *new[2:]]
    box.wait_online(rest)
    box.wait_journal("^memory[0-9]+: done", count=2 + 3)
    box.beacon()
    box.expect_blocks(there + rest, "online", "Movable")
    box.expect_blocks([new[1]], "offline")
    box.expect_journal(f"^memory{new[1]}: taken offline by somebody else", 1)


@scenario(kernels=("6.1",), more_kernels=("6.12",))
def forged_events(box):
    """Events that somebody else than the kernel sends to its group are passed over: these say that
    blocks were taken offline, after which memplugd would leave them alone."""
    box.start(MOVABLE_ON_NODE_1)
    new = box.plug("d1", "256M", 1)
    box.wait_journal("^memory[0-9]+: done", count=2)
    box.guest.run("forge " + " ".join(
        f"offline@/devices/system/memory/memory{index} ACTION=offline "
        f"DEVPATH=/devices/system/memory/memory{index} SUBSYSTEM=memory --" for index in new))
    box.beacon()
    box.expect_journal("taken offline by somebody else", 0)
    expect("released blocks", box.guest.run("grep -c released /run/memplugd/blocks",
                                            check=False).out.strip(), "0")
