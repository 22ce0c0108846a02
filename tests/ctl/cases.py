# SPDX-License-Identifier: LGPL-2.1-or-later
"""The cases: each function is a test of its own, in an empty current directory."""

import fcntl
import json
import os
import pathlib
import pty
import re
import struct
import subprocess
import termios

from ctl import check
from tree import BLOCK_SIZE, Tree

SOURCE = pathlib.Path(__file__).resolve().parents[2]

CONFIG = """\
rules = (
  { name = "spare node can be pulled";
    match = { node = "1"; };
    online = "movable"; },

  { name = "low half for the kernel";
    match = { blocks = "32-35"; };
    online = "kernel"; or_else = "movable"; },

  { name = "leave the rest of it";
    match = { blocks = "36-39"; };
    online = "leave"; }
);
"""


def plugged_tree():
    """Boot memory, a DIMM on node 0 that is online by halves, and one on node 1 that waits."""
    tree = Tree("tree")
    tree.config(CONFIG)
    tree.blocks(0, 0, "online", "none")
    tree.blocks(1, 2, "online", "DMA32")
    tree.blocks(3, 15, "online", "Normal")
    tree.blocks(32, 35, "online", "Normal")
    tree.blocks(36, 39, "offline", "Normal Movable")
    tree.blocks(40, 43, "online", "Movable", node=1)
    tree.blocks(44, 45, "online", "Normal", node=1)
    tree.blocks(46, 46, "going-offline", "Movable", node=1)
    tree.blocks(47, 54, "offline", "Normal Movable", node=1)
    tree.blocks(55, 55, "offline", "Movable Normal", node=1)
    return tree


def healthy_tree():
    """All as the rules want it."""
    tree = Tree("tree")
    tree.config(CONFIG)
    tree.blocks(0, 15, "online", "Normal")
    tree.blocks(40, 47, "online", "Movable", node=1)
    return tree


def many_nodes_tree():
    """More nodes, troubles and files than one screen holds."""
    tree = Tree("tree")
    tree.file("etc/memplugd/memplugd.conf.d/50-more.conf", 'mode = "observe";\n')
    tree.file("etc/memplugd/memplugd.conf.d/60-more.conf", "\n")
    tree.config(CONFIG.replace('"1"', '"1-20"'))
    tree.file("sys/devices/system/memory/auto_online_blocks", "online\n")
    for node in range(21):
        first = node * 100
        tree.blocks(first, first + node, "online", "Normal", node=node)
        tree.blocks(first + 50, first + 51, "offline", "Normal Movable", node=node)
    return tree


# list

def case_list(ctl):
    plugged_tree()
    ctl.expect("list", "--sysroot", "tree")


def case_list_all(ctl):
    plugged_tree()
    ctl.expect("--all", "list", "--sysroot=tree")


def case_list_bytes(ctl):
    plugged_tree()
    ctl.expect("list", "--bytes", "--sysroot", "tree")


def case_list_no_legend(ctl):
    plugged_tree()
    ctl.expect("list", "--no-legend", "--sysroot", "tree")


def case_list_json(ctl):
    plugged_tree()
    done = ctl.expect("list", "--json", "--sysroot", "tree")
    told = json.loads(done.stdout)
    check(told["block_size"] == BLOCK_SIZE, "block_size")
    check(sum(entry["bytes"] for entry in told["blocks"]) ==
          told["online_bytes"] + told["offline_bytes"], "the sizes don't add up")


def case_list_json_all(ctl):
    plugged_tree()
    told = ctl.json("list", "--all", "--sysroot", "tree")
    indices = [entry["first_block"] for entry in told["blocks"]]
    check(indices == [*range(16), *range(32, 56)], f"blocks {indices}")
    check(all(entry["first_block"] == entry["last_block"] for entry in told["blocks"]), "folded")
    troubles = {entry["first_block"]: entry["trouble"] for entry in told["blocks"]}
    check([i for i in troubles if troubles[i] == "wrong_zone"] == [44, 45], "wrong_zone")
    check([i for i in troubles if troubles[i] == "offline"] == [*range(47, 56)], "offline")


def case_list_json_text(ctl):
    tree = Tree("tree")
    tree.blocks(0, 0, "offline", "Normal Movable")
    tree.config('rules = ( { name = "\\"a\\\\/b\\" Größe 内存"; online = "movable"; } );\n')
    name = ctl.json("list", "--sysroot", "tree")["blocks"][0]["rule"]
    check(name == '"a\\/b" Größe 内存', f"rule {name!r}")


def case_list_empty(ctl):
    Tree("tree")
    ctl.expect("list", "--sysroot", "tree")


def case_list_unlinked(ctl):
    """To open the valid_zones of a block without node would oops a kernel; here it would hang."""
    tree = plugged_tree()
    tree.blocks(56, 57, "offline", None, node=None)
    tree.fifo_for_zones(56)
    tree.fifo_for_zones(57)
    ctl.expect("list", "--sysroot", "tree")
    told = ctl.json("list", "--sysroot", "tree")["blocks"][-1]
    for key in "node", "zones", "wanted", "or_else", "rule", "rule_file", "rule_line", "trouble":
        check(told[key] is None, f"{key} is {told[key]}")
    told = ctl.json("status", "--sysroot", "tree")["nodes"][-1]
    check(told["node"] is None and told["offline_bytes"] == 2 * BLOCK_SIZE, f"node {told}")


def case_list_no_nodes(ctl):
    """A kernel without NUMA: all is node 0."""
    tree = Tree("tree", numa=False)
    tree.config(CONFIG)
    tree.blocks(0, 3, "online", "Normal")
    tree.blocks(32, 33, "offline", "Normal Movable")
    ctl.expect("list", "--sysroot", "tree")


def case_list_folds(ctl):
    """Neighbours that differ in one thing only: their rule, their node, a gap between them."""
    tree = Tree("tree")
    tree.config(CONFIG)
    tree.blocks(30, 33, "online", "Normal")
    tree.blocks(50, 51, "online", "Normal", node=2)
    tree.blocks(52, 53, "online", "Normal", node=3)
    tree.blocks(55, 56, "online", "Normal", node=3)
    ctl.expect("list", "--sysroot", "tree")


def case_list_old_kernel(ctl):
    """4.12 and earlier print more words for online blocks too; before 3.18 there is no file."""
    tree = Tree("tree")
    tree.config(CONFIG)
    tree.blocks(0, 1, "online", "DMA32 Normal Movable")
    tree.blocks(2, 3, "online", "DMA32")
    tree.blocks(32, 34, "offline", "Normal")
    tree.blocks(35, 35, "offline", "Normal Movable")
    tree.blocks(40, 40, "online", None, node=1)
    tree.blocks(41, 41, "offline", None, node=1)
    ctl.expect("list", "--sysroot", "tree")
    told = ctl.json("list", "--sysroot", "tree")["blocks"]
    check(told[0]["zones"] == ["DMA32"], f"online: {told[0]}")
    check(told[1]["zones"] == ["Normal"], f"offline: {told[1]}")
    check(told[-1]["zones"] is None, f"unknown: {told[-1]}")


def case_list_addresses(ctl):
    """Far up, as device memory is."""
    tree = Tree("tree")
    tree.blocks(0x7ffffff, 0x8000000, "online", "Device")
    ctl.expect("list", "--sysroot", "tree")


def case_list_kernel_policy(ctl):
    """It is shown as what it comes to: by what was taken over, else by what the kernel has now."""
    tree = Tree("tree")
    tree.config('rules = ( { match = { node = "1"; }; name = "kernel\'s"; '
                'online = "kernel-policy"; } );\n')
    tree.blocks(0, 3, "online", "Normal")
    tree.blocks(32, 33, "offline", "Normal Movable", node=1)
    tree.blocks(34, 34, "online", "Normal", node=1)
    tree.file("run/memplugd/auto_online_blocks", "online_movable\noffline\n")
    ctl.expect("list", "--sysroot", "tree")
    for now, before, wanted, trouble in (("offline", None, "leave", None),
                                         ("online", None, "default", "offline"),
                                         ("offline", "online_kernel", "kernel", "offline"),
                                         ("online", "offline", "leave", None),
                                         ("offline", "x" * 1000, "leave", None),
                                         ("online", "", "default", "offline"),
                                         (None, None, "leave", None)):
        for path, word in (("sys/devices/system/memory/auto_online_blocks", now),
                           ("run/memplugd/auto_online_blocks", before)):
            tree.file(path, f"{word}\n")
            if word is None:
                tree.remove(path)
        row = ctl.json("list", "--sysroot", "tree")["blocks"][1]
        check((row["wanted"], row["trouble"]) == (wanted, trouble), f"{now}, {before}: {row}")


def case_list_broken_config(ctl):
    plugged_tree().config('rules = 5;\nmode = "sometimes";\n')
    ctl.expect("list", "--sysroot", "tree")
    check(not ctl.json("list", "--sysroot", "tree")["config_valid"], "config_valid")


def lsmem_totals():
    """What lsmem counts below the tree: bytes online and offline."""
    text = subprocess.run(["lsmem", "-b", "--sysroot", os.path.abspath("tree"), "--summary"],
                          check=True, encoding="ascii", stdout=subprocess.PIPE,
                          env={"PATH": os.environ["PATH"], "LC_ALL": "C"}).stdout
    return tuple(int(re.search(rf"Total {word} memory: +(\d+)", text)[1])
                 for word in ("online", "offline"))


def case_list_agrees_with_lsmem(ctl):
    plugged_tree()
    totals = lsmem_totals()
    check(totals == (26 * BLOCK_SIZE, 14 * BLOCK_SIZE), f"lsmem {totals}")

    text = ctl.run("list", "--bytes", "--sysroot", "tree").stdout
    told = tuple(int(re.search(rf"Total {word} memory: +(\d+)", text)[1])
                 for word in ("online", "offline"))
    check(told == totals, f"list {told}, lsmem {totals}")

    told = ctl.json("list", "--sysroot", "tree")
    told = (told["online_bytes"], told["offline_bytes"])
    check(told == totals, f"list --json {told}, lsmem {totals}")

    told = ctl.json("status", "--sysroot", "tree")["total"]
    told = (told["kernel_bytes"] + told["movable_bytes"] + told["unknown_bytes"],
            told["offline_bytes"])
    check(told == totals, f"status {told}, lsmem {totals}")


def case_list_sources(ctl):
    """Neighbours of different devices are not one line, though all else is the same."""
    devices_tree()
    ctl.expect("list", "--sysroot", "tree")
    told = ctl.json("list", "--sysroot", "tree")
    rows = {row["first_block"]: row for row in told["blocks"]}
    check((rows[0]["source"], rows[0]["device"], rows[0]["hot_added"]) == ("boot", None, False),
          f"{rows[0]}")
    check((rows[36]["source"], rows[36]["device"], rows[36]["hot_added"]) ==
          ("dimm", "PNP0C80:01", True), f"{rows[36]}")
    check(told["sources_hidden"] is False, "sources_hidden")


def case_list_sources_hidden(ctl):
    hide_addresses(devices_tree())
    ctl.expect("list", "--sysroot", "tree")
    told = ctl.json("list", "--sysroot", "tree")
    check(told["sources_hidden"] is True, "sources_hidden")
    check(told["blocks"][0]["source"] is None, f"{told['blocks'][0]}")


AUTO = 'movable_ratio = "60%"; rules = ( { name = "as much as fits"; online = "auto"; } );\n'


def auto_tree():
    """2 GiB and what is plugged into it all at once: two DIMMs of 1 GiB, and 512 MiB of virtio-mem."""
    tree = Tree("tree")
    tree.config(AUTO)
    tree.blocks(0, 15, "online", "Normal")
    tree.blocks(32, 51, "offline", "Normal Movable")
    tree.dimm("PNP0C80:00", 32, 39)
    tree.dimm("PNP0C80:01", 40, 47)
    tree.iomem((0, 15, "System RAM"), (48, 51, "virtio3", "System RAM (virtio_mem)"))
    tree.zoneinfo((0, "DMA32", 8), (0, "Normal", 8), (0, "Movable", 0))
    return tree


def wanted(ctl, *arguments):
    """What is wanted of each block, by its first letter."""
    told = ctl.json("list", "--all", "--sysroot", "tree", *arguments)["blocks"]
    return "".join(entry["wanted"][0] for entry in told)


def case_list_auto(ctl):
    """Each block is judged with those before it in mind: a DIMM as a whole, virtio-mem by steps."""
    tree = auto_tree()
    ctl.expect("list", "--sysroot", "tree")
    check(wanted(ctl) == 16 * "k" + 8 * "m" + 8 * "k" + "mkmk", wanted(ctl))
    tree.config(AUTO.replace("rules = (", 'rules = ( { match = { blocks = "32-39"; }; '
                             'online = "movable"; },').replace("60%", "40%"))
    check(wanted(ctl) == 16 * "k" + 8 * "m" + 8 * "k" + "kkkk", "beyond it: " + wanted(ctl))
    tree.remove("proc/zoneinfo")
    check(wanted(ctl) == 16 * "k" + 8 * "m" + 12 * "k", "not counted: " + wanted(ctl))
    tree.file("proc/zoneinfo", "nonsense\n")
    error = ctl.run("list", "--sysroot", "tree").stderr
    check("can't read /proc/zoneinfo" in error, f"broken: {error}")


def case_list_auto_json(ctl):
    """The numbers are there, as far as they led to what is wanted."""
    tree = auto_tree()
    ctl.expect("list", "--json", "--sysroot", "tree")
    tree.config('kernel_min = "2304M";' + AUTO)
    reasons = [row["budget"] for row in ctl.json("list", "--sysroot", "tree")["blocks"]]
    check(reasons[0] is None, f"{reasons[0]}")
    check([reason["cause"] for reason in reasons[1:]] ==
          ["below_min", "fits", "fits", "over_ratio", "fits", "over_ratio"], f"{reasons}")
    check(reasons[1]["movable_after"] is None and reasons[1]["kernel_in_all"] == 17 * BLOCK_SIZE,
          f"{reasons[1]}")
    tree.remove("proc/zoneinfo")
    reason = ctl.json("list", "--sysroot", "tree")["blocks"][1]["budget"]
    check((reason["cause"], reason["kernel_in_all"], reason["text"]) ==
          ("unknown", None, "the budget can't be counted"), f"{reason}")


def case_list_auto_node(ctl):
    """With numa_aware, memory of a node without boot memory is never made movable."""
    tree = auto_tree()
    tree.config(AUTO.replace("60%", "301%") + "numa_aware = true;\n")
    tree.blocks(64, 71, "offline", "Normal Movable", node=1)
    tree.dimm("PNP0C80:02", 64, 71)
    rows = ctl.json("list", "--sysroot", "tree")["blocks"]
    check([(row["wanted"], row["budget"]["cause"], row["budget"]["on_node"]) for row in rows[1:]] ==
          [("movable", "fits", None)] * 3 + [("kernel", "over_node", 1)], f"{rows}")


def case_list_facts(ctl):
    """Rules by what isn't in the block itself."""
    tree = auto_tree()
    tree.blocks(64, 65, "offline", "Normal Movable", node=1)
    tree.file("sys/devices/system/node/has_cpu", "0\n")
    tree.config('rules = ( { match = { source = "virtio-mem"; }; online = "default"; },\n'
                '{ match = { size_min = "1G"; }; online = "movable"; },\n'
                '{ match = { cpuless = true; }; online = "leave"; }, { online = "kernel"; } );\n')
    check(wanted(ctl) == 16 * "k" + 16 * "m" + 4 * "d" + "ll", wanted(ctl))
    tree.remove("sys/devices/system/node/has_cpu")
    check(wanted(ctl) == 16 * "k" + 16 * "m" + 4 * "d" + "kk", wanted(ctl))


# devices

def devices_tree():
    """Boot memory on two nodes, and one device of each kind: removable or not, whole or not."""
    tree = Tree("tree")
    tree.blocks(0, 0, "online", "none")
    tree.blocks(1, 7, "online", "Normal")
    tree.blocks(8, 15, "online", "Normal", node=1)
    tree.blocks(32, 39, "online", "Movable", node=1)
    tree.blocks(40, 41, "online", "Movable")
    tree.blocks(42, 42, "online", "Normal")
    tree.blocks(43, 43, "offline", "Normal Movable")
    tree.blocks(45, 45, "online", "Normal")
    tree.blocks(48, 51, "offline", "Normal Movable", node=1)
    tree.blocks(56, 56, "offline", None, node=None)
    tree.fifo_for_zones(56)
    tree.blocks(64, 67, "online", None, node=2)
    tree.dimm("PNP0C80:00", 32, 35)
    tree.dimm("PNP0C80:01", 36, 39)
    tree.dimm("PNP0C80:0a", 56, 56)
    tree.dimm("PNP0C80:0b", 64, 67)
    tree.iomem((0, 15, "System RAM"), (40, 47, "virtio3", "System RAM (virtio_mem)"),
               (48, 51, "CXL Window 0", "region0", "dax0.0", "System RAM (kmem)"))
    return tree


def hide_addresses(tree):
    """As an ordinary user sees /proc/iomem."""
    text = (tree.root / "proc/iomem").read_text(encoding="ascii")
    tree.file("proc/iomem", re.sub(r"[0-9a-f]+-[0-9a-f]+ :", "00000000-00000000 :", text))


def case_devices(ctl):
    devices_tree()
    ctl.expect("devices", "--sysroot", "tree")


def case_devices_bytes(ctl):
    devices_tree()
    ctl.expect("devices", "--bytes", "--no-legend", "--sysroot", "tree")


def case_devices_hidden(ctl):
    """Why the source is unknown, is told."""
    hide_addresses(devices_tree())
    ctl.expect("devices", "--sysroot", "tree")
    told = ctl.json("devices", "--sysroot", "tree")
    check(told["sources_hidden"] is True, "sources_hidden")
    check(told["devices"][0]["source"] is None, f"{told['devices'][0]}")


def case_devices_json(ctl):
    tree = devices_tree()
    tree.file("sys/bus/dax/devices/dax0.0/state", "offline\n")
    done = ctl.expect("devices", "--json", "--sysroot", "tree")
    told = json.loads(done.stdout)
    check(sum(device["bytes"] for device in told["devices"]) ==
          told["online_bytes"] + told["offline_bytes"], "the sizes don't add up")
    listed = ctl.json("list", "--sysroot", "tree")
    for key in "online_bytes", "offline_bytes", "block_size":
        check(told[key] == listed[key], f"list has another {key}")
    blocks = sorted(index for device in told["devices"] for entry in device["blocks"]
                    for index in range(entry["first_block"], entry["last_block"] + 1))
    check(blocks == [*range(16), *range(32, 44), 45, *range(48, 52), 56, *range(64, 68)],
          f"blocks {blocks}")


def case_devices_obstacles(ctl):
    """What is in the way, each kind of it, and what could be done."""
    tree = devices_tree()
    stuck = "busy other movable movable 16 60000000 written 9 - 0 2"
    gone = record_line(tree, 36, f"settled asked {stuck}", ["Movable", "", "", ""], inode=1)
    tree.file("run/memplugd/records.old", gone + "".join(
        record_line(tree, block, f"settled asked {stuck}", ["Movable", "", "", ""])
        for block in (32, 34, 35)))
    tree.file("run/memplugd/records", record_line(
        tree, 35, "settled asked done memplugd movable movable 0 700 written 1 - 0 2",
        ["Movable", "", "", ""]))
    tree.file("sys/devices/system/memory/memory65/valid_zones", "none\n")
    ctl.expect("devices", "--sysroot", "tree")
    told = {device["device"]: device for device in ctl.json("devices", "--sysroot", "tree")["devices"]}
    got = {name: (device["removable"], [entry["obstacle"] for entry in device["obstacles"]])
           for name, device in told.items() if name}
    check(got == {"PNP0C80:00": (None, ["busy"]), "PNP0C80:01": (True, []),
                  "virtio3": (False, ["kernel"]), "dax0.0": (True, []), "PNP0C80:0a": (True, []),
                  "PNP0C80:0b": (False, ["never", "unknown"])}, f"{got}")
    text = ctl.run("explain", "PNP0C80:00", "--sysroot", "tree").stdout
    check(re.search(r"^  removable +perhaps, 2 blocks .*: 32,34\n +'memplugctl offline PNP0C80:00' "
                    "tries again$", text, re.M), text)


def case_devices_own_map(ctl):
    """DIMMs that hold their own memory map, as each kernel does that."""
    tree = devices_tree()
    tree.file("sys/module/memory_hotplug/parameters/memmap_on_memory", "Y\n")
    for release, wanted in ("6.1.0-50-amd64", {"PNP0C80:0a": 2}), (
            "6.12.95", {"PNP0C80:00": 8, "PNP0C80:01": 8, "PNP0C80:0a": 2, "PNP0C80:0b": 8}):
        tree.file("proc/sys/kernel/osrelease", f"{release}\n")
        told = ctl.json("devices", "--sysroot", "tree")["devices"]
        got = {device["device"]: device["own_map_bytes"] >> 20 for device in told
               if device["own_map_bytes"]}
        check(got == wanted, f"{release}: {got}")
        own_map = ctl.json("status", "--sysroot", "tree")["own_map"]
        check(own_map == {"block_bytes": 2 << 20, "large_devices": len(wanted) > 1}, f"{own_map}")
    ctl.expect("devices", "--sysroot", "tree")
    text = ctl.run("explain", "33", "PNP0C80:00", "--sysroot", "tree").stdout
    check("\n  map        2M of it are its own memory map; the device goes only as a whole\n" in text
          and "\n  map        8M of it are its own memory map; the device goes only as a whole\n" in text,
          text)
    told = ctl.json("explain", "33", "3", "--sysroot", "tree")["explained"]
    check([entry["own_map_bytes"] >> 20 for entry in told] == [2, 0], f"{told}")
    text = ctl.run("status", "--sysroot", "tree").stdout
    check("\n        (memmap_on_memory: DIMMs hold their own map, 2M of each block)\n" in text, text)

    # What zones have says more than the kernel's release.
    pages = BLOCK_SIZE // os.sysconf("SC_PAGE_SIZE")
    tree.file("proc/zoneinfo", f"Node 1, zone Movable\n  present {8 * pages}\n"
                               f"  managed {8 * pages}\n")
    told = ctl.json("status", "--sysroot", "tree")["own_map"]
    check(told["large_devices"] is False, f"{told}")


def case_devices_dax_state(ctl):
    """Where the kernel has a state for the whole device, it is shown beside."""
    tree = devices_tree()
    tree.file("sys/bus/dax/devices/dax0.0/state", "offline\n")
    text = ctl.run("devices", "--sysroot", "tree").stdout
    check(re.search(r"^dax0\.0 .* offline \(offline\) ", text, re.M), text)


def case_devices_without_name(ctl):
    """Neighbours of two sources are two, even if neither has a device."""
    tree = Tree("tree")
    tree.blocks(0, 9, "online", "Normal")
    tree.iomem((0, 7, "System RAM"), (8, 9, "System RAM (virtio_mem)"))
    for verb, key in ("list", "blocks"), ("devices", "devices"):
        told = ctl.json(verb, "--sysroot", "tree")[key]
        got = [(entry["source"], entry["device"], entry["bytes"] // BLOCK_SIZE) for entry in told]
        check(got == [("boot", None, 8), ("virtio-mem", None, 2)], f"{verb}: {got}")


def case_devices_empty(ctl):
    Tree("tree")
    ctl.expect("devices", "--sysroot", "tree")
    check(ctl.json("devices", "--sysroot", "tree")["devices"] == [], "devices")


# status

def case_status_trouble(ctl):
    """No verb: status."""
    plugged_tree()
    ctl.expect("--sysroot", "tree")


def case_status_one_trouble(ctl):
    tree = healthy_tree()
    tree.blocks(48, 48, "offline", "Movable Normal", node=1)
    ctl.expect("status", "--sysroot", "tree")


def case_status_healthy(ctl):
    healthy_tree()
    ctl.expect("status", "--sysroot", "tree")


def case_status_utf8(ctl):
    plugged_tree()
    ctl.expect("status", "--sysroot", "tree", locale="C.UTF-8")


def case_status_no_config(ctl):
    tree = healthy_tree()
    tree.remove("etc/memplugd/memplugd.conf")
    ctl.expect("status", "--sysroot", "tree")


def case_status_broken_config(ctl):
    healthy_tree().config('mode = "sometimes";\nrules = 5;\n')
    ctl.expect("status", "--sysroot", "tree", exit_code=1)
    told = ctl.json("status", "--sysroot", "tree", exit_code=1)
    check(not told["config"]["valid"], "valid")
    check([message["line"] for message in told["config"]["messages"]] == [1, 2], "lines")


def case_status_kernel_onlines(ctl):
    tree = healthy_tree()
    tree.file("sys/devices/system/memory/auto_online_blocks", "online_movable\n")
    ctl.expect("status", "--sysroot", "tree")
    told = ctl.json("status", "--sysroot", "tree")
    check(told["auto_online_blocks"] == "online_movable", "auto_online_blocks")


def case_status_taken_over(ctl):
    """memplugd runs, and what the kernel would do without it is known."""
    tree = healthy_tree()
    tree.file("run/memplugd/auto_online_blocks", "online\noffline\n")
    ctl.expect("status", "--sysroot", "tree")
    told = ctl.json("status", "--sysroot", "tree")
    check(told["auto_online_blocks"] == "offline", "auto_online_blocks")
    check(told["auto_online_blocks_before"] == "online", "auto_online_blocks_before")


def case_status_mode_kernel(ctl):
    tree = healthy_tree()
    tree.config('mode = "kernel";\nrules = ( { name = "all"; online = "default"; } );\n')
    tree.file("sys/devices/system/memory/auto_online_blocks", "online\n")
    tree.file("run/memplugd/auto_online_blocks", "offline\nonline\n")
    ctl.expect("status", "--sysroot", "tree")
    told = ctl.json("status", "--sysroot", "tree")
    check((told["mode"], told["active_mode"], told["active_mode_reason"]) ==
          ("kernel", "kernel", None), f"{told}")


def case_status_mode_auto(ctl):
    """The rule that is in the way is named; without it, the kernel is let do."""
    tree = healthy_tree()
    tree.config('mode = "auto";\n' + CONFIG)
    ctl.expect("status", "--sysroot", "tree")
    told = ctl.json("status", "--sysroot", "tree")
    check((told["mode"], told["active_mode"]) == ("auto", "uevent"), f"{told}")
    check("'spare node can be pulled'" in told["active_mode_reason"], f"{told}")

    tree.config('mode = "auto";\nrules = ( { online = "default"; } );\n')
    told = ctl.json("status", "--sysroot", "tree")
    check((told["active_mode"], told["active_mode_reason"]) == ("kernel", None), f"{told}")
    text = ctl.run("status", "--sysroot", "tree").stdout
    check("Mode:   auto (kernel: it can do what the rules ask for)" in text, text)


def case_status_old_kernel(ctl):
    tree = healthy_tree()
    tree.remove("sys/devices/system/memory/auto_online_blocks")
    tree.blocks(48, 55, "online", None, node=1)
    ctl.expect("status", "--sysroot", "tree")
    told = ctl.json("status", "--sysroot", "tree")
    check(told["auto_online_blocks"] is None, "auto_online_blocks")
    check(told["total"]["unknown_bytes"] == 8 * BLOCK_SIZE, "unknown_bytes")


def case_status_no_nodes(ctl):
    tree = Tree("tree", numa=False)
    tree.blocks(0, 3, "online", "Normal")
    ctl.expect("status", "--sysroot", "tree")


def case_status_or_else(ctl):
    """A second choice is a choice: no trouble. Block 32 of the rule is there by its first one."""
    tree = Tree("tree")
    tree.config(CONFIG)
    tree.blocks(32, 32, "online", "Normal")
    tree.blocks(33, 33, "online", "Movable")
    ctl.expect("status", "--sysroot", "tree")


def case_status_many_nodes(ctl):
    many_nodes_tree()
    done = ctl.expect("status", "--sysroot", "tree")
    lines = done.stdout.splitlines()
    check(len(lines) <= 23, f"{len(lines)} lines")
    check(max(map(len, lines)) <= 80, "a line is too long")


def case_status_all(ctl):
    many_nodes_tree()
    ctl.expect("status", "--all", "--sysroot", "tree")


def case_status_budget(ctl):
    tree = auto_tree()
    ctl.expect("status", "--sysroot", "tree")
    told = ctl.json("status", "--sysroot", "tree")["budget"]
    page = os.sysconf("SC_PAGE_SIZE")
    check((told["cause"], told["movable_before"], told["movable_limit"], told["kernel_base"],
           told["ratio_percent"], told["nodes_never_movable"]) ==
          ("fits", 0, 16 * BLOCK_SIZE * 60 // 100 // page * page, 16 * BLOCK_SIZE, 60, []),
          f"{told}")

    # What is promised isn't there yet; and without "auto" there is nothing to say.
    tree.config('rules = ( { online = "movable"; } );\n')
    check(ctl.json("status", "--sysroot", "tree")["budget"] is None, "without auto")
    check("Budget:" not in ctl.run("status", "--sysroot", "tree").stdout, "without auto")

    tree.config(AUTO)
    tree.remove("proc/zoneinfo")
    text = ctl.run("status", "--sysroot", "tree").stdout
    check("\nBudget: can't be counted, so \"auto\" makes nothing movable\n" in text, text)


def case_status_budget_beyond(ctl):
    """All that there is to be told at once, in lines that fit."""
    tree = Tree("tree")
    tree.config('numa_aware = true; kernel_min = "3T"; movable_ratio = "20%";\n' +
                CONFIG.replace('"1"', '"1-3"').rstrip()[:-2] + ',\n  { online = "auto"; }\n);\n')
    tree.blocks(0, 15, "online", "Normal")
    tree.blocks(64, 67, "online", "Movable")
    tree.blocks(100, 101, "online", "Movable")
    zones = [(0, "Normal", 16), (0, "Movable", 6)]
    for node in range(1, 25, 2):
        tree.blocks(node * 1000, node * 1000, "offline", "Normal Movable", node=node)
        zones.append((node, "Normal", 0))
    tree.blocks(4000, 4000, "offline", "Normal Movable", node=4)
    tree.iomem((0, 15, "System RAM"), (100, 101, "virtio3", "System RAM (virtio_mem)"))
    tree.zoneinfo(*zones)
    ctl.expect("status", "--sysroot", "tree")
    tree.file("sys/module/memory_hotplug/parameters/memmap_on_memory", "Y\n")
    lines = ctl.run("status", "--sysroot", "tree").stdout.splitlines()
    check(any("memmap_on_memory" in line for line in lines), f"{lines}")
    check(len(lines) <= 23, f"{len(lines)} lines")
    check(max(map(len, lines)) <= 80, "a line is too long")
    text = ctl.run("status", "--all", "--sysroot", "tree").stdout
    check('node = "4-5,7,9,11,13,15,17,19,21,23"' in text, text)
    told = ctl.json("status", "--sysroot", "tree")["budget"]
    check(told["cause"] == "over_ratio", f"{told}")
    check(told["nodes_never_movable"] == [4, *range(5, 25, 2)], f"{told}")

    tree.config('rules = ( { online = "auto"; } );\n')
    check(ctl.json("status", "--sysroot", "tree")["budget"]["nodes_never_movable"] == [],
          "without numa_aware")


def case_status_budget_far_node(ctl):
    """The greatest number that a node can have, and a range that doesn't fit its place."""
    tree = Tree("tree")
    tree.config(AUTO + "numa_aware = true;\n")
    tree.blocks(0, 15, "online", "Normal")
    for node in range(2147483646, 2147483648):
        tree.blocks(node % 100, node % 100, "offline", "Normal Movable", node=node)
    tree.zoneinfo((0, "Normal", 16))
    text = ctl.run("status", "--sysroot", "tree").stdout
    check("numa_aware: none on nodes ... (no boot memory)" in text, text)
    text = ctl.run("status", "--all", "--sysroot", "tree").stdout
    check("numa_aware: none on nodes 2147483646-2147483647 (no boot memory)" in text, text)


def case_status_budget_hidden(ctl):
    """Who isn't shown what is virtio-mem's can't count as exactly."""
    hide_addresses(auto_tree())
    text = ctl.run("status", "--sysroot", "tree").stdout
    check("\nBudget: about 0B of 1.2G movable (60% of 2G kernel memory)\n" in text, text)
    check(ctl.json("status", "--sysroot", "tree")["sources_hidden"], "sources_hidden")


def case_status_json(ctl):
    plugged_tree()
    done = ctl.expect("status", "--json", "--sysroot", "tree")
    told = json.loads(done.stdout)
    check(sum(entry["bytes"] for entry in told["troubles"]) == BLOCK_SIZE *
          (told["offline_blocks_wanted_online"] + told["blocks_in_wrong_zone"]), "troubles")


# check-config

BAD = """\
mode = "sometimes";
rules = (
  { name = "a"; match = { node = "x"; }; online = "movable"; },
  { name = "b"; onlime = "movable"; }
);
"""

SHADOWED = """\
rules = (
  { name = "all"; online = "movable"; },
  { name = "never"; match = { node = "1"; }; online = "kernel"; }
);
"""


def case_check_config_good(ctl):
    Tree("tree").config(CONFIG)
    ctl.expect("check-config", "tree/etc/memplugd/memplugd.conf")


def case_check_config_drop_ins(ctl):
    tree = Tree("tree")
    tree.config(CONFIG)
    tree.file("usr/lib/memplugd/memplugd.conf.d/50-vendor.conf", 'mode = "observe";\n')
    ctl.expect("--sysroot", "tree", "check-config")


def case_check_config_none(ctl):
    Tree("tree")
    ctl.expect("check-config", "--sysroot", "tree")


def case_check_config_bad(ctl):
    pathlib.Path("bad.conf").write_text(BAD, encoding="utf-8")
    ctl.expect("check-config", "bad.conf", exit_code=1)


def case_check_config_bad_json(ctl):
    pathlib.Path("bad.conf").write_text(BAD, encoding="utf-8")
    done = ctl.expect("check-config", "--json", "bad.conf", exit_code=1)
    told = json.loads(done.stdout)
    check(done.stderr == "", "standard error")
    check(told["errors"] == len(told["messages"]) > 0 and not told["valid"], "errors")


def case_check_config_json(ctl):
    Tree("tree").config(CONFIG)
    told = ctl.json("check-config", "--sysroot", "tree")
    check(told == {"valid": True, "files": told["files"], "rules": 3, "built_in_rules": 7,
                   "errors": 0, "warnings": 0, "messages": []}, f"{told}")
    check(len(told["files"]) == 1, "files")


def case_check_config_mode_kernel(ctl):
    """The rule that is in its way is named, with its place."""
    pathlib.Path("kernel.conf").write_text('mode = "kernel";\n' + CONFIG, encoding="utf-8")
    ctl.expect("check-config", "kernel.conf", exit_code=1)
    pathlib.Path("auto.conf").write_text('mode = "auto";\n' + CONFIG, encoding="utf-8")
    ctl.run("check-config", "auto.conf")


def case_check_config_warning(ctl):
    pathlib.Path("warning.conf").write_text(SHADOWED, encoding="utf-8")
    ctl.expect("check-config", "warning.conf")


def case_check_config_odd_name(ctl):
    """JSON is UTF-8 whatever a file is called; a terminal gets no control characters."""
    name = "\udcff\udce2\udc82 \udced\udca0\udc80 \u20ac \x1b[31m.conf"
    pathlib.Path(name).write_text(CONFIG, encoding="utf-8")
    told = ctl.json("check-config", name)["files"]
    check(told == ["\ufffd" * 3 + " " + "\ufffd" * 3 + " \u20ac \x1b[31m.conf"], f"{told}")

    Tree("tree")
    pathlib.Path("bad" + name).write_text(BAD, encoding="utf-8")
    for prefix, exit_code in ("", 0), ("bad", 1):
        for arguments in ("check-config",), ("status", "--sysroot", "tree", "--config"):
            done = ctl.run(*arguments, prefix + name, exit_code=exit_code, encoding=None)
            check(b"\x1b" not in done.stdout + done.stderr, f"{arguments} lets an escape through")


def case_check_config_missing_file(ctl):
    done = ctl.run("check-config", "missing.conf", exit_code=1)
    check("missing.conf" in done.stderr, f"not named: {done.stderr}")
    check(done.stdout == "1 error, 0 warnings\n", done.stdout)
    Tree("tree")
    done = ctl.run("status", "--config", "missing.conf", "--sysroot", "tree", exit_code=1)
    check("missing.conf" in done.stdout, f"not named: {done.stdout}")


# show-config

def drop_ins_tree():
    """A config of three files, one of which sets what another had set."""
    tree = Tree("tree")
    tree.config('mode = "observe";\ntake_over = false;\n' + CONFIG)
    tree.file("usr/lib/memplugd/memplugd.conf.d/50-vendor.conf",
              '// The vendor\'s.\nmode = "uevent";\n'
              'rules = ( { match = { node = "3,1-2"; range = "0-0xfff,0x1000-0x1fff"; };\n'
              '            online = "leave"; } );\n')
    tree.file("etc/memplugd/memplugd.conf.d/60-quote.conf",
              'rules = ( { name = "say \\"a\\\\b\\" Größe"; online = "default"; } );\n')


def case_show_config(ctl):
    drop_ins_tree()
    ctl.expect("show-config", "--sysroot", "tree")


def case_show_config_json(ctl):
    drop_ins_tree()
    done = ctl.expect("show-config", "--json", "--sysroot", "tree")
    told = json.loads(done.stdout)
    check(told["settings"]["mode"]["line"] == 2 and told["settings"]["take_over"]["line"] == 2,
          "lines")
    check(told["rules"][0]["name"] == 'say "a\\b" Größe', "name")


def case_show_config_none(ctl):
    Tree("tree")
    ctl.expect("show-config", "--sysroot", "tree")


def case_show_config_broken(ctl):
    """What a broken file says isn't in force, not even what is right in it."""
    Tree("tree").config("take_over = false;\nrules = 5;\n")
    ctl.expect("show-config", "--sysroot", "tree", exit_code=1)
    told = ctl.json("show-config", "--sysroot", "tree", exit_code=1)
    check(not told["valid"], "valid")
    check(told["settings"]["take_over"] == {"value": True, "file": None, "line": None},
          f"{told['settings']}")


def without_places(told):
    """What show-config told, of its values alone."""
    rules = [{key: value for key, value in rule.items() if key not in ("file", "line")}
             for rule in told["rules"]]
    return {key: setting["value"] for key, setting in told["settings"].items()}, rules


def case_show_config_is_a_config(ctl):
    """It says the same as what it was made of, and the built-in rules once more behind."""
    drop_ins_tree()
    pathlib.Path("shown.conf").write_text(
        ctl.run("show-config", "--sysroot", "tree").stdout, encoding="utf-8")
    settings, rules = without_places(ctl.json("show-config", "--sysroot", "tree"))
    told = ctl.json("show-config", "--config", "shown.conf")
    again, rules_again = without_places(told)
    check(again == settings, f"{again}")
    check(rules_again[:len(rules)] == rules, f"{rules_again}")
    check(all(rule["file"] is None for rule in told["rules"][len(rules):]), "more rules")


def case_show_config_odd_name(ctl):
    """Nothing in a file's name leads out of a comment or a string."""
    name = 'a\n"); mode = \\\udcff\x1b.conf'
    pathlib.Path(name).write_text('mode = "observe"; rules = ( { online = "leave"; } );\n',
                                  encoding="utf-8")
    done = ctl.run("show-config", "--config", name, encoding=None)
    check(b"\x1b" not in done.stdout, f"{done.stdout}")
    pathlib.Path("shown.conf").write_bytes(done.stdout)
    ctl.run("check-config", "shown.conf")
    told = ctl.json("show-config", "--config", "shown.conf")
    check(told["rules"][0]["name"] == r'rule 1 of a\x0a"); mode = \\xff\x1b.conf', f"{told}")
    check(told["settings"]["mode"]["value"] == "observe", f"{told}")


# The command line and what it is connected to

def case_help(ctl):
    done = ctl.expect("--help")
    for arguments in ("-h",), ("help",), ("list", "-h"), ("--json", "--help", "nonsense"):
        check(ctl.run(*arguments).stdout == done.stdout, f"{arguments} differs")
    version = ctl.run("--version").stdout
    check(re.fullmatch(r"memplugctl \d+\.\d+\.\d+\n", version), version)


def case_usage(ctl):
    """One line on standard error, nothing on standard output, exit code 2."""
    Tree("tree")
    for arguments in (("lst",), ("list", "extra"), ("--nonsense",), ("list", "--nonsense"),
                      ("list", "-x"), ("--sysroot",), ("show-config", "a"), ("status", "x"),
                      ("check-config", "--all"), ("status", "--bytes"), ("help", "--json"),
                      ("devices", "--all"), ("devices", "--config", "a"), ("devices", "x"), ("reload", "x"), ("list", "--why", "x"),
                      ("monitor", "x"), ("status", "--no-pager"), ("online",), ("online", "--zone", "Movable", "1"), ("online", "--zone", "1"),
                      ("devices", "--all"), ("devices", "--config", "a"), ("devices", "x"),
                      ("map", "x"), ("map", "--all"), ("map", "--width", "19"),
                      ("map", "--width", "10001"), ("map", "--width", "wide"),
                      ("list", "--width", "80"), ("plan", "x"), ("plan", "--all"),
                      ("plan", "--add"), ("plan", "--add", "dimm"), ("list", "--add", "dimm:1G"),
                      ("list", "--json=yes"), ("", ), ("list", "")):
        done = ctl.run(*arguments, exit_code=2)
        check(done.stdout == "", f"{arguments}: {done.stdout}")
        check(re.fullmatch(r"memplugctl: [^\n]+\n", done.stderr), f"{arguments}: {done.stderr}")
    # Options before and after the verb, the last one counts, and "--" ends them.
    ctl.run("--sysroot", "missing", "list", "--sysroot", "tree", "--")


def case_sysroot_missing(ctl):
    for verb in "status", "list", "devices", "map", "plan":
        done = ctl.expect(verb, "--sysroot", "missing", exit_code=1)
        check(done.stdout == "", done.stdout)


def case_sysroot_without_memory(ctl):
    """As in a container."""
    pathlib.Path("empty").mkdir()
    for verb in "status", "list", "devices", "map", "plan":
        done = ctl.expect(verb, "--json", "--sysroot", "empty", exit_code=1)
        check(done.stdout == "", done.stdout)


def each_output(ctl, exit_code, **kwargs):
    """Runs whatever prints something, with an odd standard output. Answers its errors."""
    plugged_tree()
    return [ctl.run(*arguments, "--sysroot", "tree", exit_code=exit_code, **kwargs).stderr
            for arguments in (("list",), ("list", "--json"), ("list", "--json", "--all"),
                              ("status",), ("status", "--json"), ("devices",), ("devices", "--json"), ("map",),
                              ("map", "--json"), ("plan",), ("plan", "--json"),
                              ("check-config",),
                              ("check-config", "--json"), ("show-config",),
                              ("show-config", "--json"), ("--help",), ("--version",))]


def case_output_full(ctl):
    with open("/dev/full", "w", encoding="ascii") as full:
        for error in each_output(ctl, 1, stdout=full):
            check(error == "memplugctl: can't write the output: No space left on device\n", error)


def case_output_closed(ctl):
    """Not even the first file that is opened may take its place."""
    for error in each_output(ctl, 1, stdout=None, preexec_fn=lambda: os.close(1)):
        check(error == "memplugctl: can't write the output: Bad file descriptor\n", error)
    for fd in 0, 2:
        ctl.run("list", "--sysroot", "tree", preexec_fn=lambda fd=fd: os.close(fd))
    # The program must have put something in its place, before any file of its own gets there.
    error = ctl.run("check-config", "/proc/self/fd/1", exit_code=1,
                    preexec_fn=lambda: os.close(1)).stderr
    check("No such file" not in error, error)


def case_output_reader_gone(ctl):
    """Quiet: by SIGPIPE, or without a word where it is ignored."""
    for ignored in False, True:
        reader, writer = os.pipe()
        os.close(reader)
        error = each_output_to_gone_reader(ctl, writer, ignored)
        os.close(writer)
        check(error == "", error)


def each_output_to_gone_reader(ctl, writer, ignored):
    """Python ignores SIGPIPE for itself; restore_signals says whether for its child too."""
    if not ignored:
        plugged_tree()
    return "".join(ctl.run(*arguments, "--sysroot", "tree", stdout=writer,
                           restore_signals=not ignored, exit_code=1 if ignored else -13).stderr
                   for arguments in (("list",), ("list", "--json", "--all")))


def on_terminal(ctl, *arguments, columns=80, env=None):
    """What it writes to a terminal."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    ctl.run(*arguments, "--sysroot", "tree", stdout=slave, env=env)
    os.close(slave)
    text = b""
    try:
        while part := os.read(master, 65536):
            text += part
    except OSError:  # the end of a terminal
        pass
    os.close(master)
    return text.decode("utf-8").replace("\r\n", "\n")


def case_output_colours(ctl):
    plugged_tree()
    for verb in "list", "status":
        check("\033[31m" in on_terminal(ctl, verb), f"{verb}: no red")
        check("\033[33m" in on_terminal(ctl, verb), f"{verb}: no yellow")
        for env in {"NO_COLOR": "1"}, {"TERM": "dumb"}:
            check("\033" not in on_terminal(ctl, verb, env=env), f"{verb}: escapes with {env}")
        check("\033" in on_terminal(ctl, verb, env={"NO_COLOR": ""}), f"{verb}: NO_COLOR empty")
    check("\033" not in on_terminal(ctl, "list", "--json"), "escapes in JSON")

    text = on_terminal(ctl, "list", columns=100, env={"NO_COLOR": "1"})
    check(max(map(len, text.splitlines())) <= 100, "the table is wider than the terminal")


def script(name, text):
    """A program for the test."""
    path = pathlib.Path(name).resolve()
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def case_pager(ctl):
    """On a terminal, what is long goes through it, with colours and cut to the terminal's width."""
    plugged_tree()
    pager = script("pager", 'echo "pager $* LESS=$LESS"; cat')
    for verb in "list", "devices", "show-config", "history":
        text = on_terminal(ctl, verb, env={"PAGER": f"{pager} -x  y"})
        check(text.startswith("pager -x y LESS=FRSXMK\n"), f"{verb}: {text}")
        for arguments, env in (((verb, "--no-pager"), {"PAGER": pager}), ((verb,), {"PAGER": ""}),
                               ((verb, "--json"), {"PAGER": pager}), ((verb,), {"PAGER": "cat"})):
            text = on_terminal(ctl, *arguments, env=env)
            check("pager" not in text, f"{arguments}, {env}: {text}")
        check("pager" not in ctl.run(verb, "--sysroot", "tree", env={"PAGER": pager}).stdout,
              f"{verb}: in a pipe")
    for verb in "status", "check-config":
        check("pager" not in on_terminal(ctl, verb, env={"PAGER": pager}), f"{verb} isn't long")

    paged = on_terminal(ctl, "list", columns=70, env={"PAGER": pager}).split("\n", 1)[1]
    check(paged == on_terminal(ctl, "list", columns=70, env={"PAGER": "cat"}), paged)
    check("\033[31m" in paged, "no colours")
    for variable in "SUDO_UID", "PKEXEC_UID":
        text = on_terminal(ctl, "list", env={"PAGER": pager, variable: "1000"})
        check("pager" not in text, f"{variable}: {text}")


def case_pager_left(ctl):
    """Who has seen enough isn't told of a failure."""
    plugged_tree()
    pager = script("pager", "read -r line; echo seen")
    text = on_terminal(ctl, "list", "--all", env={"PAGER": pager})
    check(text == "seen\n", text)


def case_pager_missing(ctl):
    """Then the next one; without any, all is printed as it is."""
    plugged_tree()
    pathlib.Path("bin").mkdir()
    path = {"PATH": str(pathlib.Path("bin").resolve())}
    plain = on_terminal(ctl, "list", "--no-pager")
    for name in "nothing-of-that-name", None:
        check(on_terminal(ctl, "list", env=path | {"PAGER": name}) == plain, f"{name}: not plain")
    for name in "more", "less":
        script(f"bin/{name}", f"echo this is {name}; while read -r line; do :; done")
        text = on_terminal(ctl, "list", env=path | {"PAGER": "nothing-of-that-name"})
        check(text == f"this is {name}\n", text)


def case_output_pipe(ctl):
    plugged_tree()
    for arguments in ("list",), ("devices",), ("status",), ("check-config",), ("show-config",):
        done = ctl.run(*arguments, "--sysroot", "tree")
        check("\033" not in done.stdout, f"{arguments}: escape codes")


# What goes with it

def history_file(tree):
    """Two files, the newer one with half a line by a crash, and one that is being written."""
    tree.file("run/memplugd/history.old", "1795327803123456 6 memory32: done: online_movable\n")
    tree.file("run/memplugd/history",
              "1795327804000999 4 memory33: busy: \033[31mred\n"
              "17953278\nnonsense 6 x\n1795327805 9 x\n"
              "1795327805000000 6 Ending, as Terminated says.\n1795327806000000 6 hal")


def case_history(ctl):
    history_file(Tree("tree"))
    ctl.expect("history", "--sysroot", "tree", env={"TZ": "UTC"})


def case_history_json(ctl):
    history_file(Tree("tree"))
    ctl.expect("history", "--json", "--sysroot", "tree")


def case_history_none(ctl):
    pathlib.Path("tree").mkdir()
    ctl.expect("history", "--sysroot", "tree")
    check(ctl.json("history", "--sysroot", "tree") == {"history": []}, "JSON")


# explain

EXPLAIN_CONFIG = """\
rules = (
  { name = "DIMMs can be pulled"; match = { source = "dimm"; }; online = "movable";
    or_else = "kernel"; }
);
"""


def record_line(tree, block, words, texts, usec=1795327803123456, inode=None):
    """A line of what memplugd keeps of a block: of the one that is there, unless told otherwise."""
    if inode is None:
        inode = (tree.root / f"sys/devices/system/memory/memory{block}").stat().st_ino
    return f"{usec} {block} {inode} {words}\t" + "\t".join([*texts, ".\n"])


def explained_tree():
    """A DIMM with a block that somebody else was faster with, one that nothing came of, and so on."""
    tree = Tree("tree")
    tree.config(EXPLAIN_CONFIG)
    tree.blocks(0, 15, "online", "Normal")
    tree.blocks(32, 32, "online", "Normal", node=1)
    tree.blocks(33, 33, "online", "Movable", node=1)
    tree.blocks(34, 34, "online", "Normal", node=1)
    tree.blocks(35, 35, "offline", "Normal Movable", node=1)
    tree.dimm("PNP0C80:00", 32, 35)
    tree.iomem((0, 15, "System RAM"), (32, 35, "System RAM"))
    rule = ["/etc/memplugd/memplugd.conf", "DIMMs can be pulled"]
    tree.file("run/memplugd/records.old", record_line(
        tree, 32, "settled - wrong-zone other movable kernel 0 0 - 0 - 0 2", ["Normal", *rule, ""]))
    tree.file("run/memplugd/records", "".join((
        record_line(tree, 33, "settled - done memplugd movable movable 0 1500 written 1 - 0 2",
                    ["Movable", *rule, ""]),
        record_line(tree, 34, "settled - done memplugd movable kernel 0 2500 written 2 refused 22 2",
                    ["Normal", *rule, "it would have to lie above memory32"]),
        record_line(tree, 35, "released - - nobody movable - 0 0 - 0 - 0 2",
                    ["Normal Movable", *rule, ""], inode=1),
        record_line(tree, 35, "settled - no-memory nobody movable - 12 1234567 written 3 - 0 2",
                    ["Normal Movable", *rule, ""], usec=1795327804000000),
        "17 32 half a line")))
    return tree


def case_explain(ctl):
    """Each kind of block, by each kind of name; what is of a block that was there before is left out."""
    explained_tree()
    ctl.expect("explain", "32", "memory33", "0x110000000", "35", "3", "--sysroot", "tree",
               env={"TZ": "UTC"})


def case_explain_device(ctl):
    explained_tree()
    ctl.expect("explain", "PNP0C80:00", "--sysroot", "tree")


def case_explain_json(ctl):
    tree = explained_tree()
    told = ctl.json("explain", "34", "35", "PNP0C80:00", "--sysroot", "tree")
    block, again, device = told["explained"]
    listed = {entry["first_block"]: entry
              for entry in ctl.json("list", "--all", "--sysroot", "tree")["blocks"]}
    check(block["what"] == "34" and block["block"] == listed[34], f"{block}")
    check(block["records"] == [{
        "time_usec": 1795327803123456, "block": 34, "outcome": "done", "asked_by_hand": False,
        "online_by": "memplugd", "wanted": "movable", "zone": "kernel", "valid_zones": "Normal",
        "errno": None, "errno_name": None, "duration_usec": 2500, "written": True, "writes": 2,
        "first_outcome": "refused", "first_errno": 22, "first_errno_name": "EINVAL",
        "reason": "it would have to lie above memory32", "rule": "DIMMs can be pulled",
        "rule_file": "/etc/memplugd/memplugd.conf", "rule_line": 2}], f"{block['records']}")
    check(again["records_of_earlier_blocks"] == 1 and
          [entry["outcome"] for entry in again["records"]] == ["no-memory"], f"{again}")
    devices = ctl.json("devices", "--sysroot", "tree")["devices"]
    check(device["device"] == next(d for d in devices if d["device"] == "PNP0C80:00"), f"{device}")
    check({word: n for word, n in device["outcomes"].items() if n} ==
          {"wrong-zone": 1, "done": 2, "no-memory": 1}, f"{device['outcomes']}")
    check([entry["first_block"] for entry in device["blocks"]] == [32, 33, 34, 35], f"{device}")
    tree.remove("run/memplugd/records")
    told = ctl.json("explain", "35", "--sysroot", "tree")["explained"][0]
    check(told["records"] == [], f"{told}")


def case_explain_auto(ctl):
    """With the budget's numbers, and nothing that was kept."""
    auto_tree()
    ctl.expect("explain", "32", "--sysroot", "tree")


def case_explain_task(ctl):
    """What was taken offline by hand, what wasn't, and what came back."""
    tree = Tree("tree")
    tree.blocks(0, 15, "online", "Normal")
    tree.blocks(32, 33, "offline", "Normal Movable", node=1)
    tree.blocks(34, 35, "online", "Movable", node=1)
    rule = ["", "asked for by hand"]
    tree.file("run/memplugd/records", "".join((
        record_line(tree, 32, "settled asked done nobody offline - 0 1500 written 1 - 0 0",
                    ["?", *rule, "it was in the zone movable"]),
        record_line(tree, 33, "settled asked already nobody offline - 0 0 - 0 - 0 0",
                    ["?", *rule, ""]),
        record_line(tree, 34, "settled asked busy unknown offline movable 16 1500 written 30 - 0 0",
                    ["?", *rule, "it stays in the zone movable"]),
        record_line(tree, 35, "settled asked cancelled memplugd offline movable 0 800 written 2 - 0 0",
                    ["?", *rule, "it was taken offline, and is back in the zone movable"]))))
    ctl.expect("explain", "32", "33", "34", "35", "--sysroot", "tree", env={"TZ": "UTC"})


def case_explain_unlinked(ctl):
    """To open the valid_zones of a block without node would oops a kernel; here it would hang."""
    tree = plugged_tree()
    tree.blocks(56, 56, "offline", None, node=None)
    tree.fifo_for_zones(56)
    ctl.expect("explain", "56", "--sysroot", "tree")


def case_explain_unknown(ctl):
    """What there is is explained all the same."""
    explained_tree()
    ctl.expect("explain", "99", "3", "0x7fffffffffff", "nonsense", "memory033", "0x1g", "--sysroot",
               "tree", exit_code=1)
    told = ctl.run("explain", "--json", "99", "--sysroot", "tree", exit_code=1)
    check(json.loads(told.stdout)["explained"] == [], told.stdout)
    ctl.run("explain", "--sysroot", "tree", exit_code=2)


def case_explain_broken_config(ctl):
    tree = explained_tree()
    tree.config("mode = 3;\n")
    ctl.expect("explain", "34", "--sysroot", "tree", env={"TZ": "UTC"})


def case_completion(ctl):
    """Each verb and option is completed."""
    told = ctl.run("--help").stdout
    verbs = re.findall(r"^  ([a-z][a-z-]+)", told, re.M)
    options = re.findall(r"(--[a-z-]+)", told)
    check("list" in verbs and "--sysroot" in options, "the help isn't read right")

    script = SOURCE / "src/ctl/completion/memplugctl.bash"
    for words, expected in ((("",), verbs), (("--",), options), (("li",), ["list"]),
                            (("list", "--al"), ["--all"]), (("--sysroot", "/", "che"),
                                                           ["check-config"]),
                            (("online", "--zone", "m"), ["movable"]),
                            (("rezone", "--to", "k"), ["kernel"])):
        line = ["memplugctl", *words]
        done = subprocess.run(
            ["bash", "-c", 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
             '_memplugctl; printf "%s\\n" "${COMPREPLY[@]}"', "bash", script, *line],
            check=True, encoding="utf-8", stdout=subprocess.PIPE)
        check(set(done.stdout.split()) == set(expected), f"{words}: {done.stdout.split()}")

    for words, expected in ((("mem",), ["memory34"]), (("PNP",), ["PNP0C80:00", "PNP0C80:01"]),
                            (("PNP0C80", ":"), ["00", "01"]), (("PNP0C80", ":", "01"), ["01"])):
        done = subprocess.run(
            ["bash", "-c", 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); '
             '_memplugctl_memory() { echo memory34 PNP0C80:00 PNP0C80:01; }; '
             '_memplugctl; printf "%s\\n" "${COMPREPLY[@]}"', "bash", script,
             "memplugctl", "explain", *words],
            check=True, encoding="utf-8", stdout=subprocess.PIPE)
        check(done.stdout.split() == expected, f"{words}: {done.stdout.split()}")


def completed_by_bash(ctl, words, before="", end="_memplugctl"):
    """What bash completes of the last word, after the commands 'before'."""
    script = SOURCE / "src/ctl/completion/memplugctl.bash"
    done = subprocess.run(
        ["bash", "-c", f'source "$1"; shift; memplugctl() {{ {ctl.program} --sysroot tree "$@"; }}\n'
         f'{before}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); {end}; '
         'printf "%s\\n" "${COMPREPLY[@]}"', "bash", script, "memplugctl", *words],
        check=True, encoding="utf-8", stdout=subprocess.PIPE)
    return done.stdout.split()


def case_completion_blocks(ctl):
    """Verbs whose arguments are blocks or devices have those of the machine completed."""
    tree = plugged_tree()
    tree.dimm("PNP0C80:00", 32, 39)
    blocks = {*map(str, [*range(16), *range(32, 56)]), "PNP0C80:00"}
    for shell in completed_by_bash, completed_by_zsh:
        for verb, expected in ("explain", blocks), ("online", blocks | {"node0", "node1"}), (
                "offline", blocks | {"node0", "node1"}), ("unplug", blocks):
            told = shell(ctl, [verb, ""])
            check(set(told) == expected and len(told) == len(expected),
                  f"{shell.__name__}, {verb}: {told}")
        check(not shell(ctl, ["history", ""]), "of a verb that takes none")
    told = completed_by_bash(ctl, ["--all", "explain", "PNP"])
    check(told == ["PNP0C80:00"], f"bash: {told}")
    told = completed_by_zsh(ctl, ["online", "--zone", ""])
    check(told == ["movable", "kernel", "default"], f"zsh: {told}")
    told = completed_by_zsh(ctl, ["rezone", "--to", ""])
    check(told == ["kernel", "movable"], f"zsh: {told}")


# What zsh's own functions would do, as far as a test without terminal can see it.
ZSH = """\
_call_program() { shift; "$@" }
_describe() { print -l -- "${(@P)@[-1]}" }
_files() { print -- FILES "$@" }
_command_names() { print -- COMMANDS }
compadd() { shift; print -l -- "$@" }
compset() { return 0 }
"""


def completed_by_zsh(ctl, words, before=""):
    """What zsh is offered for the last word, a line each."""
    script = (SOURCE / "src/ctl/completion/memplugctl.zsh").read_text(encoding="utf-8")
    # Its last line is for zsh's own loading of it.
    script = script.replace('\n_memplugctl "$@"\n', "\n")
    done = subprocess.run(
        ["zsh", "-f", "-c", f'memplugctl() {{ {ctl.program} --sysroot tree "$@" }}\n{ZSH}\n'
         f'{script}\n{before}\nwords=("$@"); CURRENT=$#; _memplugctl', "zsh", "memplugctl", *words],
        check=False, encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    check(not done.stderr, done.stderr)
    return done.stdout.splitlines()


def case_completion_zsh(ctl):
    """zsh is offered each verb and option, with its help, and the options of each verb as bash."""
    told = ctl.run("--help").stdout
    verbs = dict(re.findall(r"^  ([a-z][a-z-]+)(?: \S+)? {2,}(.*)$", told, re.M))
    options = dict(re.findall(r"^  .*(--[a-z-]+)(?: \S+)? {2,}(.*)$", told, re.M))
    check("list" in verbs and "--sysroot" in options, "the help isn't read right")

    offered = completed_by_zsh(ctl, [""])
    check(offered == [f"{verb}:{text}" for verb, text in verbs.items()], f"verbs: {offered}")
    offered = completed_by_zsh(ctl, ["--"])
    check(offered == [f"{option}:{text}" for option, text in options.items()], f"{offered}")
    for verb in verbs:
        offered = {line.split(":")[0] for line in completed_by_zsh(ctl, [verb, "--"])}
        check(offered == set(completed_by_bash(ctl, [verb, "--"])), f"{verb}: {offered}")

    check(completed_by_zsh(ctl, ["list", "--config", ""]) == ["FILES"], "--config")
    check(completed_by_zsh(ctl, ["list", "--sysroot=t"]) == ["FILES -/"], "--sysroot")
    check(completed_by_zsh(ctl, ["--sysroot", "/", "check-config", ""]) == ["FILES"], "PATH")


def case_man_page(ctl):
    """Each verb, option, column and key of JSON is in the man page."""
    page = (SOURCE / "man/memplugctl.1").read_text(encoding="utf-8").replace("\\-", "-")
    told = ctl.run("--help").stdout
    tree = plugged_tree()
    words = set(re.findall(r"(?<!-)--[a-z-]+", told))
    words |= set(re.findall(r"^  ([a-z][a-z-]+)", told, re.M))
    words |= set(ctl.run("list", "--sysroot", "tree").stdout.split("\n", 1)[0].split())
    words |= set(ctl.run("devices", "--sysroot", "tree").stdout.split("\n", 1)[0].split())
    history_file(tree)
    for verb in "list", "devices", "map", "status", "check-config", "show-config", "history":
        words |= keys_of(ctl.json(verb, "--sysroot", "tree"))
    # Of verbs that need a daemon.
    words |= keys_of(ctl.json("offline", "--dry-run", "1", "--sysroot", "tree"))
    words |= {"asked_blocks", "done_blocks", "given_up", "kernel_lines", "block", "text", "online_blocks", "waited_for_all", "results", "errno", "state",
              "open_blocks", "current_block", "last_trouble", "taken_over", "holds", "since_usec",
              "event", "action", "wanted", "reason", "duration_usec", "writes"}
    os.mkdir("explained")
    os.chdir("explained")
    explained_tree()
    words |= keys_of(ctl.json("explain", "35", "PNP0C80:00", "--sysroot", "tree"))
    words |= {"findings", "errors", "warnings", "notes", "remedy"}
    words |= {"level", "line", "text", "UNKNOWN", "SHARES"}
    os.mkdir("auto")
    os.chdir("auto")
    auto_tree()
    for verb in "list", "status":
        words |= keys_of(ctl.json(verb, "--sysroot", "tree"))
    missing = [word for word in sorted(words) if not re.search(rf"(?<![\w-]){word}(?![\w-])", page)]
    check(not missing, f"not in the man page: {' '.join(missing)}")


def keys_of(value):
    """All keys of a JSON tree."""
    if isinstance(value, dict):
        return set(value) | set().union(*map(keys_of, value.values()))
    if isinstance(value, list):
        return set().union(*map(keys_of, value))
    return set()
