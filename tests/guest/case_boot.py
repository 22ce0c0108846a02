# SPDX-License-Identifier: LGPL-2.1-or-later
"""What depends on how the machine was booted."""

from .box import CONFIG, MOVABLE_ON_NODE_1, expect, expect_match
from .registry import OFFLINE_AT_BOOT, Boot, scenario

OFF_BOOT = Boot(append=f"memplugd.off {OFFLINE_AT_BOOT}", enabled=True,
                dimms=(("a", "256M", 1),), files=((CONFIG, MOVABLE_ON_NODE_1),))


@scenario(boot=OFF_BOOT)
def switched_off_at_boot(box):
    """`memplugd.off` on the kernel's command line: skipped, which is no failure."""
    expect("the boot", box.guest.wait_boot(), "running")
    expect("its condition", box.show("ConditionResult"), "no")
    box.expect_active("inactive")
    expect("failed units", box.guest.failed_units(), [])
    # As an administrator may do it to have a look.
    box.guest.run("systemctl start memplugd")
    box.expect_active("inactive")
    box.expect_blocks([32, 33], "offline")
    shown = box.guest.run("systemctl status memplugd --no-pager", check=False).out
    expect_match("systemctl status", shown,
                 r"ConditionKernelCommandLine=!memplugd\.off was not met")


ENABLED_BOOT = Boot(append=OFFLINE_AT_BOOT, enabled=True, dimms=(("a", "256M", 1),),
                    files=((CONFIG, MOVABLE_ON_NODE_1),))


@scenario(boot=ENABLED_BOOT)
def enabled_at_boot(box):
    """Enabled as it is shipped: no ordering cycle, and up before the system's basics are."""
    expect("the boot", box.guest.wait_boot(), "running")
    box.expect_active()
    box.wait_online([32, 33])
    box.expect_blocks([32, 33], "online", "Movable")
    times = [int(word) for word in box.guest.run(
        "systemctl show -P ActiveEnterTimestampMonotonic local-fs.target memplugd "
        "sysinit.target").out.split()]
    expect("local-fs.target, memplugd, sysinit.target came up in that order", times,
           sorted(times))
    cycles = box.guest.run("journalctl -b --no-pager -o cat | grep -i 'ordering cycle'",
                           check=False)
    expect("ordering cycles", cycles.out, "")
    verify = box.guest.run("systemd-analyze --man=no verify memplugd.service 2>&1 | "
                           "grep memplugd", check=False)
    expect("complaints about the unit", verify.out, "")
