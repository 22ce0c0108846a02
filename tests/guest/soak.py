# SPDX-License-Identifier: LGPL-2.1-or-later
"""A soak: memory comes and goes at random, others interfere, memplugd is reloaded, started anew and
killed; and at the end every block is where the rules want it, or has a true reason, and the service
has neither grown nor leaked."""

import time

from . import seeds
from .box import MEMORY, MOVABLE_ON_NODE_1, Wrong, expect
from .case_kills import SIZES

DIMMS_MAX = 5
VIRTIO_MEM_MAX = 8  # blocks
BLOCK = 128 << 20

BROKEN = 'mode = "uevents";\n'

# What is written in the course of a soak; at the end it is MOVABLE_ON_NODE_1.
CONFIGS = (
    MOVABLE_ON_NODE_1,
    MOVABLE_ON_NODE_1.replace("online =", 'unit = "block"; rezone = true; online ='),
    'rules = ( { name = "hands off"; match = { node = "1"; }; online = "leave"; } );\n',
    'movable_ratio = "50%";\n',
    'rules = ( { name = "for the kernel"; match = { source = "virtio-mem"; }; online = "kernel"; } );\n',
    'take_over = false;\n' + MOVABLE_ON_NODE_1,
    'mode = "observe";\n',
    BROKEN,  # the one before stays in force
)

# How often each of them happens, in comparison. The last ones end the process, and so what is
# measured of it.
ACTS = {
    "plug": 6, "unplug": 4, "resize": 4, "echo": 5, "chmem": 2, "trigger": 1, "flip": 1, "reload": 3,
    "ask": 3, "hold": 1}
ENDING_ACTS = {"restart": 5, "kill": 5, "stop": 3}

# What a process may grow by after the first tenth of its work. The lines that it remembers, and the
# table of blocks, come to their size only with the largest number of blocks.
GROWTH_MAX_KIB = 512

# What a block is offline for, and may be: others' doings, a write that failed, or one that wasn't made.
REASONS_OFFLINE = {"released", "refused", "busy", "no-memory", "vetoed", "cancelled"}


class Soak:
    """`tell(text)` is called now and then; `ends`: the process may be ended, too."""

    def __init__(self, box, seed=None):
        self._box = box
        self._dice, self.seed = seeds.new_dice(seed)
        self._dimms = {}  # blocks of each, by its name
        self._touched = set()  # blocks that others have written to
        self._n_acts = {}
        self._virtio_mem = 0  # blocks that were asked for

    def run(self, steps=None, seconds=None, tell=lambda text: None):
        """So many steps, or so long. A third of it, in which the process is ended again and again,
        then what it comes to in the rest."""
        begin = time.monotonic()
        self._begin()
        try:
            self._work({**ACTS, **ENDING_ACTS}, *_part(steps, seconds, 0.33), tell)
            self._work(ACTS, *_part(steps, seconds, 0.1), tell)
            self._open_journal()
            before = self._measure()
            tell(f"settled: {before}")
            self._work(ACTS, *_part(steps, seconds, 0.57), tell)
            left = self._expect_right()
            after = self._measure()
            self._expect_no_growth(before, after)
        except Exception as error:
            raise Wrong(f"with {self.seed}, after {self._n_acts}: {error}") from error
        done = ", ".join(f"{name} {n}" for name, n in sorted(self._n_acts.items()))
        return (f"{sum(self._n_acts.values())} steps in {time.monotonic() - begin:.0f} s ({done}), "
                f"{self.seed}; {left}; {before} -> {after}")

    # -- its parts

    def _begin(self):
        self._box.guest.run("modprobe virtio_mem")
        self._box.start(MOVABLE_ON_NODE_1)
        self._box.guest.add_virtio_mem("soak-v", f"{VIRTIO_MEM_MAX * 128}M", 1)

    def _work(self, acts, steps, seconds, tell):
        end = time.monotonic() + (seconds or 0)
        names, weights = list(acts), list(acts.values())
        done, told = 0, time.monotonic()
        while done < steps if steps else time.monotonic() < end:
            name, = self._dice.choices(names, weights)
            getattr(self, f"_{name}")()
            self._n_acts[name] = self._n_acts.get(name, 0) + 1
            done += 1
            if time.monotonic() - told > 60:
                told = time.monotonic()
                tell(f"{sum(self._n_acts.values())} steps")

    def _settle(self):
        """Waits until memplugd is through with all that has happened."""
        self._box.guest.run(f"""
            timeout 120 sh -c 'until busctl get-property org.memplug1 /org/memplug1 \\
                org.memplug1.Manager Busy 2>/dev/null | grep -q false; do sleep 0.2; done'""",
            timeout=180)

    def _measure(self):
        """What the process has now, when it is idle."""
        self._settle()
        pid = self._box.show("MainPID")
        rss, memory, *fds = self._box.guest.run(
            f"awk '/^VmRSS/ {{ print $2 }}' /proc/{pid}/status; "
            f"systemctl show -P MemoryCurrent memplugd; readlink /proc/{pid}/fd/*").out.split("\n")
        return Figures(int(pid), int(rss), int(memory) >> 10, sorted(filter(None, fds)))

    def _open_journal(self):
        """Its socket is opened with the first message that has an ID, and kept."""
        self._box.mark_journal()
        self._box.configure(BROKEN)
        self._box.guest.run("systemctl kill -s HUP --kill-who=main memplugd")
        self._box.wait_journal("^The new config is refused")

    # -- what happens

    def _hot_added(self):
        return sorted(set(self._box.guest.blocks()) - self._box.boot_blocks)

    def _plug(self):
        if len(self._dimms) == DIMMS_MAX:
            self._unplug()
            return
        name = self._box.new_name("soak")
        before = set(self._box.guest.blocks())
        self._dimms[name] = [index for index in self._box.plug(name, self._dice.choice(SIZES), 1)
                             if index not in before]
        self._touched -= set(self._dimms[name])

    def _unplug(self):
        """The kernel may refuse, if it uses what somebody put into a kernel zone."""
        if not self._dimms:
            self._plug()
            return
        name = self._dice.choice(sorted(self._dimms))
        indices = self._dimms[name]
        if self._box.guest.unplug_dimm(name):
            del self._dimms[name]
        else:
            self._touched.update(indices)

    def _resize(self):
        """It isn't waited for: it grows only as fast as somebody puts it online."""
        self._virtio_mem = self._dice.randint(0, VIRTIO_MEM_MAX)
        self._box.guest.resize_virtio_mem("soak-v", self._virtio_mem * BLOCK)

    def _someones_block(self):
        hot_added = self._hot_added()
        if not hot_added:
            return None
        index = self._dice.choice(hot_added)
        self._touched.add(index)
        return index

    def _echo(self):
        word = self._dice.choice(("offline", "offline", "online", "online_kernel", "online_movable"))
        index = self._someones_block()
        if index is not None:
            self._box.guest.run(f"timeout -s INT 20 sh -c 'echo {word} >{MEMORY}/memory{index}/state'",
                                check=False)

    def _chmem(self):
        word = self._dice.choice(("-d", "-e"))
        index = self._someones_block()
        if index is not None:
            self._box.guest.run(f"timeout -s INT 20 chmem {word} -b {index}", check=False)

    def _trigger(self):
        self._box.guest.run("udevadm trigger -c add -s memory")

    def _flip(self):
        word = self._dice.choice(("offline", "online", "online_movable"))
        self._box.guest.run(f"echo {word} >{MEMORY}/auto_online_blocks")

    def _reload(self):
        self._box.configure(self._dice.choice(CONFIGS))
        self._box.guest.run("systemctl kill -s HUP --kill-who=main memplugd", check=False)

    def _ask(self):
        """All that shows, and what puts online by hand."""
        verb = self._dice.choice(("status", "list --all", "devices", "history", "doctor",
                                  "explain node1", "online node1"))
        done = self._box.guest.run(f"timeout 60 memplugctl {verb}", check=False, timeout=90)
        if done.rc > 64 and done.rc != 69:
            raise Wrong(f"memplugctl {verb}: exit code {done.rc}\n{done.out}")

    def _hold(self):
        self._box.guest.run("timeout 60 memplugctl hold true", check=False, timeout=90)

    def _restart(self):
        self._box.guest.run("systemctl restart memplugd", timeout=90)

    def _kill(self):
        self._box.guest.run("systemctl kill -s KILL memplugd", check=False)

    def _stop(self):
        """Somebody else takes over meanwhile."""
        self._box.guest.run("systemctl stop memplugd", timeout=90)
        self._echo()
        self._box.guest.run("systemctl start memplugd", timeout=90)

    # -- how it ends

    def _expect_right(self):
        """Answers what there is in words."""
        self._box.guest.run(f"echo offline >{MEMORY}/auto_online_blocks")
        self._box.configure(MOVABLE_ON_NODE_1)
        self._box.systemctl("reload")
        self._box.wait_status("^mode uevent, 1 rule")
        self._settle()
        hot_added = self._hot_added()
        if not hot_added:
            return "no block is left"
        # Anew from the state in which all of it is, for what is in the midst of a change isn't wrong.
        self._box.guest.run("udevadm settle", timeout=90)
        self._settle()
        told = self._box.memplugctl_json("explain " + " ".join(map(str, hot_added)))
        reasons = {}
        for subject in told["explained"]:
            reason = self._reason_of(subject)
            reasons[reason] = reasons.get(reason, 0) + 1
        return f"{len(hot_added)} blocks: " + ", ".join(
            f"{reason} {n}" for reason, n in sorted(reasons.items()))

    def _reason_of(self, subject):
        """Why it is as it is; raises Wrong if that isn't true."""
        block, records = subject["block"], subject["records"]
        if not block["trouble"]:
            return "right"
        last = records[-1]["outcome"] if records else "nothing"
        index = int(subject["what"])
        if block["state"] == "offline":
            # DIMMs' blocks go offline only by others' hands; virtio-mem's by its driver's, too.
            is_dimms = any(index in indices for indices in self._dimms.values())
            is_true = last in REASONS_OFFLINE and (
                last != "released" or not is_dimms or index in self._touched)
        else:
            # Somebody else's doing, or right by the rules of that time, and nothing is moved since.
            is_true = bool(records)
        if not is_true:
            raise Wrong(f"block {index} has no true reason: {subject}")
        return f"{block['state']} since {last}"

    def _expect_no_growth(self, before, after):
        expect("memplugd's process", after.pid, before.pid)
        if len(after.fds) != len(before.fds):
            raise Wrong("file descriptors have leaked: "
                        f"{', '.join(before.fds)} -> {', '.join(after.fds)}")
        if after.rss - before.rss > GROWTH_MAX_KIB:
            raise Wrong(f"it has grown by more than {GROWTH_MAX_KIB} KiB: {before} -> {after}")


class Figures:
    """Of a process: its pid, memory of its own and of its cgroup in KiB, and its open files."""

    def __init__(self, pid, rss, memory, fds):
        self.pid, self.rss, self.memory, self.fds = pid, rss, memory, fds

    def __str__(self):
        return f"{self.rss} KiB ({self.memory} with the kernel's), {len(self.fds)} descriptors"


def _part(steps, seconds, share):
    return steps and max(1, round(steps * share)), seconds and seconds * share
