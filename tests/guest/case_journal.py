# SPDX-License-Identifier: LGPL-2.1-or-later
"""Messages with an ID, and what the catalog says of them."""

import errno
import json
import pathlib
import re

from .box import CONFIG, MOVABLE_ON_NODE_1, expect, expect_match
from .case_service import BROKEN
from .registry import scenario

HEADER = pathlib.Path(__file__).resolve().parents[2] / "src/daemon/message.h"
IDS = dict(re.findall(r'#define MESSAGE_(\w+) "(\w+)"', HEADER.read_text(encoding="utf-8")))


def entries(box, name):
    """The journal's entries with that ID, in this scenario."""
    box.journal()
    out = box.guest.run(f"journalctl -q -u memplugd -o json MESSAGE_ID={IDS[name]}").out
    return [json.loads(line) for line in out.splitlines()]


def expect_entry(box, name, **wanted):
    """The last entry with that ID has these fields."""
    entry = entries(box, name)[-1]
    expect(f"fields of {name}", {key: entry.get(key) for key in wanted}, wanted)
    return entry


@scenario(kernel_onlines=True)
def messages_have_ids(box):
    """What matters is found in the journal by its ID and fields, and `journalctl -x` explains it."""
    box.guest.run("echo online >/sys/devices/system/memory/auto_online_blocks")
    box.start(MOVABLE_ON_NODE_1)
    box.wait_journal("^auto_online_blocks is 'offline' while memplugd runs")
    expect_entry(box, "SETTING_TAKEN_OVER", PRIORITY="6", SYSLOG_IDENTIFIER="memplugd",
                 MEMPLUG_SETTING="auto_online_blocks", MEMPLUG_VALUE="offline",
                 MESSAGE="auto_online_blocks is 'offline' while memplugd runs (it was 'online').")

    box.inject(errno.EPERM)
    block, = box.plug("d1", "128M", 1)
    box.wait_journal(f"^memory{block}: vetoed: ")
    box.inject(0)
    entry = expect_entry(box, "STAYS_OFFLINE", PRIORITY="4", MEMPLUG_BLOCK=str(block),
                         MEMPLUG_OUTCOME="vetoed", MEMPLUG_RULE="node 1 can be pulled")
    expect_match("its text", entry["MESSAGE"], rf"^memory{block}: vetoed: ")

    box.configure(BROKEN)
    box.guest.run("systemctl kill -s HUP --kill-who=main memplugd")
    box.wait_journal("^The new config is refused")
    expect_entry(box, "CONFIG_REFUSED", PRIORITY="3", MEMPLUG_ERRORS="1")

    box.guest.run("journalctl --update-catalog")
    explained = box.guest.run(
        f"journalctl -q -x -u memplugd MESSAGE_ID={IDS['STAYS_OFFLINE']} -n 1").out
    expect_match("journalctl -x", explained, rf"Subject: memory{block} stays offline$")
    box.guest.run(f"rm {CONFIG}")
