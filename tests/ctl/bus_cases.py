# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases of the verbs that talk to the daemon: to a fake one, on a bus of the test's own."""

import contextlib
import fcntl
import json
import os
import pathlib
import pty
import re
import signal
import struct
import subprocess
import termios
import time

import bus
from bus import bus_and_daemon, system_bus
from ctl import Skipped, check, compare


def start(ctl, *arguments, **kwargs):
    """Starts memplugctl, with its outputs in pipes."""
    kwargs = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | kwargs
    return subprocess.Popen([ctl.program, *arguments], env=ctl.environment(bus=ctl.bus),
                            encoding="utf-8", **kwargs)


def expect_end(process, exit_code):
    """Waits for its end. Answers what it wrote and wasn't read yet."""
    out, error = process.communicate()
    check(process.returncode == exit_code,
          f"exit code {process.returncode}, expected {exit_code}\n{out}{error}")
    return out, error


class Terminal:
    """memplugctl on a terminal of 80 columns."""

    def __init__(self, ctl, *arguments):
        self.ctl = ctl
        self.arguments = arguments
        self.text = ""
        self.process = None

    def __enter__(self):
        self.master, self.slave = pty.openpty()
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.master)

    def start(self):
        self.process = subprocess.Popen([self.ctl.program, *self.arguments], stdout=self.slave,
                                        stderr=self.slave, stdin=subprocess.DEVNULL,
                                        env=self.ctl.environment(bus=self.ctl.bus))
        os.close(self.slave)

    def _read(self):
        try:
            part = os.read(self.master, 65536).decode("utf-8")
        except OSError:  # the end of a terminal
            part = ""
        self.text += part
        return part

    def wait_for(self, wanted):
        """Waits until it has shown that."""
        while wanted not in self.text:
            check(self._read(), f"'{wanted}' isn't shown:\n{self.text}")

    def wait_for_more(self, wanted, count):
        """Waits until it has shown that so often again."""
        count += self.text.count(wanted)
        while self.text.count(wanted) < count:
            check(self._read(), f"'{wanted}' isn't shown {count} times:\n{self.text}")

    def end(self, exit_code):
        """Waits for its end. Answers all that it wrote."""
        while self._read():
            pass
        code = self.process.wait()
        check(code == exit_code, f"exit code {code}, expected {exit_code}\n{self.text}")
        return self.text.replace("\r\n", "\n")

# reload


def case_reload(ctl):
    with bus_and_daemon(ctl) as daemon:
        done = ctl.run("reload")
        check(done.stdout + done.stderr == "", f"{done}")
        daemon.wait("Reload")


def case_reload_invalid(ctl):
    """The client reads the files itself, and there is no error in them here."""
    with bus_and_daemon(ctl) as daemon:
        daemon.tell("answer Reload org.memplug1.Error.InvalidConfig "
                    "/etc/memplugd/memplugd.conf:1: setting 'mode': no such mode")
        ctl.expect("reload", exit_code=1)


def case_reload_denied(ctl):
    with bus_and_daemon(ctl) as daemon:
        daemon.tell("answer Reload denied")
        ctl.expect("reload", exit_code=1)


def case_reload_no_daemon(ctl):
    with system_bus(ctl):
        ctl.expect("reload", exit_code=69)


def case_reload_no_bus(ctl):
    ctl.expect("reload", exit_code=69)


# hold


def case_hold(ctl):
    """Held while the command runs; why is what is given, else the command, made UTF-8 and cut."""
    with bus_and_daemon(ctl) as daemon:
        for arguments, why in ((("--why", "Tests, Größe", "--", "true"), "Tests, Größe"),
                               (("--", "true", "--json", "a b"), "true --json a b"),
                               (("--", "true", os.fsdecode(b"\xff\xc3")), "true ??"),
                               (("--", "true", "ä" * 200), "true " + "ä" * 125),
                               (("--", "true", "a\nb\tc\x7fd\x80e\x9ff\xa0g"),
                                "true a b c d e f\xa0g"),
                               (("--", "true", "\x1b" * 300), "true" + " " * 251)):
            done = ctl.run("hold", *arguments)
            check(done.stdout + done.stderr == "", f"{done}")
            daemon.wait(f"Hold '{why}'")
            daemon.wait("hold ended")


def case_hold_exit_code(ctl):
    with bus_and_daemon(ctl):
        for command, code in (("exit 0", 0), ("exit 7", 7), ("kill -TERM $$", 128 + 15),
                              ("kill -KILL $$", 128 + 9)):
            ctl.run("hold", "--", "sh", "-c", command, exit_code=code)
        pathlib.Path("data").touch()
        check(ctl.run("hold", "--", "./missing", exit_code=127).stderr ==
              "memplugctl: can't run './missing': No such file or directory\n", "missing")
        ctl.run("hold", "./data", exit_code=126)


def case_hold_grandchild(ctl):
    """The command inherits nothing of the hold: who outlives it doesn't hold."""
    with bus_and_daemon(ctl) as daemon:
        done = ctl.run("hold", "--", "sh", "-c", "ls /proc/self/fd; sleep 1000 >&- 2>&- & echo $!")
        *descriptors, grandchild = done.stdout.split()
        try:
            # The directory that ls reads is one of them.
            check(descriptors == ["0", "1", "2", "3"], f"{descriptors}")
            daemon.wait("hold ended")
        finally:
            os.kill(int(grandchild), signal.SIGKILL)


def case_hold_alone(ctl):
    """Without a command, until a signal."""
    with bus_and_daemon(ctl) as daemon:
        for number in signal.SIGINT, signal.SIGTERM, signal.SIGHUP:
            process = start(ctl, "hold")
            line = process.stderr.readline()
            check(line == "memplugctl: new memory is left alone until this ends (Ctrl-C)\n", line)
            daemon.wait("Hold 'memplugctl hold'")
            process.send_signal(number)
            check(expect_end(process, 0) == ("", ""), "it said more")
            daemon.wait("hold ended")


def case_hold_signals(ctl):
    """A signal is the command's: it may ignore it."""
    with bus_and_daemon(ctl):
        process = start(ctl, "hold", "--", "sh", "-c",
                        "trap 'echo got it; exit 5' TERM; echo ready; while :; do sleep 0.1; done")
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        check(expect_end(process, 5) == ("got it\n", ""), "the signal wasn't passed on")


def case_hold_daemon_restarts(ctl):
    """The hold ends with the daemon, which is told, and is taken again."""
    with system_bus(ctl):
        with bus.daemon(ctl) as daemon:
            process = start(ctl, "hold", "--", "sh", "-c", "read line; exit 3",
                            stdin=subprocess.PIPE)
            daemon.wait("Hold 'sh -c read line; exit 3'")
            daemon.settle()
        line = process.stderr.readline()
        check(line == "memplugctl: memplugd ended, and the hold with it; it will be taken again\n",
              line)
        with bus.daemon(ctl) as daemon:
            daemon.wait("Hold 'sh -c read line; exit 3'")
            line = process.stderr.readline()
            check(line == "memplugctl: memplugd is back, and new memory is left alone again\n",
                  line)
            process.stdin.write("\n")
            expect_end(process, 3)
            daemon.wait("hold ended")


def case_hold_forged(ctl):
    """The hold lasts, whatever somebody else says of the daemon."""
    with bus_and_daemon(ctl) as daemon:
        process = start(ctl, "hold", "--", "sh", "-c", "echo ready; read line",
                        stdin=subprocess.PIPE)
        process.stdout.readline()
        daemon.tell("forge owner")
        check("hold ended" not in daemon.happened, "the hold ended")
        process.stdin.write("\n")
        check(expect_end(process, 0) == ("", ""), "it said something")
        daemon.wait("hold ended")


def case_hold_asks(ctl):
    """It can be ended while it isn't held yet; the command isn't run then."""
    with bus_and_daemon(ctl) as daemon:
        daemon.tell("answer Hold later")
        for number in signal.SIGINT, signal.SIGTERM:
            for command in ("--", "touch", "ran"), ():
                process = start(ctl, "hold", "--why", "a test", *command)
                daemon.wait("Hold 'a test'")
                process.send_signal(number)
                check(expect_end(process, 128 + number) == ("", ""), "it said something")
        check(not os.path.exists("ran"), "the command was run")


def case_hold_asks_again(ctl):
    """The command's end is the end, also while a new daemon hasn't answered."""
    with system_bus(ctl):
        with bus.daemon(ctl) as daemon:
            process = start(ctl, "hold", "--", "sh", "-c", "echo ready; read line; exit 3",
                            stdin=subprocess.PIPE)
            process.stdout.readline()
        with bus.daemon(ctl, "answer Hold later") as daemon:
            daemon.wait("Hold 'sh -c echo ready; read line; exit 3'")
            process.stdin.write("\n")
            expect_end(process, 3)


def case_hold_bus_restarts(ctl):
    """The hold goes on without a bus; on the next one the daemon is found again."""
    with contextlib.ExitStack() as first:
        with system_bus(ctl):
            daemon = first.enter_context(bus.daemon(ctl))
            process = start(ctl, "hold", "--", "sh", "-c", "echo ready; read line",
                            stdin=subprocess.PIPE)
            process.stdout.readline()
        line = process.stderr.readline()
        check(line == "memplugctl: the D-Bus system bus ended; the hold goes on, but were memplugd "
                      "restarted before there is a bus again, it would end\n", line)
        check("hold ended" not in daemon.happened, "the hold ended")
        with system_bus(ctl):
            line = process.stderr.readline()
            check(line == "memplugctl: the D-Bus system bus is back\n", line)
            with bus.daemon(ctl) as new:
                first.close()
                line = process.stderr.readline()
                check(line == "memplugctl: memplugd ended, and the hold with it; it will be taken "
                              "again\n", line)
                new.wait("Hold 'sh -c echo ready; read line'")
                line = process.stderr.readline()
                check(line == "memplugctl: memplugd is back, and new memory is left alone again\n",
                      line)
                process.stdin.write("\n")
                expect_end(process, 0)
                new.wait("hold ended")


def case_hold_why_refused(ctl):
    """What is given is sent as it is."""
    with bus_and_daemon(ctl):
        text = "".join(ctl.run("hold", "--why", why, "--", "touch", "ran", exit_code=1).stderr
                       for why in ("", "a\nb"))
        check(not os.path.exists("ran"), "the command was run")
        compare(ctl.case, text)


def case_hold_denied(ctl):
    """The command isn't run."""
    with bus_and_daemon(ctl) as daemon:
        daemon.tell("answer Hold denied")
        ctl.expect("hold", "--", "touch", "ran", exit_code=1)
        check(not os.path.exists("ran"), "the command was run")


def case_hold_no_daemon(ctl):
    with system_bus(ctl):
        ctl.expect("hold", "--", "touch", "ran", exit_code=69)
        check(not os.path.exists("ran"), "the command was run")


# monitor


def events(daemon):
    """One of each, none a neighbour of another."""
    daemon.tell("uevent 32 add", "verdict 33 movable rule 'spare' (a.conf:3)",
                "emit 34 done movable 0", "emit 36 busy - 16", "uevent 38 remove",
                "told 4 memory36: busy: Device or resource busy", "told 6 All is settled.")


def without_time(text):
    """The lines without the time of day that each begins with."""
    lines = [re.fullmatch(r"\d\d:\d\d:\d\d\.\d{3}  (.*)", line) for line in text.splitlines()]
    check(all(lines), f"a line without time:\n{text}")
    return [line[1] for line in lines]


def case_monitor(ctl):
    with bus_and_daemon(ctl) as daemon:
        process = start(ctl, "monitor")
        daemon.wait("GetAll")
        events(daemon)
        text = "".join(process.stdout.readline() for _ in range(7))
        process.send_signal(signal.SIGINT)
        check(expect_end(process, 0) == ("", ""), "it said more")
        compare(ctl.case, "\n".join(without_time(text)) + "\n")


def case_monitor_json(ctl):
    """An object in each line."""
    with bus_and_daemon(ctl) as daemon:
        process = start(ctl, "monitor", "--json")
        daemon.wait("GetAll")
        events(daemon)
        lines = [json.loads(process.stdout.readline()) for _ in range(7)]
        process.send_signal(signal.SIGTERM)
        check(expect_end(process, 0) == ("", ""), "it said more")
        for line in lines[:5]:
            check(abs(line["time_usec"] / 1e6 - time.time()) < 600, f"{line}")
            line["time_usec"] = 0
        compare(ctl.case, "".join(f"{json.dumps(line)}\n" for line in lines))


def case_monitor_burst(ctl):
    """All of a burst is shown, be it that neighbours are one line."""
    with bus_and_daemon(ctl) as daemon:
        process = start(ctl, "monitor")
        daemon.wait("GetAll")
        process.send_signal(signal.SIGSTOP)
        daemon.tell(*(f"uevent {block} add" for block in range(512)))
        process.send_signal(signal.SIGCONT)
        lines, seen = 0, 0
        while seen < 512:
            line, = without_time(process.stdout.readline())
            first, last = re.fullmatch(r"memory(\d+)(?:-(\d+))?: added", line).groups()
            check(int(first) == seen, f"{line} after {seen}")
            seen = int(last or first) + 1
            lines += 1
        process.send_signal(signal.SIGINT)
        expect_end(process, 0)
        check(lines < 256, f"{lines} lines")


def case_monitor_daemon_restarts(ctl):
    with system_bus(ctl):
        with bus.daemon(ctl) as daemon:
            text, json_text = start(ctl, "monitor"), start(ctl, "monitor", "--json")
            daemon.wait("GetAll")
            daemon.wait("GetAll")
            daemon.settle()
        check(without_time(text.stdout.readline()) == ["memplugd ended"], "text: ended")
        told = json.loads(json_text.stdout.readline())
        check((told["event"], told["state"]) == ("daemon", "ended"), f"{told}")
        with bus.daemon(ctl) as daemon:
            check(without_time(text.stdout.readline()) == ["memplugd is back"], "text: back")
            told = json.loads(json_text.stdout.readline())
            check((told["event"], told["state"]) == ("daemon", "back"), f"{told}")
            daemon.tell("uevent 5 online")
            check(without_time(text.stdout.readline()) == ["memory5: came online"], "text: event")
            check(json.loads(json_text.stdout.readline())["block"] == 5, "JSON: event")
            for process in text, json_text:
                process.send_signal(signal.SIGINT)
                check(expect_end(process, 0) == ("", ""), "it said more")


def case_monitor_reader_gone(ctl):
    """It ends without a word, though nothing happens that it would write."""
    with bus_and_daemon(ctl) as daemon:
        process = start(ctl, "monitor")
        daemon.wait("GetAll")
        process.stdout.close()
        check(process.stderr.read() == "", "it said something")
        check(process.wait() == 1, f"exit code {process.returncode}")


def case_monitor_forged(ctl):
    """What somebody else says isn't shown."""
    with bus_and_daemon(ctl) as daemon:
        for options in (), ("--json",):
            process = start(ctl, "monitor", *options)
            daemon.wait("GetAll")
            daemon.tell("forge Outcome", "forge owner", "told 6 all")
            line = process.stdout.readline()
            check("all" in line, line)
            process.send_signal(signal.SIGINT)
            check(expect_end(process, 0) == ("", ""), "it said more")


def case_monitor_terminal_forged(ctl):
    """The bar neither."""
    with bus_and_daemon(ctl) as daemon, Terminal(ctl, "monitor") as terminal:
        terminal.start()
        daemon.wait("GetAll")
        daemon.tell("forge PropertiesChanged", "told 6 all")
        terminal.wait_for("memplugd: all")
        terminal.process.send_signal(signal.SIGINT)
        text = terminal.end(0)
        check("77 blocks" not in text, text)


def case_monitor_terminal(ctl):
    """A bar as long as there is work, and the last lines grow."""
    with bus_and_daemon(ctl) as daemon, Terminal(ctl, "monitor") as terminal:
        terminal.start()
        daemon.wait("GetAll")
        daemon.tell("open 8")
        terminal.wait_for("0 of 8 blocks")
        daemon.tell(f"writing 32 {int((time.time() - 200) * 1e6)}", "emit 32 done movable 0",
                    "open 6")
        terminal.wait_for("2 of 8 blocks")
        terminal.wait_for("memory32 for 3 min")
        daemon.tell("open 10")
        terminal.wait_for("2 of 12 blocks")
        daemon.tell("open 0", "told 4 Something is wrong.")
        terminal.wait_for("\033[31m")
        terminal.wait_for("Something is wrong.")
        terminal.process.send_signal(signal.SIGINT)
        last = terminal.end(0).split("\033[J")[-1]
        check("blocks" not in last, f"the bar is left:\n{last}")
        check("memplugd: Something is wrong." in last, last)


def case_monitor_no_daemon(ctl):
    with system_bus(ctl):
        ctl.expect("monitor", exit_code=69)


# online


def need_blocks():
    """Blocks 0 to 3, as nearly each machine has them; the fake daemon does nothing to them."""
    if not all(os.path.isdir(f"/sys/devices/system/memory/memory{i}") for i in range(4)):
        raise Skipped("this machine doesn't have the memory blocks 0 to 3")


def case_online(ctl):
    need_blocks()
    with bus_and_daemon(ctl) as daemon:
        for arguments, asked in ((("0-3",), "0 1 2 3 ''"), (("3", "memory1-2", "0x0"), "0 1 2 3 ''"),
                                 (("2", "2", "memory2"), "2 ''"),
                                 (("--zone", "kernel", "1"), "1 'kernel'"),
                                 (("--zone=movable", "1"), "1 'movable'"),
                                 (("--zone", "default", "1"), "1 'default'")):
            done = ctl.run("online", *arguments)
            daemon.wait(f"Online {asked}")
            check(done.stderr == "", done.stderr)
        ctl.expect("online", "0-3")
        told = ctl.json("online", "0-3")
        check(told == {"asked_blocks": 4, "online_blocks": 4, "waited_for_all": True, "results": [
            {"first_block": 0, "last_block": 3, "outcome": "done", "zone": "movable",
             "errno": None, "error": None}]}, f"{told}")


def case_online_partly(ctl):
    """Some of them: each range with what came of it."""
    need_blocks()
    with bus_and_daemon(ctl) as daemon:
        daemon.tell("outcome 0 already kernel 0", "outcome 1 busy - 16",
                    "outcome 2 wrong-zone kernel 0")
        ctl.expect("online", "0-3", exit_code=64)
        told = ctl.json("online", "0-3", exit_code=64)
        check((told["asked_blocks"], told["online_blocks"]) == (4, 2), f"{told}")
        check([(row["outcome"], row["zone"], row["errno"]) for row in told["results"]] ==
              [("already", "kernel", None), ("busy", None, 16), ("wrong-zone", "kernel", None),
               ("done", "movable", None)], f"{told}")


def case_online_none(ctl):
    need_blocks()
    with bus_and_daemon(ctl) as daemon:
        daemon.tell("answer Online org.memplug1.Error.Busy memory0: busy: Device or resource busy")
        ctl.expect("online", "0-3", exit_code=1)


def case_online_denied(ctl):
    need_blocks()
    with bus_and_daemon(ctl) as daemon:
        daemon.tell("answer Online denied")
        ctl.expect("online", "0-3", exit_code=1)


def case_online_no_daemon(ctl):
    need_blocks()
    with system_bus(ctl):
        ctl.expect("online", "0-3", exit_code=69)


def case_online_daemon_ends(ctl):
    """What it did before is told, by the signals that came."""
    need_blocks()
    with system_bus(ctl):
        with bus.daemon(ctl) as daemon:
            daemon.tell("answer Online later")
            process = start(ctl, "online", "0-3")
            daemon.wait("Online 0 1 2 3 ''")
            daemon.tell("emit 0 done movable 0", "emit 2 busy - 16")
        out, error = expect_end(process, 64)
        compare(ctl.case, f"{out}--- standard error ---\n{error}")


def case_online_forged(ctl):
    """What somebody else says came of a block doesn't count."""
    need_blocks()
    with bus_and_daemon(ctl) as daemon:
        daemon.tell("answer Online later")
        process = start(ctl, "online", "0")
        daemon.wait("Online 0 ''")
        daemon.tell("forge Outcome")
        process.send_signal(signal.SIGINT)
        out, _ = expect_end(process, 1)
        check("done" not in out, out)


def case_online_failed_in_the_end(ctl):
    """That the call failed isn't outweighed by what came of each block."""
    need_blocks()
    with system_bus(ctl):
        with bus.daemon(ctl) as daemon:
            daemon.tell("answer Online later")
            process = start(ctl, "online", "0-1")
            daemon.wait("Online 0 1 ''")
            daemon.tell("emit 0 done movable 0", "emit 1 done movable 0")
        out, error = expect_end(process, 1)
        compare(ctl.case, f"{out}--- standard error ---\n{error}")


def case_online_words(ctl):
    """Words that aren't known are shown, but do nothing to the terminal."""
    need_blocks()
    with bus_and_daemon(ctl) as daemon:
        daemon.tell("outcome 0 \033[31mred\a - 0",
                    "outcome 1 ananassaftschorlenglasä movable 0")
        ctl.expect("online", "0-2", exit_code=64)


def case_online_interrupted(ctl):
    """On a terminal, a bar tells how far it is; Ctrl-C ends the waiting."""
    need_blocks()
    with bus_and_daemon(ctl) as daemon, Terminal(ctl, "online", "0-3") as terminal:
        daemon.tell("answer Online later")
        terminal.start()
        terminal.wait_for("0 of 4 blocks")
        daemon.wait("Online 0 1 2 3 ''")
        daemon.tell("emit 3 done movable 0", "emit 2 done movable 0")
        terminal.wait_for("2 of 4 blocks")
        terminal.process.send_signal(signal.SIGINT)
        text = terminal.end(64).split("\r\033[K")[-1]
        compare(ctl.case, text)


def case_online_what(ctl):
    """What isn't there."""
    need_blocks()
    with bus_and_daemon(ctl):
        text = ""
        for word in ("memory", "node99999", "PNP0C80:99", "3-1", "99999999", "0x", "1,2", "-",
                     "99999999999999999999", "0xffffffffffffffff", "", "node01"):
            text += ctl.run("online", "--", "1", word, exit_code=1).stderr
        # Who isn't root is told that there may be more devices.
        compare(ctl.case, text.replace(", or a device that is shown to root alone",
                                       " of this machine"))


# status: the daemon's lines in it. The rest is the machine's own.


def need_memory_blocks():
    if not os.path.isdir("/sys/devices/system/memory"):
        raise Skipped("this machine shows no memory blocks")


def daemon_lines(text):
    """What stands between the mode and the kernel."""
    lines = text.splitlines()
    check(len(lines) <= 23, f"{len(lines)} lines")
    first = next(i for i, line in enumerate(lines) if line.startswith("Daemon: "))
    last = next(i for i, line in enumerate(lines) if line.startswith("Kernel: "))
    check(all(len(line) <= 80 for line in lines[first:last]), "a line is too long")
    return lines[first:last]


def status_json(ctl):
    """As JSON; the exit code depends on the machine's memory, too."""
    done = subprocess.run([ctl.program, "status", "--json"], env=ctl.environment(bus=ctl.bus),
                          stdout=subprocess.PIPE, check=False, encoding="utf-8")
    return json.loads(done.stdout)["daemon"], done.returncode


def case_status_daemon(ctl):
    need_memory_blocks()
    with bus_and_daemon(ctl) as daemon:
        text = subprocess.run([ctl.program, "status"], env=ctl.environment(bus=ctl.bus),
                              stdout=subprocess.PIPE, check=False, encoding="utf-8").stdout
        idle = daemon_lines(text)
        told, _ = status_json(ctl)
        check(told["state"] == "running" and not told["busy"], f"{told}")
        check((told["current_block"], told["last_trouble"], told["holds"], told["task"]) ==
              (None, None, [], None), f"{told}")

        since = int((time.time() - 200) * 1e6)
        daemon.tell("open 120", f"writing 34 {since}", "held", f"task offline {since} 16 3",
                    "trouble 1795327803123456 memory33: busy: the kernel says EBUSY \033[31m, and "
                    "that is quite a lot of text for one line of a terminal")
        environment = ctl.environment(bus=ctl.bus) | {"TZ": "UTC"}
        text = subprocess.run([ctl.program, "status"], env=environment, stdout=subprocess.PIPE,
                              check=False, encoding="utf-8").stdout
        busy = [re.sub(r"held for \d+ d", "held for many d", line) for line in daemon_lines(text)]
        compare(ctl.case, "\n".join(["idle:", *idle, "busy:", *busy, ""]))
        told, _ = status_json(ctl)
        check(told["outcomes"]["done"] == 510 and told["outcomes"]["gone"] == 0, f"{told}")
        check((told["open_blocks"], told["current_block"], told["current_since_usec"]) ==
              (120, 34, since), f"{told}")
        check(told["holds"] == [{"since_usec": 1000000, "uid": 1000, "pid": 4321,
                                 "why": "daxctl\nreconfigure"}], f"{told}")
        check(told["task"] == {"kind": "offline", "since_usec": since, "asked_blocks": 16,
                               "done_blocks": 3, "uid": 1000, "pid": 4321}, f"{told}")
        check(told["taken_over"] == [{"setting": "auto_online_blocks", "before": "online"}],
              f"{told}")
        check(told["last_trouble"]["time_usec"] == 1795327803123456, f"{told}")


def case_status_daemon_none(ctl):
    """Not on a bus, then no bus at all; and nobody is asked about a copy."""
    need_memory_blocks()
    with system_bus(ctl):
        lines = daemon_lines(ctl.run("status", exit_code=69).stdout)
        told, code = status_json(ctl)
        check((told, code) == ({"state": "absent"}, 69), f"{told}, {code}")
    lines += daemon_lines(ctl.run("status", exit_code=69).stdout)
    told, code = status_json(ctl)
    check((told, code) == ({"state": "no_bus"}, 69), f"{told}, {code}")
    compare(ctl.case, "\n".join(lines) + "\n")


def case_status_daemon_silent(ctl):
    """One that is stopped: status waits some seconds, and then says so."""
    need_memory_blocks()
    with bus_and_daemon(ctl) as daemon:
        daemon.process.send_signal(signal.SIGSTOP)
        lines = daemon_lines(ctl.run("status", exit_code=1).stdout)
        daemon.process.send_signal(signal.SIGCONT)
        check(lines == ["Daemon: memplugd runs, but doesn't answer"], f"{lines}")
