# SPDX-License-Identifier: LGPL-2.1-or-later
"""memplugctl doctor in a real machine: what fights memplugd is named."""

import re

from .box import UDEV_RULE, expect, expect_match
from .registry import Boot, scenario

RULE = ('# not for this machine\n'
        'SUBSYSTEM=="memory", ACTION=="add", CONST{arch}=="s390x", ATTR{state}="online"\n'
        'SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online"\n')


def doctor(box, user, code):
    """What doctor prints, after its exit code was as it should be."""
    become = f"setpriv --reuid {user} --regid nogroup --clear-groups " if user else ""
    out = box.guest.run(f"{become}memplugctl doctor; echo code $?").out
    expect_match(f"doctor, as {user or 'root'}", out, rf"^code {code}$")
    return out


def expect_clean(box, user):
    text = doctor(box, user, 0)
    expect_match(f"doctor, as {user or 'root'}", text, "^Nothing found that fights memplugd.$")


@scenario(boot=Boot(enabled=True))
def doctor_names_the_rule(box):
    """A clean machine has nothing wrong, also for an ordinary user; with a udev rule that puts
    memory online, its file and line are told. So is a daemon that was stopped."""
    box.configure('rules = ( { online = "movable"; } );\n')
    box.systemctl("restart")
    for user in None, "nobody":
        expect_clean(box, user)

    box.udev_rule(RULE)
    try:
        for user in None, "nobody":
            text = doctor(box, user, 1)
            expect("findings", re.findall(r"^warning: (\S+): ", text, re.M), [f"{UDEV_RULE}:3"])
    finally:
        box.no_udev_rule()

    box.systemctl("stop")
    for user in None, "nobody":
        expect_match(f"doctor, as {user or 'root'}", doctor(box, user, 1),
                     "^warning: memplugd doesn't run")
    box.systemctl("start")
    expect_clean(box, None)
