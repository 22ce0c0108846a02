# SPDX-License-Identifier: LGPL-2.1-or-later
"""The verbs of memplugctl that talk to memplugd, for real: as root, and as an ordinary user."""

import json
import re

from .box import CONFIG, MOVABLE_ON_NODE_1, expect, expect_match
from .case_bus import LEAVE_NODE_1, POLKIT_RULE, as_user, start, wait_on_bus
from .registry import scenario


def ctl(box, arguments, user=None):
    """Answers the exit code, and what was written to standard output and error."""
    done = box.guest.run(f"{as_user(user)}memplugctl {arguments}", check=False, timeout=120)
    return done.rc, done.out


def expect_ctl(box, arguments, code, pattern, user=None):
    """The exit code, and what each run must write."""
    rc, out = ctl(box, arguments, user)
    expect(f"exit code of memplugctl {arguments} ({out})", rc, code)
    expect_match(f"memplugctl {arguments}", out, pattern)


class Monitor:
    """memplugctl monitor, from now on."""

    def __init__(self, box, options="", user=None):
        self.box = box
        self.job = box.guest.start(f"exec {as_user(user)}memplugctl monitor {options}")
        # It has said whom it wants to hear by the time it has asked for the properties; a reload
        # is told of then.
        script = f"until grep -q . {self.job.output_file}; do memplugctl reload; sleep 0.1; done"
        box.guest.run(f"timeout 60 sh -c '{script}'", timeout=90)

    def wait(self, pattern, count=1):
        self.box.wait_file(self.job.output_file, pattern, count)

    def end(self):
        """Ends it, and answers what it wrote."""
        self.job.kill(2)
        expect("exit code of memplugctl monitor", self.job.wait().rc, 0)
        return self.job.output()


# Each verb that only reads, and a line of what it prints when two blocks were left offline.
READING = (
    ("list", "^0x[0-9a-f]+-0x[0-9a-f]+ +256M 32-33 +1 "),
    ("devices", "^PNP0C80:00 +dimm +1 +256M 32-33 +offline"),
    ("map", "^Node 1: "),
    ("explain memory32", "^  rule +'"),
    ("plan --add dimm:1G@1", "^Then dimm:1G@1"),
    ("history", "memory32-33: left offline"),
    ("check-config", "^OK: "),
    ("show-config", "online = \"leave\""),
)


@scenario()
def verbs_online(box):
    """By hand, all, some and none; by device, range and node; and what monitor shows of it."""
    start(box, LEAVE_NODE_1)
    expect_ctl(box, "status", 0, "^Daemon: memplugd .*, mode uevent; nothing put online yet$")
    monitor, raw = Monitor(box), Monitor(box, "--json", user="nobody")
    new = box.plug("d1", "512M", 1)
    first, last = new[0], new[-1]
    box.wait_journal(f"^memory{first}-{last}: left offline")
    expect_ctl(box, "online PNP0C80:00", 1, "its rule leaves it offline")

    expect_ctl(box, f"online --zone kernel {first}", 0, f"^memory{first}: done, online in kernel$")
    rc, out = ctl(box, "online --zone movable --json PNP0C80:00")
    told = json.loads(out)
    expect("exit code of some", (rc, told["asked_blocks"], told["online_blocks"]), (64, 4, 3))
    expect("results", [(row["first_block"], row["last_block"], row["outcome"], row["zone"])
                       for row in told["results"]],
           [(first, first, "wrong-zone", "kernel"), (first + 1, last, "done", "movable")])
    box.expect_blocks(new[1:], "online", "Movable")
    expect_ctl(box, f"online --zone movable memory{first + 1}-{last}", 0,
               f"^memory{first + 1}-{last}: already, online in movable$")
    expect_ctl(box, f"online --zone movable {first}", 1, "can't put that online: .*wrong-zone")
    expect_ctl(box, "online node1", 0, "nothing to do")
    box.offline(last)
    expect_ctl(box, "online --zone movable node1", 0, f"^memory{last}: done, online in movable$")
    expect_ctl(box, "status", 0, "^Daemon: .*done")

    monitor.wait("came online")
    raw.wait('"event": "outcome".*"done"', 5)
    text = monitor.end()
    expect_match("monitor", text, rf"^\d\d:\d\d:\d\d\.\d\d\d  memory{first}.*: added$")
    expect_match("monitor", text, f"memory{first}: done, kernel; ")
    expect_match("monitor", text, "to be leave, by rule 'hands off' ")
    events = [json.loads(line) for line in raw.end().splitlines()]
    expect("blocks that were added",
           [event["block"] for event in events if event.get("action") == "add"], new)
    expect("what the first came to",
           [(event["outcome"], event["zone"]) for event in events
            if event["event"] == "outcome" and event["block"] == first
            and event["outcome"] != "left"],
           [("done", "kernel"), ("wrong-zone", "kernel"), ("wrong-zone", "kernel")])


@scenario()
def verbs_hold(box):
    """New memory waits for the command, and its exit code comes through."""
    start(box, MOVABLE_ON_NODE_1)
    monitor = Monitor(box, "--json")
    job = box.guest.start("memplugctl hold --why 'a test' -- "
                          "sh -c 'until [ -e /run/go ]; do sleep 0.1; done; exit 7'")
    box.wait_journal("^Held by ")
    hold, = box.memplugctl_json("status")["daemon"]["holds"]
    expect("who holds, and why", (hold["uid"], hold["why"]), (0, "a test"))
    expect_ctl(box, "status", 0, r"^        held for \d+ s by process \d+ of uid 0: a test$")

    new = box.plug("d1", "256M", 1)
    monitor.wait('"uevent".*"action": "add"', len(new))
    box.expect_blocks(new, "offline")
    expect_ctl(box, "status", 0, "are offline although a rule wants them online")
    box.guest.run("touch /run/go")
    expect("exit code of the command", job.wait().rc, 7)
    box.wait_online(new)
    expect("who holds", box.memplugctl_json("status")["daemon"]["holds"], [])

    job = box.guest.start("exec memplugctl hold")
    box.wait_file(job.output_file, "new memory is left alone until this ends")
    expect("why, without a command",
           [hold["why"] for hold in box.memplugctl_json("status")["daemon"]["holds"]],
           ["memplugctl hold"])
    job.kill(2)
    expect("exit code of hold without a command", job.wait().rc, 0)
    monitor.end()


@scenario()
def verbs_reload_and_restart(box):
    """A broken config is told as a whole; who monitors sees memplugd end and come back."""
    start(box, MOVABLE_ON_NODE_1)
    monitor = Monitor(box)
    box.configure('mode = "uevents";\nkernel_min = 5;\n')
    rc, out = ctl(box, "reload")
    expect(f"exit code of reload ({out})", rc, 1)
    for pattern in (f"^{CONFIG}:1: error: ", f"^{CONFIG}:2: error: ",
                    "^memplugctl: memplugd goes on with the config that it had$"):
        expect_match("reload", out, pattern)
    expect_ctl(box, "status", 1, "^        the config that it read has 2 errors")
    box.configure('mode = "observe";\n')
    expect_ctl(box, "reload", 0, "^$")
    expect_ctl(box, "status", 0, "^Daemon: memplugd .*, mode observe; ")

    box.systemctl("stop")
    monitor.wait("  memplugd ended$")
    for verb, text in (("status", "^Daemon: memplugd isn't running$"),
                       *((verb, "^memplugctl: memplugd isn't running$")
                         for verb in ("reload", "online 1", "hold true", "monitor"))):
        expect_ctl(box, verb, 69, text)
    box.configure(MOVABLE_ON_NODE_1)
    box.systemctl("start")
    wait_on_bus(box)
    monitor.wait("  memplugd is back$")
    new = box.plug("d1", "256M", 1)
    box.wait_online(new)
    monitor.wait(f"memory{new[0]}.*: done, movable; ")
    monitor.end()


@scenario()
def verbs_of_a_user(box):
    """Who may not change anything sees all, and is told in one line; polkit may allow it."""
    user = "nobody"
    start(box, LEAVE_NODE_1)
    new = box.plug("d1", "256M", 1)
    box.wait_journal("^memory32-33: left offline")
    expect_ctl(box, "status", 0, "^Daemon: memplugd ", user)
    for verb, told in READING:
        for reader in "", user:
            expect_ctl(box, verb, 0, told, reader)
    for verb, doing in (("reload", "reload the config"), ("online --zone movable PNP0C80:00",
                                                          "put that online"),
                        ("hold -- touch /tmp/ran", "hold")):
        expect_ctl(box, verb, 1, f"^memplugctl: can't {doing}: that is for root, and for whom polkit "
                                 "allows it$", user)
    box.expect_blocks(new, "offline")
    box.guest.run("[ ! -e /tmp/ran ]")

    box.guest.write(POLKIT_RULE, """
        polkit.addRule(function(action, subject) {
            if (subject.user == "nobody" &&
                (action.id == "org.memplug1.hold" || action.id == "org.memplug1.online"))
                return polkit.Result.YES;
        });""")
    box.guest.run("systemctl restart polkit")
    try:
        expect_ctl(box, "hold -- sh -c 'exit 3'", 3, "^$", user)
        expect_ctl(box, "online --zone movable PNP0C80:00", 0, ": done, online in movable$", user)
        box.expect_blocks(new, "online", "Movable")
    finally:
        box.guest.run(f"rm {POLKIT_RULE}; systemctl restart polkit")


def told_of(rc, out):
    """The exit code, how many blocks were asked for and done, and the outcome of each range."""
    told = json.loads(out)
    return (rc, told["asked_blocks"], told["done_blocks"],
            [(row["first_block"], row["last_block"], row["outcome"]) for row in told["results"]])


@scenario()
def verbs_offline(box):
    """An amount, a device, and not as nobody; Ctrl-C, and all is put back; a block that stays."""
    start(box, MOVABLE_ON_NODE_1)
    low, high = box.plug("d1", "512M", 1), box.plug("d2", "256M", 1)
    box.wait_online(low + high)
    shown = rf"^{high[0]}-{high[-1]} +256M +1 dimm PNP0C80:01 Movable all offline$"
    expect_ctl(box, "offline --dry-run 250M@1", 0, shown, "nobody")
    expect_ctl(box, "offline 250M@1", 1, "that is for root", "nobody")
    box.expect_blocks(low + high, "online", "Movable")

    expect("offline of an amount", told_of(*ctl(box, "offline --json 250M@1")),
           (0, 2, 2, [(high[0], high[-1], "done")]))
    expect_ctl(box, "offline PNP0C80:00", 0, f"^memory{low[0]}-{low[-1]}: done$")
    expect_ctl(box, f"offline {low[0]}", 0, f"^memory{low[0]}: already$")
    expect_ctl(box, "offline 1G", 1, "there is nothing of hot-plugged memory")
    box.expect_blocks(low + high, "offline")
    expect_ctl(box, "online --zone movable node1", 0, "done, online in movable$")

    # What can't be moved is in one of the blocks; another one, which is tried before, goes.
    box.pin(1)
    higher, = box.plug("d3", "128M", 1)
    new = [*low, *high, higher]
    box.wait_online(new)
    job = box.guest.start("exec memplugctl offline --json --timeout 1000 node1 2>/dev/null")
    box.wait_status(rf"taking memory(?!{higher} )\d+ offline")
    box.expect_blocks([higher], "offline")
    expect_ctl(box, "offline 0", 1, "Another task is under way: offline, asked for by process")
    task = box.memplugctl_json("status")["daemon"]["task"]
    expect("the task", (task["kind"], task["asked_blocks"], task["uid"]), ("offline", 7, 0))
    job.kill(2)
    told = json.loads(job.output()) if job.wait().rc == 1 else None
    expect("what came of it", (told["given_up"], told["waited_for_all"], told["done_blocks"],
                               {row["outcome"] for row in told["results"]}),
           (True, True, 0, {"cancelled"}))
    box.expect_blocks(new, "online", "Movable")

    # Who is killed gives it up, too.
    job = box.guest.start("exec memplugctl offline --timeout 1000 node1")
    box.wait_status(rf"taking memory(?!{higher} )\d+ offline")
    job.kill(9)
    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")

    rc, out = ctl(box, "offline --keep-partial --timeout 10 node1")
    expect(f"exit code of a part ({out})", rc, 64)
    expect_match("a part", out, r"^memory\d+: busy, online in movable: .*$(\n  kernel: .*){1,3}$")
    expect_match("a part", out, "^6 of 7 blocks are offline.$")
    stayed, = re.findall(r"^memory(\d+): busy", out, re.MULTILINE)
    expect_ctl(box, "devices", 0, " perhaps, 1 block that didn't go offline when that was tried last: "
                                  f"{stayed}$")
    box.unpin()
    expect_ctl(box, "offline node1", 0, f"^memory{stayed}: done$")
    expect_ctl(box, "unplug 0", 1, "is boot memory")
    expect_ctl(box, "unplug PNP0C80:01", 0, f"^memory{high[0]}-{high[-1]}: done$")
    expect("blocks", set(box.guest.blocks()) & set(high), set())
