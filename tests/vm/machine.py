# SPDX-License-Identifier: LGPL-2.1-or-later
"""The machine that QEMU makes for a guest: its command line, disks and initramfs."""

import dataclasses

from . import accel, images, kernels
from .qmp import size_bytes

# Warnings come over the console, to be there when nothing else answers; the rest is in dmesg.
# Under emulation on a busy host the timer's check at boot can fail, and the kernel would panic.
_APPEND_ALL = "console=ttyS0 panic=-1 loglevel=5 mitigations=off no_timer_check"
# systemd's first-boot work is not what tests wait for.
_APPEND_FULL = "vm.full systemd.condition-needs-update=no systemd.getty_auto=0"

# Files that are made for a machine.
_INITRD = "initrd"
_EXTRA = "extra.squashfs"


@dataclasses.dataclass(frozen=True)
class Machine:
    """What a machine has. The arguments of Guest tell what each field means."""

    kind: str
    kernel: kernels.Kernel
    accelerator: str
    extra: list
    nodes: list
    cpus: int
    maxmem: str
    slots: int
    modules: list
    append: str
    qemu: list

    def prepare(self, directory):
        """Makes the files that it needs in a directory."""
        pieces = [images.base_initramfs()]
        if self.kind == "full":
            pieces.append(images.module_layers(self.kernel)[0])
            if self.extra:
                images.pack_extra(self.extra, directory / _EXTRA)
        else:
            pieces += self._small_pieces(directory)
        with open(directory / _INITRD, "wb") as initrd:
            for piece in pieces:
                initrd.write(piece.read_bytes())

    def command(self, directory, console, qmp_fd, agent_fd, state=None):
        """The command that runs it, with the files that prepare() made there. `state`: a file that
        another such machine has left; it goes on from there."""
        full = self.kind == "full"
        append = f"{_APPEND_ALL} {_APPEND_FULL if full else ''} {self.append}"
        return [
            "qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none",
            "-no-reboot", "-nic", "none", *accel.arguments(self.accelerator),
            "-chardev", f"file,id=console,path={console}", "-serial", "chardev:console",
            "-chardev", f"socket,id=agent,fd={agent_fd}", "-serial", "chardev:agent",
            "-chardev", f"socket,id=qmp,fd={qmp_fd}", "-mon", "chardev=qmp,mode=control",
            *self._memory(), *(self._disks(directory) if full else ()),
            "-kernel", str(self.kernel.image), "-initrd", str(directory / _INITRD),
            "-append", " ".join(append.split()), *self.qemu,
            *(["-incoming", f"exec:cat '{state}'"] if state else ())]

    def _memory(self):
        total = sum(size_bytes(size) for size in self.nodes)
        arguments = ["-smp", str(self.cpus),
                     "-m", f"{total >> 20}M,slots={self.slots},maxmem={self.maxmem}"]
        for node, size in enumerate(self.nodes):
            numa = f"node,nodeid={node}"
            if size_bytes(size):
                # Not reserved: what the guest doesn't touch costs the host nothing.
                arguments += ["-object", f"memory-backend-ram,id=ram{node},size={size},reserve=off"]
                numa += f",memdev=ram{node}"
            if node == 0:
                numa += f",cpus=0-{self.cpus - 1}"
            arguments += ["-numa", numa]
        return arguments

    def _disks(self, directory):
        """The layers of the root file system. /init knows them by their serial numbers."""
        layers = {"root": images.root_squashfs(), "modules": images.module_layers(self.kernel)[1]}
        if self.extra:
            layers["extra"] = directory / _EXTRA
        arguments = []
        for name, file in layers.items():
            arguments += ["-drive", f"if=none,id={name},file={file},format=raw,readonly=on",
                          "-device", f"virtio-blk-pci,drive={name},serial={name}"]
        return arguments

    def _small_pieces(self, directory):
        """What goes into a small guest's initramfs besides that which is in each."""
        pieces = []
        if self.modules:
            pieces.append(directory / "modules.cpio")
            images.pack_modules(self.kernel, self.modules, pieces[-1])
        if self.extra:
            pieces.append(directory / "extra.cpio")
            images.pack_extra_cpio(self.extra, pieces[-1])
        return pieces
