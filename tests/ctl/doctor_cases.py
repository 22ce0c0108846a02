# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases about doctor: each makes a tree that something is wrong with."""

import os

from ctl import check
from tree import BLOCK_SIZE, Tree

CLEAN_CONFIG = """\
rules = (
  { name = "all of it"; online = "auto"; }
);
"""

ONLINES = 'SUBSYSTEM=="memory", ACTION=="add", ATTR{state}=="offline", ATTR{state}="online"\n'


def clean_tree():
    """A machine that nothing fights on."""
    tree = Tree("tree")
    tree.config(CLEAN_CONFIG)
    tree.blocks(0, 15, "online", "Normal")
    tree.zoneinfo((0, "Normal", 16, 1024))
    tree.file("proc/cmdline", "BOOT_IMAGE=/vmlinuz root=/dev/vda1 ro quiet\n")
    return tree


def doctor(ctl, exit_code):
    """What doctor prints must be as expected."""
    ctl.expect("doctor", "--sysroot", "tree", exit_code=exit_code)


def case_doctor_clean(ctl):
    """Also with rules that have nothing to do with memory, or put nothing online."""
    tree = clean_tree()
    tree.file("usr/lib/udev/rules.d/40-cpu.rules", 'SUBSYSTEM=="cpu", ATTR{online}="1"\n')
    tree.file("usr/lib/tmpfiles.d/x.conf", "d /run/x 0755 root root -\n")
    tree.file("usr/lib/systemd/system/memplugd.service", "[Service]\n")
    wants = tree.root / "etc/systemd/system/sysinit.target.wants"
    wants.mkdir(parents=True)
    (wants / "memplugd.service").symlink_to("/usr/lib/systemd/system/memplugd.service")
    doctor(ctl, 0)


def case_doctor_udev(ctl):
    """Which rules count, by the directories, and what each of them does."""
    tree = clean_tree()
    tree.file("usr/lib/udev/rules.d/40-hotplug.rules",
              '# Distributions have such rules.\n'
              'SUBSYSTEM!="memory", GOTO="end"\n'
              'ACTION!="add", GOTO="end"\n'
              'PROGRAM=="/usr/bin/which-machine", ENV{wish}="online_movable"\n'
              'ATTR{state}=="offline", \\\n'
              '  ATTR{state}="$env{wish}"\n'
              'LABEL="end"\n')
    tree.file("usr/lib/udev/rules.d/41-masked.rules", ONLINES)
    tree.file("usr/lib/udev/rules.d/42-replaced.rules", ONLINES)
    tree.file("run/udev/rules.d/42-replaced.rules", "# nothing\n")
    tree.file("usr/lib/udev/rules.d/43-emptied.rules", ONLINES)
    tree.file("etc/udev/rules.d/43-emptied.rules", "")
    tree.file("lib/udev/rules.d/44-old-place.rules", ONLINES)
    tree.file("etc/udev/rules.d/99-own.rules", "\n" + ONLINES +
              'SUBSYSTEM=="memory", RUN+="/bin/sh -c \'echo online > /sys$devpath/state\'"\n')
    tree.file("etc/udev/rules.d/98-not-read.rules.bak", ONLINES)
    tree.file("etc/udev/rules.d/97-virtual.rules",
              'ATTR{[dmi/id]sys_vendor}=="ACME Virtual", GOTO="apply"\n'
              'GOTO="end"\n'
              'LABEL="apply"\n' + ONLINES + 'LABEL="end"\n')
    tree.file("sys/class/dmi/id/sys_vendor", "ACME Virtual\n")
    tree.file("usr/lib/udev/rules.d/98-kdump.rules",
              'SUBSYSTEM=="memory", ACTION=="online", RUN+="/usr/lib/kdump-reload"\n')
    tree.file("usr/lib/udev/rules.d/90-dax.rules",
              'SUBSYSTEM=="dax", ENV{SYSTEMD_WANTS}="daxdev-reconfigure@dax0.0.service"\n')
    (tree.root / "etc/udev/rules.d/41-masked.rules").symlink_to("/dev/null")
    doctor(ctl, 1)

    # Another machine than those rules are for; and a kernel that tells the crash kernel by itself.
    tree.file("sys/class/dmi/id/sys_vendor", "ACME Metal\n")
    tree.file("sys/devices/system/memory/crash_hotplug", "1\n")
    text = ctl.run("doctor", "--sysroot", "tree", exit_code=1).stdout
    check("97-virtual" not in text and "98-kdump" not in text and "99-own.rules:2" in text, text)


def case_doctor_kernel(ctl):
    """All that the kernel can be set to, or booted with."""
    tree = clean_tree()
    tree.config('rules = ( { name = "as it likes"; online = "default"; } );\n')
    tree.file("sys/devices/system/memory/auto_online_blocks", "online\n")
    tree.file("proc/cmdline", "quiet memhp_default_state=offline kernelcore=30% movable_node "
                              "memhp_default_state=online_movable\n")
    parameters = "sys/module/memory_hotplug/parameters/"
    tree.file(parameters + "memmap_on_memory", "Y\n")
    tree.file("proc/sys/kernel/osrelease", "6.12.95+deb12-amd64\n")
    tree.file(parameters + "online_policy", "auto-movable\n")
    tree.file(parameters + "auto_movable_ratio", "301\n")
    doctor(ctl, 1)

    # Somebody undid what memplugd did.
    tree.file("run/memplugd/auto_online_blocks", "online\n")
    text = ctl.run("doctor", "--sysroot", "tree", exit_code=1).stdout
    check("somebody changed it" in text, text)

    # The kernel is to put it online, or nothing is to be done at all.
    for mode in "kernel", "observe":
        tree.config(f'mode = "{mode}"; rules = ( {{ online = "movable"; }} );\n')
        text = ctl.run("doctor", "--sysroot", "tree", exit_code=mode != "kernel").stdout
        check("warning: the kernel" not in text, text)


def case_doctor_take_over(ctl):
    tree = clean_tree()
    tree.config("# mine\ntake_over = false;\n" + CLEAN_CONFIG)
    tree.file("sys/devices/system/memory/auto_online_blocks", "online_movable\n")
    doctor(ctl, 1)
    tree.file("sys/devices/system/memory/auto_online_blocks", "offline\n")
    ctl.run("doctor", "--sysroot", "tree")


def case_doctor_others(ctl):
    """Files that have the kernel put memory online, and units of others that do."""
    tree = clean_tree()
    write = "w /sys/devices/system/memory/auto_online_blocks - - - - online\n"
    tree.file("etc/tmpfiles.d/memory.conf", "# mine\n" + write)
    tree.file("usr/lib/tmpfiles.d/masked.conf", write)
    (tree.root / "etc/tmpfiles.d/masked.conf").symlink_to("/dev/null")
    tree.file("etc/sysfs.d/m.conf", "devices/system/memory/auto_online_blocks = online\n")
    tree.file("etc/rc.local", "#!/bin/sh\n"
              "for i in /sys/devices/system/memory/memory*; do echo online >$i/state; done\n")
    for target, unit in (("kata-containers.target", "kata-agent.service"),
                         ("multi-user.target", "nvidia-persistenced.service")):
        wants = tree.root / f"etc/systemd/system/{target}.wants"
        wants.mkdir(parents=True)
        (wants / unit).symlink_to(f"/usr/lib/systemd/system/{unit}")
    doctor(ctl, 1)


def case_doctor_config(ctl):
    """Errors, doubts, and rules that nothing comes to."""
    tree = clean_tree()
    tree.file("sys/devices/system/node/possible", "0-1\n")
    tree.config('mode = "kernel";\nrules = (\n'
                '  { name = "far"; match = { node = "7"; }; online = "auto"; },\n'
                '  { online = "auto"; }\n);\n')
    doctor(ctl, 1)

    tree.config('mode = "always";\nrules = ( { onlin = "auto"; } );\n')
    told = ctl.json("doctor", "--sysroot", "tree", exit_code=1)
    check((told["errors"], told["findings"][0]["level"], told["findings"][0]["line"]) ==
          (3, "error", 1), f"{told}")
    # Another file instead.
    with open("good.conf", "w", encoding="ascii") as file:
        file.write(CLEAN_CONFIG)
    ctl.run("doctor", "--sysroot", "tree", "--config", "good.conf")


def mib(pages):
    """So many pages in MiB."""
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def case_doctor_memory(ctl):
    """What the memory itself makes impossible."""
    tree = clean_tree()
    tree.config('numa_aware = true;\nmovable_ratio = "10%";\n' + CLEAN_CONFIG)
    tree.blocks(32, 39, "online", "Movable")
    tree.blocks(40, 40, "online", "Normal Movable")
    tree.blocks(48, 49, "offline", "Normal Movable", node=2)
    tree.dimm("PNP0C80:00", 32, 39)
    free = (8 * BLOCK_SIZE // os.sysconf("SC_PAGE_SIZE") * 64 - 1) // os.sysconf("SC_PAGE_SIZE")
    tree.zoneinfo((0, "Normal", 16, mib(free)), (0, "Movable", 8, 500), (2, "Normal", 0, 0))
    doctor(ctl, 1)

    # One page more is enough.
    tree.zoneinfo((0, "Normal", 16, mib(free + 1)), (0, "Movable", 8))
    text = ctl.run("doctor", "--sysroot", "tree", exit_code=1).stdout
    check("couldn't be plugged" not in text, text)

    tree.remove("proc/zoneinfo")
    text = ctl.run("doctor", "--sysroot", "tree").stdout
    check("note: /proc/zoneinfo can't be read" in text, text)


def case_doctor_service(ctl):
    tree = clean_tree()
    tree.file("usr/lib/systemd/system/memplugd.service", "[Service]\n")
    doctor(ctl, 1)

    wants = tree.root / "usr/lib/systemd/system/sysinit.target.wants"
    wants.mkdir(parents=True)
    (wants / "memplugd.service").symlink_to("../memplugd.service")
    ctl.run("doctor", "--sysroot", "tree")

    tree.file("proc/cmdline", "quiet memplugd.off\n")
    text = ctl.run("doctor", "--sysroot", "tree", exit_code=1).stdout
    check("memplugd.off" in text, text)

    (tree.root / "etc/systemd/system").mkdir(parents=True)
    (tree.root / "etc/systemd/system/memplugd.service").symlink_to("/dev/null")
    text = ctl.run("doctor", "--sysroot", "tree", exit_code=1).stdout
    check("memplugd.service is masked" in text, text)


def case_doctor_json(ctl):
    tree = clean_tree()
    tree.file("etc/udev/rules.d/99-own.rules", ONLINES)
    tree.file("proc/cmdline", "movablecore=1G\n")
    ctl.expect("doctor", "--json", "--sysroot", "tree", exit_code=1)


def case_doctor_hidden(ctl):
    """What is withheld from this user is said, and is no finding by itself."""
    tree = clean_tree()
    tree.file("proc/iomem", "00000000-00000000 : System RAM\n00000000-00000000 : virtio3\n"
                            "  00000000-00000000 : System RAM (virtio_mem)\n")
    doctor(ctl, 0)
    tree.file("etc/udev/rules.d/99-own.rules", ONLINES)
    os.chmod("tree/etc/udev/rules.d", 0)
    text = ctl.run("doctor", "--sysroot", "tree", exit_code=os.geteuid() == 0).stdout
    if os.geteuid() != 0:
        check("note: tree/etc/udev/rules.d: can't be read: Permission denied" in text, text)
    os.chmod("tree/etc/udev/rules.d", 0o755)


def case_doctor_container(ctl):
    """No memory blocks at all."""
    os.mkdir("tree")
    doctor(ctl, 1)
    check(ctl.json("doctor", "--sysroot", "tree", exit_code=1)["errors"] == 1, "errors")
