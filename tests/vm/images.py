# SPDX-License-Identifier: LGPL-2.1-or-later
"""What a guest boots from: initramfs, root file system, and the trees that a test adds."""

import os
import pathlib
import shutil
import subprocess
import tempfile

from . import apt, cache, kernels

GUEST_FILES = pathlib.Path(__file__).resolve().parent / "guest"

# What the full guest has, besides Debian's minimum and the libraries that the product links.
ROOT_PACKAGES = (
    # a machine as systemd runs it, with what the product talks to
    "systemd", "systemd-sysv", "udev", "dbus", "polkitd", "util-linux", "kmod",
    # the other ones who online memory, and what tests put it under pressure with
    "daxctl", "ndctl", "numactl", "stress-ng",
    # for people who look around in a guest
    "procps", "less",
)

# The guest has the libraries of the machine that built the product, by the -dev packages there.
DEV_PACKAGES = ("libudev-dev", "libsystemd-dev", "libconfig-dev", "libsmartcols-dev",
                "libjson-c-dev")

# Services of Debian that have nothing to do in a guest, fail there, or wake up in a long test.
MASKED = ("ndctl-monitor.service", "e2scrub_reap.service", "apt-daily.timer",
          "apt-daily-upgrade.timer", "dpkg-db-backup.timer", "e2scrub_all.timer", "fstrim.timer")

# Directories at the top that are symbolic links into /usr on a merged system.
MERGED = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")

# To be raised when the way of making something below changes.
RECIPE = 1


def base_initramfs():
    """The initramfs that all guests share: busybox, /init and the agent."""
    busybox = pathlib.Path("/bin/busybox")
    files = sorted(GUEST_FILES.iterdir())
    inputs = {"busybox": cache.fingerprint(busybox), "files": cache.fingerprint(*files),
              "recipe": RECIPE}

    def build(path):
        tree = path / "tree"
        for directory in ("dev", "proc", "sys", "run", "tmp", "root", "etc", "vm", "usr/bin",
                          "usr/sbin", "usr/lib", "usr/lib64"):
            (tree / directory).mkdir(parents=True)
        for name in ("bin", "sbin", "lib", "lib64"):
            (tree / name).symlink_to(f"usr/{name}")
        shutil.copy(busybox, tree / "usr/bin/busybox")
        for applet in _output([str(busybox), "--list"]).split():
            if applet != "busybox":
                (tree / "usr/bin" / applet).symlink_to("busybox")
        for file in files:
            if file.suffix == ".c":
                _quiet(["gcc", "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-O1",
                        "-static", "-o", str(tree / "vm" / file.stem), str(file)])
            else:
                shutil.copy(file, tree / "vm" / file.name)
        (tree / "vm/init").rename(tree / "init")
        (tree / "init").chmod(0o755)
        _pack_cpio(tree, path / "base.cpio")
        shutil.rmtree(tree)

    return cache.ensure("initramfs", inputs, build) / "base.cpio"


def module_layers(kernel):
    """For a full guest: (initramfs piece with modules for booting, squashfs with the others)."""
    inputs = dict(kernel.inputs(), boot=list(kernels.BOOT_MODULES),
                  test=list(kernels.TEST_MODULES), images=RECIPE)

    def build(path):
        pack_modules(kernel, kernels.BOOT_MODULES, path / "boot.cpio")
        tree = path / "tree"
        kernel.copy_module_tree(kernels.BOOT_MODULES + kernels.TEST_MODULES, tree)
        _pack_squashfs(tree, path / "modules.squashfs")
        shutil.rmtree(tree)

    path = cache.ensure(f"modules-{kernel.version}", inputs, build)
    return path / "boot.cpio", path / "modules.squashfs"


def pack_modules(kernel, names, target):
    """An initramfs piece that makes /init load these modules and what they need."""
    with tempfile.TemporaryDirectory() as tree:
        where = pathlib.Path(tree, "vm/modules")
        where.mkdir(parents=True)
        for number, file in enumerate(kernel.modules(names)):
            # The number keeps the order of loading.
            name = f"{number:03}-{file.name.split('.ko')[0]}.ko"
            (where / name).write_bytes(kernels.plain_module(file))
        _pack_cpio(tree, target)


def root_squashfs():
    """The full guest's root file system, of this machine's own release."""
    release = apt.codename()
    packages = sorted({*ROOT_PACKAGES, *_linked_libraries()})
    inputs = {"release": release, "packages": packages, "masked": list(MASKED),
              "recipe": RECIPE}
    path = cache.ensure(f"root-{release}", inputs,
                        lambda path: _debootstrap(release, packages, path))
    return path / "root.squashfs"


def pack_extra(trees, target):
    """The trees of a test in a squashfs, as a layer over the root file system."""
    with tempfile.TemporaryDirectory() as stage:
        _merge(trees, stage)
        _pack_squashfs(stage, target)


def pack_extra_cpio(trees, target):
    """The trees of a test as a piece of an initramfs."""
    with tempfile.TemporaryDirectory() as stage:
        _merge(trees, stage)
        _pack_cpio(stage, target)


def add_program(tree, program, where="usr/bin"):
    """Copies a program of this machine into `tree`/`where`, with the libraries it needs."""
    program = pathlib.Path(program)
    target = pathlib.Path(tree) / where / program.name
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(program, target)
    for library in _libraries(program):
        _copy_library(library, tree)


def _libraries(program):
    """The files that the loader would map for a program; none if it is a static one."""
    done = subprocess.run(["ldd", str(program)], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    if done.returncode:
        return []
    if "not found" in done.stdout:
        raise FileNotFoundError(f"libraries of {program} are missing:\n{done.stdout}")
    words = (word for line in done.stdout.splitlines() for word in line.split())
    return [pathlib.Path(word) for word in words if word.startswith("/")]


def _copy_library(library, tree):
    parts = library.parts[1:]
    if parts[0] in MERGED:
        parts = ("usr",) + parts
    target = pathlib.Path(tree).joinpath(*parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        shutil.copy(library, target)


def _merge(trees, stage):
    """Puts trees over one another. A tree's lib/ goes to usr/lib/, and so on: as a directory it
    would hide the symbolic link /lib of the layer below, and with it the loader."""
    os.chmod(stage, 0o755)
    for tree in map(pathlib.Path, trees):
        for entry in tree.iterdir():
            real = entry.is_dir() and not entry.is_symlink()
            if entry.name in MERGED and real:
                target = pathlib.Path(stage, "usr", entry.name)
            elif entry.name in MERGED:
                continue
            else:
                target = pathlib.Path(stage, entry.name)
            _copy_over(entry, target)


def _copy_over(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir() and not source.is_symlink():
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True,
                        copy_function=_copy_file)
    else:
        _copy_file(source, target)


def _copy_file(source, target):
    # A later tree may have a symbolic link where an earlier one has a file, and the reverse.
    pathlib.Path(target).unlink(missing_ok=True)
    shutil.copy2(source, target, follow_symlinks=False)


def _linked_libraries():
    """The library packages behind DEV_PACKAGES: their names differ from release to release."""
    try:
        depends = _output(["dpkg-query", "-W", "-f", "${Depends}, ", *DEV_PACKAGES])
    except subprocess.CalledProcessError:
        raise apt.AptError("the -dev packages of the build are missing: run tests/setup") from None
    names = {item.split()[0].partition(":")[0] for item in depends.split(",") if item.strip()}
    return {name for name in names if name.startswith("lib") and not name.endswith("-dev")}


def _debootstrap(release, packages, path):
    archive, security = apt.mirrors()
    sources = apt.source_line(archive, release)
    if security:
        sources += apt.source_line(security, f"{release}-security")
    (path / "sources.list").write_text(sources)
    tar = path / "root.tar"
    command = [
        "mmdebstrap", "--variant=minbase", "--architectures=amd64", "--quiet",
        f"--include={','.join(packages)}",
        # Nobody reads them there, and without them it is made faster.
        "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        # Without an id systemd takes each boot for the first one, and enables every unit.
        '--customize-hook=echo 6d656d706c7567646d656d706c756764 >"$1/etc/machine-id"',
        '--customize-hook=echo guest >"$1/etc/hostname"',
        f'--customize-hook=cd "$1/etc/systemd/system" && for unit in {" ".join(MASKED)}; do '
        'ln -sf /dev/null $unit; done',
        # An empty password: whoever has the console of a test guest is its developer.
        '--customize-hook=sed -i "s/^root:[^:]*:/root::/" "$1/etc/shadow"',
        release, str(tar), str(path / "sources.list"),
    ]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode:
        raise apt.AptError(f"mmdebstrap failed:\n{done.stdout[-4000:]}")
    # From a tar, so that owners and device nodes come out right without being root.
    with open(tar, "rb") as stream:
        _quiet(["sqfstar", "-comp", "lz4", "-no-progress", str(path / "root.squashfs")],
               stdin=stream)
    tar.unlink()
    (path / "sources.list").unlink()


def _pack_squashfs(tree, target):
    pathlib.Path(target).unlink(missing_ok=True)
    _quiet(["mksquashfs", str(tree), str(target), "-comp", "lz4", "-all-root", "-no-progress",
            "-noappend"])


def _pack_cpio(tree, target):
    names = sorted(str(path.relative_to(tree)) for path in pathlib.Path(tree).rglob("*"))
    with open(target, "wb") as archive:
        subprocess.run(["cpio", "--quiet", "-0", "-o", "-H", "newc", "-R", "0:0"],
                       input="\0".join(names).encode(), cwd=tree, stdout=archive, check=True)


def _output(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _quiet(command, stdin=subprocess.DEVNULL):
    done = subprocess.run(command, stdin=stdin, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{done.stdout[-4000:]}")
