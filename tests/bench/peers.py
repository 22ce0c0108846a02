# SPDX-License-Identifier: LGPL-2.1-or-later
"""memplugd beside the others who put memory online: in one guest, in turn, several rounds."""

import pathlib
import subprocess
import tempfile

from guest.install import install_build
from vm import Guest

HERE = pathlib.Path(__file__).resolve().parent

MEMORY = "/sys/devices/system/memory"
UDEV_RULE = "/run/udev/rules.d/99-bench.rules"
CGROUPS = "/sys/fs/cgroup/system.slice"
UDEVD = "systemd-udevd.service"
MEMPLUGD = "memplugd.service"

DIMM = "64G"
N_BLOCKS = 512
NODE = 1

# An emulated machine that others use, too, may take its time.
SECONDS = 240

CONFIG = """\
rules = (
  { name = "node 1 can be pulled again"; match = { node = "1"; }; online = "movable"; }
);
"""


class Peer:
    """Somebody who puts memory online. begin() has all ready before the DIMM is plugged, after_plug()
    is called when all of its blocks are there, and end() takes back what begin() did."""

    name = ""
    service = None  # its own, beside udevd, which is there for each

    def begin(self, guest):
        """Has it wait for memory."""

    def after_plug(self, guest):
        """Does what somebody has to do by hand, and answers what that took: (user, kernel) seconds."""

    def end(self, guest):
        """Takes it back."""


class Kernel(Peer):
    """The kernel's own setting."""

    name = "kernel"

    def begin(self, guest):
        guest.run(f"echo online_movable >{MEMORY}/auto_online_blocks")

    def end(self, guest):
        guest.run(f"echo offline >{MEMORY}/auto_online_blocks")


class UdevRule(Peer):
    """The rule that distributions have."""

    name = "udev rule"

    def begin(self, guest):
        guest.write(UDEV_RULE, 'SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", '
                               'ATTR{state}="online_movable"\n')
        guest.run("udevadm control --reload")

    def end(self, guest):
        guest.run(f"udevadm settle; rm {UDEV_RULE}; udevadm control --reload")


class Chmem(Peer):
    """util-linux's program, called by hand once all is there."""

    name = "chmem -e"

    def after_plug(self, guest):
        # bash's own: "real", "user" and "sys" of the program alone.
        told = guest.run(f"bash -c \"TIMEFORMAT='%U %S'; time chmem -e -z Movable {DIMM}\" "
                         "2>&1 >/dev/null", timeout=SECONDS).out
        user, kernel = map(float, told.split()[-2:])
        return user, kernel


class Memplugd(Peer):
    """This one."""

    name = "memplugd"
    service = MEMPLUGD

    def begin(self, guest):
        guest.write("/etc/memplugd/memplugd.conf", CONFIG)
        guest.run("systemctl start memplugd")

    def end(self, guest):
        guest.run("systemctl stop memplugd memplugd-put-back; rm -r /etc/memplugd")


PEERS = (Kernel(), UdevRule(), Chmem(), Memplugd())


def _read_cgroup(guest, unit):
    """Seconds in user space and in the kernel so far; the most memory so far, in KiB, and processes."""
    told = guest.run(f"""
        cd {CGROUPS}/{unit} || exit 1
        cat cpu.stat
        echo peak $(cat memory.peak 2>/dev/null || cat memory.current)
        echo processes $(cat pids.peak 2>/dev/null || cat pids.current)""").out
    values = dict(line.split() for line in told.splitlines() if len(line.split()) == 2)
    return (int(values["user_usec"]) / 1e6, int(values["system_usec"]) / 1e6,
            int(values["peak"]) // 1024, int(values["processes"]))


def _difference(before, after):
    return {"user_seconds": after[0] - before[0], "kernel_seconds": after[1] - before[1],
            "peak_kib": after[2], "processes": after[3]}


def _wait_complete(guest, before):
    guest.wait_blocks(
        lambda now: sum(1 for index in now if index not in before
                        and now[index].firmware_node) >= N_BLOCKS,
        timeout=SECONDS, what=f"{N_BLOCKS} blocks more")


def _run_once(guest, peer):
    """Plugs a DIMM, and measures until all of it is online."""
    # What udevd took before is none of this one's doing.
    guest.run(f"systemctl restart {UDEVD}; udevadm settle")
    peer.begin(guest)
    before = set(guest.blocks())
    units = [UDEVD] + ([peer.service] if peer.service else [])
    begin = {unit: _read_cgroup(guest, unit) for unit in units}
    watch = guest.start(f"bench-watch {N_BLOCKS} {SECONDS}")
    guest.run(f"timeout 10 sh -c 'until grep -q ready {watch.output_file}; do sleep 0.1; done'")

    guest.plug_dimm("bench", DIMM, NODE)
    by_hand = None
    if isinstance(peer, Chmem):
        _wait_complete(guest, before)
        by_hand = peer.after_plug(guest)
    told = watch.wait(timeout=SECONDS + 60)
    if told.rc:
        raise RuntimeError(f"{peer.name}: {told.out}")
    times = dict(line.split() for line in told.out.splitlines() if " " in line)
    guest.run("udevadm settle", timeout=SECONDS)

    result = {"seconds": float(times["last_online"]), "plug_seconds": float(times["last_add"]),
              "udevd": _difference(begin[UDEVD], _read_cgroup(guest, UDEVD))}
    if peer.service:
        result["own"] = _difference(begin[peer.service], _read_cgroup(guest, peer.service))
    elif by_hand:
        result["own"] = {"user_seconds": by_hand[0], "kernel_seconds": by_hand[1],
                         "peak_kib": None, "processes": 1}
    zones = {block.zone for index, block in guest.blocks().items() if index not in before}
    if zones != {"Movable"}:
        raise RuntimeError(f"{peer.name}: the new memory is in {zones}")
    peer.end(guest)
    if not guest.unplug_dimm("bench", timeout=SECONDS):
        raise RuntimeError(f"{peer.name}: the DIMM can't be unplugged")
    return result


def _make_trees(build, scratch):
    tree = pathlib.Path(scratch) / "tree"
    install_build(build, tree)
    where = tree / "usr/local/bin"
    where.mkdir(parents=True)
    subprocess.run(["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-O1", "-static", "-o",
                    str(where / "bench-watch"), str(HERE / "guest/bench-watch.c")],
                   check=True, stdin=subprocess.DEVNULL)
    return [str(tree)]


def _order(number):
    """Each round begins with the next one: who comes first or last, or after whom, is nobody's gain."""
    first = number % len(PEERS)
    return PEERS[first:] + PEERS[:first]


def measure(build, kernel, rounds, tell):
    """Answers for each peer's name the results of its rounds, and what the guest is."""
    results = {peer.name: [] for peer in PEERS}
    with tempfile.TemporaryDirectory(prefix="memplug-bench.") as scratch:
        with Guest("full", kernel=kernel, extra=_make_trees(build, scratch), nodes=("6G", "0"),
                   maxmem="128G") as guest:
            guest.wait_boot()
            guest.run(f"echo offline >{MEMORY}/auto_online_blocks")
            for number in range(rounds):
                for peer in _order(number):
                    result = _run_once(guest, peer)
                    results[peer.name].append(result)
                    tell(f"round {number + 1}: {peer.name}: {result['seconds']:.2f} s")
            return results, str(guest)
