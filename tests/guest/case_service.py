# SPDX-License-Identifier: LGPL-2.1-or-later
"""memplugd as a service: starts, stops, signals, broken configs."""

from .box import CONFIG, MOVABLE_ON_NODE_1, expect, expect_match
from .registry import scenario

LEAVE_NODE_1 = """\
rules = ( { name = "hands off"; match = { node = "1"; }; online = "leave"; } );
"""


@scenario()
def plugged_while_down(box):
    """What was plugged while it was down is handled at its start."""
    box.start(MOVABLE_ON_NODE_1)
    box.systemctl("stop")
    box.expect_active("inactive")
    new = box.plug("d1", "1G", 1)
    box.expect_blocks(new, "offline")
    box.start()
    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")
    box.wait_journal("^memory[0-9]+: done", count=8)


@scenario()
def ends_by_sigterm(box):
    box.start(MOVABLE_ON_NODE_1)
    box.systemctl("stop")
    box.expect_active("inactive")
    expect("its exit code", box.show("ExecMainStatus"), "0")
    expect("its result", box.show("Result"), "success")
    box.expect_journal("Ending, as Terminated says", 1)


@scenario()
def foreground(box):
    """In the foreground, with debugging: it tells the events, and SIGINT ends it."""
    box.configure(MOVABLE_ON_NODE_1)
    job = box.guest.start("exec memplugd --log-level=debug")
    new = box.plug("d1", "1G", 1)
    box.wait_online(new)
    box.wait_file(job.output_file, "memory[0-9]+: done", count=8)
    job.kill(2)
    result = job.wait()
    expect("its exit code", result.rc, 0)
    expect_match("its output", result.out, "^memplugd: memory32: event 'add'$")
    expect_match("its output", result.out, "^memplugd: memory32: done: online_movable, Movable")
    expect_match("its output", result.out, "^memplugd: Ending, as Interrupt says")
    box.expect_blocks(new, "online", "Movable")


BROKEN = """\
mode = "uevents";
rules = ( { match = { node = "1"; }; online = "movable"; } );
"""

BROKEN_DROP_IN = """\
// The error is in the third line.
rules = ( {
  match = { nodes = "1"; };
  online = "movable"; } );
"""

DROP_IN = "/etc/memplugd/memplugd.conf.d/50-extra.conf"


@scenario()
def broken_config(box):
    """It starts all the same, tells all errors, and goes by the built-in rules until it is repaired."""
    box.configure(BROKEN_DROP_IN, DROP_IN)
    box.start(BROKEN)
    box.expect_active()
    box.wait_journal(f"^{CONFIG}:1: .*expected .*got \"uevents\"")
    box.wait_journal(f"^{DROP_IN}:3: .*did you mean 'node'")
    box.wait_journal("The config is refused; the built-in rules are in force.")
    box.wait_status("^THE CONFIG HAS 2 ERRORS and is not in force")
    shown = box.guest.run("systemctl status memplugd --no-pager").out
    expect_match("systemctl status", shown, r"Active: active \(running\)")
    expect_match("systemctl status", shown, "Status: .*THE CONFIG HAS 2 ERRORS")
    new = box.plug("d1", "1G", 1)
    box.wait_journal("^memory[0-9]+: done: online_movable, Movable in .*; built-in: ", count=8)
    box.expect_blocks(new, "online", "Movable")

    box.guest.run(f"rm {DROP_IN}")
    box.configure(MOVABLE_ON_NODE_1)
    box.systemctl("reload")
    new = box.plug("d2", "512M", 1)
    box.wait_journal("^memory[0-9]+: done: online_movable, Movable in .*; rule 'node 1 can be pulled'",
                     count=4)
    box.expect_blocks(new, "online", "Movable")
    box.wait_status("^mode uevent, 1 rule of .*done 12$")


@scenario()
def reload_refused(box):
    """The reload fails, the service doesn't, and the old rules stay in force."""
    box.start(MOVABLE_ON_NODE_1)
    box.configure(BROKEN)
    result = box.guest.run("systemctl reload memplugd", check=False)
    if not result.rc:
        expect("exit code of a reload of a broken config", result.rc, 1)
    box.expect_active()
    box.wait_journal(f"^{CONFIG}:1: .*expected .*got \"uevents\"")
    new = box.plug("d1", "1G", 1)
    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")


@scenario()
def reload_refused_after_signal(box):
    """Whoever sends SIGHUP past the check gets the errors told, and the old rules stay."""
    box.start(MOVABLE_ON_NODE_1)
    box.configure(BROKEN)
    box.guest.run("systemctl kill -s HUP memplugd")
    box.wait_journal("The new config is refused; the old one stays in force.")
    box.wait_status("^THE CONFIG HAS 1 ERROR ")
    new = box.plug("d1", "1G", 1)
    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")


@scenario()
def reload_changes_rules(box):
    """What the old rules left offline goes online when the new ones want that."""
    box.start(LEAVE_NODE_1)
    new = box.plug("d1", "1G", 1)
    box.wait_journal("^memory32-39: left offline; rule 'hands off'")
    box.configure(MOVABLE_ON_NODE_1)
    box.systemctl("reload")
    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")


@scenario()
def second_instance(box):
    box.start(MOVABLE_ON_NODE_1)
    result = box.guest.run("timeout 20 memplugd", check=False)
    expect_match("the second one", result.out, "^memplugd: Another memplugd is running")
    expect("its exit code", result.rc, 1)
    box.expect_active()
    box.beacon()
