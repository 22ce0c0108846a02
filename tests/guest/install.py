# SPDX-License-Identifier: LGPL-2.1-or-later
"""The trees that are laid over a guest's root file system."""

import os
import pathlib
import subprocess

from vm import images

HERE = pathlib.Path(__file__).resolve().parent
UNIT = "memplugd.service"

# Helpers that take a library of the machine with them, and so are for full guests; the rest is static.
LINKED = {"hold": ["-lsystemd"]}


def install_build(build, tree):
    """Installs a build into `tree`, as `meson install` does for a package."""
    done = subprocess.run(
        ["meson", "install", "--no-rebuild", "-C", str(build)], stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=dict(os.environ, DESTDIR=str(tree)))
    if done.returncode:
        raise RuntimeError(f"meson install failed:\n{done.stdout[-4000:]}")
    # The sample config says nothing, but scenarios begin without any.
    (pathlib.Path(tree) / "etc/memplugd/memplugd.conf").unlink(missing_ok=True)


def add_helpers(tree):
    """Compiles the programs that scenarios run in the guest."""
    where = pathlib.Path(tree) / "usr/local/bin"
    where.mkdir(parents=True, exist_ok=True)
    for source in sorted(HERE.glob("*.c")):
        subprocess.run(["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-O1",
                        "-o", str(where / source.stem), str(source),
                        *LINKED.get(source.stem, ["-static"])], check=True,
                       stdin=subprocess.DEVNULL)


def add_boot_files(boot, build_tree, tree):
    """What a scenario wants to find in the guest when it boots."""
    for path, text in boot.files:
        target = pathlib.Path(tree) / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("-> "):
            target.symlink_to(text[3:])
        else:
            target.write_text(text)
    if boot.enabled:
        unit, = pathlib.Path(build_tree).rglob(UNIT)
        link = pathlib.Path(tree, "etc/systemd/system/sysinit.target.wants", UNIT)
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to("/" + str(unit.relative_to(build_tree)))


def add_programs(build_tree, tree):
    """For a small guest, which has no libraries: the programs with theirs."""
    for name in ("usr/sbin/memplugd", "usr/bin/memplugctl"):
        images.add_program(tree, pathlib.Path(build_tree) / name, pathlib.Path(name).parent)
