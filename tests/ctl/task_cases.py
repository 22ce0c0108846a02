# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases of the verbs that have the daemon do something with memory that is online."""

import signal

import bus
from bus import bus_and_daemon, system_bus
from bus_cases import Terminal, expect_end, need_blocks, start
from ctl import check, compare
from tree import Tree

# offline


def case_offline(ctl):
    need_blocks()
    with bus_and_daemon(ctl) as daemon:
        for arguments, asked in ((("0-3",), "0 1 2 3 timeout 0"),
                                 (("3", "memory1-2", "0x0"), "0 1 2 3 timeout 0"),
                                 (("--timeout", "5", "2", "memory2"), "2 timeout 5000000"),
                                 (("--keep-partial", "1"), "1 timeout 0 keep")):
            done = ctl.run("offline", *arguments)
            daemon.wait(f"Offline {asked}")
            check(done.stderr == "", done.stderr)
        ctl.expect("offline", "0-3")
        told = ctl.json("offline", "0-3")
        check(told == {"asked_blocks": 4, "done_blocks": 4, "given_up": False,
                       "waited_for_all": True, "results": [
                           {"first_block": 0, "last_block": 3, "outcome": "done", "zone": None,
                            "errno": None, "error": None, "kernel_lines": []}]}, f"{told}")


def case_offline_partly(ctl):
    need_blocks()
    with bus_and_daemon(ctl) as daemon:
        daemon.tell("outcome 0 already - 0", "outcome 1 busy movable 110",
                    "outcome 2 busy kernel 16")
        ctl.expect("offline", "--keep-partial", "0-3", exit_code=64)
        told = ctl.json("offline", "--keep-partial", "0-3", exit_code=64)
        check((told["asked_blocks"], told["done_blocks"]) == (4, 2), f"{told}")
        check([(row["outcome"], row["zone"], row["errno"], row["error"])
               for row in told["results"]] ==
              [("already", None, None, None), ("busy", "movable", 110, "its time was up"),
               ("busy", "kernel", 16, "Device or resource busy"), ("done", None, None, None)],
              f"{told}")


def case_offline_none(ctl):
    """What was taken offline was put back, for one block stayed."""
    need_blocks()
    with bus_and_daemon(ctl) as daemon:
        daemon.tell("outcome 0 cancelled movable 0", "outcome 1 busy movable 16",
                    "outcome 2 cancelled movable 4", "outcome 3 busy movable 4")
        ctl.expect("offline", "0-3", exit_code=1)


def case_offline_fails(ctl):
    """Nothing was begun: what the daemon says about it."""
    need_blocks()
    with bus_and_daemon(ctl) as daemon:
        text = ""
        for answer in ("denied",
                       "org.memplug1.Error.Busy Another task is under way: rezone, asked for by "
                       "process 4711 of uid 0.",
                       "org.memplug1.Error.Busy It is held by process 4321 of uid 1000: daxctl.",
                       "org.memplug1.Error.Refused In mode \"observe\" no memory is touched."):
            daemon.tell(f"answer Offline {answer}")
            done = ctl.run("offline", "0-3", exit_code=1)
            check(done.stdout == "", done.stdout)
            text += done.stderr
        compare(ctl.case, text)


def case_offline_no_daemon(ctl):
    need_blocks()
    with system_bus(ctl):
        ctl.expect("offline", "0-3", exit_code=69)


def case_offline_daemon_ends(ctl):
    need_blocks()
    with system_bus(ctl):
        with bus.daemon(ctl, "answer Offline later") as daemon:
            process = start(ctl, "offline", "0-3")
            daemon.wait("Offline 0 1 2 3 timeout 0")
        out, error = expect_end(process, 1)
        compare(ctl.case, f"{out}--- standard error ---\n{error}")


def case_offline_given_up(ctl):
    """On a terminal, a bar tells how far it is; Ctrl-C gives it up, and waits for what comes of it."""
    need_blocks()
    with bus_and_daemon(ctl) as daemon, Terminal(ctl, "offline", "0-3") as terminal:
        daemon.tell("answer Offline later")
        terminal.start()
        terminal.wait_for("0 of 4 blocks")
        daemon.wait("Offline 0 1 2 3 timeout 0")
        daemon.tell("task offline 1 4 2")
        terminal.wait_for("2 of 4 blocks")
        terminal.process.send_signal(signal.SIGINT)
        daemon.wait("CancelTask")
        text = terminal.end(1)
        check("giving it up" in text, text)
        compare(ctl.case, text.split("\r\033[K")[-1])


def case_offline_given_up_json(ctl):
    """SIGTERM does the same. What was kept offline is told."""
    need_blocks()
    with bus_and_daemon(ctl) as daemon:
        daemon.tell("answer Offline later", "outcome 3 done - 0")
        process = start(ctl, "offline", "--json", "--keep-partial", "0-3")
        daemon.wait("Offline 0 1 2 3 timeout 0 keep")
        process.send_signal(signal.SIGTERM)
        daemon.wait("CancelTask")
        out, error = expect_end(process, 64)
        compare(ctl.case, out)
        check("giving it up" in error, error)


def case_offline_left(ctl):
    """Who does it once more doesn't wait."""
    need_blocks()
    with bus_and_daemon(ctl) as daemon:
        daemon.tell("answer Offline later", "deaf")
        process = start(ctl, "offline", "0-3")
        daemon.wait("Offline 0 1 2 3 timeout 0")
        process.send_signal(signal.SIGINT)
        daemon.wait("CancelTask")
        process.send_signal(signal.SIGINT)
        out, error = expect_end(process, 1)
        compare(ctl.case, f"{out}--- standard error ---\n{error}")


def case_offline_progress(ctl):
    """The bar isn't that of somebody else's task, nor does it believe anybody."""
    need_blocks()
    with bus_and_daemon(ctl) as daemon, Terminal(ctl, "offline", "0-3") as terminal:
        daemon.tell("answer Offline later")
        terminal.start()
        daemon.wait("Offline 0 1 2 3 timeout 0")
        daemon.tell("task offline 1 4 3")
        terminal.wait_for("3 of 4 blocks")
        daemon.tell("task rezone 1 4 2", "task offline 1 5 2", "task offline 1 4 2 1",
                    "forge PropertiesChanged")
        # All of that has been received by now; and it is drawn again each second.
        terminal.wait_for_more(" of 4 blocks", 2)
        check("2 of 4" not in terminal.text and "4 of 4" not in terminal.text, terminal.text)
        daemon.tell("settle")
        compare(ctl.case, terminal.end(0).split("\r\033[K")[-1])


def case_offline_usage(ctl):
    text = ""
    for arguments in ((), ("--timeout", "0", "1"), ("--timeout", "1s", "1"),
                      ("--timeout", "86401", "1"), ("--sysroot", ".", "1"), ("--zone", "kernel", "1")):
        text += ctl.run("offline", *arguments, exit_code=2).stderr
    compare(ctl.case, text)


def tree_of_devices():
    """Two movable DIMMs of 1G on node 1, and one on node 0 with a half in each zone."""
    tree = Tree(".")
    tree.blocks(0, 15, "online", "none")
    tree.blocks(32, 39, "online", "Movable", node=1)
    tree.dimm("PNP0C80:00", 32, 39)
    tree.blocks(40, 46, "online", "Movable", node=1)
    tree.blocks(47, 47, "offline", "Movable Normal", node=1)
    tree.dimm("PNP0C80:01", 40, 47)
    tree.blocks(48, 51, "online", "Movable")
    tree.blocks(52, 55, "online", "Normal")
    tree.dimm("PNP0C80:02", 48, 55)
    tree.iomem((0, 15, "System RAM"), (32, 55, "System RAM"))


def case_offline_dry_run(ctl):
    """What it would be, by words and by amounts; without a daemon, of any machine's files."""
    tree_of_devices()
    text = ""
    for words in (("1G",), ("896M",), ("1G@0",), ("600M@node1",), ("2G",), ("512M@0", "1G@1"),
                  ("40", "1G"), ("PNP0C80:02", "46-47"), ("node1",), ("node0",)):
        done = ctl.run("offline", "--dry-run", "--sysroot", ".", *words, exit_code=None)
        text += f"$ offline --dry-run {' '.join(words)}\n{done.stdout}{done.stderr}"
        check(done.returncode == (1 if words == ("1G@0",) else 0), f"{done}")
    ctl.expect_text(text)


def case_offline_dry_run_json(ctl):
    tree_of_devices()
    told = ctl.json("offline", "--dry-run", "--sysroot", ".", "1100M", "32")
    check(told["dry_run"] and told["asked_blocks"] == 10, f"{told}")
    check([(row["first_block"], row["last_block"], row["device"], row["zone"],
            row["all_of_device"]) for row in told["ranges"]] ==
          [(32, 32, "PNP0C80:00", "movable", False), (40, 46, "PNP0C80:01", "movable", True),
           (50, 51, "PNP0C80:02", "movable", False)],
          f"{told}")


def case_offline_amounts(ctl):
    """Amounts that can't be."""
    tree_of_devices()
    text = ""
    for word in ("0G", "3G", "1K@7", "8@1", "8G@", "8G@x", "G", "1.5G", "99999999999G",
                 "1G\033[31m"):
        text += ctl.run("offline", "--dry-run", "--sysroot", ".", "--", word, exit_code=1).stderr
    ctl.expect_text(text)

# rezone


def case_rezone(ctl):
    need_blocks()
    with bus_and_daemon(ctl) as daemon:
        for arguments, asked in ((("--to", "kernel", "0-1"), "0 1 'kernel' timeout 0"),
                                 (("--to=movable", "--force", "--timeout", "7", "1"),
                                  "1 'movable' timeout 7000000 force")):
            done = ctl.run("rezone", *arguments)
            daemon.wait(f"Rezone {asked}")
            check(done.stderr == "", done.stderr)
        daemon.tell("outcome 1 wrong-zone kernel 16", "outcome 2 refused kernel 0")
        ctl.expect("rezone", "--to", "movable", "0-3", exit_code=64)
        told = ctl.json("rezone", "--to", "movable", "0-3", exit_code=64)
        check((told["asked_blocks"], told["done_blocks"]) == (4, 2), f"{told}")


def case_rezone_usage(ctl):
    text = ""
    for arguments in (("--to", "kernel"), ("1",), ("--to", "default", "1"),
                      ("--to", "kernel", "--timeout", "x", "1")):
        text += ctl.run("rezone", *arguments, exit_code=2).stderr
    compare(ctl.case, text)


def case_rezone_fails(ctl):
    need_blocks()
    with bus_and_daemon(ctl) as daemon:
        daemon.tell("answer Rezone denied")
        text = ctl.run("rezone", "--to", "movable", "0-3", exit_code=1).stderr
        text += ctl.run("rezone", "--to", "movable", "1G", exit_code=1).stderr
    with system_bus(ctl):
        text += ctl.run("rezone", "--to", "movable", "0-3", exit_code=69).stderr
    compare(ctl.case, text.replace(", or a device that is shown to root alone",
                                   " of this machine"))

# unplug: where there are devices, tests/guest runs it


def case_unplug_what(ctl):
    """What can't be unplugged, and why."""
    need_blocks()
    with bus_and_daemon(ctl):
        text = ctl.run("unplug", exit_code=2).stderr
        text += ctl.run("unplug", "0", exit_code=1).stderr
        text += ctl.run("unplug", "0", "1", exit_code=2).stderr
    compare(ctl.case, text)
