# SPDX-License-Identifier: LGPL-2.1-or-later
"""The cases of memplugctl map."""

import json
import random
import re

from cases import devices_tree, on_terminal, plugged_tree
from ctl import check
from tree import BLOCK_SIZE, Tree

SIGNS = {"kernel": "#", "movable": "=", "unknown": "?", "offline": ".", "going-offline": "v"}


def case_map(ctl):
    """Gaps, a block on its way, one whose zone isn't told, and one without node."""
    plugged_tree()
    ctl.expect("map", "--sysroot", "tree")


def case_map_utf8(ctl):
    devices_tree()
    ctl.expect("map", "--sysroot", "tree", locale="C.UTF-8")


def case_map_json(ctl):
    devices_tree()
    told = json.loads(ctl.expect("map", "--json", "--sysroot", "tree").stdout)
    listed = ctl.json("list", "--sysroot", "tree")
    check(told["block_size"] == listed["block_size"], "block_size")
    check(sum(run["bytes"] for node in told["nodes"] for run in node["runs"]) ==
          listed["online_bytes"] + listed["offline_bytes"], "the sizes don't add up")


def case_map_empty(ctl):
    Tree("tree")
    ctl.expect("map", "--sysroot", "tree")
    check(ctl.json("map", "--sysroot", "tree")["nodes"] == [], "nodes")


def case_map_no_nodes(ctl):
    tree = Tree("tree", numa=False)
    tree.blocks(0, 3, "online", "Normal")
    tree.blocks(32, 33, "offline", "Normal Movable")
    ctl.expect("map", "--sysroot", "tree")


def case_map_old_kernel(ctl):
    """The first word of an online block is its zone; "none" is the kernel's for good."""
    tree = Tree("tree")
    tree.blocks(0, 0, "online", "none")
    tree.blocks(1, 2, "online", "Normal Movable")
    tree.blocks(3, 3, "online", "Movable Normal")
    tree.blocks(4, 4, "online", None)
    ctl.expect("map", "--sysroot", "tree")


def scaled_tree():
    """A machine of two nodes, one of which doesn't fit block by block where there is little room."""
    tree = Tree("tree")
    tree.many_blocks(0, 399, "online", "Normal")
    tree.many_blocks(512, 699, "online", "Movable")
    tree.many_blocks(700, 703, "going-offline", "Movable")
    tree.many_blocks(704, 711, "offline", "Normal Movable")
    tree.many_blocks(1024, 1031, "online", "Movable", node=1)
    return tree


def expect_width(text, width):
    """No line is longer; the widest one comes near."""
    widths = [len(line) for line in text.splitlines()]
    check(max(widths) <= width, f"{max(widths)} characters, not {width}:\n{text}")
    check(not re.search(" $", text, re.M), f"blanks at a line's end:\n{text}")


def case_map_widths(ctl):
    scaled_tree()
    text = ""
    for width in 20, 80, 200:
        told = ctl.run("map", "--width", str(width), "--sysroot", "tree").stdout
        expect_width(told, width)
        text += f"--- {width}\n{told}"
        for env in {"COLUMNS": str(width)}, {"COLUMNS": "20", "NO_COLOR": "1"}:
            on = on_terminal(ctl, "map", columns=width, env=env)
            expect_width(re.sub("\033[^m]*m", "", on), int(env["COLUMNS"]))
        check(on_terminal(ctl, "map", columns=width, env={"NO_COLOR": "1"}) == told,
              f"a terminal of {width}")
    for columns in "", "x", "0", "-5":
        check(ctl.run("map", "--sysroot", "tree", env={"COLUMNS": columns}).stdout ==
              ctl.run("map", "--width", "80", "--sysroot", "tree").stdout, f"COLUMNS={columns}")
    ctl.expect_text(text)


def case_map_colours(ctl):
    """They are changed where they must be, and taken back at the end of each line."""
    plugged_tree()
    text = on_terminal(ctl, "map")
    check("\n40 \033[32m====\033[0m\033[34m##\033[0m\033[33mv\033[0m.........\n" in text, repr(text))
    check("\n 0 \033[34m################\033[0m~\033[34m####\033[0m....\n" in text, repr(text))
    for env in {"NO_COLOR": "1"}, {"TERM": "dumb"}:
        check("\033" not in on_terminal(ctl, "map", env=env), f"escapes with {env}")
    check("\033" not in on_terminal(ctl, "map", "--json"), "escapes in JSON")


def case_map_large(ctl):
    """A machine far larger than the screen. test-picture.c has 100000 blocks, in all widths."""
    tree = Tree("tree")
    tree.many_blocks(0, 127, "online", "Normal")
    tree.many_blocks(4096, 7999, "online", "Movable")
    tree.many_blocks(8000, 9000, "offline", "Normal Movable")
    tree.many_blocks(1000000, 1000707, "online", "Movable")
    text = ctl.expect("map", "--sysroot", "tree").stdout
    check(len(text.splitlines()) <= 24, "more than a screen")


# Whatever the machine, and however wide

def random_tree(chance, name):
    """Runs of blocks of all kinds, on several nodes, with gaps: short ones, or long ones."""
    tree = Tree(name)
    n_runs, most, index = chance.choice([(20, 3, 0), (10, 40, 5), (12, 150, 30000), (150, 6, 0)])
    for _ in range(chance.randint(1, n_runs)):
        index += chance.choice([0, 0, 1, 2, most])
        last = index + chance.randrange(most)
        tree.many_blocks(index, last, *chance.choice(
            [("online", "Normal"), ("online", "Movable"), ("offline", "Normal Movable"),
             ("going-offline", "Movable"), ("online", "none")]), node=chance.randrange(3))
        index = last + 1


def read_map(text):
    """The scale, and the rows of each node as (number, cells)."""
    scale, = re.findall(r"^One\s+character\s+is\s+(a|\d+)\s+blocks?", text)
    nodes = {}
    for part in text.split("\n\n")[1:-1]:
        node, = re.findall(r"^Node (\d+):", part)
        nodes[int(node)] = [(int(first), cells) for first, cells in
                            re.findall(r"^ *(\d+) ([#=?.v%~]+)$", part, re.M)]
    return 1 if scale == "a" else int(scale), nodes


def states_of_cells(runs, scale):
    """The signs of the blocks in each cell, by the cell's number."""
    signs = {}
    for run in runs:
        for index in range(run["first_block"], run["last_block"] + 1):
            signs.setdefault(index // scale, set()).add(SIGNS[run["state"]])
    return signs


def expect_rows(rows, signs, scale):
    """Each cell that has blocks is drawn as they are, or as several; gaps are where there are any."""
    waiting = sorted(signs)
    before = None
    for first, cells in rows:
        check(first // scale == waiting[0], f"a row begins with {first}, not with {waiting[0]}")
        for place, sign in enumerate(cells):
            if sign == "~":
                check(not waiting or waiting[0] > before + 1, f"no gap after {before}")
                before = None
                continue
            number = waiting.pop(0)
            check(place == 0 or before in (None, number - 1), f"a gap before {number}")
            check(sign == ("%" if len(signs[number]) > 1 else min(signs[number])),
                  f"cell {number} is {sign}, not {signs[number]}")
            before = number
    check(not waiting, f"{waiting} are missing")


def expect_drawn(text, told):
    """Every block of every node is drawn."""
    scale, nodes = read_map(text)
    check(list(nodes) == [node["node"] for node in told["nodes"]], f"nodes {list(nodes)}")
    for node in told["nodes"]:
        check(len(nodes[node["node"]]) <= 16, "more rows than fit")
        expect_rows(nodes[node["node"]], states_of_cells(node["runs"], scale), scale)


def case_map_fits(ctl):
    for seed in range(8):
        chance = random.Random(seed)
        random_tree(chance, f"tree{seed}")
        told = ctl.json("map", "--sysroot", f"tree{seed}")
        for width in 20, chance.randint(21, 79), 80, chance.randint(81, 250):
            text = ctl.run("map", "--width", str(width), "--sysroot", f"tree{seed}").stdout
            expect_width(text, width)
            expect_drawn(text, told)
