# SPDX-License-Identifier: LGPL-2.1-or-later
"""The kernel's own setting of what becomes of new memory: taken over, programmed, put back."""

from .box import CONFIG, MEMORY, MOVABLE_ON_NODE_1, expect, expect_match
from .registry import Boot, scenario

SETTING = f"{MEMORY}/auto_online_blocks"
SAVED = "/run/memplugd/auto_online_blocks"

PARAMETERS = "/sys/module/memory_hotplug/parameters"
FOUR = (SETTING, f"{PARAMETERS}/online_policy", f"{PARAMETERS}/auto_movable_ratio",
        f"{PARAMETERS}/auto_movable_numa_aware")

ALL_MOVABLE = """\
rules = ( { name = "all can be pulled"; online = "movable"; } );
"""
KERNEL_MOVABLE = f"""\
mode = "kernel";
{ALL_MOVABLE}"""
AUTO_WITH_NODE_RULE = f"""\
mode = "auto";
{MOVABLE_ON_NODE_1}"""
KERNEL_AUTO = """\
mode = "kernel";
movable_ratio = "100%";
rules = ( { name = "as the kernel would"; online = "auto"; } );
"""
OBSERVE = f"""\
mode = "observe";
{MOVABLE_ON_NODE_1}"""
HANDS_OFF = f"""\
take_over = false;
{MOVABLE_ON_NODE_1}"""

# Prints each value that the setting has, one after the other. Nothing but the shell's own commands,
# so that no change is missed for the time that another process takes.
WATCH = f"""
last=
until [ -e /run/loop.end ]; do
    read -r word <{SETTING}
    [ "$word" = "$last" ] || echo "$word"
    last=$word
    : >>/run/loop.turns
done
"""


def setting(box):
    return box.guest.read(SETTING).strip()


def set_to(box, word):
    box.guest.run(f"echo {word} >{SETTING}")


def wait_setting(box, word):
    """The unit that puts back is stopped after memplugd: systemctl doesn't wait for it."""
    box.guest.run(f"timeout 30 sh -c 'until read -r word <{SETTING} && [ \"$word\" = {word} ]; "
                  f"do :; done'", check=False)
    expect("auto_online_blocks", setting(box), word)


def four(box):
    """What mode "kernel" needs for "auto"."""
    return box.guest.run(f"cat {' '.join(FOUR)}").out.split()


def saved_four(box):
    names = " ".join(path.rpartition("/")[2] for path in FOUR)
    return box.guest.run(f"cd /run/memplugd; cat {names} 2>/dev/null", check=False).out.split()


def set_four(box, words):
    """The policy last: the kernel doesn't have its parameters changed while it is in force."""
    box.guest.run(f"echo contig-zones >{FOUR[1]}")
    for path, word in reversed(list(zip(FOUR, words))):
        box.guest.run(f"echo {word} >{path}")
    box.guest.run(f"echo {words[1]} >{FOUR[1]}")


def wait_four(box, words):
    """The unit that puts back is stopped after memplugd: systemctl doesn't wait for it."""
    box.guest.run(f"timeout 30 sh -c 'until [ \"$(echo $(cat {' '.join(FOUR)}))\" = "
                  f"\"{' '.join(words)}\" ]; do :; done'", check=False)
    expect("the four settings", four(box), words)


def stop(box):
    """Stops memplugd and waits until that which puts back is through."""
    box.systemctl("stop")
    box.guest.run("timeout 30 systemctl stop memplugd-put-back")


def saved(box):
    return box.guest.run(f"cat {SAVED} 2>/dev/null", check=False).out.split()


KERNEL_POLICY = 'rules = ( { name = "as the kernel would"; online = "kernel-policy"; } );\n'


@scenario(kernels=("6.12",), more_kernels=("6.1",), races=True)
def race_5_kernel_onlines(box):
    """The kernel is set to online by itself, and all the same the rule decides."""
    set_to(box, "online")
    box.start(MOVABLE_ON_NODE_1)
    expect("auto_online_blocks", setting(box), "offline")
    expect("what was saved", saved(box), ["online", "offline"])
    new = box.plug("d1", "1G", 1)
    expect("number of blocks", len(new), 8)
    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")
    box.wait_journal("^memory[0-9]+: done: online_movable, Movable", count=8)
    shown = box.memplugctl("status")
    expect_match("memplugctl status", shown, 'is "offline", and "online" without memplugd')

    stop(box)
    expect("auto_online_blocks", setting(box), "online")
    expect("what is still saved", saved(box), [])
    box.wait_journal("^auto_online_blocks is 'offline' while memplugd runs \\(it was 'online'\\)")
    box.expect_blocks(new, "online", "Movable")


def kill_and_wait(box):
    pid = box.show("MainPID")
    box.guest.run(f"kill -KILL {pid}")
    box.guest.run(f"timeout 60 sh -c 'until pid=$(systemctl show -P MainPID memplugd) && "
                  f"[ $pid != 0 ] && [ $pid != {pid} ] && systemctl -q is-active memplugd; do :; "
                  "done'", timeout=90)


@scenario(kernels=("6.12",), more_kernels=("6.1",), races=True)
def race_11_killed_and_restarted(box):
    """Until it is stopped it reads "offline", whatever befalls the process; then as before."""
    set_to(box, "online")
    box.start(MOVABLE_ON_NODE_1)
    watch = box.guest.start(WATCH)
    box.guest.run("until [ -e /run/loop.turns ]; do :; done", timeout=60)
    for _ in range(3):
        kill_and_wait(box)
    box.systemctl("restart")
    # More often in a row than systemd's start limit would have it.
    for _ in range(6):
        kill_and_wait(box)
    expect("restarts by systemd", box.show("NRestarts"), "6")
    expect("what was saved", saved(box), ["online", "offline"])
    new = box.plug("d1", "256M", 1)
    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")
    stop(box)
    wait_setting(box, "online")
    box.guest.run("touch /run/loop.end")
    expect("all values that it had", watch.wait().out.split(), ["offline", "online"])


@scenario(kernels=("6.12",), more_kernels=("6.1",))
def stopped_and_started_at_once(box):
    """The start comes while the other unit is still putting back."""
    set_to(box, "online_movable")
    box.start()
    for _ in range(8):
        box.guest.run("systemctl stop memplugd; systemctl start memplugd", timeout=90)
        expect("auto_online_blocks", setting(box), "offline")
        expect("what was saved", saved(box), ["online_movable", "offline"])
    stop(box)
    expect("auto_online_blocks", setting(box), "online_movable")


@scenario(kernels=("6.12",), more_kernels=("6.1",), races=True)
def race_11_killed_for_good(box):
    """It is killed, and can't be started any more: then it is put back, too."""
    set_to(box, "online")
    box.start(MOVABLE_ON_NODE_1)
    expect("auto_online_blocks", setting(box), "offline")
    box.drop_in("ExecStart=\nExecStart=/usr/sbin/memplugd --no-such-option\n")
    box.guest.run("systemctl kill -s KILL memplugd")
    wait_setting(box, "online")
    box.guest.run("timeout 30 sh -c 'until systemctl -q is-failed memplugd; do :; done'")
    expect("what is still saved", saved(box), [])
    new = box.plug("d1", "256M", 1)
    box.wait_online(new)
    box.expect_blocks(new, "online", "Normal")


@scenario(kernels=("6.12",), more_kernels=("6.1",), races=True)
def race_6_setting_flipped(box):
    """Told once for each change, not fought over, and not put back at the end."""
    set_to(box, "online")
    box.start(MOVABLE_ON_NODE_1)
    set_to(box, "online")
    first = box.plug("d1", "256M", 1)
    box.wait_journal("^memory[0-9]+: wrong-zone: somebody else put it online, zone Normal", count=2)
    box.wait_journal("^auto_online_blocks was changed to 'online' by somebody else, where memplugd "
                     "wants 'offline'")
    second = box.plug("d2", "256M", 1)
    box.wait_journal("^memory[0-9]+: wrong-zone", count=4)
    box.expect_blocks(first + second, "online", "Normal")
    box.systemctl("reload")
    expect("auto_online_blocks", setting(box), "online")
    box.expect_journal("^auto_online_blocks was changed", 1)

    set_to(box, "offline")
    third = box.plug("d3", "256M", 1)
    box.wait_online(third)
    box.expect_blocks(third, "online", "Movable")
    box.wait_journal("^auto_online_blocks is 'offline' again")

    set_to(box, "online_kernel")
    stop(box)
    expect("auto_online_blocks", setting(box), "online_kernel")
    expect("what is still saved", saved(box), [])
    shown = box.guest.run("journalctl --sync; journalctl -q -u memplugd-put-back -o cat").out
    expect_match("the journal of what puts back", shown,
                 "changed to 'online_kernel' by somebody else; it stays so, and 'online'")


@scenario(kernels=("6.12",), more_kernels=("6.1",), kernel_onlines=True)
def kernel_policy_as_without_memplugd(box):
    """The kernels' own settings differ, and so does what becomes of a DIMM."""
    own = setting(box)
    expect("the kernel's own setting", own, {"6.12": "online", "6.1": "offline"}[
        "6.12" if "6.12" in box.guest.run("uname -r").out else "6.1"])
    box.start(KERNEL_POLICY)
    expect("auto_online_blocks", setting(box), "offline")
    new = box.plug("d1", "1G", 1)
    if own == "online":
        box.wait_online(new)
        box.wait_journal("^memory[0-9]+: done: online, Normal.*as the kernel would", count=8)
        box.expect_blocks(new, "online", "Normal")
    else:
        box.wait_journal("^memory32-39: left offline; rule 'as the kernel would'")
        box.expect_blocks(new, "offline")
    stop(box)
    expect("auto_online_blocks", setting(box), own)


@scenario(kernels=("6.12",), more_kernels=("6.1",))
def mode_kernel(box):
    """The kernel does it by itself, and memplugd looks at it afterwards, and writes nothing."""
    set_to(box, "online")
    before = box.plug("d0", "256M", 1)
    box.wait_online(before)
    box.offline(*before)
    box.start(KERNEL_MOVABLE)
    # What is offline at the start is put online as in mode "uevent".
    box.wait_online(before)
    box.expect_blocks(before, "online", "Movable")
    box.wait_journal("^memory[0-9]+: done: online_movable", count=2)
    expect("auto_online_blocks", setting(box), "online_movable")
    expect("what was saved", saved(box), ["online", "online_movable"])

    new = box.plug("d1", "1G", 1)
    box.wait_journal("^memory[0-9]+: already: the kernel put it online, zone Movable, asked for "
                     "movable; rule 'all can be pulled'", count=8)
    box.expect_blocks(new, "online", "Movable")
    box.expect_journal(r"^memory\d+: done", 2)
    box.wait_status("^mode kernel, 1 rule .*done 2, already 8$")
    expect("active_mode", box.memplugctl_json("status")["active_mode"], "kernel")

    # A released block is left alone, by the sweep of a reload too.
    box.offline(new[3])
    box.wait_released(new[3])
    box.systemctl("reload")
    last = box.plug("d2", "128M", 1)
    box.wait_journal(f"^memory{last[0]}: already: the kernel put it online")
    box.expect_blocks([new[3]], "offline")
    stop(box)
    expect("auto_online_blocks", setting(box), "online")


AS_AUTO = ["online", "auto-movable", "100", "N"]


# The policy came with 5.15.
@scenario(kernels=("6.12",), more_kernels=("6.1",), older=False)
def mode_kernel_auto(box):
    """All four settings are the kernel's words for "auto", and all four are put back."""
    before = four(box)
    expect("the four settings at first", before, ["offline", "contig-zones", "301", "Y"])
    box.start(KERNEL_AUTO)
    expect("the four settings", four(box), AS_AUTO)
    expect("what was saved", saved_four(box), sum(map(list, zip(before, AS_AUTO)), []))
    box.wait_status("^mode kernel, 1 rule")

    # All that is movable may be as much as the kernel memory of the boot, 2 GiB without its holes.
    new = box.plug("d1", "1G", 1)
    box.wait_journal("^memory[0-9]+: already: the kernel put it online, zone Movable", count=8)
    box.expect_blocks(new, "online", "Movable")
    new = box.plug("d2", "1G", 1)
    box.wait_journal("^memory[0-9]+: already: the kernel put it online, zone Normal", count=8)
    box.expect_blocks(new, "online", "Normal")
    box.expect_journal(r"^memory\d+: done", 0)

    kill_and_wait(box)
    expect("the four settings after a crash", four(box), AS_AUTO)
    expect("what was saved", saved_four(box), sum(map(list, zip(before, AS_AUTO)), []))
    stop(box)
    wait_four(box, before)
    expect("what is still saved", saved_four(box), [])


# As above.
@scenario(kernels=("6.12",), more_kernels=("6.1",), races=True, older=False)
def mode_kernel_auto_killed_for_good(box):
    """As before after SIGKILL, too, where the kernel had the same policy by itself with another
    ratio; and each setting is its who changes it."""
    default = four(box)
    before = ["online", "auto-movable", "250", "Y"]
    try:
        set_four(box, before)
        box.start(KERNEL_AUTO)
        expect("the four settings", four(box), AS_AUTO)
        box.guest.run(f"echo 50 >{FOUR[2]}")
        box.systemctl("reload")
        box.wait_journal("^auto_movable_ratio was changed to '50' by somebody else, where memplugd "
                         "wants '100'")
        expect("the four settings after a reload", four(box), AS_AUTO[:2] + ["50", "N"])
        box.guest.run(f"echo 100 >{FOUR[2]}")
        box.systemctl("reload")
        box.wait_journal("^auto_movable_ratio is '100' again, as memplugd had set it")

        box.drop_in("ExecStart=\nExecStart=/usr/sbin/memplugd --no-such-option\n")
        box.guest.run("systemctl kill -s KILL memplugd")
        wait_four(box, before)
    finally:
        set_four(box, default)


@scenario(kernels=("6.12",), more_kernels=("6.1",))
def mode_kernel_auto_before_5_15(box):
    """A kernel without the policy: told by name, and memplugd itself does it."""
    set_to(box, "online")
    # What is older has nothing there.
    hidden = box.guest.run(f"[ -e {PARAMETERS} ] && mount -t tmpfs none {PARAMETERS}",
                           check=False).rc == 0
    try:
        why = "online_policy can't be set to 'auto-movable': this kernel has no such setting"
        for mode in "kernel", "auto":
            box.configure(KERNEL_AUTO.replace("kernel\";", f"{mode}\";"))
            box.systemctl("restart")
            box.wait_status(rf"^mode {mode} \(uevent is active: {why}\)")
            box.wait_journal(f"^Mode {mode}: uevent is active, {why}")
            expect("auto_online_blocks", setting(box), "offline")
        stop(box)
        expect("auto_online_blocks", setting(box), "online")
    finally:
        if hidden:
            box.guest.run(f"umount {PARAMETERS}")


@scenario(kernels=("6.12",), more_kernels=("6.1",))
def mode_kernel_refused(box):
    """What the kernel doesn't put online is told."""
    set_to(box, "offline")
    box.start(KERNEL_MOVABLE)
    expect("auto_online_blocks", setting(box), "online_movable")
    box.inject(12)
    new = box.plug("d1", "256M", 1)
    box.wait_journal("^memory[0-9]+: refused: the kernel didn't put it online, asked for movable, .*"
                     "it stays offline; rule 'all can be pulled'", count=2)
    box.expect_blocks(new, "offline")
    box.inject(0)
    # A reload looks at all that is offline anew, and there memplugd writes itself.
    box.systemctl("reload")
    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")
    stop(box)
    expect("auto_online_blocks", setting(box), "offline")


@scenario(kernels=("6.12",), more_kernels=("6.1",))
def mode_changes_at_reload(box):
    """auto is uevent with a rule in the way, and kernel without; observe takes nothing over."""
    set_to(box, "online")
    box.start(AUTO_WITH_NODE_RULE)
    why = rf"for 'node 1 can be pulled' \({CONFIG}:3\): it asks for \"movable\", the rest for"
    box.wait_status(rf"^mode auto \(uevent is active: {why}")
    box.wait_journal(rf"^Mode auto: uevent is active, {why}".replace("\\\"", "\""))
    expect("auto_online_blocks", setting(box), "offline")
    expect_match("memplugctl status", box.memplugctl("status"), why)
    first = box.plug("d1", "256M", 1)
    box.wait_online(first)
    box.wait_journal("^memory[0-9]+: done: online_movable", count=2)

    box.configure(KERNEL_MOVABLE.replace("kernel", "auto"))
    box.systemctl("reload")
    box.wait_status(r"^mode auto \(kernel is active\), 1 rule")
    expect("auto_online_blocks", setting(box), "online_movable")
    expect("what was saved", saved(box), ["online", "offline", "online_movable"])
    second = box.plug("d2", "256M", 1)
    box.wait_journal("^memory[0-9]+: already: the kernel put it online, zone Movable", count=2)
    box.expect_blocks(first + second, "online", "Movable")

    for turn, config in enumerate((OBSERVE, HANDS_OFF), 1):
        box.configure(config)
        box.systemctl("reload")
        wait_setting(box, "online")
        expect("what is still saved", saved(box), [])
        box.wait_journal("^The kernel itself puts new memory online", count=turn)
        box.configure(MOVABLE_ON_NODE_1)
        box.systemctl("reload")
        wait_setting(box, "offline")
    stop(box)
    expect("auto_online_blocks", setting(box), "online")


@scenario(kernels=("6.12",), more_kernels=("6.1",))
def mode_kernel_needs_its_rules(box):
    """A reload of rules that the kernel can't be told fails, with their place."""
    set_to(box, "online")
    box.start(KERNEL_MOVABLE)
    box.configure(AUTO_WITH_NODE_RULE.replace("auto", "kernel"))
    result = box.guest.run("systemctl reload memplugd", check=False)
    expect("the reload fails", result.rc != 0, True)
    result = box.guest.run("memplugctl check-config", check=False)
    expect("exit code of check-config", result.rc, 1)
    expect_match("check-config", result.out, f"^{CONFIG}:3: error: .*'node 1 can be pulled'")
    box.expect_active()
    expect("auto_online_blocks", setting(box), "online_movable")


@scenario(kernels=("6.12",), more_kernels=("6.1",))
def kernel_policy_leaves_what_it_finds(box):
    """The kernel's own setting acts when memory is added, and never again: so does a rule that says
    the same. What was taken offline before memplugd started, or while it was stopped, stays so."""
    set_to(box, "online")
    for name in "d1", "d2":
        first, second = box.plug(name, "256M", 1)
        box.wait_online([first, second])
        box.offline(first)
        box.start(KERNEL_POLICY)
        box.wait_journal(f"^memory{first}: left offline; rule 'as the kernel would'")
        new = box.plug(f"{name}-later", "128M", 1)
        box.wait_online(new)
        box.wait_journal(f"^memory{new[0]}: done: online,")
        box.expect_blocks([first], "offline")
        stop(box)
        wait_setting(box, "online")


@scenario(boot=Boot(kind="small"), kernels=("6.12",), more_kernels=("6.1",))
def by_hand_without_systemd(box):
    """It puts back itself; only after SIGKILL somebody must say so."""
    set_to(box, "online")
    box.configure(MOVABLE_ON_NODE_1)
    for signal in 15, 9:
        job = box.guest.start("exec memplugd")
        box.wait_file(job.output_file, "^memplugd: auto_online_blocks is 'offline' while")
        job.kill(signal)
        job.wait()
        expect("auto_online_blocks", setting(box), "online" if signal == 15 else "offline")
    # The next one knows what was there.
    job = box.guest.start("exec memplugd")
    box.wait_file(job.output_file, "^memplugd: Mode uevent")
    new = box.plug("d1", "256M", 1)
    box.wait_online(new)
    box.expect_blocks(new, "online", "Movable")
    job.kill(9)
    job.wait()
    for _ in range(2):
        box.guest.run("memplugd --put-back")
        expect("auto_online_blocks", setting(box), "online")
        expect("what is still saved", saved(box), [])


@scenario(kernels=("6.1",), more_kernels=("6.12",))
def sandbox_of_what_puts_back(box):
    box.start()
    shown = box.guest.run("systemd-analyze security --no-pager memplugd-put-back.service "
                          "--threshold=15", check=False)
    expect(f"exit code of systemd-analyze security:\n{shown.out}", shown.rc, 0)
