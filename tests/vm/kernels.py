# SPDX-License-Identifier: LGPL-2.1-or-later
"""Debian's own kernels, unpacked, not installed; and the few of their modules that guests need."""

import lzma
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile

from . import apt, cache

# version: the suite that has it, and the package that depends on the newest one there
KERNELS = {
    "5.10": ("bullseye", "linux-image-amd64"),
    "6.1": ("bookworm", "linux-image-amd64"),
    "6.12": ("bookworm-backports", "linux-image-amd64"),
}

# Those that each run of the tests needs. The others are for runs of everything: Debian's mirrors needn't
# have them for ever.
EVERY_RUN = ("6.1", "6.12")

# What a full guest's initramfs needs to get at its root file system.
BOOT_MODULES = ("virtio_pci", "virtio_blk", "squashfs", "overlay")

# What tests load in a full guest. The rest of Debian's modules is left out: udev would spend
# many emulated seconds on drivers for what a guest has by chance.
TEST_MODULES = (
    "virtio_mem", "virtio_balloon",
    "nd_e820", "nd_pmem", "dax_pmem", "device_dax", "kmem",
    "notifier_error_inject", "memory_notifier_error_inject",
    # systemd's own
    "autofs4",
)

# To be raised when the way of making something below changes.
RECIPE = 2

_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


class Kernel:
    """A kernel in the cache."""

    def __init__(self, version):
        suite, package = KERNELS[version]
        inputs = {"suite": suite, "package": package, "recipe": RECIPE}
        self.version = version
        self.path = cache.ensure(f"kernel-{version}", inputs,
                                 lambda path: _fetch(path, suite, package))
        self.release, = os.listdir(self.path / "usr/lib/modules")
        self.package_version = (self.path / "version").read_text().strip()

    @property
    def image(self):
        return self.path / "vmlinux"

    def inputs(self):
        """What a thing that is made from this kernel depends on."""
        return {"kernel": self.release, "package": self.package_version, "recipe": RECIPE}

    def modules(self, names):
        """The files of these modules and of all they need, in the order of loading."""
        files = []
        for name in names:
            shown = subprocess.run(
                ["modprobe", "-d", str(self.path), "-C", "/dev/null", "-S", self.release,
                 "--show-depends", name], check=True, stdout=subprocess.PIPE, text=True,
                env=dict(os.environ, PATH=_PATH)).stdout
            for line in shown.splitlines():
                word, _, file = line.strip().partition(" ")
                if word == "insmod" and file not in files:
                    files.append(file)
        return [pathlib.Path(file.split()[0]) for file in files]

    def copy_module_tree(self, names, root):
        """A /usr/lib/modules below `root` with these modules, as modprobe wants it."""
        whole = self.path / "usr/lib/modules" / self.release
        target = pathlib.Path(root) / "usr/lib/modules" / self.release
        for file in self.modules(names):
            inside = file.resolve().relative_to(whole.resolve())
            (target / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target / inside)
        for index in whole.glob("modules.builtin*"):
            shutil.copy(index, target)
        shutil.copy(whole / "modules.order", target)
        _depmod(root, self.release)


def plain_module(file):
    """The bytes of a module, unpacked: the small guest's insmod doesn't know each packer."""
    data = file.read_bytes()
    return data if file.suffix == ".ko" else _decompress(data)


def unpacked_image(image):
    """The kernel inside a bzImage. QEMU boots it as it is, and no emulated processor spends
    four seconds on unpacking it. The offsets are those of Linux' x86 boot protocol, 2.08."""
    setup_sectors = image[0x1f1] or 4
    begin, size = struct.unpack_from("<II", image, 0x248)
    begin += (setup_sectors + 1) * 512
    return _decompress(image[begin:begin + size])


def _decompress(data):
    """Unpacks xz or zstd, and leaves alone what may follow (a bzImage has the size there)."""
    if data.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor().decompress(data)
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        # zstd says at its end that what follows is no zstd: only no output at all is an error.
        unpacked = subprocess.run(["zstd", "-dc"], input=data, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL).stdout
        if unpacked:
            return unpacked
    raise apt.AptError("a file of a kernel package is packed in a way that is new to vm/kernels.py")


def _fetch(path, suite, package):
    with tempfile.TemporaryDirectory(dir=path, prefix="apt.") as scratch:
        # apt's own working user must be able to look in.
        os.chmod(scratch, 0o755)
        source = apt.Private(scratch, suite)
        image = source.dependency(package, "linux-image-")
        tree = pathlib.Path(scratch) / "tree"
        version = source.unpack(image, tree)
        kernel, = tree.glob("boot/vmlinuz-*")
        (path / "vmlinux").write_bytes(unpacked_image(kernel.read_bytes()))
        modules, = [*tree.glob("lib/modules/*"), *tree.glob("usr/lib/modules/*")]
        (path / "usr/lib/modules").mkdir(parents=True)
        shutil.move(modules, path / "usr/lib/modules")
        # kmod looks below lib or below usr/lib, by its own build: offer both.
        (path / "lib").symlink_to("usr/lib")
        _depmod(path, modules.name)
        (path / "version").write_text(f"{image} {version}\n")


def _depmod(root, release):
    # Older kmods look below lib, newer ones below usr/lib: offer both.
    link = pathlib.Path(root, "lib")
    made = not link.exists()
    if made:
        link.symlink_to("usr/lib")
    subprocess.run(["depmod", "-b", str(root), release], check=True,
                   env=dict(os.environ, PATH=_PATH))
