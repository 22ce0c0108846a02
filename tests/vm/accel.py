# SPDX-License-Identifier: LGPL-2.1-or-later
"""How QEMU runs guests: by KVM where that really works, else by emulation."""

import json
import os
import pathlib

from . import cache

# One thread for each processor of the guest.
_ARGUMENTS = {
    "kvm": ["-accel", "kvm", "-cpu", "host"],
    "tcg": ["-accel", "tcg,thread=multi", "-cpu", "max"],
}


def arguments(name):
    return _ARGUMENTS[name]


def choose(kvm_boots):
    """The accelerator. `kvm_boots()` tries a guest: /dev/kvm may be there and not work."""
    forced = os.environ.get("MEMPLUG_TEST_ACCEL")
    if forced:
        if forced not in _ARGUMENTS:
            raise ValueError(f"MEMPLUG_TEST_ACCEL is '{forced}', not one of {list(_ARGUMENTS)}")
        return forced
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    return _remembered(kvm_boots)


def _remembered(kvm_boots):
    """What was found out is good until this machine boots again."""
    boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    note = cache.directory() / "accelerator.json"
    try:
        known = json.loads(note.read_text())
    except (OSError, ValueError):
        known = {}
    if known.get("boot") != boot:
        known = {"boot": boot, "accelerator": "kvm" if kvm_boots() else "tcg"}
        fresh = note.with_name(f".{note.name}.{os.getpid()}")
        fresh.write_text(json.dumps(known) + "\n")
        fresh.rename(note)
    return known["accelerator"]
