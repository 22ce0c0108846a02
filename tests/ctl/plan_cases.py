# SPDX-License-Identifier: LGPL-2.1-or-later
"""The cases of memplugctl plan."""

import json
import os
import random
import re

from cases import (SOURCE, auto_tree, devices_tree, hide_addresses, keys_of, on_terminal,
                   plugged_tree)
from ctl import check
from tree import Tree

MOVABLE = 'rules = ( { name = "all movable"; online = "movable"; } );\n'


def plan(ctl, *arguments, **kwargs):
    """The plan of the tree, as JSON; what is printed without --json must say the same."""
    told = ctl.json("plan", "--sysroot", "tree", *arguments, **kwargs)
    text = ctl.run("plan", "--sysroot", "tree", *arguments, **kwargs).stdout
    expect_same(told, text)
    return told


def numbers(first, last, more=""):
    """The blocks of "40-47, downwards"."""
    blocks = [*range(int(first), int(last or first) + 1)]
    return blocks[::-1] if "downwards" in more else blocks


def expect_same(told, text):
    """The numbered lines, taken apart, are the writes in their order, and the rest is left."""
    lines = re.findall(r"^ *(\d+)\. memory(\d+)(?:-(\d+))? (?:offline, then )?(online\w*)(.*),"
                       r" node (\d+), \S+$", text, re.M)
    check([int(line[0]) for line in lines] == [*range(1, len(lines) + 1)], f"numbers in\n{text}")
    got = [(block, word, int(node)) for _, first, last, word, more, node in lines
           for block in numbers(first, last, more)]
    wanted = [(write["block"], write["word"], write["node"])
              for stage in told["stages"] for write in stage["writes"]]
    check(got == wanted, f"the writes {got} aren't {wanted}")

    left = [(block, state) for first, last, state in
            re.findall(r"^  memory(\d+)(?:-(\d+))? (online|offline)\b", text, re.M)
            for block in numbers(first, last)]
    wanted = [(entry["block"], entry["state"])
              for stage in told["stages"] for entry in stage["left"]]
    check(left == wanted, f"left {left} isn't {wanted}")


def writes(stage, by="memplugd"):
    """The writes of a stage, as "47-40 movable"."""
    check(all(write["by"] == by for write in stage["writes"]), f"by {stage['writes']}")
    return runs([(write["block"], write["word"].removeprefix("online_")) for write in
                 stage["writes"]])


def left(stage):
    """What is left, as "32-39 rule"."""
    return runs([(entry["block"], entry["hindrance"]) for entry in stage["left"]])


def runs(pairs):
    """Neighbours that are alike, as one."""
    told = []
    for block, word in pairs:
        if told and told[-1][2] == word and abs(block - told[-1][1]) == 1:
            told[-1][1] = block
        else:
            told.append([block, block, word])
    return [f"{first}-{last} {word}" if first != last else f"{first} {word}"
            for first, last, word in told]


def expect(what, got, wanted):
    check(got == wanted, f"{what}: got {got}, expected {wanted}")


# What is there

def case_plan(ctl):
    plugged_tree()
    ctl.expect("plan", "--sysroot", "tree")
    stage, = plan(ctl)["stages"]
    expect("writes", writes(stage), ["55-47 movable"])
    expect("left", left(stage), ["36-39 rule", "44-45 not_rezoned", "46 going_offline"])


def case_plan_json(ctl):
    tree = Tree("tree")
    tree.config('rules = ( { match = { node = "0"; }; name = "n0"; online = "auto"; },\n'
                '{ name = "rest"; online = "leave"; } );\n')
    tree.blocks(0, 3, "online", "Normal")
    tree.blocks(4, 4, "offline", "Normal Movable", node=1)
    tree.zoneinfo((0, "Normal", 4, 100))
    ctl.expect("plan", "--json", "--add", "dimm:128M", "--sysroot", "tree")


def case_plan_nothing(ctl):
    tree = Tree("tree")
    tree.config(MOVABLE)
    tree.blocks(0, 3, "online", "Movable")
    ctl.expect("plan", "--sysroot", "tree")
    Tree("empty")
    ctl.run("plan", "--sysroot", "empty")


def case_plan_config(ctl):
    """Another config than the tree's."""
    plugged_tree()
    with open("other.conf", "w", encoding="ascii") as f:
        f.write(MOVABLE.replace('"movable"', '"kernel"'))
    stage, = plan(ctl, "--config", "other.conf")["stages"]
    expect("writes", writes(stage), ["36-39 kernel", "47-55 kernel"])


def case_plan_broken_config(ctl):
    """The built-in rules are what memplugd would start with."""
    plugged_tree().config('rules = 5;\n')
    ctl.expect("plan", "--sysroot", "tree", "--add", "probe:128M", exit_code=1)
    check(not ctl.json("plan", "--sysroot", "tree", exit_code=1)["config_valid"], "config_valid")


def case_plan_unlinked(ctl):
    """It would hang if the valid_zones were opened."""
    tree = plugged_tree()
    tree.blocks(56, 56, "offline", None, node=None)
    tree.fifo_for_zones(56)
    entry = plan(ctl)["stages"][0]["left"][-1]
    expect("left", (entry["block"], entry["node"], entry["rule"], entry["hindrance"]),
           (56, None, None, "unlinked"))


def remember(tree, *lines):
    """What memplugd remembers of its tree: "released 36", with the inode it has."""
    tree.file("proc/sys/kernel/random/boot_id", "01234567-89ab-cdef-0123-456789abcdef\n")
    text = "memplugd-blocks 1 0123456789abcdef0123456789abcdef\n"
    for line in lines:
        word, index = line.split()
        inode = os.stat(tree.root / f"sys/devices/system/memory/memory{index}").st_ino
        text += f"{word} {index} {inode} -\n"
    tree.file("run/memplugd/blocks", text)


def case_plan_released(ctl):
    """What somebody took offline stays so, as long as it is the same block in the same boot."""
    tree = Tree("tree")
    tree.config(MOVABLE)
    tree.blocks(0, 3, "online", "Normal")
    tree.blocks(32, 35, "offline", "Normal Movable")
    remember(tree, "released 33", "left 34", "online 35")
    ctl.expect("plan", "--sysroot", "tree")
    expect("writes", writes(plan(ctl)["stages"][0]), ["34 movable", "32 movable"])

    text = (tree.root / "run/memplugd/blocks").read_text(encoding="ascii")
    for other, wanted in ((re.sub("^(released 33 ).*", r"\g<1>1 -", text, flags=re.M), "34-32"),
                          (text.replace("0123456789abcdef0123456789abcdef", "f" * 32), "35-32")):
        tree.file("run/memplugd/blocks", other)
        expect("writes", writes(plan(ctl)["stages"][0]), [f"{wanted} movable"])
    tree.file("run/memplugd/blocks", "nonsense\n")
    error = ctl.run("plan", "--sysroot", "tree").stderr
    check("can't read what memplugd remembers" in error, error)


def case_plan_kernel_policy(ctl):
    """What the kernel's own setting left stays so; what is new to it is done as it would."""
    tree = Tree("tree")
    tree.config('rules = ( { name = "kernel\'s"; online = "kernel-policy"; } );\n')
    tree.blocks(0, 3, "online", "Normal")
    tree.blocks(32, 33, "offline", "Normal Movable")
    tree.file("sys/devices/system/memory/auto_online_blocks", "online\n")
    now, new = plan(ctl, "--add", "dax:256M")["stages"]
    expect("now", (writes(now), left(now)), ([], ["32-33 kernel_setting"]))
    expect("new", (writes(new), left(new)), (["40-41 online"], []))

    # Taken over, and plugged since.
    tree.file("sys/devices/system/memory/auto_online_blocks", "offline\n")
    tree.file("run/memplugd/auto_online_blocks", "online_movable\noffline\n")
    now, new = plan(ctl, "--add", "dax:256M")["stages"]
    expect("now", (writes(now), left(now)), (["33-32 movable"], []))
    expect("new", (writes(new), left(new)), (["41-40 movable"], []))
    remember(tree, "left 33")
    now, = plan(ctl)["stages"]
    expect("now", (writes(now), left(now)), (["32 movable"], ["33 kernel_setting"]))
    tree.remove("run/memplugd/auto_online_blocks")
    new = plan(ctl, "--add", "dax:256M")["stages"][1]
    expect("new", (writes(new), left(new)), ([], ["40-41 rule"]))


def units_tree(more=""):
    """A DIMM of which a block is in the kernel zone, and one that is all offline."""
    tree = Tree("tree")
    tree.config(MOVABLE.replace("; }", f"; {more} }}"))
    tree.blocks(0, 31, "online", "Movable")
    tree.blocks(32, 32, "online", "Normal")
    tree.blocks(33, 47, "offline", "Normal Movable")
    tree.dimm("PNP0C80:00", 32, 39)
    tree.dimm("PNP0C80:01", 40, 47)
    return tree


def case_plan_units(ctl):
    """Movable as a whole or not at all, unless each block is for itself."""
    tree = units_tree()
    ctl.expect("plan", "--sysroot", "tree")
    expect("left", left(plan(ctl)["stages"][0]), ["32 not_rezoned", "33-39 unit"])
    for more, wanted in (('or_else = "kernel";', ["33-39 kernel", "47-40 movable"]),
                         ('or_else = "kernel"; unit = "block";', ["47-33 movable"])):
        tree.config(MOVABLE.replace("; }", f"; {more} }}"))
        expect(more, writes(plan(ctl)["stages"][0]), wanted)


def case_plan_rezone(ctl):
    """What is online in the wrong zone is moved, if there is room for what it holds, and within the
    budget."""
    tree = Tree("tree")
    tree.config('movable_ratio = "60%";' + MOVABLE.replace("; }", "; rezone = true; }"))
    tree.blocks(0, 1, "online", "Normal")
    tree.blocks(2, 15, "online", "Movable", node=1)
    tree.blocks(32, 33, "online", "Normal")
    tree.dimm("PNP0C80:00", 32, 33)
    tree.zoneinfo((0, "Normal", 4), (1, "Normal", 28), (1, "Movable", 14))
    tree.file("proc/meminfo", "MemTotal: 1 kB\nMemFree: 1 kB\nMemAvailable: 2000000 kB\n")
    ctl.expect("plan", "--sysroot", "tree")
    now, = plan(ctl)["stages"]
    expect("now", (writes(now), left(now)), (["33-32 movable", "1 movable"], ["0 move_budget"]))
    check(all(write["moved"] for write in now["writes"]), f"{now}")

    tree.config('movable_ratio = "50%";' + MOVABLE.replace("; }", "; rezone = true; }"))
    now, = plan(ctl)["stages"]
    expect("budget", (writes(now), left(now)),
           (["33 movable"], ["0-1 move_budget", "32 move_budget"]))
    tree.file("proc/meminfo", "MemTotal: 1 kB\nMemFree: 1 kB\nMemAvailable: 200000 kB\n")
    now, = plan(ctl)["stages"]
    expect("memory", (writes(now), left(now)), ([], ["0-1 move_memory", "32-33 move_memory"]))
    tree.file("proc/meminfo", "MemTotal: 1 kB\nMemFree: 1 kB\nMemAvailable: 2000000 kB\n")
    remember(tree, "online 33", "found 32")
    now, = plan(ctl)["stages"]
    check("33 known" in left(now), f"{left(now)}")


# Modes, and who is faster

def mode_tree(mode, rule, auto_online="offline"):
    tree = Tree("tree")
    tree.config(f'mode = "{mode}"; rules = ( {{ name = "all"; online = "{rule}"; }} );\n')
    tree.blocks(0, 3, "online", "Normal")
    tree.blocks(32, 33, "offline", "Normal Movable")
    tree.file("sys/devices/system/memory/auto_online_blocks", f"{auto_online}\n")
    return tree


def case_plan_mode_kernel(ctl):
    """memplugd writes to what is offline at its start; what comes is the kernel's."""
    tree = mode_tree("kernel", "movable", "online_movable")
    ctl.expect("plan", "--sysroot", "tree", "--add", "dimm:256M")
    told = plan(ctl, "--add", "dimm:256M")
    expect("now", writes(told["stages"][0]), ["33-32 movable"])
    expect("new", writes(told["stages"][1], by="kernel"), ["40-41 movable"])
    expect("warnings", told["warnings"], [])

    tree.file("sys/devices/system/memory/auto_online_blocks", "online\n")
    warning, = plan(ctl)["warnings"]
    check('"online" now, and not "online_movable"' in warning, warning)
    tree.remove("sys/devices/system/memory/auto_online_blocks")
    told = plan(ctl, "--add", "dimm:256M")
    expect("modes", (told["mode"], told["active_mode"]), ("kernel", "uevent"))
    expect("new", writes(told["stages"][1]), ["41-40 movable"])
    check("this kernel has no auto_online_blocks" in told["warnings"][0], f"{told['warnings']}")


def case_plan_mode_kernel_auto(ctl):
    """By the budget, as the kernel would by its policy, for which it needs more settings."""
    tree = mode_tree("kernel", "auto", "online")
    tree.zoneinfo((0, "Normal", 4))
    tree.file("sys/module/memory_hotplug/parameters/online_policy", "auto-movable\n")
    tree.file("sys/module/memory_hotplug/parameters/auto_movable_ratio", "301\n")
    told = plan(ctl, "--add", "dimm:256M")
    check("no auto_movable_numa_aware" in told["warnings"][0], f"{told['warnings']}")
    tree.file("sys/module/memory_hotplug/parameters/auto_movable_numa_aware", "N\n")
    told = plan(ctl, "--add", "dimm:1G", "--add", "dimm:1G")
    expect("new", [writes(stage, by="kernel") for stage in told["stages"][1:]],
           [["40-47 movable"], ["48-55 kernel"]])


def case_plan_observe(ctl):
    mode_tree("observe", "movable", "online")
    ctl.expect("plan", "--sysroot", "tree")


def case_plan_kernel_first(ctl):
    """As long as the kernel puts memory online itself, nothing else matters."""
    tree = mode_tree("uevent", "movable", "online")
    ctl.expect("plan", "--sysroot", "tree", "--add", "dimm:256M@0")
    tree.file("run/memplugd/auto_online_blocks", "online\n")
    tree.file("sys/devices/system/memory/auto_online_blocks", "offline\n")
    expect("warnings", plan(ctl)["warnings"], [])


def case_plan_plain_online(ctl):
    """Where a plain "online" goes: by the zones, unless the kernel's policy has it otherwise."""
    tree = mode_tree("uevent", "default")
    ctl.expect("plan", "--sysroot", "tree")
    tree.blocks(31, 31, "online", "Movable")
    tree.blocks(34, 34, "online", "Movable")
    told = plan(ctl, "--add", "dimm:128M")["stages"]
    expect("zones", [write["zone"] for stage in told for write in stage["writes"]],
           ["movable", "movable", "kernel"])
    tree.file("sys/module/memory_hotplug/parameters/online_policy", "auto-movable\n")
    told = plan(ctl, "--add", "dimm:128M")
    expect("zones", {write["zone"] for stage in told["stages"] for write in stage["writes"]},
           {None})
    check(any("auto-movable" in note for note in told["notes"]), f"{told['notes']}")


# The zone rules of old kernels

def boundary_tree(config=MOVABLE):
    """4.9: a DIMM that is fresh, one that is in the kernel zone, on another node one in Movable."""
    tree = Tree("tree")
    tree.config(config)
    tree.blocks(0, 14, "online", "Normal")
    tree.blocks(15, 15, "online", "Normal")
    tree.blocks(32, 39, "offline", "Normal")
    tree.blocks(40, 46, "online", "Normal")
    tree.blocks(47, 47, "online", "Normal Movable")
    tree.blocks(48, 50, "offline", "Normal", node=1)
    tree.blocks(51, 51, "offline", "Normal Movable", node=1)
    tree.blocks(64, 64, "offline", "Movable Normal", node=2)
    tree.blocks(65, 67, "offline", "Movable", node=2)
    return tree


def case_plan_boundary(ctl):
    tree = boundary_tree()
    ctl.expect("plan", "--sysroot", "tree", "--add", "dimm:256M@0", "--add", "dimm:256M@2")
    told = plan(ctl, "--add", "dimm:256M@0", "--add", "dimm:256M@2")
    expect("zone_rule", told["zone_rule"], "boundary")
    expect("now", writes(told["stages"][0]), ["51-48 movable", "67-64 movable"])
    expect("left", left(told["stages"][0]),
           ["0-15 not_rezoned", "32-39 zone", "40-47 not_rezoned"])
    expect("new", [writes(stage) for stage in told["stages"][1:]],
           [["73-72 movable"], ["75-74 movable"]])

    tree.config(MOVABLE.replace("; }", '; or_else = "kernel"; unit = "block"; }'))
    now, new = plan(ctl, "--add", "dimm:256M@0")["stages"]
    expect("or_else", writes(now), ["51-48 movable", "67-64 movable", "32-39 kernel"])
    why = now["writes"][-1]
    expect("why", (why["wanted"], why["hindrance"], why["why_not"]),
           ("movable", "zone", "it would have to lie above memory47, up to which the kernel zone "
                               "of node 0 reaches"))
    expect("new", writes(new), ["73-72 movable"])

    # Above Movable, all is born movable: nothing there can be the kernel's but the lowest.
    tree.config(MOVABLE.replace('"movable"', '"kernel"'))
    now, new = plan(ctl, "--add", "dimm:256M@2")["stages"]
    expect("now", writes(now), ["32-39 kernel", "48-51 kernel", "64-67 kernel"])
    expect("new", (writes(new), left(new)), (["72-73 kernel"], []))
    tree.config('rules = ( { match = { blocks = "64-67"; }; online = "movable"; }, '
                '{ online = "kernel"; } );\n')
    new = plan(ctl, "--add", "dimm:256M@2")["stages"][1]
    expect("new", (writes(new), left(new)), ([], ["72-73 zone"]))


def case_plan_no_overlap(ctl):
    """4.13: by the spans of the zones."""
    tree = Tree("tree")
    tree.config(MOVABLE.replace("; }", '; or_else = "kernel"; unit = "block"; }'))
    tree.blocks(0, 15, "online", "Normal")
    tree.blocks(32, 33, "offline", "Normal")
    tree.blocks(34, 35, "offline", "Normal Movable")
    tree.blocks(36, 36, "online", "Movable")
    tree.blocks(37, 39, "offline", "Movable")
    ctl.expect("plan", "--sysroot", "tree", "--add", "dimm:256M@0", "--add", "dimm:256M@1")
    told = plan(ctl, "--add", "dimm:256M@0", "--add", "dimm:256M@1")
    expect("zone_rule", told["zone_rule"], "no-overlap")
    expect("writes", [writes(stage) for stage in told["stages"]],
           [["39-37 movable", "35-34 movable", "32-33 kernel"], ["41-40 movable"],
            ["43-42 movable"]])
    tree.config(MOVABLE.replace('"movable"', '"kernel"'))
    now, new = plan(ctl, "--add", "dimm:256M@0")["stages"]
    expect("kernel", (writes(now), left(now)),
           (["32-35 kernel"], ["36 not_rezoned", "37-39 zone"]))
    expect("new", (writes(new), left(new)), ([], ["40-41 zone"]))


def case_plan_untold(ctl):
    """Before 3.18 no zones are told."""
    tree = Tree("tree")
    tree.config(MOVABLE)
    tree.blocks(0, 3, "online", None)
    tree.blocks(32, 33, "offline", None)
    ctl.expect("plan", "--sysroot", "tree", "--add", "dimm:128M")
    told = plan(ctl)
    expect("zone_rule", told["zone_rule"], None)
    expect("zones", [write["zone"] for write in told["stages"][0]["writes"]], [None, None])


# What isn't there yet

def case_plan_add(ctl):
    """Several, of each kind, one after the other; each uses up what the next one has no more."""
    auto_tree().zoneinfo((0, "DMA32", 8, 500), (0, "Normal", 8, 300), (0, "Movable", 0))
    adds = [word for what in ("dimm:256M@0", "virtio-mem:384M@0", "dax:256M@0", "dimm:1G",
                              "probe:128M@0") for word in ("--add", what)]
    ctl.expect("plan", "--sysroot", "tree", *adds)
    told = plan(ctl, *adds)
    expect("stages", len(told["stages"]), 6)
    blocks = [(stage["added"]["first_block"], stage["added"]["last_block"])
              for stage in told["stages"][1:]]
    expect("places", blocks, [(52, 53), (54, 56), (57, 58), (59, 66), (67, 67)])
    for stage, after in zip(told["stages"], told["stages"][1:]):
        expect("budget", stage["budget_after"], after["budget_before"])
    expect("the option of other verbs", [word for word in adds if word in
                                         ctl.run("list", *adds, "--sysroot", "tree",
                                                 exit_code=2).stderr], ["--add"] * 5)


def case_plan_add_place(ctl):
    """Behind boot memory it is a whole GiB, from 4 GiB on; behind what was plugged, the next block."""
    for blocks, wanted in (((0, 15), 32), ((0, 31), 32), ((0, 40), 48), ((0, 47), 48)):
        tree = Tree(f"tree{blocks[1]}")
        tree.blocks(*blocks, "online", "Normal")
        told = ctl.json("plan", "--sysroot", f"tree{blocks[1]}", "--add", "dimm:128M",
                        "--add", "dimm:128M")
        expect(f"behind {blocks}", [stage["added"]["first_block"] for stage in told["stages"][1:]],
               [wanted, wanted + 1])
    tree = Tree("far")
    tree.blocks((1 << 37) - 3, (1 << 37) - 3, "online", "Normal")
    error = ctl.run("plan", "--sysroot", "far", "--add", "dimm:1G", exit_code=2).stderr
    check("there are no addresses left" in error, error)


def case_plan_add_facts(ctl):
    """What is plugged is judged as a device of its own: by source, size, node, CPUs and place."""
    tree = Tree("tree")
    tree.blocks(0, 15, "online", "Normal")
    tree.file("sys/devices/system/node/has_cpu", "0\n")
    tree.file("sys/devices/system/node/possible", "0-2\n")
    tree.config('rules = ( { name = "place"; match = { blocks = "100-200"; }; online = "kernel"; },'
                '{ match = { source = "virtio-mem"; }; online = "default"; },\n'
                '{ match = { size_min = "1G"; size_max = "2G"; }; online = "movable"; },\n'
                '{ match = { cpuless = true; }; online = "leave"; }, { online = "kernel"; } );\n')
    for what, wanted in (("virtio-mem:1G@2", (["32-39 online"], [])),
                         ("dimm:1G@2", (["39-32 movable"], [])),
                         ("dax:2G@0", (["47-32 movable"], [])),
                         ("dimm:512M@2", ([], ["32-35 rule"])),
                         ("hyperv:1G@0", (["32-39 kernel"], []))):
        stage = plan(ctl, "--add", what)["stages"][1]
        expect(what, (writes(stage), left(stage)), wanted)
    told = plan(ctl, "--add", "dimm:16G@1")
    expect("by place", writes(told["stages"][1]), ["100-159 kernel"])
    check(any("Rule 'place' goes by these numbers" in text for text in told["warnings"]),
          f"{told['warnings']}")


def case_plan_add_wrong(ctl):
    """Each is told in one line."""
    tree = plugged_tree()
    tree.file("sys/devices/system/node/possible", "0-3\n")
    text = ""
    for what in ("", "dimm", "dimm:", ":1G@1", "dim:1G@1", "boot:1G@0", "unknown:1G", "dimm:x@1",
                 "dimm:0@1", "dimm:100M@1", "dimm:1G@", "dimm:1G@x", "dimm:1G@-1", "dimm:1G@4",
                 "dimm:1G@4294967296", "dimm:1G@1@1", "dimm:1G:1", "dimm:65537G@1", "dimm:99999E",
                 "\033[31m:1G"):
        done = ctl.run("plan", "--sysroot", "tree", "--add", what, exit_code=2)
        check(done.stdout == "" and done.stderr.count("\n") == 1, f"{what}: {done}")
        text += done.stderr
    check("\033" not in text, "an escape got through")
    ctl.expect_text(text)
    ctl.run("plan", "--sysroot", "tree", *["--add", "dimm:1G@3"] * 33, exit_code=2)
    ctl.run("plan", "--sysroot", "tree", *["--add", "dimm:1G@3"] * 32)

    Tree("flat", numa=False)
    error = ctl.run("plan", "--sysroot", "flat", "--add", "dimm:1G@1", exit_code=2).stderr
    check("no nodes but node 0" in error, error)
    Tree("tree2").blocks(0, 1, "online", "Normal")
    error = ctl.run("plan", "--sysroot", "tree2", "--add", "dimm:1G@1").stderr
    check("nothing is known of node 1" in error, error)


def case_plan_memory_map(ctl):
    """It takes 1/64 of what is plugged, from what is free in kernel zones, or from itself."""
    tree = Tree("tree")
    tree.config(MOVABLE)
    tree.blocks(0, 15, "online", "Normal")
    tree.zoneinfo((0, "DMA32", 8, 40), (0, "Normal", 8, 24), (1, "Movable", 8, 10000))
    ctl.expect("plan", "--sysroot", "tree", "--add", "dimm:4G", "--add", "dimm:1G")
    told = plan(ctl, "--add", "dimm:4G", "--add", "dimm:128M")
    maps = [stage["memory_map"] for stage in told["stages"][1:]]
    expect("maps", [(m["bytes"] >> 20, m["kernel_free_bytes"] >> 20, m["fits"]) for m in maps],
           [(64, 64, True), (2, 0, False)])
    warning, = told["warnings"]
    check("of dimm:128M takes 2M, and only 0B are free" in warning, warning)

    # What becomes kernel memory has room for what follows: of another one, and of virtio-mem itself.
    tree.config(MOVABLE.replace('"movable"', '"kernel"'))
    told = plan(ctl, "--add", "dimm:4G", "--add", "dimm:128M", "--add", "virtio-mem:64G@0")
    expect("warnings", told["warnings"], [])
    tree.config(MOVABLE)
    told = plan(ctl, "--add", "virtio-mem:8G@0")
    check("virtio-mem:8G@0 takes 128M, and only 64M" in told["warnings"][0], f"{told['warnings']}")


def case_plan_own_map(ctl):
    """Where new memory holds its own map: large DIMMs do so on a later kernel alone."""
    tree = Tree("tree")
    tree.config(MOVABLE)
    tree.blocks(0, 15, "online", "Normal")
    tree.zoneinfo((0, "DMA32", 8, 40), (0, "Normal", 8, 24), (1, "Movable", 8, 10000))
    for text, release, wanted in (
            ("Y", "6.1.0-50-amd64", [False, True, False]), ("N", "6.12.95", [False, False, False]),
            ("Y", "6.12.95", [True, True, False]), ("force", "7.0", [True, True, False])):
        tree.file("sys/module/memory_hotplug/parameters/memmap_on_memory", f"{text}\n")
        tree.file("proc/sys/kernel/osrelease", f"{release}\n")
        told = plan(ctl, "--add", "dimm:8G", "--add", "dimm:128M", "--add", "dax:8G")
        expect(f"{text} on {release}",
               [stage["memory_map"]["from_itself"] for stage in told["stages"][1:]], wanted)

    # What it brings into the kernel zone is so much less.
    tree.config(MOVABLE.replace('"movable"', '"kernel"'))
    told = plan(ctl, "--add", "dimm:1G", "--add", "dax:1G")
    expect("free for the map of the second",
           told["stages"][2]["memory_map"]["kernel_free_bytes"] >> 20, 64 + 1024 - 16)
    text = ctl.run("plan", "--sysroot", "tree", "--add", "dimm:8G").stdout
    check("\nMemory map: 128M of it, so that 7.9G can be used\n" in text, text)


def case_plan_hidden(ctl):
    """An ordinary user isn't shown where blocks come from."""
    tree = devices_tree()
    hide_addresses(tree)
    tree.zoneinfo((0, "Normal", 16), (0, "Movable", 6))
    ctl.expect("plan", "--sysroot", "tree", "--add", "virtio-mem:256M")
    check(plan(ctl)["sources_hidden"], "sources_hidden")


def case_plan_large(ctl):
    """Half a million blocks are one line."""
    tree = Tree("tree")
    tree.config(MOVABLE)
    tree.blocks(0, 15, "online", "Movable")
    text = ctl.run("plan", "--sysroot", "tree", "--add", "dimm:16T", "--add", "dax:1T@0").stdout
    check("  1. memory32-131103 online_movable, downwards, node 0, 16T\n" in text, text)
    check("  2. memory131104-139295 online_movable, downwards, node 0, 1T\n" in text, text)


def case_plan_man_page(ctl):
    """Each key of JSON and each word for what hinders is in the man page."""
    auto_tree().zoneinfo((0, "Normal", 16, 100))
    keys = keys_of(ctl.json("plan", "--sysroot", "tree", "--add", "dimm:1G"))
    page = (SOURCE / "man/memplugctl.1").read_text(encoding="utf-8")
    page = page.replace("\\-", "-").replace("\\(dq", '"')
    source = (SOURCE / "src/ctl/forecast.c").read_text(encoding="utf-8")
    keys |= set(re.findall(r'\[HINDRANCE_\w+\] = "(\w+)"', source)) - {"none"}
    missing = [word for word in sorted(keys) if not re.search(rf"(?<![\w-]){word}(?![\w-])", page)]
    check(not missing, f"not in the man page: {' '.join(missing)}")


def case_plan_colours(ctl):
    mode_tree("uevent", "movable", "online")
    check("\033[33mWarning:\033[0m The kernel" in on_terminal(ctl, "plan"), "no yellow")
    text = on_terminal(ctl, "plan", env={"NO_COLOR": "1"}, columns=50)
    check("\033" not in text, "escapes")
    check(max(map(len, text[text.index("Warning:"):].splitlines())) <= 50, text)


# Whatever the machine

def random_config(chance):
    rules = ""
    for _ in range(chance.randint(0, 4)):
        match = chance.choice(['node = "1"', 'source = [ "dimm", "virtio-mem" ]', 'size_min = "512M"',
                               'blocks = "30-45"', 'source = "dax"'])
        online = chance.choice(["movable", "kernel", "auto", "default", "leave", "kernel-policy"])
        more = chance.choice(["", 'or_else = "kernel";', 'unit = "block";', 'rezone = true;'])
        rules += f'{{ match = {{ {match}; }}; online = "{online}"; {more} }},'
    return (f'movable_ratio = "{chance.choice([50, 150, 301])}%";\n'
            f'rules = ( {rules} {{ online = "{chance.choice(["movable", "auto", "kernel"])}"; }} );')


def case_plan_random(ctl):
    """Each block that is offline, or will be, is either written to or left, once; text and JSON say
    the same; upwards comes before downwards on each node."""
    for seed in range(15):
        chance = random.Random(seed)
        os.mkdir(f"seed{seed}")
        os.chdir(f"seed{seed}")
        tree = Tree("tree")
        tree.config(random_config(chance))
        tree.blocks(0, 15, "online", "Normal")
        tree.blocks(32, 35, "offline", "Normal Movable")
        tree.blocks(36, 37, "online", "Movable")
        tree.blocks(38, 41, "offline", "Normal Movable", node=1)
        tree.dimm("PNP0C80:00", 32, 37)
        tree.zoneinfo((0, "Normal", 16, 200), (0, "Movable", 2))
        adds = [word for _ in range(chance.randrange(4)) for word in (
            "--add", f"{chance.choice(['dimm', 'virtio-mem', 'dax', 'probe'])}:"
                     f"{chance.choice(['128M', '512M', '2G'])}@{chance.choice([0, 1])}")]
        expect_complete(plan(ctl, *adds), [*range(32, 36), *range(38, 42)])
        os.chdir("..")


def expect_complete(told, offline):
    for stage in told["stages"]:
        added = stage["added"]
        wanted = offline if not added else [*range(added["first_block"], added["last_block"] + 1)]
        got = [entry["block"] for entry in stage["writes"] + stage["left"] if not entry.get("moved")
               and entry.get("state") != "online"]
        expect("blocks", sorted(got), wanted)
        first = [(write["node"], write["word"] == "online_movable",
                  -write["block"] if write["word"] == "online_movable" else write["block"])
                 for write in stage["writes"] if write["hindrance"] is None]
        expect("order", first, sorted(first))
        for write in stage["writes"]:
            if write["zone"] and write["word"] != "online":
                expect("zone", write["word"], f"online_{write['zone']}")
